"""What a net predicts with: a copy of its module, with the prototypes of a person or not.

The prototype of a class is the mean direction of its windows in the embedding, which is
what the last layer of the module reads.  A person's sets move the prototypes.  To the
logits of a window, its cosines to the prototypes of the person are added, and a part of
those to the prototypes of the training windows, which the net knows already, is taken off.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skorch import NeuralNet
from torch import Tensor, nn

from ..validation import Panel, check_panel
from ._prediction import exact_copy, outputs

__all__ = ["ExactModule"]

# Windows of each class that its prototype is the mean of. 25 give the scores that 400 do,
# and 100 would take a tenth of the fit of 21 classes.
_MOST_WINDOWS = 30
# A prototype counts as much as this many sets of the person.
_PRIOR_SETS = 1.0
# What a cosine to the person's prototypes adds to a logit, and what one to those of the
# training windows takes off. All numbers were chosen on three data sets of 48 people, whose
# scores docs/results/new_person.rst keeps apart from those of the others.
_PERSON_WEIGHT, _TRAINING_WEIGHT = 12.0, 7.0


class ExactModule:
    """Mixin of what a net classifier predicts with."""

    classes_: NDArray[Any]
    device: str
    module_: Any
    n_jobs: int | None
    net_: NeuralNet

    def _use(self, net: NeuralNet) -> None:
        """Predict with a net from now on."""
        self.net_ = net
        # Made once, because it takes longer than the prediction of a window.
        self._exact = exact_copy(self.module_, self.device)
        embedding = getattr(self, "_embedding", None)
        if embedding is None:
            return
        head = _last_linear(self._exact)
        personal = getattr(self, "_personal", embedding["prototypes"])
        # Made in any case, because it checks what a model file holds.
        nearness = _Nearness(head, embedding, personal)
        if hasattr(self, "_personal"):
            head.register_forward_hook(nearness)

    def _nearness_to_person(self) -> list[Tensor] | None:
        """Return what makes a person's part of the logits; None without a person.

        The mean and the scale of the embedding, and what a direction in it is multiplied
        with, of shape (n_classes, n_features).
        """
        if not hasattr(self, "_personal"):
            return None
        head = _last_linear(self._exact)
        return _Nearness(head, self._embedding, self._personal).parts

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()  # type: ignore[assignment]
        made = ("_exact", "_quick")  # from the net, by _use
        return {name: value for name, value in state.items() if name not in made}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[misc]
        if hasattr(self, "net_"):
            self._use(self.net_)

    def _learn_embedding(self, module: nn.Module, panel: Panel, codes: Any) -> None:
        """Learn the prototypes of all classes from training windows, and forget a person.

        A module of the user's own may have no embedding, and the rows of a ``partial_fit``
        may lack a class: then it has none, and can't be personalized.
        """
        for name in ("_embedding", "_personal"):
            self.__dict__.pop(name, None)
        of_class = [np.flatnonzero(codes == code) for code in range(len(self.classes_))]
        if not all(map(len, of_class)):
            return
        some = [rows[:: -(-len(rows) // _MOST_WINDOWS)] for rows in of_class]
        exact = exact_copy(module, self.device)
        read = _embedded(exact, panel[np.concatenate(some)], self.n_jobs)
        if read is None:
            return
        origin = np.repeat(np.arange(len(some)), list(map(len, some)))
        means = _mean_of(read, origin)
        within = read - means[origin]
        # A feature that hardly varies within the classes would outweigh all others.
        scale = within.std(axis=0) + 0.05 * within.std()
        embedding = {"mean": means.mean(axis=0), "scale": np.where(scale > 0, scale, 1.0)}
        embedding["prototypes"] = _mean_of(_directions(read, **embedding), origin)
        self._embedding = {
            name: value.astype(np.float32) for name, value in embedding.items()
        }

    def _embed(self, X: Any) -> NDArray[np.float64] | None:
        """Return the direction of each window in the embedding, None without one."""
        embedding = getattr(self, "_embedding", None)
        if embedding is None:
            return None
        exact = exact_copy(self.module_, self.device)
        read = _embedded(exact, check_panel(self, X, reset=False), self.n_jobs)
        if read is None:
            return None
        axes = {name: embedding[name] for name in ("mean", "scale")}
        return _directions(read, **axes)

    def _personalize(self, X: Any, y: NDArray[Any], sets: NDArray[np.intp]) -> None:
        """Move the prototypes to windows of a person; ``sets`` has the set of each."""
        directions = self._embed(X)
        if directions is None:
            raise ValueError(
                f"This {type(self).__name__} can't be personalized: its module does not "
                "end with a linear layer, or it was not fitted on all classes at once by "
                "this version of the package. Fit it again."
            )
        embedding = self._embedding
        of_set = _mean_of(directions, sets)
        first = np.unique(sets, return_index=True)[1]
        code = np.searchsorted(self.classes_, y[first])
        sums = _PRIOR_SETS * embedding["prototypes"].astype(np.float64)
        np.add.at(sums, code, of_set)
        n_sets = np.bincount(code, minlength=len(sums))
        personal = sums / (_PRIOR_SETS + n_sets[:, np.newaxis])
        self._personal = personal.astype(np.float32)
        # They belong to the module as it was trained.
        self.__dict__.pop("epoch_states_", None)
        self._use(self.net_)


class _Nearness:
    """What prototypes add to the logits of a linear layer, as a hook of that layer."""

    def __init__(
        self, head: Any, embedding: dict[str, NDArray[Any]], personal: NDArray[Any]
    ) -> None:
        sizes = {"mean": (head.in_features,), "scale": (head.in_features,)}
        whole = (head.out_features, head.in_features)
        if np.shape(personal) != whole or any(
            np.shape(embedding[name]) != sizes.get(name, whole)
            for name in ("mean", "scale", "prototypes")
        ):
            raise ValueError("its prototypes have another shape than its last layer")
        known = _TRAINING_WEIGHT * _unit(embedding["prototypes"])
        added = _PERSON_WEIGHT * _unit(personal) - known
        self.parts: list[Tensor] = [
            torch.from_numpy(value).to(head.weight)
            for value in (embedding["mean"], embedding["scale"], added)
        ]

    def __call__(self, head: Any, given: tuple[Tensor], logits: Tensor) -> Tensor:
        """Return logits of shape (n, n_classes)."""
        mean, scale, added = self.parts
        directions = nn.functional.normalize((given[0] - mean) / scale)
        return logits + directions @ added.T


def _last_linear(module: nn.Module) -> Any:
    """Return the last linear layer, None if there is none."""
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
    return layers[-1] if layers else None


def _embedded(module: nn.Module, panel: Panel, n_jobs: int | None) -> Any:
    """Return what the last layer of a module reads, an array of shape (n, n_features).

    None if what the last linear layer returns is not what the module returns: then what
    is added to it would go through other layers. Leaves a hook on the module.
    """
    head = _last_linear(module)
    if head is None:
        return None
    calls: list[tuple[Any, ...]] = []
    head.register_forward_hook(lambda _, given, made: calls.append((*given, made)))
    logits = outputs(module, panel, n_jobs)
    # Without an input, if it was given by keyword, which a hook does not get.
    if not calls or any(len(call) != 2 for call in calls):
        return None
    # The rows of a layer that is called twice are twice as many.
    read, made = (torch.cat(parts).cpu().double() for parts in zip(*calls, strict=True))
    ends = read.ndim == 2 and np.array_equal(made, logits)
    return read.numpy() if ends else None


def _unit(vectors: NDArray[Any]) -> NDArray[Any]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)


def _directions(
    read: NDArray[Any], *, mean: NDArray[Any], scale: NDArray[Any]
) -> NDArray[Any]:
    return _unit((read - mean) / scale)


def _mean_of(rows: NDArray[Any], group: NDArray[np.intp]) -> NDArray[Any]:
    """Return the mean of the rows of each group; those of a group follow each other."""
    starts = np.unique(group, return_index=True)[1]
    counts = np.diff(np.append(starts, len(rows)))
    means: NDArray[Any] = np.add.reduceat(rows, starts, axis=0) / counts[:, np.newaxis]
    return means
