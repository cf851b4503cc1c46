"""Finding sets as an estimator, whose thresholds can be tuned on labelled people."""

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._sklearn import Interval, fit_context
from ..validation import check_recordings
from ._bouts import find_bouts

__all__ = ["SetSegmenter", "match_bouts"]


class SetSegmenter(BaseEstimator):
    """Find the bouts of exercise in recordings of whole trainings.

    The estimator form of :func:`find_bouts`: nothing is learnt in ``fit``, but its
    thresholds can be tuned on labelled people, as by
    :class:`~sklearn.model_selection.GridSearchCV` with the people as groups.

    Parameters
    ----------
    min_periodicity : float, default=0.7
        The least resemblance of the movement to itself one period later, at most 1.
    min_intensity : float, default=0.3
        The least movement, as root mean square over two periods: 1 is about 3 m/s² or
        1 rad/s away from the mean.
    min_confidence : float, default=0.4
        The least resemblance of a repetition to the usual one of its bout.
    min_repetitions : int, default=3
        The fewest repetitions of a bout.
    min_duration_s : float, default=8.0
        The least time from the beginning of the first to the end of the last.
    max_pause_s : float, default=4.0
        The longest rest that does not end a bout.
    min_period_s, max_period_s : float, default=0.8, 8.0
        The shortest and longest time from one repetition to the next.

    Attributes
    ----------
    n_recordings_ : int
        Number of recordings given to ``fit``.

    Raises
    ------
    ValueError
        If a parameter is out of its range, X holds anything but Recordings, or one has
        neither an acceleration nor a gyroscope.

    See Also
    --------
    segment_sets : Cut the sets out of one recording.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import Recording, SetSegmenter
    >>> phase = 2 * np.pi * np.arange(1000) / 100
    >>> turns = np.array([np.sin(phase), 0.3 * np.sin(2 * phase), 0 * phase])
    >>> training = Recording.from_array(
    ...     np.pad(turns, ((0, 0), (500, 500))),
    ...     sampling_rate_hz=50,
    ...     channel_names=[f"Gyroscope_{axis}" for axis in "xyz"],
    ... )
    >>> segmenter = SetSegmenter().fit([training])
    >>> segmenter.predict([training])[0].shape
    (1, 2)
    >>> segmenter.score([training], [[(10.0, 30.0)]])
    1.0
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "min_periodicity": [Interval(Real, -1, 1, closed="both")],
        "min_intensity": [Interval(Real, 0, None, closed="left")],
        "min_confidence": [Interval(Real, -1, 1, closed="both")],
        "min_repetitions": [Interval(Integral, 1, None, closed="left")],
        "min_duration_s": [Interval(Real, 0, None, closed="left")],
        "max_pause_s": [Interval(Real, 0, None, closed="left")],
        "min_period_s": [Interval(Real, 0, None, closed="neither")],
        "max_period_s": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        *,
        min_periodicity: float = 0.7,
        min_intensity: float = 0.3,
        min_confidence: float = 0.4,
        min_repetitions: int = 3,
        min_duration_s: float = 8.0,
        max_pause_s: float = 4.0,
        min_period_s: float = 0.8,
        max_period_s: float = 8.0,
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
        """Check the parameters and the input; nothing is learnt.

        Parameters
        ----------
        X : list of Recording
            Recordings of whole trainings.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : SetSegmenter
            The fitted segmenter.
        """
        if self.min_period_s >= self.max_period_s:
            raise ValueError(
                f"SetSegmenter: min_period_s must be less than max_period_s, got "
                f"{self.min_period_s} and {self.max_period_s}."
            )
        self.n_recordings_ = len(check_recordings(X, estimator=self))
        return self

    def predict(self, X: Any) -> list[NDArray[np.float64]]:
        """Find the bouts of each recording.

        Parameters
        ----------
        X : list of Recording
            Recordings of whole trainings.

        Returns
        -------
        bouts : list of ndarray of shape (n_bouts, 2)
            First and last second of each bout, on each recording's clock.
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

        A bout is right if it is paired with a true one that it overlaps for at least
        half of the time that one or the other lasts (intersection over union); each is
        paired at most once.

        Parameters
        ----------
        X : list of Recording
            Recordings of whole trainings.
        y : list of array-like of shape (n_bouts, 2)
            First and last second of each true bout.

        Returns
        -------
        f1 : float
            Twice the bouts that are right, divided by those found plus the true ones;
            1 if there are none of either.
        """
        found = self.predict(X)
        if len(y) != len(found):
            raise ValueError(
                f"SetSegmenter: y has the bouts of {len(y)} recordings, X has "
                f"{len(found)} recordings."
            )
        right = sum(
            len(match_bouts(true, bouts)) for true, bouts in zip(y, found, strict=True)
        )
        n_bouts = sum(map(len, found)) + sum(map(len, y))
        return 2 * right / n_bouts if n_bouts else 1.0


def match_bouts(
    true: ArrayLike, found: ArrayLike, *, min_overlap: float = 0.5
) -> list[tuple[int, int]]:
    """Return which true bout is paired with which found one.

    A pair overlaps for at least ``min_overlap`` of its union; as there are no better
    ones, the pairs are those whose overlaps have the greatest sum.
    """
    a = np.asarray(true, dtype=float).reshape(-1, 1, 2)
    b = np.asarray(found, dtype=float).reshape(1, -1, 2)
    shared = np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0])
    union = np.maximum(a[..., 1], b[..., 1]) - np.minimum(a[..., 0], b[..., 0])
    overlap = np.clip(shared, 0, None) / np.maximum(union, 1e-12)
    overlap[overlap < min_overlap] = 0
    pairs = zip(*optimize.linear_sum_assignment(overlap, maximize=True), strict=True)
    return [(int(i), int(j)) for i, j in pairs if overlap[i, j] > 0]
