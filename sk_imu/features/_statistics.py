"""The statistics of uniformly sampled channels that SummaryFeatures computes."""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from scipy import signal

from ..validation import Panel

#: Edges in hertz of the bands of power: slow exercises, fast ones, and tremor or impacts.
#: Below the first is posture and drift.
BANDS_HZ = ((0.2, 1.0), (1.0, 2.5), (2.5, np.inf))
#: A mean square that counts as rest: less than the noise of any phone's sensor.
NO_POWER = 1e-6


class Series:
    """Values and what several statistics derive from them, computed once, on demand."""

    def __init__(self, values: Panel, sampling_rate_hz: float, lags_s: Sequence[float]):
        self.values = values
        self.sampling_rate_hz = sampling_rate_hz
        self.lags_s = lags_s
        # A smaller deviation may be rounding alone.
        self.rounding = 8 * np.finfo(values.dtype).eps * np.abs(values).max(axis=-1)

    @cached_property
    def quartiles(self) -> Panel:
        """The three quartiles, in a new first axis."""
        return np.quantile(self.values, [0.25, 0.5, 0.75], axis=-1)

    @cached_property
    def changes(self) -> Panel:
        """Differences between neighboring samples."""
        if self.values.shape[-1] == 1:  # no neighbors, no difference
            return np.zeros_like(self.values)
        return np.diff(self.values)

    @cached_property
    def deviations(self) -> Panel:
        """Values of mean 0 and standard deviation 1, or all 0 if they are constant."""
        return _standardized(self.values, self.rounding)

    @cached_property
    def spectrum(self) -> tuple[Panel, Panel]:
        """Frequencies in hertz, and the power at each of the deviations."""
        frequencies, density = signal.periodogram(
            self.deviations, self.sampling_rate_hz, window="hann", detrend=False
        )
        n_timesteps = self.values.shape[-1]
        # Density times the width of a bin: at any length, the powers add up to about 1,
        # the variance of the deviations.
        return frequencies, density * (self.sampling_rate_hz / n_timesteps)


def _standardized(values: Panel, rounding: Panel) -> Panel:
    centred = values - values.mean(axis=-1, keepdims=True)
    std = centred.std(axis=-1, keepdims=True)
    varies = std > rounding[..., np.newaxis]
    return np.divide(centred, std, out=np.zeros_like(centred), where=varies)


def _skewness(deviations: Panel) -> Panel:
    return (np.square(deviations) * deviations).mean(axis=-1)


def _excess_kurtosis(deviations: Panel) -> Panel:
    squares = np.square(deviations)
    kurtosis = np.square(squares).mean(axis=-1) - 3
    # Of a constant, whose deviations are all 0, it would be −3.
    return np.where(squares.any(axis=-1), kurtosis, 0)


def _autocorrelation(series: Series) -> Panel:
    x = series.deviations
    n_timesteps = x.shape[-1]
    output = np.zeros((*x.shape[:-1], len(series.lags_s)), dtype=x.dtype)
    for i, lag_s in enumerate(series.lags_s):
        # At least one timestep, because x[..., :-0] is empty.
        lag = max(1, round(lag_s * series.sampling_rate_hz))
        if lag < n_timesteps:
            products = np.einsum("...t,...t->...", x[..., lag:], x[..., :-lag])
            # Over all timesteps and not the overlap alone: so it stays within −1 and 1,
            # and the few products of a long lag in a short set weigh little.
            output[..., i] = products / n_timesteps
    return output


def _spectrum(series: Series) -> Panel:
    frequencies, power = series.spectrum
    total = power.sum(axis=-1)
    centroid = np.divide(
        power @ frequencies.astype(power.dtype),
        total,
        out=np.zeros_like(total),
        where=total > 0,
    )
    # The spectrum is that of standardized values; times their variance it has a unit.
    scale = series.values.var(axis=-1) / NO_POWER
    bands = [
        np.log1p(power[..., (low <= frequencies) & (frequencies < high)].sum(-1) * scale)
        for low, high in BANDS_HZ
    ]
    return np.stack([centroid, *bands], axis=-1)


#: The statistics of a channel, computed along the last axis: one column, or several
#: in a new last axis.
STATISTICS: dict[str, Callable[[Series], Panel]] = {
    "mean": lambda s: s.values.mean(axis=-1),
    "std": lambda s: s.values.std(axis=-1),
    "min": lambda s: s.values.min(axis=-1),
    "lower_quartile": lambda s: s.quartiles[0],
    "median": lambda s: s.quartiles[1],
    "upper_quartile": lambda s: s.quartiles[2],
    "max": lambda s: s.values.max(axis=-1),
    "rms": lambda s: np.sqrt(np.square(s.values).mean(axis=-1)),
    "skewness": lambda s: _skewness(s.deviations),
    "kurtosis": lambda s: _excess_kurtosis(s.deviations),
    "mean_abs_difference": lambda s: np.abs(s.changes).mean(axis=-1),
    "change_std": lambda s: s.changes.std(axis=-1),
    "change_skewness": lambda s: _skewness(_standardized(s.changes, s.rounding)),
    "autocorrelation": _autocorrelation,
    "spectrum": _spectrum,
}
SPECTRUM_PARTS = (
    "spectral_centroid",
    "log_power_0.2_to_1_hz",
    "log_power_1_to_2.5_hz",
    "log_power_above_2.5_hz",
)
