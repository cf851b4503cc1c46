"""Find the repetitions in a set, without any training data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from .._sklearn import validate_params
from ..preprocessing import interpolate
from ..recording import Recording
from ._matching import N_PHASES, Matcher
from ._motion import MOTION_RATE_HZ, Floats, motion_of, vectors
from ._thresholds import THRESHOLDS, check_periods

#: The period is the shortest lag whose autocorrelation is at least this share of the
#: best one: its multiples are as good, because two repetitions resemble the next two.
_NEARLY = 0.8
#: Below this, noise that resembles itself by chance would pass for exercise.
_LEAST_AUTOCORRELATION = 0.25
#: Shortest and longest period of an exercise.
_SHORTEST_S, _LONGEST_S = 0.8, 10.0
#: Where fewer sets have a period, those that do are no typical ones.
_LEAST_SHARE = 0.25


@dataclass(frozen=True)
class Repetition:
    """One repetition of an exercise.

    Parameters
    ----------
    start_s, end_s : float
        Start and end in seconds, on the recording's clock.
    confidence : float
        Resemblance to the usual repetition of its set in shape, size and posture: 1 if
        they are equal, about 0 if they are unrelated.

    Examples
    --------
    >>> from sk_imu import Repetition
    >>> Repetition(2.0, 3.5, confidence=0.9).duration_s
    1.5
    """

    start_s: float
    end_s: float
    confidence: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


@validate_params(
    {name: THRESHOLDS[name] for name in ("min_period_s", "max_period_s", "min_confidence")},
    prefer_skip_nested_validation=True,
)
def find_repetitions(
    recording: Recording,
    *,
    min_period_s: float = _SHORTEST_S,
    max_period_s: float = _LONGEST_S,
    min_confidence: float = 0.4,
) -> list[Repetition]:
    """Find the repetitions in one set of one exercise.

    Nothing is learned from other sets. The period comes from the autocorrelation of the
    set, and a template of one repetition is averaged from the set itself. The
    repetitions are those pieces, of 0.6 to 1.6 periods each, that together resemble the
    template most. Rests between repetitions, and time before the first and after the
    last, belong to none of them. A repetition begins where the movement is slow and the
    posture is close to that at both ends of the set. Rotating the axes changes nothing.

    Parameters
    ----------
    recording : Recording
        One set, with an acceleration, a gyroscope, or preferably both.
    min_period_s, max_period_s : float, default=0.8, 10.0
        Shortest and longest time in seconds from one repetition to the next.
    min_confidence : float, default=0.4
        Minimum resemblance of a repetition to the template.

    Returns
    -------
    repetitions : list of Repetition
        The repetitions in order of time; empty if nothing is repeated.  A repetition
        that is cut off at an end of the set counts, unless more than 0.6 of a
        repetition is missing at both ends together.

    Raises
    ------
    ValueError
        If a threshold is out of range, the recording has neither an acceleration nor a
        gyroscope, or the :class:`Resampler` refuses its clocks.

    See Also
    --------
    cut_repetitions : Make a Recording of each repetition.
    find_bouts : Find the sets in the recording of a workout.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import Recording, find_repetitions
    >>> phase = 2 * np.pi * np.arange(1000) / 100
    >>> names = [f"Gyroscope_{axis}" for axis in "xyz"]
    >>> turns = [np.sin(phase), 0.3 * np.sin(2 * phase), 0 * phase]
    >>> squats = Recording.from_array(turns, sampling_rate_hz=50, channel_names=names)
    >>> repetitions = find_repetitions(squats)
    >>> len(repetitions)
    10
    >>> round(np.mean([one.duration_s for one in repetitions]), 1)
    np.float64(2.0)
    """
    check_periods("find_repetitions", min_period_s, max_period_s)
    start_s, motion = motion_of(recording)
    found, _ = locate_repetitions(
        motion,
        0,
        motion.shape[1],
        shortest=min_period_s * MOTION_RATE_HZ,
        longest=max_period_s * MOTION_RATE_HZ,
        min_confidence=min_confidence,
    )
    return as_repetitions(found, start_s, motion.shape[1])


def cut_repetitions(
    recording: Recording, repetitions: Sequence[Repetition] | None = None
) -> list[Recording]:
    """Cut a set into its repetitions.

    Parameters
    ----------
    recording : Recording
        One set of one exercise.
    repetitions : sequence of Repetition, optional
        The repetitions; by default those of :func:`find_repetitions`.

    Returns
    -------
    pieces : list of Recording
        One recording per repetition, on the clock of the set, with the label, subject
        and other metadata of the set.

    Raises
    ------
    ValueError
        As in :func:`find_repetitions`, or if a stream has no sample within a
        repetition.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import Recording, cut_repetitions
    >>> phase = 2 * np.pi * np.arange(1000) / 100
    >>> names = [f"Gyroscope_{axis}" for axis in "xyz"]
    >>> turns = [np.sin(phase), 0.3 * np.sin(2 * phase), 0 * phase]
    >>> squats = Recording.from_array(
    ...     turns, sampling_rate_hz=50, channel_names=names, label="squat"
    ... )
    >>> pieces = cut_repetitions(squats)
    >>> len(pieces), pieces[0].label
    (10, 'squat')
    """
    if repetitions is None:
        repetitions = find_repetitions(recording)
    return [recording.between(r.start_s, r.end_s) for r in repetitions]


def as_repetitions(
    found: Sequence[tuple[float, float, float]], start_s: float, n_timesteps: int
) -> list[Repetition]:
    """Convert located repetitions to seconds, in a movement that begins at ``start_s``."""
    # Located repetitions reach up to half a period of padding beyond either end, where the
    # recording has no samples to cut.
    last = n_timesteps - 1
    return [
        Repetition(
            float(start_s + max(begin, 0.0) / MOTION_RATE_HZ),
            float(start_s + min(end, last) / MOTION_RATE_HZ),
            confidence,
        )
        for begin, end, confidence in found
    ]


def locate_repetitions(
    motion: Floats,
    first: int,
    stop: int,
    *,
    shortest: float,
    longest: float,
    min_confidence: float,
    usual: float | None = None,
) -> tuple[list[tuple[float, float, float]], float]:
    """Return begin and end, in timesteps, and resemblance of each repetition.

    The second value is the share of the phases of the template at which their number is
    found, or 0 where that is unknown.

    The period, from ``shortest`` to ``longest`` timesteps, and the usual posture are taken
    from ``first`` to ``stop``, where exercise is certain; repetitions may lie outside. With
    a ``usual`` period, which holds where no better one is found, the ends of the set are
    unknown: then the postures around the repetitions count, and outer repetitions unlike
    the others are dropped. Without it, the movement is one set cut out, whose ends are
    likely ends of repetitions.
    """
    core = motion[:, first:stop]
    center = core.mean(axis=1, keepdims=True)
    motion = motion - center
    # Sensors count equally, however much each moves in this exercise.
    parts = zip(vectors(motion), vectors(core - center), strict=True)
    motion = np.concatenate(
        [part / max(np.sqrt(np.square(c).sum(axis=0).mean()), 1e-6) for part, c in parts]
    )
    longest = min(longest, 0.6 * (stop - first))
    period = find_period(motion[:, first:stop], shortest, longest) or usual
    if period is None:
        return [], 0.0
    # With time in units of the period, fast and slow exercises cost the same.
    step = period / N_PHASES
    position = np.arange(0, motion.shape[1] - 1, step)
    matcher = Matcher(interpolate(motion, position), min_confidence, is_cut=usual is None)
    found, agreement = matcher.search(first / step, stop / step)
    return [
        (begin * step, end * step, confidence) for begin, end, confidence in found
    ], agreement


def find_period(motion: Floats, shortest: float, longest: float) -> float | None:
    """Return the lag in timesteps after which a movement repeats itself, or None."""
    n_timesteps = motion.shape[1]
    n_lags = int(longest) + 2  # a peak at the longest lag needs a neighbor
    if n_lags <= shortest or n_timesteps <= n_lags:
        return None
    # Padded to twice the length: a Fourier transform is periodic, and the end of the set
    # would meet its beginning.
    spectrum = fft.rfft(motion, fft.next_fast_len(2 * n_timesteps, real=True), axis=1)
    power = np.square(np.abs(spectrum)).sum(axis=0)
    products = fft.irfft(power, fft.next_fast_len(2 * n_timesteps, real=True))[:n_lags]
    # Relative to the energy of both overlapping parts, long lags are not at a loss.
    energy = np.concatenate([[0], np.cumsum(np.square(motion).sum(axis=0))])
    lags = np.arange(n_lags)
    both = energy[n_timesteps - lags] + energy[-1] - energy[lags]
    autocorrelation = 2 * products / np.maximum(both, 1e-12)
    peaks, _ = signal.find_peaks(autocorrelation)
    peaks = peaks[(peaks >= shortest) & (autocorrelation[peaks] > _LEAST_AUTOCORRELATION)]
    if not len(peaks):
        return None
    good = autocorrelation[peaks] >= _NEARLY * autocorrelation[peaks].max()
    return float(peaks[good][0])


def median_period_s(
    series: Iterable[NDArray[Any]], weights: Floats, rate_hz: float
) -> float | None:
    """Return the weighted median period of sets, in seconds; None if too few have one.

    ``series`` are the uniform channels of each set. A period is from 0.8 to 10 seconds.
    """
    periods = np.full(len(weights), np.nan)
    for i, row in enumerate(series):
        values = np.atleast_2d(np.asarray(row, dtype=np.float64))
        longest = min(_LONGEST_S * rate_hz, 0.6 * values.shape[1])
        moving = values - values.mean(axis=1, keepdims=True)
        period = find_period(moving, _SHORTEST_S * rate_hz, longest)
        if period is not None:
            periods[i] = period / rate_hz
    known = ~np.isnan(periods)
    if weights[known].sum() < _LEAST_SHARE * weights.sum() or not weights[known].any():
        return None
    order = np.flatnonzero(known)[periods[known].argsort()]
    reached = weights[order].cumsum()
    # The mean of two where half of the weight is on either side, as np.median has it.
    middle = [reached.searchsorted(reached[-1] / 2, side) for side in ("left", "right")]
    return float(periods[order[middle]].mean())
