"""Uniformly sampled values with the names of their channels and their rate."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray


class SignalArray(np.ndarray[Any, np.dtype[np.floating]]):
    """An array of channels over time, with the channels' names and their rate.

    :class:`~sk_imu.Resampler` makes such arrays, and the later steps of a Pipeline read
    from them what would otherwise have to be repeated as ``channel_names=`` and
    ``sampling_rate_hz=``. To any other code it is a NumPy array.

    Parameters
    ----------
    values : array-like of shape (n_channels, n_timesteps) or \
            (n_sets, n_channels, n_timesteps)
        One set, or a panel of sets of one length. Not copied if it is an array of floats.
    channel_names : sequence of str, default=None
        ``<sensor>_<axis>`` of each channel; None if they are unknown.
    sampling_rate_hz : float, default=None
        Rate in hertz; None if it is unknown.

    Attributes
    ----------
    channel_names : tuple of str or None
        The names of the channels.
    sampling_rate_hz : float or None
        The rate in hertz.

    Raises
    ------
    ValueError
        If ``values`` has neither two nor three dimensions, the number of names is not the
        number of channels, or the rate is not a positive number.

    Notes
    -----
    Indexing keeps what still holds: the names of the chosen channels, and the rate unless
    timesteps are skipped or reordered. So do copies, changes of dtype and arithmetic that
    keeps the shape. Whatever else NumPy returns, such as a mean over time, has neither
    names nor rate.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import SignalArray
    >>> names = ["Gyroscope_x", "Gyroscope_y", "Gyroscope_z"]
    >>> gyroscope = SignalArray(np.zeros((3, 100)), names, sampling_rate_hz=50)
    >>> gyroscope[1:].channel_names
    ('Gyroscope_y', 'Gyroscope_z')
    >>> (2 * gyroscope[:, 20:60]).sampling_rate_hz
    50.0
    """

    channel_names: tuple[str, ...] | None
    sampling_rate_hz: float | None

    def __new__(
        cls,
        values: ArrayLike,
        channel_names: Sequence[str] | None = None,
        sampling_rate_hz: float | None = None,
    ) -> Self:
        array = np.asarray(values)
        if array.dtype.kind != "f":
            array = array.astype(np.float64)
        if array.ndim not in (2, 3):
            raise ValueError(
                "SignalArray: values must have shape (n_channels, n_timesteps) or (n_sets, "
                f"n_channels, n_timesteps), got {array.shape}."
            )
        # The dtype below has the bytes in the machine's own order.
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        if isinstance(channel_names, str):
            raise ValueError(
                f"SignalArray: channel_names is one str, {channel_names!r}. Give a list."
            )
        names = None if channel_names is None else tuple(map(str, channel_names))
        if names is not None and len(names) != array.shape[-2]:
            raise ValueError(
                f"SignalArray: got {len(names)} channel_names for {array.shape[-2]} "
                "channels. Give one name for each."
            )
        rate_hz = None if sampling_rate_hz is None else float(sampling_rate_hz)
        if rate_hz is not None and not 0 < rate_hz < np.inf:
            raise ValueError(
                f"SignalArray: sampling_rate_hz must be a positive number, got {rate_hz}."
            )
        # joblib's hash of an array looks at its dtype but not at its attributes: without
        # them there, a cached Pipeline would return results of other channels.
        metadata = {"channel_names": names, "sampling_rate_hz": rate_hz}
        dtype = np.dtype(array.dtype.type, metadata=metadata)
        signal = array.view(dtype).view(cls)
        signal.channel_names, signal.sampling_rate_hz = names, rate_hz
        return signal

    def __array_finalize__(self, obj: Any) -> None:
        # A transposed array may have the old shape, so nothing is inherited unasked.
        self.channel_names = self.sampling_rate_hz = None

    def __array_wrap__(
        self, array: Any, context: Any = None, return_scalar: bool = False
    ) -> Any:
        # NumPy 2 asks for it where no axis is left.
        if return_scalar:
            return array[()]
        # Without a context it is no arithmetic, but a sum or the like along an axis.
        function, inputs = context[:2] if context else (None, ())
        own = self.channel_names, self.sampling_rate_hz
        # A matrix product makes other channels; those of two arrays may differ.
        mixed = function is None or function.signature is not None
        mixed = mixed or any(
            (one.channel_names, one.sampling_rate_hz) != own
            for one in inputs
            if isinstance(one, SignalArray)
        )
        if mixed or array.shape != self.shape or array.dtype.kind != "f":
            return _plain(array)
        return type(self)(array, self.channel_names, self.sampling_rate_hz)

    def __getitem__(self, key: Any) -> Any:
        chosen = super().__getitem__(key)
        if not isinstance(chosen, np.ndarray):
            return chosen
        keys = _key_of_each_axis(key, self.ndim)
        if keys is None or chosen.ndim not in (2, 3):
            return _plain(chosen)
        names, rate_hz = self.channel_names, self.sampling_rate_hz
        if names is not None:
            names = tuple(np.array(names, dtype=object)[keys[-2]].tolist())
        if not isinstance(keys[-1], slice) or keys[-1].step not in (None, 1):
            rate_hz = None
        return type(self)(chosen, names, rate_hz)

    def sort(self, *args: Any, **kwargs: Any) -> None:
        """Sort in place, as :meth:`numpy.ndarray.sort`; names and rate are then unknown.

        Parameters
        ----------
        *args, **kwargs
            As in :meth:`numpy.ndarray.sort`.
        """
        super().sort(*args, **kwargs)
        self.channel_names = self.sampling_rate_hz = None

    def copy(self, order: Any = "C") -> Self:
        """Return a copy with the same names and rate.

        Parameters
        ----------
        order : {"C", "F", "A", "K"}, default="C"
            Memory layout of the copy.

        Returns
        -------
        copy : SignalArray
            The copy.
        """
        # NumPy's own copy would come out of __array_finalize__, without names.
        copied = _plain(self).copy(order)
        return type(self)(copied, self.channel_names, self.sampling_rate_hz)

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Self:
        return self.copy()

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the array in another dtype, with names and rate if that is of floats.

        Parameters
        ----------
        dtype : dtype
            The dtype.
        *args, **kwargs
            As in :meth:`numpy.ndarray.astype`.

        Returns
        -------
        array : SignalArray or ndarray
            The array.
        """
        changed = _plain(self).astype(dtype, *args, **kwargs)
        if changed.dtype.kind != "f":
            return changed
        return type(self)(changed, self.channel_names, self.sampling_rate_hz)

    def __reduce__(self) -> Any:
        # NumPy pickles the values alone, without the attributes of a subclass.
        return type(self), (_plain(self), self.channel_names, self.sampling_rate_hz)


def signal_of(X: Any, *, name: str) -> tuple[tuple[str, ...] | None, float | None]:
    """Return the channels' names and the rate that X has, each None if unknown.

    Raises a ValueError if the rows of X differ in them.
    """
    # An object array or a pandas Series holds one array a row, as a list does.
    is_list = isinstance(X, (list, tuple)) or getattr(X, "dtype", "") == np.dtype(object)
    rows = X if is_list else [X]
    found: dict[str, tuple[int, Any]] = {}
    for i, row in enumerate(rows):
        if not isinstance(row, SignalArray):
            continue
        for what in ("channel_names", "sampling_rate_hz"):
            value = getattr(row, what)
            if value is None:
                continue
            first, known = found.setdefault(what, (i, value))
            if value != known:
                raise ValueError(
                    f"{name}: row {i} of X has {what}={value}, row {first} has "
                    f"{known}. Resample all sets by one Resampler."
                )
    names = found.get("channel_names", (0, None))[1]
    return names, found.get("sampling_rate_hz", (0, None))[1]


def with_signal(
    X: Any, channel_names: Sequence[str] | None, sampling_rate_hz: float | None
) -> Any:
    """Return rows or a panel with the names and the rate, as far as they are known.

    A 2-D array is a panel of one channel without a name, and stays as it is.
    """
    if channel_names is None and sampling_rate_hz is None:
        return X
    if isinstance(X, list):
        return [SignalArray(row, channel_names, sampling_rate_hz) for row in X]
    return SignalArray(X, channel_names, sampling_rate_hz) if X.ndim == 3 else X


def _plain(array: Any) -> NDArray[Any]:
    """Return an array without names or rate, not copied."""
    plain = np.asarray(array)
    # The dtype of a SignalArray holds both, too.
    return plain.view(plain.dtype.type) if plain.dtype.metadata else plain


def _key_of_each_axis(key: Any, n_axes: int) -> list[Any] | None:
    """Return the key of each axis, or None if the axes do not stay what they are."""
    keys = list(key) if isinstance(key, tuple) else [key]
    if n_axes == 2 and keys and keys[0] is None:  # one set becomes a panel of one
        rest = _key_of_each_axis(tuple(keys[1:]), n_axes)
        return None if rest is None else [slice(None), *rest]
    n_arrays = n_numbers = 0
    for i, one in enumerate(keys):
        if one is None or isinstance(one, (bool, np.bool_)):
            return None
        if one is Ellipsis or isinstance(one, slice):
            continue
        keys[i] = np.asarray(one) if np.size(one) else np.empty(np.shape(one), np.intp)
        n_arrays += keys[i].ndim > 0
        n_numbers += keys[i].ndim == 0
        if keys[i].ndim > 1:
            return None
    # Several arrays, or one beside a number, are taken together and may move their axis.
    if n_arrays > 1 or (n_arrays and n_numbers):
        return None
    missing = [slice(None)] * (n_axes - sum(one is not Ellipsis for one in keys))
    place = next((i for i, one in enumerate(keys) if one is Ellipsis), len(keys))
    keys[place : place + 1] = missing
    # A number takes its axis away: only the axis of the sets may go.
    if any(not isinstance(one, slice) and one.ndim == 0 for one in keys[-2:]):
        return None
    return keys
