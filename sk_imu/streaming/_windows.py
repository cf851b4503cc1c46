"""Windows at fixed times of a clock, cut from the samples that have arrived."""

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..preprocessing import GridResampler
from ._checks import check_number

Floats = NDArray[np.float64]

#: Longest block in seconds: a longer one would wait longer for its last samples.
_LONGEST_BLOCK_S = 0.5
#: Share of ``before_seconds`` that is for resampling; the rest is for derived channels.
_FOR_RESAMPLING = 0.5
#: So that no rounding of Unix times lets a block see a sample after its margin.
_SLACK_S = 1e-5


class WindowGrid:
    """When windows start and end, and which samples and timesteps each needs.

    Window ``k`` starts at ``k * step_seconds``. Its timesteps are those of the blocks of an
    absolute grid, which several windows share.

    Parameters
    ----------
    rate_hz : float
        Rate of the timesteps.
    n_timesteps : int
        Timesteps of a window.
    step_seconds, before_seconds, after_seconds, max_gap_seconds : float
        As of :class:`StreamingClassifier`.

    Raises
    ------
    ValueError
        If one of these is out of its range, a step is shorter than a timestep, or nothing
        is left of ``after_seconds``.
    """

    def __init__(
        self,
        *,
        rate_hz: float,
        n_timesteps: int,
        step_seconds: float,
        before_seconds: float,
        after_seconds: float,
        max_gap_seconds: float,
    ) -> None:
        check_number("step_seconds", step_seconds, least=0, above=True)
        check_number("before_seconds", before_seconds, least=0, above=True)
        check_number("after_seconds", after_seconds, least=0)
        check_number("max_gap_seconds", max_gap_seconds, least=0)
        self.step_s, self.n_timesteps = step_seconds, n_timesteps
        self.window_s = n_timesteps / rate_hz
        self.before_s, self.after_s = before_seconds, after_seconds
        self.max_gap_s = max_gap_seconds
        step, rate = (Fraction(x).limit_denominator(10**6) for x in (step_seconds, rate_hz))
        if step * rate < 1:
            raise ValueError(
                f"step_seconds={step_seconds:g} is less than one timestep of the model at "
                f"{rate_hz:g} Hz. Give at least {1 / rate_hz:g}."
            )
        self.blocks_per_step = math.ceil(step / Fraction(_LONGEST_BLOCK_S))
        block = step / self.blocks_per_step
        self._per_block = block * rate  # in timesteps, as a fraction
        self.n_blocks = math.ceil(n_timesteps / self._per_block)
        # The last block may end after the window, and its margin must not.
        overhang_s = float(self.n_blocks * block) - self.window_s
        after_s = after_seconds - overhang_s - _SLACK_S
        if after_s <= 0:
            raise ValueError(
                f"after_seconds={after_seconds:g} is too short for windows of "
                f"{self.window_s:g} s with step_seconds={step_seconds:g}. Give more than "
                f"{overhang_s + _SLACK_S:g}, or a step of which the window is a multiple."
            )
        resampling_s = _FOR_RESAMPLING * before_seconds
        self.margins_s = (resampling_s, after_s)
        self.n_context = math.floor((before_seconds - resampling_s) / float(block))

    def first_of_block(self, j: int) -> int:
        """Return the number of the first timestep of a block."""
        return math.ceil(j * self._per_block)

    def starts_s(self, k: int) -> float:
        """Return when a window starts."""
        return k * self.step_s

    def ends_s(self, k: int) -> float:
        """Return when a window ends."""
        return k * self.step_s + self.window_s

    def at_or_after(self, time_s: float) -> int:
        """Return the first window that starts at or after a time."""
        return math.ceil(time_s / self.step_s - 1e-9)

    def after_silence(self, k: int, tables: Mapping[str, Floats], known_s: float) -> int:
        """Return the first window after ``k`` around which every sensor has samples."""
        reach_s = self.window_s + self.after_s
        resumed_s = -math.inf
        for table in tables.values():
            times_s = table[:, 0]
            at = int(times_s.searchsorted(self.starts_s(k) - self.before_s))
            resumed_s = max(resumed_s, times_s[at] if at < len(times_s) else math.inf)
        if resumed_s <= self.starts_s(k) + reach_s:
            return k
        # No further than what is known: samples may still come.
        beyond = min(resumed_s - reach_s, known_s - self.window_s)
        return max(self.at_or_after(beyond), k)


class WindowMaker:
    """Cut windows from tables of samples, and resample each block once.

    Parameters
    ----------
    grid : WindowGrid
        The windows.
    resampler : GridResampler
        What makes the blocks.
    """

    def __init__(self, grid: WindowGrid, resampler: GridResampler) -> None:
        self.grid, self.resampler = grid, resampler
        self._blocks: dict[int, Floats] = {}

    def cut(self, k: int, tables: Mapping[str, Floats]) -> Floats | None:
        """Return window ``k`` with what is known before it, None if a timestep lacks.

        It ends with the window's last timestep. Windows must be asked for in their order.
        """
        grid = self.grid
        begin = k * grid.blocks_per_step
        earliest = begin - grid.n_context
        for j in [j for j in self._blocks if j < earliest]:
            del self._blocks[j]
        blocks = [self._block(j, tables) for j in range(earliest, begin + grid.n_blocks)]
        n_before = sum(block.shape[1] for block in blocks[: grid.n_context])
        values = np.concatenate(blocks, axis=1)[:, : n_before + grid.n_timesteps]
        missing = np.flatnonzero(np.isnan(values).any(axis=0))
        if len(missing):
            values = values[:, missing[-1] + 1 :]
        if values.shape[1] < grid.n_timesteps:
            return None
        return self.resampler.signed(values)

    def _block(self, j: int, tables: Mapping[str, Floats]) -> Floats:
        if j not in self._blocks:
            first = self.grid.first_of_block(j)
            n_timesteps = self.grid.first_of_block(j + 1) - first
            self._blocks[j] = self.resampler.block(
                tables, first, n_timesteps, self.grid.margins_s, self.grid.max_gap_s
            )
        return self._blocks[j]
