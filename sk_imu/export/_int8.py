"""Weights as whole numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_int8", "packed"]


def as_int8(
    value: NDArray[Any], axis: int, n_bits: int = 8
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return a matrix in whole numbers, and a scale for each slice.

    The matrix is about the whole numbers times the scale of their slice along ``axis``.
    With 8 bits they are from −127 to 127, with 6 from −31 to 31.
    """
    most = 2 ** (n_bits - 1) - 1
    others = tuple(i for i in range(value.ndim) if i != axis)
    greatest = np.abs(value).max(axis=others)
    scale = (np.where(greatest > 0, greatest, 1.0) / most).astype(np.float32)
    shape = [1] * value.ndim
    shape[axis] = -1
    whole = np.rint(value / scale.reshape(shape)).clip(-most, most)
    return whole.astype(np.int8), scale


def packed(whole: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Pack whole numbers of 6 bits into bytes, of shape (3, n / 4).

    The numbers, plus 32, lie in four rows of n / 4. The low 6 bits of the bytes are the
    first three rows; of the fourth, each byte holds two bits, the lowest in the first.
    """
    numbers = whole.ravel().astype(np.int64) + 32
    rows = np.pad(numbers, (0, -len(numbers) % 4)).reshape(4, -1)
    fourth = rows[3] >> np.array([[0], [2], [4]]) & 3
    return (rows[:3] | fourth << 6).astype(np.uint8)
