"""Train on the sets and on augmented copies of them."""

from itertools import chain
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from .._sklearn import HasMethods, Interval
from ..augmentation import augment_sets
from ..validation import Panel, Uniform, check_series, like_input
from ._base import MetaClassifier
from ._personal import personalize


class AugmentedClassifier(MetaClassifier):
    """Train any classifier on the training sets and on augmented copies of them.

    The copies are made inside ``fit``, so that cross-validation never trains on a copy of
    a test set; new sets are never augmented.

    Parameters
    ----------
    estimator : classifier
        The classifier to train.
    augmenter : augmenter or Pipeline of augmenters
        Changes the copies, such as :class:`MultiplicativeNoise`.
    n_copies : int, default=1
        Number of copies of each set, each changed anew.
    random_state : int, RandomState instance or None, default=None
        Random seed of the copies. The augmenter's own has no effect.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone of ``estimator``.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_ : int
        Number of channels, or of timesteps where X was 2-D.

    See Also
    --------
    CNNGRUClassifier : The nets augment each batch anew by their own ``augmenter``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sk_imu import AugmentedClassifier, MultiplicativeNoise, SummaryFeatures
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(20, 3, 50)) * np.repeat([1, 3], 10)[:, None, None]
    >>> y = np.repeat(["rest", "squat"], 10)
    >>> clf = make_pipeline(SummaryFeatures(), LogisticRegression(max_iter=1000))
    >>> AugmentedClassifier(clf, MultiplicativeNoise(), n_copies=4).fit(X, y).score(X, y)
    1.0
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "augmenter": [HasMethods("augment"), Pipeline],
        "n_copies": [Interval(Integral, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any,
        augmenter: Any,
        *,
        n_copies: int = 1,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.estimator = estimator
        self.augmenter = augmenter
        self.n_copies = n_copies
        self.random_state = random_state

    def _learning_rows(
        self, series: Uniform | Panel, weights: NDArray[np.float64]
    ) -> tuple[Uniform | Panel, NDArray[np.intp], NDArray[np.float64]]:
        # Augmenters draw from a Generator, which check_random_state does not return.
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        rng = np.random.default_rng(seed)
        # Checked sets are plain arrays, and rotations need the names of their channels.
        signal = like_input(self, series)
        # Every part has the sets in their order, so that origin and weights are tiled.
        parts = [series]
        parts += [augment_sets(self.augmenter, signal, rng) for _ in range(self.n_copies)]
        rows: Any = (
            list(chain.from_iterable(parts))
            if isinstance(series, list)
            else np.concatenate(parts)
        )
        # A copy weighs as much as its set, so that the classes keep their shares.
        n_times = 1 + self.n_copies
        return rows, np.tile(np.arange(len(series)), n_times), np.tile(weights, n_times)

    def _ask(self, method: str, X: Any) -> Any:
        return getattr(self.estimator_, method)(self._checked(X))

    def _checked(self, X: Any) -> Any:
        return like_input(self, check_series(self, X, reset=False))

    def _personalize(self, X: Any, y: NDArray[Any], sets: NDArray[np.intp]) -> None:
        personalize(self.estimator_, self._checked(X), y, sets)
