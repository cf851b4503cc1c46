"""The estimator that finds sets, so that its thresholds can be tuned."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._atomic import fit_context
from ..validation import check_recordings
from ._bouts import find_bouts
from ._thresholds import THRESHOLDS, check_periods


class SetSegmenter(BaseEstimator):
    """Find the bouts of exercise in recordings of workouts.

    The estimator form of :func:`find_bouts`. Nothing is learned in ``fit``, but the
    thresholds can be tuned on labeled recordings, for example by
    :class:`~sklearn.model_selection.GridSearchCV` with the people as groups.

    Parameters
    ----------
    min_periodicity, min_intensity, min_confidence : float, default=0.35, 0.1, 0.4
        Minimum periodicity, intensity and confidence, as in :func:`find_bouts`.
    min_repetitions : int, default=2
        Minimum number of repetitions of a bout.
    min_duration_s, max_pause_s : float, default=5.0, 4.0
        Minimum duration of a bout and longest rest within it, in seconds.
    min_period_s, max_period_s : float, default=0.8, 10.0
        Shortest and longest time in seconds from one repetition to the next.

    Attributes
    ----------
    n_recordings_ : int
        Number of recordings given to ``fit``.

    Raises
    ------
    ValueError
        If a parameter is out of range, X holds anything but Recordings, or a recording
        has neither an acceleration nor a gyroscope.

    See Also
    --------
    segment_sets : Cut the sets out of one recording.

    Examples
    --------
    >>> from sk_imu import SetSegmenter
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> data = make_exercise_recordings(1, 2, ["squat"], random_state=0)
    >>> segmenter = SetSegmenter().fit(data.data)
    >>> segmenter.predict(data.data)[0].shape
    (2, 2)
    >>> segmenter.score(data.data, data.bouts)
    1.0
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = THRESHOLDS

    def __init__(
        self,
        *,
        min_periodicity: float = 0.35,
        min_intensity: float = 0.1,
        min_confidence: float = 0.4,
        min_repetitions: int = 2,
        min_duration_s: float = 5.0,
        max_pause_s: float = 4.0,
        min_period_s: float = 0.8,
        max_period_s: float = 10.0,
    ) -> None:
        self.min_periodicity = min_periodicity
        self.min_intensity = min_intensity
        self.min_confidence = min_confidence
        self.min_repetitions = min_repetitions
        self.min_duration_s = min_duration_s
        self.max_pause_s = max_pause_s
        self.min_period_s = min_period_s
        self.max_period_s = max_period_s

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the parameters and the input.

        Parameters
        ----------
        X : list of Recording
            Recordings of workouts.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : SetSegmenter
            The fitted segmenter.
        """
        check_periods("SetSegmenter", self.min_period_s, self.max_period_s)
        # check_is_fitted wants an attribute that ends with an underscore.
        self.n_recordings_ = len(check_recordings(X, estimator=self))
        return self

    def predict(self, X: Any) -> list[NDArray[np.float64]]:
        """Find the bouts of each recording.

        Parameters
        ----------
        X : list of Recording
            Recordings of workouts.

        Returns
        -------
        bouts : list of ndarray of shape (n_bouts, 2)
            Start and end of each bout in seconds, on the clock of its recording.
        """
        check_is_fitted(self)
        found = [
            find_bouts(recording, **self.get_params())
            for recording in check_recordings(X, estimator=self)
        ]
        return [
            np.array([(b.start_s, b.end_s) for b in bouts], dtype=float).reshape(-1, 2)
            for bouts in found
        ]

    def score(self, X: Any, y: Any) -> float:
        """Return the F1 score of the bouts over all recordings.

        A bout is correct if it is paired with a true one and their intersection over
        union is at least 0.5. Each bout is paired at most once.

        Parameters
        ----------
        X : list of Recording
            Recordings of workouts.
        y : list of array-like of shape (n_bouts, 2)
            Start and end of each true bout in seconds.

        Returns
        -------
        f1 : float
            Twice the number of correct bouts, divided by the number of found plus true
            ones; 1 if both are 0.

        Raises
        ------
        ValueError
            If X and y differ in length.
        """
        found = self.predict(X)
        if len(y) != len(found):
            raise ValueError(
                f"SetSegmenter: y has the bouts of {len(y)} recordings, X has "
                f"{len(found)} recordings."
            )
        n_correct = sum(
            len(match_bouts(true, bouts)) for true, bouts in zip(y, found, strict=True)
        )
        n_bouts = sum(map(len, found)) + sum(map(len, y))
        return 2 * n_correct / n_bouts if n_bouts else 1.0


def match_bouts(
    true: ArrayLike, found: ArrayLike, *, min_overlap: float = 0.5
) -> list[tuple[int, int]]:
    """Return the pairs of a true and a found bout, as indices.

    The intersection of a pair is at least ``min_overlap`` of its union. Of all ways to
    pair the bouts, this is the one with the greatest total overlap.
    """
    a = np.asarray(true, dtype=float).reshape(-1, 1, 2)
    b = np.asarray(found, dtype=float).reshape(1, -1, 2)
    shared = np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0])
    union = np.maximum(a[..., 1], b[..., 1]) - np.minimum(a[..., 0], b[..., 0])
    overlap = np.clip(shared, 0, None) / np.maximum(union, 1e-12)
    # Before pairing: else pairs that do not count could take the place of one that does.
    overlap[overlap < min_overlap] = 0
    pairs = zip(*optimize.linear_sum_assignment(overlap, maximize=True), strict=True)
    return [(int(i), int(j)) for i, j in pairs if overlap[i, j] > 0]
