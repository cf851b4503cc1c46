"""The samples of one sensor on the sensor's own clock."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Three thousand years, beyond any Unix time in seconds.
_FURTHEST_S = 1e11


# Compared by identity, because arrays of samples have no single truth value.
@dataclass(frozen=True, eq=False)
class SensorStream:
    """The samples of one sensor on the sensor's own clock.

    A stream keeps the recorded samples with all their faults: :class:`sk_imu.Resampler`
    refuses a clock that runs backwards or a missing value, this class does not.

    Parameters
    ----------
    timestamps_s : array-like of shape (n_samples,)
        Time of each sample in seconds since the recording's epoch.
    values : array-like of shape (n_samples, n_axes)
        Samples in the package's units: m/s², rad/s, rad.
    axes : sequence of str, default=("x", "y", "z")
        Name of each column of ``values``.
    origin_ns : int, optional
        Time of second 0 on the clock of the file, such as its Unix time in nanoseconds.
        Readers give it, so that a :class:`Recording` refuses streams that count from
        different starts.

    Raises
    ------
    ValueError
        If the shapes disagree, an axis is named twice, a value is not a number, or a
        time is infinite or beyond any date in seconds.

    Examples
    --------
    >>> from sk_imu import SensorStream
    >>> stream = SensorStream([0.00, 0.02, 0.04], [[0, 0, 9.8]] * 3)
    >>> stream.n_samples, stream.rate_hz
    (3, 50.0)
    """

    timestamps_s: NDArray[np.float64]
    values: NDArray[np.float64]
    axes: tuple[str, ...] = ("x", "y", "z")
    origin_ns: int | None = None

    def __init__(
        self,
        timestamps_s: ArrayLike,
        values: ArrayLike,
        axes: Sequence[str] = ("x", "y", "z"),
        origin_ns: int | None = None,
    ) -> None:
        times = as_float(timestamps_s, "timestamps_s")
        samples = as_float(values, "values")
        axes = tuple(axes)
        if times.ndim != 1:
            raise ValueError(
                f"timestamps_s must have shape (n_samples,), got {times.shape}."
            )
        # A missing time is the Resampler's business; such a time has another unit.
        wrong = np.abs(times) > _FURTHEST_S
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueError(
                f"timestamps_s must be in seconds, but sample {row} has the time "
                f"{times[row]:g}. Convert milli- or nanoseconds, or correct the time."
            )
        if samples.shape != (len(times), len(axes)):
            raise ValueError(
                f"values must have shape (n_samples, n_axes) = {(len(times), len(axes))} "
                f"for {len(times)} timestamps and the axes {axes}, got {samples.shape}. "
                + (
                    "Give values.T."
                    if samples.shape == (len(axes), len(times))
                    else "Name each column in axes=[...]."
                )
            )
        if len(set(axes)) != len(axes):
            raise ValueError(f"An axis is named twice: {axes}. Name each once.")
        # A frozen dataclass refuses plain assignment, even in its own constructor.
        object.__setattr__(self, "timestamps_s", times)
        object.__setattr__(self, "values", samples)
        object.__setattr__(self, "axes", axes)
        object.__setattr__(self, "origin_ns", origin_ns)

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.timestamps_s)

    @property
    def start_s(self) -> float:
        """Time of the first sample in seconds, NaN if there is none."""
        return float(self.timestamps_s[0]) if self.n_samples else float("nan")

    @property
    def end_s(self) -> float:
        """Time of the last sample in seconds, NaN if there is none."""
        return float(self.timestamps_s[-1]) if self.n_samples else float("nan")

    @property
    def rate_hz(self) -> float:
        """Mean sampling rate from first to last sample, NaN for fewer than two."""
        duration_s = self.end_s - self.start_s
        return (self.n_samples - 1) / duration_s if duration_s > 0 else float("nan")

    def __repr__(self) -> str:
        """Return the axes, length, rate and start on one line."""
        return (
            f"SensorStream({', '.join(self.axes)}: {self.n_samples} samples, "
            f"{self.rate_hz:.3f} Hz, from {self.start_s:.3f} s)"
        )


def as_float(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return a read-only copy of some values as floats; ``name`` says what they are."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must hold numbers only: {error}. Convert the other values, or take "
            "them out."
        ) from error
    # Copies of a recording share its arrays, so nobody may write into one.
    array.flags.writeable = False
    return array
