"""CNN, GRU and CNN-GRU as scikit-learn classifiers: three settings of one network.

And a classifier for a network of the user's own, which is trained as these are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from numbers import Integral, Real
from typing import Any, ClassVar

from torch import nn

from .._sklearn import Interval, StrOptions
from ._base import NetClassifier
from ._networks import IMUNet, checked_module, minimum_timesteps

__all__ = ["CNNClassifier", "CNNGRUClassifier", "GRUClassifier", "ModuleClassifier"]

_DOCS = {
    "convolutional": """
n_filters : int or sequence of int, default=48
    Output channels of every, or of each, convolution.
kernel_size : int or sequence of int, default=7
    Timesteps under the kernel of every, or of each, unpadded convolution.
n_blocks : int, default=2
    Blocks of convolution, batch normalisation, ReLU and pooling.
pooling : {"max", "average"} or None, default="max"
    What ends a block.
pool_size : int or sequence of int, default=4
    Timesteps pooled into one, in every, or in each, block.
batch_norm : bool, default=True
    Normalise after each convolution.""",
    "recurrent": """
hidden_size : int, default=64
    Size of the GRU's state.
n_layers : int, default=1
    Stacked GRU layers.
bidirectional : bool, default=False
    Read the series from both ends.""",
    "readout": """
readout : {"mean", "last", "flatten"}, default="mean"
    What the output layer sees of the features or GRU states: their mean over time, the
    last one (a bidirectional GRU's from either end), or all of them.
dropout : float, default=0.0
    Share of the read-out features, and of the values between GRU layers, left out while
    learning; in [0, 1).""",
    "training": """
max_epochs : int or "auto", default="auto"
    Passes over the training rows. ``"auto"`` makes as many as give 400 gradient steps, but
    at least 3 and at most 30.
batch_size : int or None, default=64
    Rows a gradient step; None takes all rows. A last batch of one row joins the batch
    before it.
lr : float, default=0.004
    Learning rate; the highest one under a schedule.
lr_schedule : {"one_cycle", "cosine"} or None, default="one_cycle"
    How the learning rate goes over the whole training, by ``torch.optim.lr_scheduler``;
    None keeps it constant, as ``partial_fit`` always does.
optimizer : {"adam", "adamw", "sgd"}, default="adamw"
    Optimiser from ``torch.optim``; ``"sgd"`` has a momentum of 0.9.
weight_decay : float, default=0.01
    The optimiser's weight decay.
class_weight : dict or "balanced", default=None
    Weight of each class, multiplied with ``sample_weight``; ``"balanced"`` lets all
    classes weigh the same together.
early_stopping : bool, default=False
    Hold out ``validation_fraction`` of the groups, stop when the loss on them has not
    fallen for ``patience`` epochs, and go back to the best epoch's weights.
validation_fraction : float, default=0.2
    Share of the groups held out, in (0, 1); of the rows where no groups are given.
patience : int, default=10
    Epochs to wait for a lower validation loss.
augmenter : augmenter or Pipeline of augmenters, default=None
    Changes each batch anew while learning. Held-out and new rows are never changed.
keep_epochs : bool, default=False
    Keep each epoch's weights, for :meth:`staged_predict_proba`.
warm_start : bool, default=False
    Let ``fit`` go on from the weights of the fit before, with what that held out still
    held out. ``history_`` and ``epoch_states_`` grow.
callbacks : list of skorch callbacks or of (str, callback), default=None
    Cloned, and called after the classifier's own, but before its early stopping.
device : str, default="auto"
    A torch device; ``"auto"`` is CUDA or MPS where there is one, else the CPU.
dtype : {"float32", "float64"}, default="float32"
    Number type of the training.
n_jobs : int, default=None
    Threads of torch while fitting and predicting. None means 1: nets this small are
    slower on more, and folds run in parallel better. -1 means all processors.
verbose : int, default=0
    1 shows a progress bar over the epochs.
random_state : int, RandomState instance or None, default=None
    Seeds the weights, the batches, dropout, augmentation and the held-out split. Two
    fits with the same int are bit-identical; torch's global generator stays untouched.""",
    "attributes": """
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
    ``fit``: what is changed in it later has no effect on them.
history_ : skorch.history.History
    Loss and accuracy by epoch: ``history_[:, "train_loss"]``, ``"train_acc"`` and, with
    early stopping, ``"valid_loss"`` and ``"valid_acc"``.
epoch_states_ : list of dict
    The module's weights after each epoch, with ``keep_epochs=True``. After early stopping
    the module itself has those of the best epoch, not the last.""",
}


def _documented(cls: type) -> type:
    """Fill a class docstring's ``{...}`` lines: the classes share their parameters."""
    lines = []
    for line in (cls.__doc__ or "").splitlines():
        shared = _DOCS.get(line.strip().strip("{}")) if "{" in line else None
        if shared is None:
            lines.append(line)
        else:
            lines += ["    " + text if text else "" for text in shared[1:].splitlines()]
    cls.__doc__ = "\n".join(lines)
    return cls


@dataclass(kw_only=True, eq=False, repr=False)
class _Readout:
    readout: str = "mean"
    dropout: float = 0.0

    readout_constraints: ClassVar[dict[str, list[Any]]] = {
        "readout": [StrOptions({"mean", "last", "flatten"})],
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def _read_out(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(_Readout)}


@dataclass(kw_only=True, eq=False, repr=False)
class _Convolutional:
    n_filters: int | Sequence[int] = 48
    kernel_size: int | Sequence[int] = 7
    n_blocks: int = 2
    pooling: str | None = "max"
    pool_size: int | Sequence[int] = 4
    batch_norm: bool = True

    convolutional_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_filters": [Interval(Integral, 1, None, closed="left"), list, tuple],
        "kernel_size": [Interval(Integral, 1, None, closed="left"), list, tuple],
        "n_blocks": [Interval(Integral, 1, None, closed="left")],
        "pooling": [StrOptions({"max", "average"}), None],
        "pool_size": [Interval(Integral, 1, None, closed="left"), list, tuple],
        "batch_norm": ["boolean"],
    }

    def _convolutions(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(_Convolutional)}


@dataclass(kw_only=True, eq=False, repr=False)
class _Recurrent:
    hidden_size: int = 64
    n_layers: int = 1
    bidirectional: bool = False

    recurrent_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_size": [Interval(Integral, 1, None, closed="left")],
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "bidirectional": ["boolean"],
    }

    def _recurrence(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(_Recurrent)}


class _IMUNetClassifier(NetClassifier, _Readout):
    """What the three settings of the package's own network share."""

    def _network_parameters(self) -> dict[str, Any]:
        raise NotImplementedError

    def _network(self) -> tuple[Callable[..., nn.Module], dict[str, Any]]:
        return IMUNet, {**self._read_out(), **self._network_parameters()}

    def _minimum_timesteps(self) -> int:
        return minimum_timesteps(**self._network_parameters())


@_documented
@dataclass(kw_only=True, eq=False, repr=False)
class CNNClassifier(_IMUNetClassifier, _Convolutional):
    """Convolutional network on sets of one length.

    Blocks of unpadded convolution, batch normalisation and pooling; the mean of the
    features over time goes into a fully connected layer.

    Parameters
    ----------
    {convolutional}
    {readout}
    {training}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    CNNGRUClassifier : The same with a GRU between features and output.
    WindowedClassifier : Learn on windows of sets of unequal length.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import CNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(40, 3, 50))
    >>> y = np.repeat(["rest", "squat"], 20)
    >>> X[20:] += np.sin(np.arange(50) / 3)
    >>> clf = CNNClassifier(batch_size=8, max_epochs=10, random_state=0).fit(X, y)
    >>> clf.score(X, y)
    1.0
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **_Convolutional.convolutional_constraints,
        **_Readout.readout_constraints,
        **NetClassifier.training_constraints,
    }

    def _network_parameters(self) -> dict[str, Any]:
        return {**self._convolutions(), "hidden_size": 0}


@_documented
@dataclass(kw_only=True, eq=False, repr=False)
class GRUClassifier(_IMUNetClassifier, _Recurrent):
    """Gated recurrent network on sets of one length.

    Parameters
    ----------
    {recurrent}
    {readout}
    {training}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    CNNGRUClassifier : The same on the features of convolutions.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import GRUClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(40, 3, 50))
    >>> y = np.repeat(["rest", "squat"], 20)
    >>> X[20:] += np.sin(np.arange(50) / 3)
    >>> clf = GRUClassifier(max_epochs=20, lr=0.01, random_state=0).fit(X, y)
    >>> clf.predict_proba(X[:5]).shape
    (5, 2)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **_Recurrent.recurrent_constraints,
        **_Readout.readout_constraints,
        **NetClassifier.training_constraints,
    }

    def _network_parameters(self) -> dict[str, Any]:
        return {**self._recurrence(), "n_blocks": 0}


@_documented
@dataclass(kw_only=True, eq=False, repr=False)
class CNNGRUClassifier(_IMUNetClassifier, _Recurrent, _Convolutional):
    """Hybrid of a convolutional and a gated recurrent network on sets of one length.

    Blocks of unpadded convolution, batch normalisation and pooling shorten each set; the
    features are transposed into a GRU, and its states go into a fully connected layer, as
    in [1]_.

    Parameters
    ----------
    {convolutional}
    {recurrent}
    {readout}
    {training}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    CNNClassifier : The same without the GRU.
    GRUClassifier : The same without the convolutions.
    WindowedClassifier : Learn on windows of sets of unequal length.

    References
    ----------
    .. [1] Zhang, Lau, Zhu (2024). Advanced Exercise Classification with a Hybrid CNN-GRU
       Model: Utilising IMU Data from Cell Phones.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import CNNGRUClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(40, 3, 50))
    >>> y = np.repeat(["rest", "squat"], 20)
    >>> X[20:] += np.sin(np.arange(50) / 3)
    >>> clf = CNNGRUClassifier(batch_size=8, max_epochs=10, random_state=0).fit(X, y)
    >>> clf.score(X, y)
    1.0
    >>> len(clf.history_)
    10
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **_Convolutional.convolutional_constraints,
        **_Recurrent.recurrent_constraints,
        **_Readout.readout_constraints,
        **NetClassifier.training_constraints,
    }

    def _network_parameters(self) -> dict[str, Any]:
        return {**self._convolutions(), **self._recurrence()}


@dataclass(eq=False, repr=False)
class _Module:
    module: Callable[..., nn.Module]
    module_parameters: dict[str, Any] | None = field(default=None, kw_only=True)


@_documented
@dataclass(kw_only=True, eq=False, repr=False)
class ModuleClassifier(NetClassifier, _Module):
    """A torch module of your own on sets of one length, trained as the other networks.

    Augmented batches, sample weights, kept epochs, early stopping that keeps groups whole
    and predictions in float64 are those of :class:`CNNGRUClassifier`.

    Parameters
    ----------
    module : callable
        A subclass of ``torch.nn.Module``, or a function that returns a module. Each fit
        calls it with ``n_channels=``, ``n_timesteps=``, ``n_classes=`` and
        ``module_parameters``. The module takes a tensor of shape (n, n_channels,
        n_timesteps) and returns logits, without a softmax, of shape (n, n_classes); it is
        shown two rows of zeros before the training. To be pickled it must be importable,
        not made in a function or a lambda.
    module_parameters : dict, default=None
        Further keyword arguments of ``module``.
    {training}

    Attributes
    ----------
    {attributes}

    Raises
    ------
    TypeError
        In ``fit``, if ``module`` can't be called like this or returns no module.
    ValueError
        In ``fit``, if the module fails on such sets or returns no logits.

    See Also
    --------
    CNNGRUClassifier : The package's own network.
    WindowedClassifier : Learn on windows of sets of unequal length.

    Notes
    -----
    :func:`~sk_imu.persistence.save_model` refuses it, for a file that is loaded without
    running code can't hold a class of yours. Pickle it, and load only what you trust.

    Examples
    --------
    >>> import numpy as np
    >>> from torch import nn
    >>> from sk_imu import ModuleClassifier
    >>> class SmallNet(nn.Sequential):
    ...     def __init__(self, n_channels, n_timesteps, n_classes, n_filters=8):
    ...         super().__init__(
    ...             nn.Conv1d(n_channels, n_filters, 9),
    ...             nn.ReLU(),
    ...             nn.AdaptiveMaxPool1d(1),
    ...             nn.Flatten(),
    ...             nn.Linear(n_filters, n_classes),
    ...         )
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(40, 3, 50))
    >>> y = np.repeat(["rest", "squat"], 20)
    >>> X[20:] += np.sin(np.arange(50) / 3)
    >>> clf = ModuleClassifier(
    ...     SmallNet,
    ...     module_parameters={"n_filters": 16},
    ...     batch_size=8,
    ...     max_epochs=20,
    ...     random_state=0,
    ... )
    >>> clf.fit(X, y).score(X, y)
    1.0
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "module": [callable],
        "module_parameters": [dict, None],
        **NetClassifier.training_constraints,
    }

    def _network(self) -> tuple[Callable[..., nn.Module], dict[str, Any]]:
        return checked_module, {
            "module_class": self.module,
            "module_parameters": self.module_parameters,
        }
