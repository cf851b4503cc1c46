"""SummaryFeatures: statistics of each channel, and correlations."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from scipy import signal

from ...features import BANDS_HZ, NO_POWER, SummaryFeatures
from ...validation import rate_of
from ._graph import OnnxGraph
from ._table import onnx_converter
from ._tensor import Tensor


@onnx_converter(SummaryFeatures)
def _summary(graph: OnnxGraph, step: Any, x: Tensor) -> Tensor:
    if graph.n_timesteps is None:
        raise ValueError(
            "SummaryFeatures can be exported for sets of one length only. Wrap it and its "
            "classifier in a WindowedClassifier."
        )
    series = _Series(x, graph.n_timesteps, rate_of(step), step.lags_s)
    parts = [_STATISTICS[name](series) for name in step.statistics if name in _STATISTICS]
    columns = [graph.join(parts, axis=2).reshape(0, -1)] if parts else []
    if "correlation" in step.statistics:
        n_channels = step.n_channels_in_
        d = series.deviations
        products = (d @ d.transpose(0, 2, 1)) / graph.n_timesteps
        first, second = np.triu_indices(n_channels, 1)
        table = products.reshape(0, n_channels * n_channels)
        columns.append(table.take(first * n_channels + second, axis=1))
    return graph.join(columns, axis=1)


class _Series:
    """Values, and what several statistics derive from them, added to the graph once."""

    def __init__(self, values: Tensor, n: int, rate_hz: float, lags_s: Any) -> None:
        self.values = values
        self.n = n
        self.rate_hz = rate_hz
        self.lags_s = lags_s

    @cached_property
    def rounding(self) -> Tensor:
        return self.values.abs().max(2) * (8 * np.finfo(self.values.dtype).eps)

    @cached_property
    def sorted(self) -> Tensor:
        graph = self.values.graph
        k = graph.ints(self.n)
        return graph.ops("TopK", self.values, k, n=2, axis=2, largest=0)[0]

    @cached_property
    def changes(self) -> Tensor:
        if self.n == 1:
            return self.values * 0.0
        return self.values.part(1, self.n, axis=2) - self.values.part(0, self.n - 1, axis=2)

    @cached_property
    def deviations(self) -> Tensor:
        return _standardized(self.values, self.rounding)


def _standardized(values: Tensor, rounding: Tensor) -> Tensor:
    centered = values - values.mean(2)
    std = _std(centered)
    varies = std > rounding
    graph = values.graph
    return graph.where(varies, centered / graph.where(varies, std, 1.0), 0.0)


def _std(values: Tensor) -> Tensor:
    centered = values - values.mean(2)
    return (centered * centered).mean(2).sqrt()


def _quantile(share: float) -> Callable[[_Series], Tensor]:
    def quantile(series: _Series) -> Tensor:
        place = share * (series.n - 1)
        low = int(place)
        part = place - low
        one = series.sorted.take([low], axis=2)
        if part == 0:
            return one
        other = series.sorted.take([low + 1], axis=2)
        return one + (other - one) * part

    return quantile


def _skewness(deviations: Tensor) -> Tensor:
    return (deviations * deviations * deviations).mean(2)


def _kurtosis(series: _Series) -> Tensor:
    squares = series.deviations * series.deviations
    kurtosis = (squares * squares).mean(2) - 3.0
    # Of a constant, whose deviations are all 0, it would be −3.
    return kurtosis.graph.where(squares.max(2) > 0, kurtosis, 0.0)


def _autocorrelation(series: _Series) -> Tensor:
    d, n = series.deviations, series.n
    parts = []
    for lag_s in series.lags_s:
        lag = max(1, round(lag_s * series.rate_hz))
        if lag < n:
            products = (d.part(lag, n, axis=2) * d.part(0, n - lag, axis=2)).sum(2)
            parts.append(products / n)
        else:
            parts.append(d.mean(2) * 0.0)
    return d.graph.join(parts, axis=2)


def _spectrum(series: _Series) -> Tensor:
    """Return centroid and power of the bands, by a product with sines and cosines."""
    d, n, rate_hz = series.deviations, series.n, series.rate_hz
    frequencies = np.fft.rfftfreq(n, 1 / rate_hz)
    window = signal.get_window("hann", n)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(n), np.arange(len(frequencies))) / n)
    # All but frequency 0 and half the rate stand for the negative one, too.
    twice = np.where((frequencies == 0) | (2 * frequencies == rate_hz), 1.0, 2.0)
    scale = np.sqrt(twice / (window**2).sum() / n)
    waves = waves * window[:, np.newaxis] * scale
    real, imaginary = d @ waves.real, d @ waves.imag
    power = real * real + imaginary * imaginary
    total = power.sum(2)
    graph = d.graph
    some = total > 0
    weighted = (power @ frequencies[:, np.newaxis]) / graph.where(some, total, 1.0)
    centroid = graph.where(some, weighted, 0.0)
    bands = [(low <= frequencies) & (frequencies < high) for low, high in BANDS_HZ]
    centered = series.values - series.values.mean(2)
    variance = (centered * centered).mean(2)
    of_bands = (power @ np.stack(bands, axis=1)) * (variance / NO_POWER)
    return graph.join([centroid, (of_bands + 1.0).log()], axis=2)


_STATISTICS: dict[str, Callable[[_Series], Tensor]] = {
    "mean": lambda s: s.values.mean(2),
    "std": lambda s: _std(s.values),
    "min": lambda s: s.values.min(2),
    "lower_quartile": _quantile(0.25),
    "median": _quantile(0.5),
    "upper_quartile": _quantile(0.75),
    "max": lambda s: s.values.max(2),
    "rms": lambda s: (s.values * s.values).mean(2).sqrt(),
    "skewness": lambda s: _skewness(s.deviations),
    "kurtosis": _kurtosis,
    "mean_abs_difference": lambda s: s.changes.abs().mean(2),
    "change_std": lambda s: _std(s.changes),
    "change_skewness": lambda s: _skewness(_standardized(s.changes, s.rounding)),
    "autocorrelation": _autocorrelation,
    "spectrum": _spectrum,
}
