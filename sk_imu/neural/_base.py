"""The base of the net classifiers: a scikit-learn classifier that trains a skorch net.

It composes a skorch net in ``fit`` instead of being one: so its parameters stay
flat and checked, and it passes scikit-learn's estimator checks.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils import (
    check_consistent_length,
    check_random_state,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, column_or_1d
from skorch import NeuralNet
from skorch.dataset import Dataset
from skorch.helper import predefined_split
from skorch.history import History
from torch import nn

from .._sklearn import HasMethods, Interval, StrOptions, check_sample_weight, fit_context
from ..validation import Panel, check_labels, check_panel, check_two_classes
from ._learning_rows import hold_out_groups, weigh_rows, weighted_dataset
from ._training import (
    BatchAugmenter,
    BatchIterator,
    WeightedCrossEntropy,
    choose_device,
    fit_net,
    make_callbacks,
    n_epochs_for,
    quiet_torch,
)

__all__ = ["NetClassifier"]

# Fused, for else torch goes through the parameters in Python: a tenth of a step.
_OPTIMIZERS = {
    "adam": partial(torch.optim.Adam, fused=True),
    "adamw": partial(torch.optim.AdamW, fused=True),
    "sgd": partial(torch.optim.SGD, momentum=0.9, fused=True),
}
_ROWS_PER_PREDICTION = 1024  # bounds the memory of a prediction, not its result


def _keeps_epochs(classifier: "NetClassifier") -> bool:
    return classifier.keep_epochs


# A dataclass, for its generated __init__ does just what scikit-learn asks of one: it
# assigns each parameter and nothing else.
@dataclass(kw_only=True, eq=False, repr=False)
class NetClassifier(ClassifierMixin, BaseEstimator):
    """Parameters and methods of all net classifiers; see :mod:`sk_imu.classifiers`."""

    max_epochs: int | str = "auto"
    batch_size: int | None = 64
    lr: float = 4e-3
    lr_schedule: str | None = "one_cycle"
    optimizer: str = "adamw"
    weight_decay: float = 1e-2
    class_weight: dict[Any, float] | str | None = None
    early_stopping: bool = False
    validation_fraction: float = 0.2
    patience: int = 10
    augmenter: Any = None
    keep_epochs: bool = False
    warm_start: bool = False
    callbacks: list[Any] | None = None
    device: str = "auto"
    dtype: str = "float32"
    n_jobs: int | None = None
    verbose: int = 0
    random_state: int | np.random.RandomState | None = None

    training_constraints: ClassVar[dict[str, list[Any]]] = {
        "max_epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "lr_schedule": [StrOptions({"one_cycle", "cosine"}), None],
        "optimizer": [StrOptions(set(_OPTIMIZERS))],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "augmenter": [HasMethods("augment"), Pipeline, None],
        "keep_epochs": ["boolean"],
        "warm_start": ["boolean"],
        "callbacks": [list, None],
        "device": [str],
        "dtype": [StrOptions({"float32", "float64"})],
        "n_jobs": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Integral, None, -1, closed="right"),
            None,
        ],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }
    _parameter_constraints: ClassVar[dict[str, list[Any]]]

    # Set by ``fit``.
    classes_: NDArray[Any] = field(init=False)
    net_: NeuralNet = field(init=False)
    history_: History = field(init=False)
    epoch_states_: list[dict[str, torch.Tensor]] = field(init=False)

    # With metadata routing on, groups arrive without being asked for by the user:
    # nothing but the early-stopping split reads them.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}

    @property
    def module_(self) -> nn.Module:
        """The trained torch module: the net's own, which a pickle holds once."""
        module: nn.Module = self.net_.module_
        return module

    # False: the augmenter's parameters are checked, too.
    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_sets, n_channels, n_timesteps) or (n_sets, n_timesteps)
            The training sets.
        y : array-like of shape (n_sets,)
            Their labels.
        sample_weight : array-like of shape (n_sets,), default=None
            Weight of each set in the loss.
        groups : array-like of shape (n_sets,), default=None
            What the early-stopping split must not divide, such as the subjects.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If X or y can't be used, the series are too short for the network, or the
            training diverges.
        """
        again = self.warm_start and hasattr(self, "net_")
        panel = check_panel(self, X, reset=not again)
        y = self._check_y(panel, y)
        classes = np.unique(y)
        check_two_classes(self, classes)
        if again and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start=True needs the classes of the fit before, {self.classes_}, "
                f"got {classes}. Give sets of the same classes, or warm_start=False."
            )
        self.classes_ = classes
        return self._train(panel, y, sample_weight, groups, go_on=again)

    @fit_context(prefer_skip_nested_validation=False)
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train the network by one pass over the rows, at a constant learning rate.

        Parameters
        ----------
        X : array-like of shape (n_sets, n_channels, n_timesteps) or (n_sets, n_timesteps)
            The training sets.
        y : array-like of shape (n_sets,)
            Their labels.
        classes : array-like of shape (n_classes,), default=None
            All labels there will be; needed at the first call only.
        sample_weight : array-like of shape (n_sets,), default=None
            Weight of each set in the loss.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If the first call has no ``classes``, or y holds others.
        """
        again = hasattr(self, "net_")
        panel = check_panel(self, X, reset=not again)
        y = self._check_y(panel, y)
        if not again:
            if classes is None:
                raise ValueError(
                    "The first call of partial_fit needs classes: all labels there will be."
                )
            self.classes_ = np.unique(column_or_1d(classes))
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={classes!r} differs from the first call's: {self.classes_}."
            )
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(
                f"y holds labels that are not in classes: {unknown}. Give all labels there "
                "will be as classes, in the first call of partial_fit."
            )
        return self._train(panel, y, sample_weight, None, go_on=again, partial=True)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_sets, n_channels, n_timesteps) or (n_sets, n_timesteps)
            The sets.

        Returns
        -------
        proba : ndarray of shape (n_sets, n_classes)
            In the order of ``classes_``.
        """
        check_is_fitted(self)
        return self._predict_proba(check_panel(self, X, reset=False), self._exact)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable label of each set.

        Parameters
        ----------
        X : array-like of shape (n_sets, n_channels, n_timesteps) or (n_sets, n_timesteps)
            The sets.

        Returns
        -------
        y : ndarray of shape (n_sets,)
            The labels.
        """
        proba = self.predict_proba(X)
        labels: NDArray[Any] = self.classes_[proba.argmax(axis=1)]
        return labels

    @available_if(_keeps_epochs)
    def staged_predict_proba(self, X: ArrayLike) -> Iterator[NDArray[np.float64]]:
        """Yield the probabilities as they were after each epoch.

        This gives the test loss by epoch without a test row ever entering ``fit``.  Needs
        ``keep_epochs=True``.

        Parameters
        ----------
        X : array-like of shape (n_sets, n_channels, n_timesteps) or (n_sets, n_timesteps)
            The sets.

        Yields
        ------
        proba : ndarray of shape (n_sets, n_classes)
            In the order of ``classes_``.
        """
        check_is_fitted(self, "epoch_states_")
        panel = check_panel(self, X, reset=False)
        module = copy.deepcopy(self._exact)
        for state in self.epoch_states_:
            module.load_state_dict(state)
            yield self._predict_proba(panel, module)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _network(self) -> tuple[Callable[..., nn.Module], dict[str, Any]]:
        """Return what makes the module, and its parameters beside those of the data."""
        raise NotImplementedError

    def _minimum_timesteps(self) -> int:
        """Return the shortest series that the network can take."""
        return 1

    def _check_y(self, panel: Panel, y: Any) -> NDArray[Any]:
        y = check_labels(self, panel, y)
        n_timesteps = panel.shape[2]
        needed = self._minimum_timesteps()
        if n_timesteps < needed:
            raise ValueError(
                f"X has {n_timesteps} timesteps, but the unpadded convolutions of "
                f"{type(self).__name__} need at least {needed}. Use longer sets or "
                "windows, or a smaller kernel_size, pool_size or n_blocks."
            )
        return y

    def _train(
        self,
        panel: Panel,
        y: NDArray[Any],
        sample_weight: Any,
        groups: Any,
        *,
        go_on: bool,
        partial: bool = False,
    ) -> Self:
        weights = check_sample_weight(sample_weight, panel, ensure_non_negative=True)
        rows, weights = weigh_rows(y, weights, self.class_weight)
        groups = np.arange(len(y)) if groups is None else column_or_1d(groups)
        check_consistent_length(y, groups)
        if len(rows) < len(y):
            panel, y, groups = panel[rows], y[rows], groups[rows]
        codes = np.searchsorted(self.classes_, y)

        if not go_on:
            self._rng = check_random_state(self.random_state)
            self.__dict__.pop("epoch_states_", None)
        seed, augment_seed = (int(s) for s in self._rng.randint(2**31 - 1, size=2))
        if not go_on:
            # Going on, what was held out stays held out.
            self._split_seed = self._rng.randint(2**31 - 1)
        augment = None
        if self.augmenter is not None:
            generator = np.random.default_rng(augment_seed)
            augment = BatchAugmenter(self.augmenter, generator)

        def dataset(rows: Any) -> Dataset:
            return weighted_dataset(
                panel[rows],
                codes[rows],
                weights[rows],
                n_classes=len(self.classes_),
                dtype=self.dtype,
            )

        if self.early_stopping and not partial:
            learn, hold_out = hold_out_groups(
                codes, groups, self.validation_fraction, self._split_seed
            )
            data, valid = dataset(learn), dataset(hold_out)
        else:
            data, valid = dataset(slice(None)), None

        batch_size = -1 if self.batch_size is None else self.batch_size
        n_batches = len(BatchIterator(data, batch_size))
        n_epochs = 1 if partial else n_epochs_for(self.max_epochs, n_batches)
        callbacks = make_callbacks(
            validated=valid is not None,
            patience=self.patience if valid is not None else None,
            lr_schedule=None if partial else self.lr_schedule,
            lr=self.lr,
            n_batches=n_batches,
            max_epochs=n_epochs,
            keep_epochs=self.keep_epochs,
            verbose=self.verbose,
            others=self._user_callbacks(),
        )
        with quiet_torch(self.n_jobs, seed):
            net = NeuralNet(
                **self._untrained(),
                criterion=WeightedCrossEntropy,
                optimizer=_OPTIMIZERS[self.optimizer],
                optimizer__weight_decay=self.weight_decay,
                lr=self.lr,
                max_epochs=n_epochs,
                batch_size=batch_size,
                iterator_train=BatchIterator,
                iterator_train__shuffle=True,
                iterator_train__augment=augment,
                iterator_valid=BatchIterator,
                train_split=None if valid is None else predefined_split(valid),
                callbacks=callbacks,
                callbacks__print_log=None,
                device=choose_device(self.device),
                verbose=0,
            )
            net.initialize()
            net.module_.to(getattr(torch, self.dtype))
            if go_on:
                self._take_over(net)
            fit_net(net, data, n_epochs)
        if not all(value.isfinite().all() for value in net.module_.state_dict().values()):
            raise ValueError(
                "The training diverged: the network's weights are not finite any more. "
                "Choose a smaller lr, or put a ChannelScaler in front."
            )
        net.train_split = None  # or the held-out sets would be pickled with the net
        net.history = History([*(self.history_ if go_on else []), *net.history])
        for epoch, row in enumerate(net.history, start=1):
            row["epoch"] = epoch
        if self.keep_epochs:
            kept = dict(net.callbacks_)["keep_epochs"].states_
            self.epoch_states_ = [*getattr(self, "epoch_states_", []), *kept]
        self.net_ = net
        self.history_ = net.history
        self._exact = self._exact_copy()
        return self

    def _exact_copy(self) -> nn.Module:
        """Return a copy to predict with, in float64.

        In float64 a row's answer can't depend on its neighbours.  The copy is made once,
        for it takes longer than the prediction of a window.
        """
        device = choose_device(self.device)
        # Apple's MPS knows no float64.
        dtype = torch.float32 if device == "mps" else torch.float64
        return copy.deepcopy(self.module_).to(device, dtype).eval()

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_exact"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if hasattr(self, "net_"):
            self._exact = self._exact_copy()

    def _untrained(self) -> dict[str, Any]:
        """Return what skorch makes the module from."""
        module, parameters = self._network()
        parameters = {
            "n_channels": self.n_channels_in_,
            "n_timesteps": self.n_timesteps_in_,
            "n_classes": len(self.classes_),
            **parameters,
        }
        return {
            "module": module,
            **{f"module__{name}": value for name, value in parameters.items()},
        }

    def _restore(self, weights: dict[str, NDArray[np.floating]]) -> None:
        """Take weights that :mod:`sk_imu.persistence` saved without their net."""
        with quiet_torch(self.n_jobs, seed=0):
            net = NeuralNet(**self._untrained(), criterion=WeightedCrossEntropy)
            net.initialize()
            net.module_.to(getattr(torch, self.dtype))
            state = {name: torch.from_numpy(value) for name, value in weights.items()}
            net.module_.load_state_dict(state)
        self.net_ = net
        self.history_ = net.history
        self._exact = self._exact_copy()

    def _take_over(self, net: NeuralNet) -> None:
        """Give a net the weights of the fit before, and the state of its optimiser.

        The learning rate stays the net's own: the other is at the end of a schedule.
        """
        try:
            net.module_.load_state_dict(self.module_.state_dict())
        except RuntimeError as error:
            raise ValueError(
                "Training can't go on: the network's parameters have changed since the fit "
                "before, and its weights don't fit any more. Fit with warm_start=False, or "
                "set the parameters back."
            ) from error
        if type(net.optimizer_) is type(self.net_.optimizer_):
            before = self.net_.optimizer_.state_dict()["state"]
            net.optimizer_.load_state_dict({**net.optimizer_.state_dict(), "state": before})

    def _user_callbacks(self) -> list[Any]:
        callbacks = []
        for callback in self.callbacks or []:
            if isinstance(callback, tuple):
                callbacks.append((callback[0], clone(callback[1], safe=False)))
            else:
                callbacks.append(clone(callback, safe=False))
        return callbacks

    def _predict_proba(self, panel: Panel, module: nn.Module) -> NDArray[np.float64]:
        example = next(module.parameters())
        with quiet_torch(self.n_jobs), torch.inference_mode():
            logits = [
                # Copied: torch warns of arrays that are read-only, as joblib's are.
                module(torch.tensor(rows, device=example.device, dtype=example.dtype))
                for rows in np.array_split(panel, -(-len(panel) // _ROWS_PER_PREDICTION))
            ]
            proba: NDArray[np.float64] = torch.softmax(
                torch.cat(logits).cpu().double(), dim=1
            ).numpy()
        return proba
