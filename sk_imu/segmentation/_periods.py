"""Follow the period of a movement over time, where it has one."""

import copy
from typing import Self

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

#: Timesteps that are compared at once, so that a long recording needs no more memory.
_AT_ONCE = 400
#: Longest stretch, in timesteps: a movement that repeats itself for hours is no set.
LONGEST_STRETCH = int(600 * MOTION_RATE_HZ)

_Indices = NDArray[np.intp]
#: First timestep, end (exclusive) and usual lag, in timesteps.
Stretch = tuple[int, int, int]


class PeriodSearch:
    """Find the stretches of time in which a movement that goes on repeats itself.

    Each frame is either rest or has a lag from ``shortest`` to ``longest`` timesteps. The
    frames of the best path through all lags are those whose similarity is above
    ``min_periodicity`` with a lag that changes gradually. The stretch reaches half a lag
    further at both ends, to the middle of the outer repetitions; stretches with a rest of
    at most ``max_pause`` timesteps and a lag of the first between them are one.

    What is found does not depend on the pieces in which the movement comes.

    A stretch reaches half a lag further than its frames, and may so end after the timesteps
    that have come.
    """

    def __init__(
        self,
        *,
        shortest: float,
        longest: float,
        min_periodicity: float,
        min_intensity: float,
        max_pause: float,
    ) -> None:
        lags = _lags(shortest, longest)
        # A period may be shorter than a timestep.
        self._lags = lags[lags > 0]
        self._max_pause = max_pause
        self._min_periodicity, self._min_intensity = min_periodicity, min_intensity
        weight = _HOP / MOTION_RATE_HZ * (self._lags / MOTION_RATE_HZ) ** -_SHORT
        self._weight = weight[:, np.newaxis]
        self._sums = _Sums(self._lags)
        self._paths = _Paths(len(self._lags))
        self._next = 0  # the next frame of the paths
        self._certain: list[int] = []  # the best path, where it can't change anymore
        self._first = 0  # the first frame of these

    @property
    def n_timesteps(self) -> int:
        """Number of timesteps until now."""
        return self._sums.stop

    @property
    def since(self) -> int:
        """No stretch that is still to come begins before this timestep."""
        if not len(self._lags):
            return self.n_timesteps
        return max(_HOP * self._first - int(self._lags[-1]) // 2, 0)

    def push(self, motion: Floats) -> list[Stretch]:
        """Take the next timesteps, and return the stretches that are certain now."""
        for begin in range(0, motion.shape[1], _AT_ONCE):
            self._sums.add(motion[:, begin : begin + _AT_ONCE])
            # Until there is room for all lags, it is unknown which of them count.
            if len(self._lags) and self._sums.stop > 2 * self._lags[-1]:
                self._follow()
        return self._take_certain()

    def pending(self, tail: Floats | None = None) -> list[Stretch]:
        """Return the stretches to come if nothing but ``tail`` came anymore."""
        sums = self._sums
        if tail is not None and tail.shape[1]:
            sums = sums.with_more(tail)
        lags = self._lags[2 * self._lags < sums.stop]
        if not len(lags):
            return []
        frames = np.arange(self._next, -(-sums.stop // _HOP))
        reward = self._reward(sums, frames)
        if self._next == 0:
            reward[len(lags) :] = -np.inf
        if (reward > 0).any() or self._paths.is_open:
            paths = self._paths.and_then(reward)
        else:
            paths = self._paths  # all that follows is rest
        path = np.array([*self._certain, *paths.best()], dtype=np.intp)
        return [_stretch(*one) for one in self._joined(path)]

    def _follow(self) -> None:
        """Extend the paths by the frames whose similarity is known for all lags."""
        known = (self._sums.stop - int(self._lags[-1])) // _HOP + 1
        frames = np.arange(self._next, known)
        self._paths.extend(self._reward(self._sums, frames))
        self._next = known
        self._certain += self._paths.settle()
        self._sums.forget(_HOP * known - int(self._lags[-1]))

    def _reward(self, sums: "_Sums", frames: _Indices) -> Floats:
        similarity = sums.similarity(frames, self._min_intensity)
        reward: Floats = np.maximum(similarity, 0) - self._min_periodicity
        return reward * self._weight

    def _take_certain(self) -> list[Stretch]:
        """Return the stretches that nothing to come can change, and forget them."""
        path = np.array(self._certain, dtype=np.intp)
        now = _HOP * (self._first + len(path))
        done, found = 0, []
        joined = self._joined(path)
        for i, (first, stop, followed) in enumerate(joined):
            pause = self._max_pause + np.median(followed)
            if i + 1 == len(joined) and now - stop <= pause and not _is_long(first, stop):
                break
            found.append(_stretch(first, stop, followed))
            done = stop // _HOP - self._first
        # Rest at the beginning is of no stretch.
        while done < len(path) and path[done] < 0:
            done += 1
        del self._certain[:done]
        self._first += done
        return found

    def _joined(self, path: _Indices) -> list[tuple[int, int, _Indices]]:
        """Return first timestep, end and the lags followed of the stretches of a path."""
        edges = np.flatnonzero(np.diff(np.pad((path >= 0).astype(np.int8), 1)))
        joined: list[tuple[int, int, _Indices]] = []
        for first, stop in edges.reshape(-1, 2).tolist():
            for begin in range(first, stop, LONGEST_STRETCH // _HOP):
                end = min(begin + LONGEST_STRETCH // _HOP, stop)
                self._join(joined, begin, end, self._lags[path[begin:end]])
        return joined

    def _join(
        self,
        joined: list[tuple[int, int, _Indices]],
        first: int,
        stop: int,
        followed: _Indices,
    ) -> None:
        """Append a stretch, or join it to the one before."""
        first, stop = _HOP * (self._first + first), _HOP * (self._first + stop)
        if joined and not _is_long(joined[-1][0], stop):
            # A lag of the rest between two stretches belongs to their outer repetitions.
            pause = self._max_pause + np.median(joined[-1][2])
            if first - joined[-1][1] <= pause:
                first, _, before = joined.pop()
                followed = np.concatenate([before, followed])
        joined.append((first, stop, followed))


def _stretch(first: int, stop: int, followed: _Indices) -> Stretch:
    usual = int(np.median(followed))
    return max(first - usual // 2, 0), stop + usual // 2, usual


def _is_long(first: int, stop: int) -> bool:
    return stop - first >= LONGEST_STRETCH


def _lags(shortest: float, longest: float) -> _Indices:
    # Evenly spaced on a logarithmic scale: repetitions vary in proportion to length.
    n_lags = int(np.ceil(np.log(longest / shortest) / np.log(_LAG_STEP))) + 1
    return np.unique(np.round(np.geomspace(shortest, longest, n_lags)).astype(np.intp))


class _Sums:
    """Running sums over a movement, of which similarities at any lag are differences.

    They cost the same for every lag, and there are some forty.
    """

    def __init__(self, lags: _Indices) -> None:
        self._lags = lags
        self._begin = self.stop = 0  # the timesteps that are kept
        self._motion: Floats = np.empty((0, 0))
        # One column more than timesteps: sums up to each timestep.
        self._values: Floats = np.empty((0, 1))
        self._squares: Floats = np.zeros(1)
        self._products: Floats = np.zeros((len(lags), 1))

    def add(self, motion: Floats) -> None:
        """Take the next timesteps."""
        if not self.stop:
            self._motion = np.empty((len(motion), 0))
            self._values = np.zeros((len(motion), 1))
        n_kept = self._motion.shape[1]
        every = np.concatenate([self._motion, motion], axis=1)
        at = np.arange(n_kept, every.shape[1])
        earlier = at - self._lags[:, np.newaxis]
        products = np.zeros((len(self._lags), len(at)))
        for row in every:
            products += row[np.maximum(earlier, 0)] * row[at]
        # Before the first timestep there is nothing; later on, enough is kept.
        products[earlier < 0] = 0
        self._motion = every
        self._values = _continued(self._values, motion)
        self._squares = _continued(self._squares, np.square(motion).sum(axis=0))
        self._products = _continued(self._products, products)
        self.stop += motion.shape[1]

    def with_more(self, motion: Floats) -> Self:
        """Return the sums with more timesteps, without keeping them."""
        more = copy.copy(self)  # add replaces the arrays and changes none
        more.add(motion)
        return more

    def forget(self, before: int) -> None:
        """Drop what only similarities before a frame of two lags later need."""
        n = before - self._begin
        if n > _AT_ONCE:
            self._begin = before
            self._motion = self._motion[:, n:].copy()
            self._values = self._values[:, n:].copy()
            self._squares = self._squares[n:].copy()
            self._products = self._products[:, n:].copy()

    def similarity(self, frames: _Indices, min_intensity: float) -> Floats:
        """Return how similar the movement before frames is to that after them, by lag.

        Before and after are one lag long. It is -1 where one of them is not known.
        """
        lags = self._lags[:, np.newaxis]
        middle = _HOP * frames
        inside = (middle >= lags) & (middle + lags <= self.stop)
        middle = np.broadcast_to(middle - self._begin, inside.shape)
        first, last = np.where(inside, middle - lags, 0), np.where(inside, middle + lags, 0)
        rows = np.arange(len(lags))[:, np.newaxis]
        # Of both together, about their common mean.
        squared_mean = np.zeros(inside.shape)
        for values in self._values:
            squared_mean += np.square((values[last] - values[first]) / (2 * lags))
        power = (self._squares[last] - self._squares[first]) / (2 * lags) - squared_mean
        both = np.where(inside, middle, 0)
        cross = (self._products[rows, last] - self._products[rows, both]) / lags
        # This intraclass correlation is 1 only where shape, size and posture agree.
        value: Floats = (cross - squared_mean) / np.maximum(power, 1e-12)
        # At rest, the correlation is that of the sensor's noise.
        value[(power < min_intensity**2) | ~inside] = -1
        return value


def _continued(sums: Floats, values: Floats) -> Floats:
    """Return running sums that go on with more values."""
    # One after another from the last sum, so that the pieces don't change the rounding.
    more = np.concatenate([sums[..., -1:], values], axis=-1).cumsum(axis=-1)
    return np.concatenate([sums, more[..., 1:]], axis=-1)


class _Paths:
    """The best path to each lag, and to rest, through all frames until now.

    This is Viterbi's algorithm: the best path to each lag of each frame, then back.
    """

    def __init__(self, n_lags: int) -> None:
        every = np.arange(n_lags)
        steps = np.abs(every[:, np.newaxis] - every)
        self._cost = np.minimum(_CHANGE * steps, _JUMP)
        self._score: Floats = np.full(n_lags, -np.inf)
        self._rest = 0.0
        # By frame: the lag before each lag and, as the last one, before rest; -1 is rest.
        self._came_from: list[_Indices] = []

    @property
    def is_open(self) -> bool:
        """Whether the best path is not at rest."""
        return bool(self._score.max() > self._rest)

    def extend(self, reward: Floats) -> None:
        """Go on through frames with a reward for each lag."""
        every = np.arange(len(self._score))
        score, rest = self._score, self._rest
        for gain in reward.T:
            changed = score[:, np.newaxis] - self._cost
            best = changed.argmax(axis=0)
            kept, entered = changed[best, every], rest - _ENTER
            top = int(score.argmax())
            came_from = np.empty(len(score) + 1, np.intp)
            came_from[:-1] = np.where(kept >= entered, best, -1)
            came_from[-1] = top if score[top] > rest else -1
            self._came_from.append(came_from)
            rest = max(rest, float(score[top]))
            score = np.maximum(kept, entered) + gain
        self._score, self._rest = score, rest

    def and_then(self, reward: Floats) -> Self:
        """Return the paths through more frames, without keeping them."""
        more = copy.copy(self)
        more._came_from = self._came_from.copy()
        more.extend(reward)
        return more

    def best(self) -> list[int]:
        """Return the index of each frame's lag, or -1 for rest, on the best path."""
        state = int(self._score.argmax()) if self.is_open else -1
        return self._back(state, len(self._came_from))

    def settle(self) -> list[int]:
        """Return, and forget, the frames in which all best paths agree."""
        # An index of -1 is that of the last one, which is rest.
        states = np.append(np.arange(len(self._score)), -1)
        for n in range(len(self._came_from), 0, -1):
            if (states == states[0]).all():
                settled = self._back(int(states[0]), n)
                del self._came_from[:n]
                return settled
            states = self._came_from[n - 1][states]
        return []

    def _back(self, state: int, n: int) -> list[int]:
        """Return the path through the first n frames to a state."""
        path = [state]
        for came_from in self._came_from[n - 1 : 0 : -1]:
            path.append(int(came_from[path[-1]]))
        return path[::-1] if n else []
