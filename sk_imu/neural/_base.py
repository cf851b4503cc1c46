"""The base of the net classifiers: a scikit-learn classifier that trains a skorch net.

It composes a skorch net in ``fit`` instead of being one, so that its parameters stay flat
and checked, and it passes scikit-learn's estimator checks.
"""

import copy
from collections.abc import Callable, Iterator
from types import NoneType
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, column_or_1d
from skorch import NeuralNet
from skorch.dataset import Dataset
from skorch.history import History
from torch import nn

from .._atomic import fit_context
from .._sklearn import check_sample_weight
from ..validation import (
    Panel,
    check_groups,
    check_labels,
    check_panel,
    check_scores,
    check_two_classes,
    distinct,
)
from ._batches import BatchAugmenter, WeightedCrossEntropy
from ._learning_rows import hold_out_groups, weigh_rows, weighted_dataset
from ._parameters import Training
from ._personal import ExactModule
from ._prediction import predict_proba
from ._training import check_finite, continue_from, fit_net, make_net, quiet_torch

__all__ = ["NetClassifier"]


class NetClassifier(ExactModule, ClassifierMixin, BaseEstimator, Training):
    """Parameters and methods of all net classifiers.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_ : int
        Number of channels, or of timesteps where X was 2-D.
    n_timesteps_in_ : int
        Number of timesteps.
    net_ : skorch.NeuralNet
        The trained skorch net.
    module_ : torch.nn.Module
        The trained torch module. Predictions come from a copy of it in float64, made by
        ``fit``: later changes to it have no effect on them.
    history_ : skorch.history.History
        Loss and accuracy by epoch: ``history_[:, "train_loss"]``, ``"train_acc"`` and, with
        early stopping, ``"valid_loss"`` and ``"valid_acc"``.
    epoch_states_ : list of dict
        The module's weights after each epoch, with ``keep_epochs=True``. After early
        stopping the module itself has those of the best epoch, not the last.
    """

    classes_: NDArray[Any]
    net_: NeuralNet
    epoch_states_: list[dict[str, torch.Tensor]]
    n_channels_in_: int
    n_timesteps_in_: int
    _parameter_constraints: ClassVar[dict[str, list[Any]]]

    # With metadata routing on, groups arrive although the user has not requested them,
    # because only the early-stopping split reads them.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}

    @property
    def module_(self) -> nn.Module:
        """The trained torch module; the net's own, so that a pickle holds it once."""
        module: nn.Module = self.net_.module_
        return module

    @property
    def history_(self) -> History:
        """Loss and accuracy by epoch."""
        return self.net_.history

    # False, so that the augmenter's parameters are checked, too.
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
            Group of each set, such as the subject, that early stopping holds out whole.

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
        again = self.warm_start and self._can_continue()
        panel, y = self._check_sets(X, y, reset=not again)
        classes = np.unique(y)
        check_two_classes(self, classes)
        if again and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start=True needs the classes of the previous fit, {self.classes_}, "
                f"got {classes}. Give sets of the same classes, or warm_start=False."
            )
        self.classes_ = classes
        return self._train(panel, y, sample_weight, groups, again=again)

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
            All labels that later calls may hold; needed in the first call only.
        sample_weight : array-like of shape (n_sets,), default=None
            Weight of each set in the loss.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If the first call has no two ``classes``, or y holds a label not in them.
        """
        again = self._can_continue()
        panel, y = self._check_sets(X, y, reset=not again)
        if not again:
            if classes is None:
                raise ValueError(
                    "The first call of partial_fit needs classes: all labels that later "
                    "calls may hold."
                )
            self.classes_ = np.unique(column_or_1d(distinct(classes, what="classes")))
            check_two_classes(self, self.classes_, what="classes")
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={classes!r} differs from the first call's: {self.classes_}."
            )
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(
                f"y holds labels that are not in classes: {unknown}. Give all labels that "
                "later calls may hold as classes in the first call of partial_fit."
            )
        return self._train(panel, y, sample_weight, None, again=again, partial=True)

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
        return self._proba_of_panel(check_panel(self, X, reset=False))

    def _proba_of_panel(self, panel: Panel) -> NDArray[np.float64]:
        """Return the probabilities of a checked panel."""
        proba = predict_proba(self._exact, panel, self.n_jobs)
        check_scores(self, proba)
        return proba

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

    @available_if(lambda self: self.keep_epochs)
    def staged_predict_proba(self, X: ArrayLike) -> Iterator[NDArray[np.float64]]:
        """Yield the probabilities after each epoch.

        They give the test loss by epoch without a test row in ``fit``.  Needs
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
            yield predict_proba(module, panel, self.n_jobs)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _network(self) -> tuple[Callable[..., nn.Module], dict[str, Any]]:
        """Return the callable that makes the module, and its parameters."""
        raise NotImplementedError

    def _minimum_timesteps(self) -> int:
        """Return the shortest series that the network can take."""
        return 1

    def _check_sets(self, X: Any, y: Any, *, reset: bool) -> tuple[Panel, NDArray[Any]]:
        panel = check_panel(self, X, reset=reset)
        y = check_labels(self, panel, y)
        n_timesteps = panel.shape[2]
        needed = self._minimum_timesteps()
        if n_timesteps < needed:
            raise ValueError(
                f"X has {n_timesteps} timesteps, but the unpadded convolutions of "
                f"{type(self).__name__} need at least {needed}. Use longer sets or "
                "windows, or a smaller kernel_size, pool_size, stride or n_blocks."
            )
        return panel, y

    def _train(
        self,
        panel: Panel,
        y: NDArray[Any],
        sample_weight: Any,
        groups: Any,
        *,
        again: bool,
        partial: bool = False,
    ) -> Self:
        """Train a net on checked sets; ``again`` continues from the previous one."""
        weights = check_sample_weight(sample_weight, panel, ensure_non_negative=True)
        rows, weights = weigh_rows(y, weights, self.class_weight)
        groups = check_groups(groups, y)
        if len(rows) < len(y):
            panel, y, groups = panel[rows], y[rows], groups[rows]
        codes = np.searchsorted(self.classes_, y)
        seed, augment_seed = self._draw_seeds(again)

        def dataset(rows: Any) -> Dataset:
            return weighted_dataset(
                panel[rows],
                codes[rows],
                weights[rows],
                n_classes=len(self.classes_),
                dtype=self.dtype,
            )

        learn: Any = slice(None)
        hold_out = None
        if self.early_stopping and not partial:
            learn, hold_out = hold_out_groups(
                codes, groups, self.validation_fraction, self._split_seed
            )
        data = dataset(learn)
        valid = None if hold_out is None else dataset(hold_out)
        augment = None
        if self.augmenter is not None:
            augment = BatchAugmenter(
                self.augmenter,
                augment_seed,
                getattr(self, "channel_names_in_", None),
                getattr(self, "sampling_rate_hz_in_", None),
            )
        with quiet_torch(self.n_jobs, seed):
            net = make_net(self, self._untrained(), data, valid, augment, partial=partial)
            if again:
                continue_from(self.net_, net)
            fit_net(net, data)
        self._learn_embedding(net.module_, panel, codes)
        self._keep(net, again=again)
        return self

    def _can_continue(self) -> bool:
        """Return whether there is a net to continue from."""
        if hasattr(self, "net_") and not hasattr(self, "_rng"):
            raise ValueError(
                "A model file does not hold what continues a training. Fit a clone of it."
            )
        return hasattr(self, "net_")

    def _draw_seeds(self, again: bool) -> tuple[int, int]:
        """Return the seeds of torch and of the augmenter."""
        if not again:
            self._rng = check_random_state(self.random_state)
        elif not isinstance(self.random_state, (np.random.RandomState, NoneType)):
            # One of its own, which a fit that fails must leave as it was.
            self._rng = copy.deepcopy(self._rng)
        # Separate, so that an augmenter that draws more does not change the batches.
        seed, augment_seed = (int(s) for s in self._rng.randint(2**31 - 1, size=2))
        if not again:
            # Drawn once, so that what was held out stays held out when training continues.
            self._split_seed = self._rng.randint(2**31 - 1)
        return seed, augment_seed

    def _keep(self, net: NeuralNet, *, again: bool) -> None:
        """Keep a trained net, with the history and the epochs of the previous one."""
        net.train_split = None  # or the held-out sets would be pickled with the net
        net.history = History([*(self.history_ if again else []), *net.history])
        for epoch, row in enumerate(net.history, start=1):
            row["epoch"] = epoch
        before = self.__dict__.pop("epoch_states_", [])
        if self.keep_epochs:
            kept = dict(net.callbacks_)["keep_epochs"].states_
            self.epoch_states_ = [*(before if again else []), *kept]
        self._use(net)

    def _untrained(self) -> dict[str, Any]:
        """Return what skorch makes the module from."""
        parameters = self._module_parameters()
        return {
            "module": self._network()[0],
            **{f"module__{name}": value for name, value in parameters.items()},
        }

    def _module_parameters(self) -> dict[str, Any]:
        return {
            "n_channels": self.n_channels_in_,
            "n_timesteps": self.n_timesteps_in_,
            "n_classes": len(self.classes_),
            **self._network()[1],
        }

    def _restore(self, weights: dict[str, NDArray[np.floating]]) -> None:
        """Take weights that :mod:`sk_imu.persistence` saved without their net."""
        with quiet_torch(self.n_jobs, seed=0):
            net = NeuralNet(**self._untrained(), criterion=WeightedCrossEntropy)
            net.initialize()
            net.module_.to(getattr(torch, self.dtype))
            state = {name: torch.from_numpy(value) for name, value in weights.items()}
            net.module_.load_state_dict(state)
        check_finite(net.module_)
        self._use(net)
