"""Follow the period of a movement over time, where it has one."""

import numpy as np
from numpy.typing import NDArray

from ._motion import MOTION_RATE_HZ, Floats

#: Ratio of neighboring lags. A repetition a few percent off its lag is still similar.
_LAG_STEP = 1.06
#: Timesteps from one frame of the search to the next.
_HOP = 4
# The constants below were chosen on recordings of a gym and of Exermote.
# docs/results/segmentation.rst says which other values were tried.
#: Exponent by which short lags are favored: every multiple of a period repeats, too.
_SHORT = 0.4
#: Cost of a change to the next lag, and of any change. Repetitions slow down gradually,
#: and a pause between two of them is a jump. Movement without a period, such as walking to
#: the next machine, has some similar pieces, but at another lag each time.
_CHANGE, _JUMP = 0.05, 0.4
#: Cost of a new stretch, in seconds of perfect similarity at a period of one second.
_ENTER = 1.0

_Indices = NDArray[np.intp]
#: First timestep, end (exclusive) and usual lag, in timesteps.
Stretch = tuple[int, int, int]


def periodic_stretches(
    motion: Floats,
    *,
    shortest: float,
    longest: float,
    min_periodicity: float,
    min_intensity: float,
    max_pause: float,
) -> list[Stretch]:
    """Return the stretches of time in which a movement repeats itself.

    Each frame is either rest or has a lag from ``shortest`` to ``longest`` timesteps. The
    frames of the best path through all lags are those whose similarity is above
    ``min_periodicity`` with a lag that changes gradually. The stretch reaches half a lag
    further at both ends, to the middle of the outer repetitions; stretches with a rest of
    at most ``max_pause`` timesteps between them are one.
    """
    lags = _lags(shortest, longest)
    # A period may be shorter than a timestep.
    lags = lags[(lags > 0) & (2 * lags < motion.shape[1])]
    if not len(lags):
        return []
    similarity = _self_similarity(motion, lags, min_intensity)
    weight = _HOP / MOTION_RATE_HZ * (lags / MOTION_RATE_HZ) ** -_SHORT
    reward = (np.maximum(similarity, 0) - min_periodicity) * weight[:, np.newaxis]
    path = _best_path(reward)
    edges = np.flatnonzero(np.diff(np.pad((path >= 0).astype(np.int8), 1)))
    joined: list[tuple[int, int, _Indices]] = []
    for first, stop in edges.reshape(-1, 2).tolist():
        followed = lags[path[first:stop]]
        first, stop = _HOP * first, _HOP * stop
        # A lag of the rest between two stretches belongs to their outer repetitions.
        if joined and first - joined[-1][1] - np.median(followed) <= max_pause:
            first, _, before = joined.pop()
            followed = np.concatenate([before, followed])
        joined.append((first, stop, followed))
    stretches = []
    for first, stop, followed in joined:
        usual = int(np.median(followed))
        begin, end = first - usual // 2, stop + usual // 2
        stretches.append((max(begin, 0), min(end, motion.shape[1]), usual))
    return stretches


def _lags(shortest: float, longest: float) -> _Indices:
    # Evenly spaced on a logarithmic scale: repetitions vary in proportion to length.
    n_lags = int(np.ceil(np.log(longest / shortest) / np.log(_LAG_STEP))) + 1
    return np.unique(np.round(np.geomspace(shortest, longest, n_lags)).astype(np.intp))


def _self_similarity(motion: Floats, lags: _Indices, min_intensity: float) -> Floats:
    """Return how similar the movement before each frame is to that after it, by lag.

    Before and after are one lag long. It is -1 where one of them is not in the recording.
    """
    frames = np.arange(0, motion.shape[1], _HOP)
    similarity = np.full((len(lags), len(frames)), -1.0)
    for row, lag in enumerate(lags):
        a, b = motion[:, :-lag], motion[:, lag:]
        mean_a, mean_b = _moving_mean(a, lag), _moving_mean(b, lag)
        mean = (mean_a + mean_b) / 2
        cross = (_moving_mean(a * b, lag) - mean * (mean_a + mean_b) + mean**2).sum(axis=0)
        power = ((_moving_mean(a**2, lag) + _moving_mean(b**2, lag)) / 2 - mean**2).sum(
            axis=0
        )
        # This intraclass correlation is 1 only where shape, size and posture agree.
        value = cross / np.maximum(power, 1e-12)
        # At rest, the correlation is that of the sensor's noise.
        value[power < min_intensity**2] = -1
        inside = (frames >= lag) & (frames - lag < len(value))
        similarity[row, inside] = value[frames[inside] - lag]
    return similarity


def _moving_mean(values: Floats, size: int) -> Floats:
    # A cumulative sum costs the same for every size, and there are some forty lags.
    sums = np.pad(np.cumsum(values, axis=1), ((0, 0), (1, 0)))
    return (sums[:, size:] - sums[:, :-size]) / size


def _best_path(reward: Floats) -> _Indices:
    """Return the lag's index of each frame, or -1 for rest, with the greatest reward.

    This is Viterbi's algorithm: the best path to each lag of each frame, then back.
    """
    n_lags, n_frames = reward.shape
    every = np.arange(n_lags)
    steps = np.abs(every[:, np.newaxis] - every)
    cost = np.minimum(_CHANGE * steps, _JUMP)
    came_from = np.empty((n_frames, n_lags), np.intp)
    rested_from = np.empty(n_frames, np.intp)
    score, rest = np.full(n_lags, -np.inf), 0.0
    for frame in range(n_frames):
        changed = score[:, np.newaxis] - cost
        best = changed.argmax(axis=0)
        kept, entered = changed[best, every], rest - _ENTER
        came_from[frame] = np.where(kept >= entered, best, -1)
        top = int(score.argmax())
        rested_from[frame] = top if score[top] > rest else -1
        rest = max(rest, float(score[top]))
        score = np.maximum(kept, entered) + reward[:, frame]
    path = np.empty(n_frames, np.intp)
    state = int(score.argmax()) if score.max() > rest else -1
    for frame in range(n_frames - 1, -1, -1):
        path[frame] = state
        state = int(came_from[frame, state]) if state >= 0 else int(rested_from[frame])
    return path
