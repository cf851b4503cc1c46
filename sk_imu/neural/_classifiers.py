"""CNN, GRU and CNN-GRU as scikit-learn classifiers: three settings of one network.

And a classifier for a network of the user's own, trained in the same way.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted
from skorch import NeuralNet
from torch import nn

from ..validation import check_panel
from ._base import NetClassifier
from ._networks import IMUNet, checked_module, minimum_timesteps
from ._parameters import (
    Convolutional,
    Ends,
    Module,
    Recurrent,
    with_inherited_parameters,
)
from ._prediction import quick_copy, quick_proba

__all__ = ["CNNClassifier", "CNNGRUClassifier", "GRUClassifier", "ModuleClassifier"]


class _IMUNetClassifier(NetClassifier, Ends):
    """A setting of the package's own network."""

    # Switches off a part of the network, because IMUNet has both parts by default.
    _left_out: ClassVar[dict[str, int]] = {}

    def _network(self) -> tuple[Callable[..., nn.Module], dict[str, Any]]:
        groups = (Convolutional, Recurrent, Ends)
        taken = [f.name for g in groups if isinstance(self, g) for f in fields(g)]
        return IMUNet, {name: getattr(self, name) for name in taken} | self._left_out

    def _minimum_timesteps(self) -> int:
        return minimum_timesteps(**self._network()[1])

    def _use(self, net: NeuralNet) -> None:
        super()._use(net)
        self._quick = quick_copy(self._exact)

    def _quick_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return probabilities for labels: in float32, NaN where that may be far off.

        It takes a third of the time, but probabilities of a row then depend on the rows
        that are predicted together, by about 1e-7.
        """
        check_is_fitted(self)
        if next(self._quick.parameters()).device.type != "cpu":
            return self.predict_proba(X)  # other devices round float32 further
        return quick_proba(self._quick, check_panel(self, X, reset=False), self.n_jobs)

    def _restore(self, weights: dict[str, NDArray[np.floating]]) -> None:
        # Compared before memory is taken for what the parameters ask for.
        n_repeats = [getattr(self, name, 0) for name in ("n_blocks", "n_layers")]
        if max(n_repeats) > len(weights):
            raise ValueError("it has more layers than weights")
        # Strides and pools are in no weight, and a long one leaves nothing to predict from.
        if self._minimum_timesteps() > self.n_timesteps_in_:
            raise ValueError("its parameters need longer sets than it was fitted on")
        with torch.device("meta"):
            expected = IMUNet(**self._module_parameters()).state_dict()
        shapes = {name: tuple(value.shape) for name, value in expected.items()}
        if {name: np.shape(value) for name, value in weights.items()} != shapes:
            raise ValueError("its weights have other shapes than its parameters ask for")
        super()._restore(weights)


@with_inherited_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class CNNClassifier(_IMUNetClassifier, Convolutional):
    """Convolutional network for sets of one length.

    Blocks of unpadded convolution, pooling and batch normalization. By default, the mean
    and the maximum of the features of each block go into a fully connected layer.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    CNNGRUClassifier : Adds a GRU between features and output.
    WindowedClassifier : Train on windows of sets of unequal length.

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

    _left_out: ClassVar[dict[str, int]] = {"hidden_size": 0}


@with_inherited_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class GRUClassifier(_IMUNetClassifier, Recurrent):
    """Gated recurrent network for sets of one length.

    By default, the mean of its states goes into a fully connected layer.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    CNNGRUClassifier : A GRU on the features of convolutions.

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

    _left_out: ClassVar[dict[str, int]] = {"n_blocks": 0}


@with_inherited_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class CNNGRUClassifier(_IMUNetClassifier, Recurrent, Convolutional):
    """Hybrid of a convolutional and a gated recurrent network for sets of one length.

    Blocks of unpadded convolution, pooling and batch normalization shorten each set, and
    the features are transposed into a GRU, as in [1]_. By default, the mean of its states,
    and the mean and the maximum of the features of each block, go into a fully connected
    layer.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    CNNClassifier : Leaves the GRU out.
    GRUClassifier : Leaves the convolutions out.
    WindowedClassifier : Train on windows of sets of unequal length.

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


@with_inherited_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class ModuleClassifier(NetClassifier, Module):
    """A torch module of your own for sets of one length, trained as the other networks.

    Augmented batches, sample weights, kept epochs, early stopping that keeps groups whole
    and predictions in float64 work as in :class:`CNNGRUClassifier`.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Raises
    ------
    TypeError
        In ``fit``, if ``module`` can't be called as described or returns no module.
    ValueError
        In ``fit``, if the module fails on the training sets or returns no logits.

    See Also
    --------
    CNNGRUClassifier : The package's own network.
    WindowedClassifier : Train on windows of sets of unequal length.

    Notes
    -----
    :func:`~sk_imu.persistence.save_model` refuses it unless its class and yours are
    ``trusted``, because loading such a file runs your code.

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

    def _network(self) -> tuple[Callable[..., nn.Module], dict[str, Any]]:
        return checked_module, {
            "module_class": self.module,
            "module_parameters": self.module_parameters,
        }
