"""The net classifiers as sktime classifiers."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sktime.classification.base import BaseClassifier

from .._atomic import all_or_nothing
from ..neural import CNNClassifier, CNNGRUClassifier, GRUClassifier
from ..validation import Panel
from ._adapter import Adapter, carries


class _Classifier(Adapter, BaseClassifier):
    _remark = "Early stopping holds out sets of any subject, as sktime passes no groups."
    _attributes = """
classes_ : ndarray of shape (n_classes,)
    The labels."""
    _tags: ClassVar[dict[str, Any]] = {
        "authors": "The sk_imu developers",
        "maintainers": "The sk_imu developers",
        # A panel: sktime refuses series of unequal length before they come here.
        "X_inner_mtype": "numpy3D",
        "y_inner_mtype": "numpy1D",
        "capability:multivariate": True,
        "capability:categorical_in_X": False,
        "capability:predict_proba": True,
        "capability:class_weight": True,
        "capability:random_state": True,
        "property:randomness": "derandomized",
    }

    # sktime's own begins by a reset, so that an error would leave nothing fitted.
    fit = all_or_nothing(BaseClassifier.fit)

    def _fit(self, X: Panel, y: NDArray[Any]) -> Self:
        return self._fit_core(X, y)

    def _predict(self, X: Panel) -> NDArray[Any]:
        return self.estimator_.predict(X)

    def _predict_proba(self, X: Panel) -> NDArray[np.float64]:
        return self.estimator_.predict_proba(X)


# sktime's contract excludes these: its fit always starts anew, and any number of jobs must
# give the same bits, which torch's sums over several threads do not.
_NOT_KEPT = {"warm_start", "n_jobs"}

# sktime fits each of these in most of its checks.
_TINY_NET = {"max_epochs": 2, "batch_size": 8}
_TINY_CNN = {**_TINY_NET, "n_filters": 4, "kernel_size": 3, "n_blocks": 1}


@carries(CNNClassifier, without=_NOT_KEPT)
class SktimeCNNClassifier(_Classifier):
    """Convolutional network on panels of one length, as a sktime classifier.

    {documentation}

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> from sk_imu.sktime import SktimeCNNClassifier
    >>> X, y = load_unit_test(split="train")
    >>> clf = SktimeCNNClassifier(pool_size=2, max_epochs=5, random_state=0).fit(X, y)
    >>> clf.predict_proba(X).shape
    (20, 2)
    """

    _test_params: ClassVar = [
        _TINY_CNN,
        {**_TINY_CNN, "pooling": "average", "readout": "last", "dropout": 0.1},
    ]


@carries(GRUClassifier, without=_NOT_KEPT)
class SktimeGRUClassifier(_Classifier):
    """Gated recurrent network on panels of one length, as a sktime classifier.

    {documentation}

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> from sk_imu.sktime import SktimeGRUClassifier
    >>> X, y = load_unit_test(split="train")
    >>> clf = SktimeGRUClassifier(max_epochs=5, random_state=0).fit(X, y)
    >>> clf.predict_proba(X).shape
    (20, 2)
    """

    _test_params: ClassVar = [
        {**_TINY_NET, "hidden_size": 4},
        {**_TINY_NET, "hidden_size": 4, "bidirectional": True, "readout": "last"},
    ]


@carries(CNNGRUClassifier, without=_NOT_KEPT)
class SktimeCNNGRUClassifier(_Classifier):
    """Hybrid of both networks on panels of one length, as a sktime classifier.

    {documentation}

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> from sk_imu.sktime import SktimeCNNGRUClassifier, SktimeFixedLength
    >>> X, y = load_unit_test(split="train")
    >>> net = SktimeCNNGRUClassifier(pool_size=2, max_epochs=5, random_state=0)
    >>> clf = (SktimeFixedLength(32) * net).fit(X, y)
    >>> clf.predict_proba(X).shape
    (20, 2)
    """

    _test_params: ClassVar = [
        {**_TINY_CNN, "hidden_size": 4},
        {**_TINY_CNN, "hidden_size": 4, "lr_schedule": None, "optimizer": "sgd"},
    ]
