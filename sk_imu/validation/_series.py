"""Sets in the uniform and the panel state, and lists of recordings."""

from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from ..recording import Recording, SignalArray, signal_of, with_signal

Panel = NDArray[np.floating]
Uniform = list[NDArray[np.floating]]

FLOATS = (np.float64, np.float32)
# Taken for arrays without a rate: it is the rate of Zhang et al. (2024).
DEFAULT_RATE_HZ = 50.0
# What fit takes from a SignalArray.
_SIGNAL_IN = ("channel_names_in_", "sampling_rate_hz_in_")


def is_list(X: Any) -> bool:
    """Return whether X is a list of rows: a list, a tuple or a 1-D object array.

    A pandas Series of objects is one, too, such as a column of Recordings.
    """
    if isinstance(X, (list, tuple)):
        return True
    known = isinstance(X, np.ndarray) or hasattr(X, "iloc")  # without importing pandas
    return known and getattr(X, "ndim", 0) == 1 and X.dtype == object


def is_raw(X: Any) -> bool:
    """Return whether X is in the raw state, judged by its rows' type."""
    return is_list(X) and any(isinstance(row, Recording) for row in X)


def is_uniform(X: Any) -> TypeGuard[Sequence[NDArray[np.floating]]]:
    """Return whether X is in the uniform state: a list of 2-D arrays."""
    return is_list(X) and not is_raw(X) and any(_ndim(row) == 2 for row in X)


def _ndim(row: Any) -> int:
    try:
        return np.ndim(row)
    except ValueError:  # nested lists of different lengths; _check_uniform names the row
        return 2


def check_recordings(X: Any, *, estimator: Any) -> list[Recording]:
    """Return X as a list, or raise a ValueError if it is empty or holds anything else."""
    name = type(estimator).__name__
    if len(X) == 0:
        raise ValueError(
            f"Found array with 0 sample(s): {name} needs at least one recording."
        )
    for row, recording in enumerate(X):
        if not isinstance(recording, Recording):
            raise ValueError(
                f"{name}: row {row} of X is a {type(recording).__name__}, not a Recording. "
                "Give a list that holds only Recordings."
            )
    return list(X)


def check_series(
    estimator: Any, X: Any, *, reset: bool, allow_nan: bool = False
) -> Uniform | Panel:
    """Check X in the uniform or panel state and return it in that same state.

    Sets (``reset=True``) or compares ``n_channels_in_`` and ``n_features_in_``: the
    number of channels, or of timesteps where X is 2-D; and, if X has them,
    ``channel_names_in_`` and ``sampling_rate_hz_in_``.  Returns plain arrays.

    Raises a ValueError if X is in the raw state, one recording, paths, empty, of more than
    three dimensions or complex, holds NaN or infinity, or differs in channels or rate from
    row to row or from ``fit``.
    """
    _refuse_what_is_not_resampled(estimator, X)
    _check_signal(estimator, X, reset=reset)
    if is_uniform(X):
        return _check_uniform(estimator, X, reset=reset, allow_nan=allow_nan)
    return _check_array(estimator, X, reset=reset, allow_nan=allow_nan)


def map_blocks(function: Callable[[Panel], Panel], series: Uniform | Panel) -> Any:
    """Apply a function to each row of a list, or to the whole panel at once."""
    return [*map(function, series)] if isinstance(series, list) else function(series)


def like_input(estimator: Any, X: Any) -> Any:
    """Return rows or a panel with the names and the rate of the estimator's input."""
    given = getattr(estimator, "channel_names", None)
    names = getattr(estimator, "channel_names_in_", None)
    if given is not None:
        names = check_channel_names(given, estimator.n_channels_in_, estimator=estimator)
    return with_signal(X, names, getattr(estimator, "sampling_rate_hz_in_", None))


def rate_of(estimator: Any) -> float:
    """Return the rate in hertz: of the parameter, of X, or the default."""
    rate_hz = estimator.sampling_rate_hz
    if rate_hz is None:
        rate_hz = getattr(estimator, "sampling_rate_hz_in_", DEFAULT_RATE_HZ)
    return rate_hz


def _name(estimator: Any) -> str:
    return estimator if isinstance(estimator, str) else type(estimator).__name__


def _check_signal(estimator: Any, X: Any, *, reset: bool) -> None:
    """Set or compare the channels' names and the rate that X has."""
    signal = signal_of(X, name=_name(estimator))
    for attribute, value in zip(_SIGNAL_IN, signal, strict=True):
        if reset:
            vars(estimator).pop(attribute, None)  # of an earlier fit
            if value is not None:
                setattr(estimator, attribute, value)
            continue
        known = getattr(estimator, attribute, None)
        if attribute == _SIGNAL_IN[1] and getattr(estimator, "sampling_rate_hz", 0) is None:
            known = known or DEFAULT_RATE_HZ  # what rate_of gave in fit
        # Plain arrays have neither, and are taken to be like those of fit.
        if None not in (value, known) and value != known:
            raise ValueError(
                f"X has {attribute.removesuffix('_in_')}={value}, but {_name(estimator)} "
                f"was fitted with {known}. Give the channels of fit, in the same order and "
                "at the same rate."
            )


def _refuse_what_is_not_resampled(estimator: Any, X: Any) -> None:
    if is_raw(X):
        raise ValueError(
            f"{type(estimator).__name__} needs uniformly sampled input, but X holds "
            "Recordings. Put a Resampler in front of it."
        )
    if isinstance(X, Recording) or (isinstance(X, SignalArray) and X.ndim == 2):
        raise ValueError(
            f"{type(estimator).__name__}: X is one {type(X).__name__}, but one row of X is "
            "one set. Give a list, such as [X]."
        )
    if isinstance(X, Iterator) or (hasattr(X, "iloc") and X.ndim == 2 and _holds_rows(X)):
        raise ValueError(
            f"{type(estimator).__name__}: X is a {type(X).__name__}, not a list of sets. "
            "Give list(X), or a single column of a table of Recordings."
        )
    # Not X[0], which is a label in a Series.
    first = next(iter(X)) if is_list(X) and len(X) > 0 else X
    if isinstance(first, (str, PathLike)):
        raise ValueError(
            f"{type(estimator).__name__}: X holds the path {str(first)!r}. Read a file "
            "with read_recording first, a folder with read_recordings."
        )


def _holds_rows(X: Any) -> bool:
    """Return whether a table holds a Recording in its first row."""
    return len(X) > 0 and any(isinstance(cell, Recording) for cell in X.iloc[0])


def _check_array(estimator: Any, X: Any, *, reset: bool, allow_nan: bool) -> Panel:
    name = type(estimator).__name__
    if is_list(X) and len(X) == 0:
        raise ValueError(f"Found array with 0 sample(s): {name} needs at least one set.")
    if isinstance(X, np.ndarray) and X.dtype.kind in "OSU":
        for i, row in enumerate(X):
            _check_numbers(name, i, row)
    panel: Panel = validate_data(
        estimator,
        X,
        reset=reset,
        allow_nd=True,
        dtype=FLOATS,
        ensure_all_finite=False,  # scikit-learn's message names no row
    )
    if panel.ndim > 3:
        raise ValueError(
            f"Found array with dim {panel.ndim}: {name} expects "
            "(n_sets, n_channels, n_timesteps) or, for one channel, (n_sets, n_timesteps)."
        )
    for what, n in zip(("timestep", "channel"), panel.shape[:0:-1], strict=False):
        if n == 0:
            raise ValueError(
                f"Found array with 0 {what}(s) (shape={panel.shape}) while a minimum of 1 "
                f"is required by {name}."
            )
    with np.errstate(over="ignore", invalid="ignore"):
        all_finite = np.isfinite(panel.sum())
    # The sum, of which any row would make NaN or infinity, takes a tenth of the time.
    for i, row in enumerate(() if all_finite else as_3d(panel)):
        _check_finite(name, i, row, allow_nan=allow_nan)
    # By n_features_in_ alone, 6 timesteps of one channel would pass for 6 channels.
    n_channels = as_3d(panel).shape[1]
    if reset:
        estimator.n_channels_in_ = n_channels
    elif n_channels != estimator.n_channels_in_:
        raise ValueError(
            f"X has {n_channels} channels, but {name} is expecting "
            f"{estimator.n_channels_in_} channels as input. Give the channels of fit, in "
            "the same order."
        )
    return _plain(panel)


def check_panel(estimator: Any, X: Any, *, reset: bool) -> Panel:
    """Check X in the panel state and return it with three dimensions.

    Rows of a uniform X are stacked if their lengths agree.  Sets (``reset=True``) or
    compares ``n_timesteps_in_`` beside what :func:`check_series` does.

    Raises the errors of :func:`check_series`, and if lengths differ between rows or from
    ``fit``.
    """
    name = type(estimator).__name__
    series = check_series(estimator, X, reset=reset)
    # The rows of an array have one length.
    lengths = [row.shape[-1] for row in series] if isinstance(series, list) else []
    if len(set(lengths)) > 1:
        raise ValueError(
            f"{name} needs sets of one length, but row {int(np.argmin(lengths))} has "
            f"{min(lengths)} timesteps and row {int(np.argmax(lengths))} has "
            f"{max(lengths)}. Put a FixedLength in front of it or wrap it in a "
            "WindowedClassifier."
        )
    panel = np.stack(series) if isinstance(series, list) else as_3d(series)
    n_timesteps = panel.shape[2]
    if reset:
        estimator.n_timesteps_in_ = n_timesteps
    elif n_timesteps != estimator.n_timesteps_in_:
        raise ValueError(
            f"X has {n_timesteps} timesteps, but {name} is expecting "
            f"{estimator.n_timesteps_in_} timesteps as input. Put a FixedLength in front "
            "of it or wrap it in a WindowedClassifier."
        )
    return panel


def as_3d(panel: Panel) -> Panel:
    """Return a panel with its one channel made explicit where it is 2-D."""
    return panel[:, np.newaxis, :] if panel.ndim == 2 else panel


def check_channel_names(
    channel_names: Sequence[str] | None,
    n_channels: int,
    *,
    estimator: Any,
    needed: bool = False,
) -> list[str]:
    """Return the channels' names: those given, or of the estimator's input, or numbers.

    Raises a ValueError if the number of names is not that of the channels, a name is given
    twice, or names are ``needed`` to find the vectors and there are none. Messages begin
    with the estimator's class, or with ``estimator`` if it is a str.
    """
    name = _name(estimator)
    if channel_names is None:
        channel_names = getattr(estimator, "channel_names_in_", None)
    if channel_names is None and needed:
        raise ValueError(
            f"{name} needs channel_names because the {n_channels} channels of X have no "
            "names that say which of them form a vector. Resample recordings by a "
            "Resampler, or give the names: channel_names=[...]."
        )
    if channel_names is None:
        return [f"channel_{i}" for i in range(n_channels)]
    names = list(channel_names)
    if len(names) != n_channels or len(set(names)) != len(names):
        raise ValueError(
            f"{name}: channel_names must name each of the {n_channels} channels of X "
            f"once, got {len(names)} names: {names}. Give those of the Resampler, "
            "resampler.channel_names_, in their order."
        )
    return names


def _plain(array: Panel) -> Panel:
    """Return a view whose dtype has no metadata of a SignalArray."""
    return array.view(array.dtype.type) if array.dtype.metadata else array


def _check_numbers(name: str, row: int, values: NDArray[Any]) -> Panel:
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError) as error:
        # As in scikit-learn: a TypeError for what can't be a number; a string can.
        message = f"{name}: row {row} of X must hold numbers only: {error}."
        raise type(error)(message) from error


def _check_finite(name: str, row: int, values: Panel, *, allow_nan: bool) -> None:
    bad = np.isinf(values) if allow_nan else ~np.isfinite(values)
    if bad.any():
        channel, timestep = np.argwhere(bad)[0]
        raise ValueError(
            f"Input X contains {'infinity' if allow_nan else 'NaN or infinity'}: "
            f"{name} found {int(bad.sum())} such values in row {row}, the first in "
            f"channel {channel} at timestep {timestep}. Leave the set out, or interpolate "
            "over missing values by Resampler(missing='interpolate')."
        )


def _check_uniform(
    estimator: Any, X: Sequence[Any], *, reset: bool, allow_nan: bool
) -> Uniform:
    name = type(estimator).__name__
    rows: Uniform = []
    for i, row in enumerate(X):
        try:
            array = _plain(np.asarray(row))
        except ValueError as error:
            raise ValueError(
                f"{name}: row {i} of X must have shape (n_channels, n_timesteps), but its "
                "channels differ in length."
            ) from error
        if array.dtype.kind == "c":
            raise ValueError(f"Complex data not supported: row {i} of X is complex.")
        if array.dtype not in FLOATS:
            array = _check_numbers(name, i, array)
        if array.ndim != 2 or array.size == 0:
            raise ValueError(
                f"{name}: row {i} of X must have shape (n_channels, n_timesteps) with at "
                f"least one of each, got {array.shape}."
            )
        if len(array) != len(rows[0] if rows else array):
            raise ValueError(
                f"{name}: row {i} of X has {len(array)} channels, row 0 has "
                f"{len(rows[0])}. All rows need the same channels in the same order."
            )
        _check_finite(name, i, array, allow_nan=allow_nan)
        rows.append(array)
    n_channels = len(rows[0])
    if reset:
        estimator.n_features_in_ = estimator.n_channels_in_ = n_channels
        vars(estimator).pop("feature_names_in_", None)  # of an earlier fit on a table
    elif n_channels != estimator.n_channels_in_:
        raise ValueError(
            f"X has {n_channels} features (channels), but {name} is expecting "
            f"{estimator.n_channels_in_} features as input."
        )
    return rows
