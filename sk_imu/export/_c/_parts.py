"""The parts of a fitted model that predict a window, taken out of what holds them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sklearn.pipeline import Pipeline

from ...meta import WindowedClassifier
from ...preprocessing import CanonicalSide, ChannelScaler, DerivedChannels, Resampler
from .._fitted import Exported, inner_of

__all__ = ["Parts", "parts_of"]

#: Steps in front of the model, in the only order that can be exported; each may be missing.
_ORDER = (CanonicalSide, Resampler, DerivedChannels, ChannelScaler)


@dataclass(frozen=True)
class Parts:
    """What predicts a window: None for a step that the model lacks."""

    known: Exported
    side: CanonicalSide | None
    derive: DerivedChannels | None
    scale: ChannelScaler | None
    windows: WindowedClassifier | None
    model: list[Any]

    @property
    def n_timesteps(self) -> int:
        """Length of a window in timesteps."""
        if self.windows is not None:
            return int(self.windows.n_window_timesteps_)
        if self.known.n_timesteps is None:
            raise TypeError(
                "C predicts windows of one length, but this model takes sets of any "
                "length. Put its classifier into a WindowedClassifier."
            )
        return self.known.n_timesteps

    @property
    def n_step(self) -> int:
        """Timesteps between the starts of two windows of a set."""
        return self.n_timesteps if self.windows is None else int(self.windows._n_step)


def parts_of(known: Exported) -> Parts:
    """Return the parts of what is exported, or raise an error that says what can't be.

    A window is a set of its own, whatever follows: it does not matter which steps come in
    front of the WindowedClassifier and which ones inside.
    """
    found: dict[type, Any] = {}
    model: list[Any] = []
    windows = None
    for step in _steps(known.estimator):
        if isinstance(step, WindowedClassifier):
            windows = step
            continue
        kind = next((kind for kind in _ORDER if isinstance(step, kind)), None)
        if kind is None:
            model.append(step)
            continue
        last = max((_ORDER.index(other) for other in found), default=-1)
        if model or _ORDER.index(kind) <= last:
            order = ", ".join(one.__name__ for one in _ORDER)
            raise TypeError(
                f"{kind.__name__} comes too late, or twice. In front of the model, C has "
                f"these steps once each and in this order: {order}."
            )
        found[kind] = step
    return Parts(
        known=known,
        side=found.get(CanonicalSide),
        derive=found.get(DerivedChannels),
        scale=found.get(ChannelScaler),
        windows=windows,
        model=model,
    )


def _steps(estimator: Any) -> Iterator[Any]:
    """Yield the fitted steps, those inside of others too."""
    estimator = inner_of(estimator)
    if isinstance(estimator, Pipeline):
        for _, step in estimator.steps:
            if step is not None and step != "passthrough":
                yield from _steps(step)
    else:
        yield estimator
        if isinstance(estimator, WindowedClassifier):
            yield from _steps(estimator.estimator_)
