"""Find recordings unlike the training sets: their rate, strength, place and movement."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..recording import Recording, sensor_of, sensor_triples, sources_of
from ._similarity import similarity_of_person

Floats = NDArray[np.floating]

#: A person's sets are unlike the training sets below this share of the lowest rate of a
#: person there, or of the model's if that is lower; by more than this factor outside of
#: these quantiles of the strengths of sets there; and by so many standard deviations of
#: the logarithm below the usual similarity of people left out, and below this share of it.
_LEAST_RATE = 0.8
_MOST_STRENGTH, _ENDS = 2.0, (0.02, 0.98)
_DEVIATIONS, _OF_USUAL = 3.0, 0.6
#: The median distance to the median of a normal distribution, in standard deviations.
_MEDIAN_DISTANCE = 0.6745
LEAST_SETS = 3


class Seen(NamedTuple):
    """What the training sets were like."""

    rate_hz: float | None  # the lowest of a person; None where they were no recordings
    strengths: dict[str, list[float]]  # from a small one to a large one, by sensor
    places: list[str]
    similarity: float  # the usual one of people left out
    least_similarity: float

    @classmethod
    def fit(
        cls,
        recordings: Sequence[Recording] | None,
        uniform: Sequence[Floats],
        channels: Sequence[str],
        people: Any,
        similarity: Floats,
    ) -> "Seen":
        """Learn from sets, before and after the Resampler."""
        names, numbers = np.unique(np.asarray(people, str), return_inverse=True)
        groups = [np.flatnonzero(numbers == i) for i in range(len(names))]
        strengths = strengths_of(uniform, channels)
        usual, least = _usual(similarity[~np.isnan(similarity)])
        rates = None if recordings is None else rates_of(recordings, channels)
        return cls(
            None if rates is None else min(_median(rates[rows]) for rows in groups),
            {
                sensor: np.quantile(values, _ENDS).tolist()
                for sensor, values in strengths.items()
            },
            sorted(places_of(recordings or ())),
            usual,
            least,
        )

    def low_rate(self, rates_hz: Floats | None, rate_hz: float) -> str | None:
        """Return in words that a person's sensors are too slow, None if they are not."""
        if self.rate_hz is None or rates_hz is None:
            return None
        rate = _median(rates_hz)
        if rate >= _LEAST_RATE * min(self.rate_hz, rate_hz):
            return None
        return (
            f"real update rate {rate:.3g} Hz, in place of at least "
            f"{min(self.rate_hz, rate_hz):.3g} Hz in training. Fast movements are lost: "
            "record at a higher rate."
        )

    def other_strength(self, strengths: Mapping[str, Floats]) -> str | None:
        """Return in words that values are too small or large, None if they are not."""
        for sensor, values in strengths.items():
            strength = _median(values)
            low, high = self.strengths[sensor]
            if not low / _MOST_STRENGTH <= strength <= high * _MOST_STRENGTH:
                return (
                    f"{sensor}: values of {strength:.3g} on average, in place of {low:.3g} "
                    f"to {high:.3g} in training. Their unit may be mistaken."
                )
        return None

    def other_place(self, places: set[str]) -> str | None:
        """Return in words that a device is said to be where none was in training."""
        new = sorted(places - {*self.places})
        if not new or not self.places:
            return None
        return (
            f"the device is at another place of the body: {', '.join(new)}, and in "
            f"training {', '.join(self.places)}."
        )

    def unlike(self, similarity: Floats) -> str | None:
        """Return in words that sets are unlike all training sets, None if they are not."""
        of_person = similarity_of_person(similarity)
        if of_person >= self.least_similarity:
            return None
        return (
            f"the sets are unlike the training sets: a similarity of {of_person:.2f}, in "
            f"place of {self.similarity:.2f} for people left out in training. The device "
            "may be at another place of the body, or these are other exercises."
        )


def rates_of(recordings: Sequence[Recording], channels: Sequence[str]) -> Floats:
    """Return the rate of new values of the slowest sensor that a set's channels need."""
    used = sources_of(channels)
    rates = [
        [
            stream.update_rate_hz
            for sensor, stream in one.quality.streams.items()
            # Values that never change have no rate: the device lay still.
            if sensor in used and stream.update_rate_hz > 0
        ]
        for one in recordings
    ]
    return np.array([min(of_set, default=np.inf) for of_set in rates])


def strengths_of(uniform: Sequence[Floats], channels: Sequence[str]) -> dict[str, Floats]:
    """Return the root mean square length of each sensor's vector in each set."""
    return {
        sensor_of(channels[rows[0]]): np.array(
            [np.sqrt((np.asarray(one)[rows] ** 2).sum(axis=0).mean()) for one in uniform]
        )
        for rows in sensor_triples(channels)
    }


def places_of(recordings: Sequence[Recording]) -> set[str]:
    """Return the places of the device that recordings name."""
    return {str(one.placement).strip().lower() for one in recordings if one.placement}


def _usual(similarity: Floats) -> tuple[float, float]:
    """Return the usual similarity of a person left out, and the least that is usual."""
    logs = np.log(similarity)
    # By medians, because a person whose recordings are faulty must not widen the range.
    center = _median(logs)
    deviation = _median(np.abs(logs - center)) / _MEDIAN_DISTANCE
    least = min(center - _DEVIATIONS * deviation, center + np.log(_OF_USUAL))
    return float(np.exp(center)), float(np.exp(least))


def _median(values: Floats) -> float:
    return float(np.median(values))
