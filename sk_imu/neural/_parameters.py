"""Parameters of the net classifiers: defaults, constraints and documentation in one place.

A classifier inherits the groups of parameters that it takes. The groups are dataclasses
because a generated ``__init__`` does exactly what scikit-learn asks of one: it assigns
each parameter and nothing else.
"""

import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from sklearn.pipeline import Pipeline
from torch import nn

from .._sklearn import HasMethods, Interval, StrOptions

# Fused, because torch otherwise loops over the parameters in Python: a tenth of a step.
OPTIMIZERS = {
    "adam": partial(torch.optim.Adam, fused=True),
    "adamw": partial(torch.optim.AdamW, fused=True),
    "sgd": partial(torch.optim.SGD, momentum=0.9, fused=True),
}

_Class = TypeVar("_Class", bound=type)

_AT_LEAST_ONE = Interval(Integral, 1, None, closed="left")


@dataclass(kw_only=True, eq=False, repr=False)
class Convolutional:
    """Parameters of the convolutions.

    Parameters
    ----------
    n_filters : int or sequence of int, default=64
        Output channels of every convolution, or of each.
    kernel_size : int or sequence of int, default=7
        Kernel length in timesteps of every unpadded convolution, or of each.
    n_blocks : int, default=2
        Number of blocks of convolution, pooling, batch normalization and ReLU.
    pooling : {"max", "average"} or None, default="max"
        Pooling after each convolution.
    pool_size : int or sequence of int, default=4
        Number of timesteps pooled into one, in every block or in each.
    stride : int, default=2
        Step of the first convolution in timesteps, with pooling or without. Its pool then
        takes ``pool_size // stride`` outputs, at least one: where ``stride`` divides
        ``pool_size``, the block costs less and shortens a series as much.
    batch_norm : bool, default=True
        Whether to normalize in each block.
    """

    n_filters: int | Sequence[int] = 64
    kernel_size: int | Sequence[int] = 7
    n_blocks: int = 2
    pooling: str | None = "max"
    pool_size: int | Sequence[int] = 4
    stride: int = 2
    batch_norm: bool = True

    _constraints: ClassVar[dict[str, list[Any]]] = {
        "n_filters": [_AT_LEAST_ONE, list, tuple],
        "kernel_size": [_AT_LEAST_ONE, list, tuple],
        "n_blocks": [_AT_LEAST_ONE],
        "pooling": [StrOptions({"max", "average"}), None],
        "pool_size": [_AT_LEAST_ONE, list, tuple],
        "stride": [_AT_LEAST_ONE],
        "batch_norm": ["boolean"],
    }


@dataclass(kw_only=True, eq=False, repr=False)
class Recurrent:
    """Parameters of the GRU.

    Parameters
    ----------
    hidden_size : int, default=64
        Size of the GRU's state.
    n_layers : int, default=1
        Number of stacked GRU layers.
    bidirectional : bool, default=False
        Whether to read the series in both directions.
    """

    hidden_size: int = 64
    n_layers: int = 1
    bidirectional: bool = False

    _constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_size": [_AT_LEAST_ONE],
        "n_layers": [_AT_LEAST_ONE],
        "bidirectional": ["boolean"],
    }


@dataclass(kw_only=True, eq=False, repr=False)
class Ends:
    """Parameters of the network's input and output.

    Parameters
    ----------
    standardize : bool, default=True
        Whether the network gets every channel twice: as it is, and standardized over the
        timesteps of the set, which shows the course of a movement without its strength and
        the tilt of the device. Scale X first, with :class:`~sk_imu.ChannelScaler`.
    readout : {"pooled", "mean", "last", "flatten"}, default="pooled"
        Input of the output layer. ``"pooled"`` is the mean over time of the GRU states and
        the mean and maximum of the features of each block. The others take the GRU states
        alone, or the last features where there is no GRU: their mean, the last one (of
        both directions of a bidirectional GRU), or all.
    dropout : float, default=0.0
        Probability of dropping an input of the output layer, and a value between GRU
        layers, during training; in [0, 1).
    """

    standardize: bool = True
    readout: str = "pooled"
    dropout: float = 0.0

    _constraints: ClassVar[dict[str, list[Any]]] = {
        "standardize": ["boolean"],
        "readout": [StrOptions({"pooled", "mean", "last", "flatten"})],
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }


@dataclass(eq=False, repr=False)
class Module:
    """Parameters of a network of the user's own.

    Parameters
    ----------
    module : callable
        A subclass of ``torch.nn.Module``, or a function that returns a module. Each fit
        calls it with ``n_channels=``, ``n_timesteps=``, ``n_classes=`` and
        ``module_parameters``. The module takes a tensor of shape (n, n_channels,
        n_timesteps) and returns logits, without a softmax, of shape (n, n_classes); it is
        called on two rows of zeros before training. To be pickled it must be importable,
        not defined inside a function or as a lambda.
    module_parameters : dict, default=None
        Further keyword arguments of ``module``.
    """

    module: Callable[..., nn.Module]
    module_parameters: dict[str, Any] | None = field(default=None, kw_only=True)

    _constraints: ClassVar[dict[str, list[Any]]] = {
        "module": [callable],
        "module_parameters": [dict, None],
    }


@dataclass(kw_only=True, eq=False, repr=False)
class Training:
    """Parameters of the training.

    Parameters
    ----------
    max_epochs : int or "auto", default="auto"
        Number of passes over the training rows. ``"auto"`` makes as many as give 300
        gradient steps, but at least 18 and at most 30.
    batch_size : int or None, default=64
        Rows in a gradient step; None takes all rows. A last batch of one row joins the
        batch before it.
    lr : float, default=0.004
        Learning rate; the highest one under a schedule.
    lr_schedule : {"one_cycle", "cosine"} or None, default="one_cycle"
        Schedule of the learning rate over the whole training, from
        ``torch.optim.lr_scheduler``; None keeps it constant, as ``partial_fit`` always
        does.
    optimizer : {"adam", "adamw", "sgd"}, default="adamw"
        Optimizer from ``torch.optim``; ``"sgd"`` has a momentum of 0.9.
    weight_decay : float, default=0.01
        Weight decay of the optimizer.
    class_weight : dict or "balanced", default=None
        Weight of each class, multiplied with ``sample_weight``; ``"balanced"`` gives all
        classes the same total weight.
    early_stopping : bool, default=False
        Whether to hold out ``validation_fraction`` of the groups, to stop when the loss on
        them has not fallen for ``patience`` epochs, and to go back to the weights of the
        best epoch.
    validation_fraction : float, default=0.2
        Share of the groups held out, in (0, 1); of the rows where no groups are given.
    patience : int, default=10
        Epochs to wait for a lower validation loss.
    augmenter : augmenter or Pipeline of augmenters, default=None
        Changes each training batch anew. Held-out and new rows are never changed.
    keep_epochs : bool, default=False
        Whether to keep the weights of each epoch, for :meth:`staged_predict_proba`.
    warm_start : bool, default=False
        Whether ``fit`` continues from the weights of the previous fit, with the same rows
        held out. ``history_`` and ``epoch_states_`` grow.
    callbacks : list of skorch callbacks or of (str, callback), default=None
        Cloned, and called after the classifier's own, but before its early stopping.
    device : str, default="auto"
        A torch device; ``"auto"`` is CUDA or MPS where available, else the CPU.
    dtype : {"float32", "float64"}, default="float32"
        Data type of the training.
    n_jobs : int, default=None
        Threads of torch while fitting and predicting. None means 1: nets this small are
        slower on more, and it is better to run folds in parallel. -1 means all processors.
    verbose : int, default=0
        1 shows a progress bar over the epochs.
    random_state : int, RandomState instance or None, default=None
        Seeds the weights, the batches, dropout, augmentation and the held-out split. Two
        fits with the same int are bit-identical; torch's global generator is not touched.
    """

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

    _constraints: ClassVar[dict[str, list[Any]]] = {
        "max_epochs": [_AT_LEAST_ONE, StrOptions({"auto"})],
        "batch_size": [_AT_LEAST_ONE, None],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "lr_schedule": [StrOptions({"one_cycle", "cosine"}), None],
        "optimizer": [StrOptions(set(OPTIMIZERS))],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "patience": [_AT_LEAST_ONE],
        "augmenter": [HasMethods("augment"), Pipeline, None],
        "keep_epochs": ["boolean"],
        "warm_start": ["boolean"],
        "callbacks": [list, None],
        "device": [str],
        "dtype": [StrOptions({"float32", "float64"})],
        "n_jobs": [_AT_LEAST_ONE, Interval(Integral, None, -1, closed="right"), None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }


def with_inherited_parameters(cls: _Class) -> _Class:
    """Give a classifier the constraints and the documentation of its groups of parameters.

    They replace ``{parameters}`` in its docstring, in the order of its signature, and the
    attributes that its base documents replace ``{attributes}``.
    """
    # Reversed, as dataclasses collect their fields.
    bases = cls.__mro__[::-1]
    groups: list[Any] = [base for base in bases if "_constraints" in vars(base)]
    constraints = {
        name: allowed for group in groups for name, allowed in group._constraints.items()
    }
    cls._parameter_constraints = constraints  # type: ignore[attr-defined]
    doc = cls.__doc__ or ""
    parameters = "\n".join(_section(group, "Parameters") for group in groups)
    attributes = "".join(_section(base, "Attributes") for base in bases if base is not cls)
    doc = doc.replace("    {parameters}", parameters)
    cls.__doc__ = doc.replace("    {attributes}", attributes)
    return cls


def _section(cls: type, name: str) -> str:
    """Return the entries of a section of a class's own docstring, indented."""
    doc = inspect.cleandoc(vars(cls).get("__doc__") or "")
    entries = doc.partition(f"{name}\n{'-' * len(name)}\n")[2].partition("\n\n")[0]
    return textwrap.indent(entries, "    ")
