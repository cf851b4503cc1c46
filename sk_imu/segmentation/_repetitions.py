"""Find the repetitions in a set, without any training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft, signal

from ..preprocessing import interpolate
from ..recording import Recording
from ._matching import N_PHASES, Matcher
from ._motion import MOTION_RATE_HZ, Floats, motion_of, vectors

__all__ = ["Repetition", "cut_repetitions", "find_repetitions"]

#: Of several lags after which a set resembles itself, the shortest that is nearly as
#: good as the best one is the period: two repetitions always resemble the next two.
_NEARLY = 0.8
#: Noise resembles itself by chance.
_LEAST_AUTOCORRELATION = 0.25


@dataclass(frozen=True)
class Repetition:
    """One repetition of an exercise.

    Parameters
    ----------
    start_s, end_s : float
        First and last second, on the recording's clock.
    confidence : float
        How much it resembles the set's usual repetition in shape, size and posture: 1
        if it is the same, about 0 if it has nothing to do with it.

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


def find_repetitions(
    recording: Recording,
    *,
    min_period_s: float = 0.8,
    max_period_s: float = 8.0,
    min_confidence: float = 0.4,
) -> list[Repetition]:
    """Find the repetitions in one set of one exercise.

    Nothing is learnt from other sets: the period is that of the set's autocorrelation;
    a template of one repetition is averaged from the set itself; and the repetitions
    are the pieces, of 0.6 to 1.6 periods each, that together resemble it most. Rests
    between repetitions, and what comes before the first and after the last, belong to
    none.  Where a repetition begins is chosen so that it does so slowly, and in a
    posture like that in which the set begins and ends.  The axes may be rotated in any
    way.

    Parameters
    ----------
    recording : Recording
        One set, with an acceleration, a gyroscope, or better both.
    min_period_s, max_period_s : float, default=0.8, 8.0
        The shortest and longest time from one repetition to the next.
    min_confidence : float, default=0.4
        The least resemblance to the template that makes a piece a repetition.

    Returns
    -------
    repetitions : list of Repetition
        One entry a repetition, in order of time; none if nothing is repeated.  Where
        the set begins or ends amid a repetition, that one counts too, unless more than
        0.6 of a repetition is missing at both ends together.

    Raises
    ------
    ValueError
        If the recording has neither an acceleration nor a gyroscope, or its clocks are
        such that a Resampler refuses them.

    See Also
    --------
    cut_repetitions : Make each repetition a Recording of its own.
    find_bouts : Find the sets in a recording of a whole training.

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
    >>> round(repetitions[0].duration_s, 1)
    2.0
    """
    start_s, motion = motion_of(recording)
    found = locate_repetitions(
        motion,
        0,
        motion.shape[1],
        min_period_s=min_period_s,
        max_period_s=max_period_s,
        min_confidence=min_confidence,
        is_cut=True,
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
        Where to cut; by default :func:`find_repetitions` tells.

    Returns
    -------
    pieces : list of Recording
        One recording a repetition, each with the set's label, subject and other
        metadata, on the set's clock.

    Raises
    ------
    ValueError
        As :func:`find_repetitions`, and if a stream has no sample within a repetition.

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
    """Return what was located in seconds, from a movement that begins at ``start_s``."""
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
    min_period_s: float,
    max_period_s: float,
    min_confidence: float,
    is_cut: bool,
) -> list[tuple[float, float, float]]:
    """Return begin and end, in timesteps, and resemblance of each repetition.

    The period and the usual posture are those from ``first`` to ``stop``, where the
    exercise is sure; repetitions may lie outside.  If the movement is that of one set
    that ``is_cut`` out, its ends are likely ends of repetitions; else a first or last
    repetition that is unlike the others is left out, and the postures around count.
    """
    core = motion[:, first:stop]
    centre = core.mean(axis=1, keepdims=True)
    motion = motion - centre
    # Each sensor counts the same, whatever moves more in this exercise.
    parts = zip(vectors(motion), vectors(core - centre), strict=True)
    motion = np.concatenate(
        [part / max(np.sqrt(np.square(c).sum(axis=0).mean()), 1e-6) for part, c in parts]
    )
    longest = min(max_period_s * MOTION_RATE_HZ, 0.6 * (stop - first))
    period = find_period(motion[:, first:stop], min_period_s * MOTION_RATE_HZ, longest)
    if period is None:
        return []
    # In time counted in periods, quick and slow exercises cost the same.
    step = period / N_PHASES
    position = np.arange(0, motion.shape[1] - 1, step)
    matcher = Matcher(interpolate(motion, position), min_confidence, is_cut=is_cut)
    return [
        (begin * step, end * step, confidence)
        for begin, end, confidence in matcher.search(first / step, stop / step)
    ]


def find_period(motion: Floats, shortest: float, longest: float) -> float | None:
    """Return the lag in timesteps after which a movement repeats itself, or None."""
    n_timesteps = motion.shape[1]
    n_lags = int(longest) + 2
    if n_lags <= shortest or n_timesteps <= n_lags:
        return None
    spectrum = fft.rfft(motion, fft.next_fast_len(2 * n_timesteps, real=True), axis=1)
    power = np.square(np.abs(spectrum)).sum(axis=0)
    products = fft.irfft(power, fft.next_fast_len(2 * n_timesteps, real=True))[:n_lags]
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
