"""Find the repetitions in a set, without any training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft, signal

from .motion import MOTION_RATE_HZ, Floats, motion_of, stretch, vectors
from .recording import Recording

__all__ = ["Repetition", "cut_repetitions", "find_repetitions"]

#: A repetition of usual length has so many timesteps while repetitions are sought ...
_N_PHASES = 32
#: ... and its template is compared at these lengths, in units of the usual one.
_LENGTHS = np.geomspace(0.6, 1.6, 13)
#: Where in the movement a repetition begins is not known: so many beginnings are tried.
_N_BEGINNINGS = 8
#: How much a beginning at rest is worth against pieces that resemble each other more.
_REST_WEIGHT = 0.3
_N_ROUNDS = 3
#: Of several lags after which a set resembles itself, the shortest that is nearly as
#: good as the best one is the period: two repetitions always resemble the next two.
_NEARLY = 0.8
#: Noise resembles itself by chance.
_LEAST_AUTOCORRELATION = 0.25
#: How much of a repetition may be missing at both ends of a set together.
_MOST_MISSING = 0.6


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
    none.  The axes may be rotated in any way.

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
    >>> round(repetitions[3].duration_s, 1)
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
            start_s + max(begin, 0.0) / MOTION_RATE_HZ,
            start_s + min(end, last) / MOTION_RATE_HZ,
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
) -> list[tuple[float, float, float]]:
    """Return begin and end, in timesteps, and resemblance of each repetition.

    The period and the usual posture are those from ``first`` to ``stop``, where the
    exercise is sure; repetitions may lie outside.
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
    step = period / _N_PHASES
    position = np.arange(0, motion.shape[1] - 1, step)
    found = _Matcher(stretch(motion, position), min_confidence).search(
        first / step, stop / step
    )
    return [(begin * step, end * step, confidence) for begin, end, confidence in found]


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


def _speed_at_ends(template: Floats) -> float:
    """Return how fast a template is where it begins and ends; 1 is its usual speed."""
    squared = np.square(np.diff(template, axis=1)).sum(axis=0)
    # A pause lasts; where a movement turns round it is slow for a moment only.
    n = max(len(squared) // 3, 1)
    ends = np.concatenate([squared[:n], squared[-n:]])
    return float(np.sqrt(ends.mean() / max(squared.mean(), 1e-12)))


class _Matcher:
    """Compares a template with every piece of a movement, at several lengths.

    The movement has ``_N_PHASES`` timesteps a period.  Half a period of the unknown is
    put before and after it, so that a repetition that is cut off is still seen.
    """

    def __init__(self, motion: Floats, least: float) -> None:
        pad = self.pad = _N_PHASES // 2
        self.least = least
        self.motion = np.pad(motion, ((0, 0), (pad, pad)))
        self.n_timesteps = self.motion.shape[1]
        known = np.pad(np.ones((1, motion.shape[1])), ((0, 0), (pad, pad)))
        self.lengths = np.unique(np.round(_N_PHASES * _LENGTHS).astype(int))
        self.lengths = self.lengths[self.lengths <= self.n_timesteps]
        self.pieces, self.known = [], []
        for length in self.lengths:
            starts = np.arange(self.n_timesteps - length + 1)[:, np.newaxis]
            position = starts + np.linspace(0, length - 1, _N_PHASES)
            self.pieces.append(stretch(self.motion, position))
            self.known.append(stretch(known, position)[0])
        self.energy = [np.square(piece).sum(axis=(0, 2)) for piece in self.pieces]

    def search(self, first: float, stop: float) -> list[tuple[float, float, float]]:
        """Return the repetitions by a template that begins where there is rest."""
        begin = self._typical(int(first) + self.pad, int(stop) + self.pad)
        template: Floats | None = self.motion[:, begin : begin + _N_PHASES]
        if template is None or template.shape[1] < _N_PHASES:
            return []
        for _ in range(_N_ROUNDS):
            _, found = self._best_pieces(template)
            template = self._mean_piece(found, 0.0)
            if template is None:
                return []
        best_worth, best = 0.0, found
        for phase in np.arange(_N_BEGINNINGS) / _N_BEGINNINGS:
            template = self._mean_piece(found, phase)
            if template is None:
                continue
            score, chosen = self._best_pieces(template)
            worth = score * (1 - _REST_WEIGHT * _speed_at_ends(template))
            if worth > best_worth:
                best_worth, best = worth, chosen
        return [
            (start - self.pad, start - self.pad + self.lengths[i], resemblance)
            for i, start, resemblance in self._without_surplus(best)
        ]

    def _mean_piece(
        self, found: list[tuple[int, int, float]], phase: float
    ) -> Floats | None:
        """Return the mean of what begins a share of each piece after its beginning."""
        whole = []
        for i, start, _ in found:
            shifted = start + round(phase * int(self.lengths[i]))
            if shifted < len(self.known[i]) and self.known[i][shifted].min() == 1:
                whole.append(self.pieces[i][:, shifted])
        return np.mean(whole, axis=0) if whole else None

    def _typical(self, first: int, stop: int) -> int:
        """Return where the piece begins that is most like its two neighbours."""
        size = self.motion[:, first:stop]
        n = size.shape[1] - _N_PHASES + 1
        if n <= _N_PHASES:
            return first
        pieces = np.lib.stride_tricks.sliding_window_view(size, _N_PHASES, axis=1)
        energy = np.square(pieces).sum(axis=(0, 2))
        cross = np.einsum("cnt,cnt->n", pieces[:, :-_N_PHASES], pieces[:, _N_PHASES:])
        both = np.maximum(energy[:-_N_PHASES] + energy[_N_PHASES:], 1e-12)
        likeness = np.zeros(n)
        likeness[:-_N_PHASES] += 2 * cross / both
        likeness[_N_PHASES:] += 2 * cross / both
        return first + int(np.argmax(likeness))

    def _best_pieces(self, template: Floats) -> tuple[float, list[tuple[int, int, float]]]:
        """Choose the pieces that do not overlap and together resemble most."""
        n = self.n_timesteps
        resemblance = np.full((n + 1, len(self.lengths)), -np.inf)  # by end, length
        gain = np.full_like(resemblance, -np.inf)
        size = np.square(template).sum(axis=0)
        for i, length in enumerate(self.lengths):
            cross = np.tensordot(self.pieces[i], template, ([0, 2], [0, 1]))
            # 1 only where shape and size agree, as Lin's coefficient of concordance.
            both = np.maximum(self.energy[i] + self.known[i] @ size, 1e-12)
            resemblance[length:, i] = 2 * cross / both
            # How much of the template's movement would be in sight.
            share = self.known[i] @ size / max(size.sum(), 1e-12)
            # The root favours neither many short pieces nor few long ones.
            worth = share * np.sqrt(length / _N_PHASES)
            surplus = resemblance[length:, i] - self.least
            gain[length:, i] = np.where(share >= 0.5, worth * surplus, -np.inf)
        best = np.zeros(n + 1)
        choice = np.full(n + 1, -1)
        for end in range(1, n + 1):
            scores = best[np.maximum(end - self.lengths, 0)] + gain[end]
            i = int(scores.argmax()) if len(scores) else 0
            if len(scores) and scores[i] > best[end - 1]:
                best[end], choice[end] = scores[i], i
            else:
                best[end] = best[end - 1]
        found, end = [], n
        while end > 0:
            i = int(choice[end])
            if i < 0:
                end -= 1
            else:
                value = float(resemblance[end, i])
                end -= int(self.lengths[i])
                found.append((i, end, value))
        return float(best[n]), found[::-1]

    def _without_surplus(
        self, found: list[tuple[int, int, float]]
    ) -> list[tuple[int, int, float]]:
        """Leave an outer one out if the two together miss too much of one."""
        if len(found) < 2:
            return found
        left, right = (
            1 - self.known[i][start].mean() for i, start, _ in (found[0], found[-1])
        )
        if left + right <= _MOST_MISSING:
            return found
        return found[1:] if left > right else found[:-1]
