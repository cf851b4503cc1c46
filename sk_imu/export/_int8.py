"""Weights in eight bits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def as_int8(value: NDArray[Any], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return a matrix in whole numbers of −127 to 127, and a scale for each slice.

    The matrix is about the whole numbers times the scale of their slice along ``axis``.
    """
    others = tuple(i for i in range(value.ndim) if i != axis)
    greatest = np.abs(value).max(axis=others)
    scale = (np.where(greatest > 0, greatest, 1.0) / 127).astype(np.float32)
    shape = [1] * value.ndim
    shape[axis] = -1
    whole = np.rint(value / scale.reshape(shape)).clip(-127, 127)
    return whole.astype(np.int8), scale
