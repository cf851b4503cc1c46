"""Find sets that are none of the exercises of the training sets."""

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import GroupKFold
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from .._atomic import fit_context
from .._sklearn import Interval
from ..features import SummaryFeatures
from ..validation import (
    Panel,
    Uniform,
    as_3d,
    check_groups,
    check_labels,
    check_series,
    rate_of,
)
from ._similarity import Floats, Similarity, shared, similarity_of_person

#: Statistics of which the logarithm is taken, because stillness and a slow movement differ
#: by a factor. The floor is above the noise of a sensor, scaled or in physical units.
_STRENGTHS = ("__std", "__mean_abs_difference", "__change_std")
_LEAST_STRENGTH = 0.01
# 0.07 of 100 sets are 7, not a little more.
_ROUNDING = 1e-9
#: Windows of one set are alike, and more of them take time.
_MOST_LIVE_WINDOWS = 10


class UnknownDetector(BaseEstimator):
    """Find sets that are none of the exercises of the training sets.

    Each set is described by :class:`SummaryFeatures` of the whole set and by their mean
    over short windows. Distances are measured in units of the variation within an
    exercise, and a kernel ridge regression learns from them a similarity to each exercise:
    about 1 for sets of the exercise, 0 far from all exercises.

    A set is unknown if its largest similarity is below a threshold. ``fit`` leaves out
    groups of people in turn, and chooses the threshold at which ``rejection_rate`` of
    their sets would be called unknown.

    A window of a live stream is shorter than a set, and less similar to the training sets.
    With ``live_window_seconds``, ``fit`` chooses a second threshold in the same way, on
    windows of the sets left out.

    Parameters
    ----------
    rejection_rate : float, default=0.05
        Share of the sets of known exercises, by people who are not in the training set,
        that may be called unknown. A higher rate finds more unknown movements.
    n_folds : int, default=10
        Number of groups of people that ``fit`` leaves out in turn; one person at a time if
        there are fewer people.
    window_seconds : float, default=2.0
        Length of the short windows in seconds. A shorter set is one window.
    live_window_seconds : float, default=None
        Length of the windows of a live stream in seconds. None chooses no threshold for
        them.
    sampling_rate_hz : float, default=None
        Rate of X in hertz. None takes the rate that X has as a :class:`SignalArray`, or 50
        if X has none.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The known exercises.
    offset_ : float
        The threshold of the similarity.
    live_offset_ : float or None
        The threshold for windows of a live stream; None without ``live_window_seconds``.
    held_out_scores_ : ndarray of shape (n_held_out_sets,)
        Similarity of each training set when its person was left out, in increasing order.
        Sets of exercises that nobody else did are not among them, nor those of people
        without whom no exercise is left that several did.
    groups_ : ndarray of shape (n_groups,)
        The people, or other groups, as in ``fit``.
    rejected_by_group_ : ndarray of shape (n_groups,)
        Share of the sets of each of them that would be called unknown; NaN if there are
        none in ``held_out_scores_``.
    similarity_by_group_ : ndarray of shape (n_groups,)
        Upper quartile of their similarities there, at least 0.01; NaN if there are none.
    n_features_in_ : int
        Number of channels, or of timesteps where X is 2-D.

    Raises
    ------
    ValueError
        If X, y or groups can't be used, there are fewer than three groups, or too few
        exercises were done by several groups.

    See Also
    --------
    ExerciseClassifier : Answers ``"unknown"`` by this detector, with ``unknown=True``.

    Notes
    -----
    The regression takes memory and time for a matrix of shape (n_sets, n_sets).
    ``docs/results/unknown.rst`` has measurements.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import UnknownDetector
    >>> rng = np.random.default_rng(0)
    >>> t = np.arange(400) / 50
    >>> def swing(tempo_hz):
    ...     phase = 2 * np.pi * tempo_hz * t + rng.uniform(0, 6)
    ...     return np.array([np.sin(phase), np.cos(phase)]) + rng.normal(0, 0.2, (2, 400))
    >>> people = np.repeat(np.arange(6), 4)
    >>> X = [swing(tempo_hz) for tempo_hz in [0.5, 0.5, 1.0, 1.0] * 6]
    >>> y = ["slow", "slow", "fast", "fast"] * 6
    >>> detector = UnknownDetector().fit(X, y, groups=people)
    >>> detector.predict([swing(0.5), swing(1.0), swing(3.0)])
    array([ 1,  1, -1])
    >>> detector.strangeness([swing(3.0)])
    array([1.])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "rejection_rate": [Interval(Real, 0, 1, closed="left")],
        "n_folds": [Interval(Integral, 2, None, closed="left")],
        "window_seconds": [Interval(Real, 0, None, closed="neither")],
        "live_window_seconds": [Interval(Real, 0, None, closed="neither"), None],
        "sampling_rate_hz": [Interval(Real, 0, None, closed="neither"), None],
    }
    # The threshold is of people left out, and without groups it is not.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}

    def __init__(
        self,
        *,
        rejection_rate: float = 0.05,
        n_folds: int = 10,
        window_seconds: float = 2.0,
        live_window_seconds: float | None = None,
        sampling_rate_hz: float | None = None,
    ) -> None:
        self.rejection_rate = rejection_rate
        self.n_folds = n_folds
        self.window_seconds = window_seconds
        self.live_window_seconds = live_window_seconds
        self.sampling_rate_hz = sampling_rate_hz

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Learn the known exercises, and the threshold from groups left out.

        Parameters
        ----------
        X : list of arrays of shape (n_channels, n_timesteps_i) or array
            The training sets, uniform or panel.
        y : array-like of shape (n_sets,)
            Their labels.
        groups : array-like of shape (n_sets,), default=None
            The person of each set. Without groups each set is its own group, and the
            threshold is that of new sets by the same people.

        Returns
        -------
        self : UnknownDetector
            The fitted detector.
        """
        series = check_series(self, X, reset=True)
        labels = check_labels(self, series, y)
        people = check_groups(groups, labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        self.groups_, numbers = np.unique(people, return_inverse=True)
        if len(self.groups_) < 3:
            raise ValueError(
                "UnknownDetector chooses its threshold on people left out, and needs sets "
                "of at least three, because two others show how people differ; X has "
                f"n_samples={len(labels)} of {self.groups_.tolist()}."
            )
        tables = self._describe(series)
        windows = self._describe_windows(series)
        held_out, of_windows = self._held_out_scores(tables, windows, codes, numbers)
        self._learned = Similarity.fit(tables, codes, numbers)._asdict()
        known = ~np.isnan(held_out)
        self.held_out_scores_ = np.sort(held_out[known])
        self.offset_ = self._threshold(self.held_out_scores_)
        self.live_offset_ = None if windows is None else self._threshold(of_windows)
        self.rejected_by_group_, self.similarity_by_group_ = np.full(
            (2, len(self.groups_)), np.nan
        )
        for number in np.unique(numbers[known]):
            own = held_out[known & (numbers == number)]
            self.rejected_by_group_[number] = (own < self.offset_).mean()
            self.similarity_by_group_[number] = similarity_of_person(own)
        return self

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Return the similarity of each set to the exercise it is most similar to.

        Parameters
        ----------
        X : list of arrays of shape (n_channels, n_timesteps_i) or array
            The sets, in the state of those in ``fit``.

        Returns
        -------
        similarity : ndarray of shape (n_sets,)
            About 1 for a set like the training sets, 0 for one far from all of them.
        """
        check_is_fitted(self)
        series = check_series(self, X, reset=False)
        return Similarity(**self._learned).score(self._describe(series))

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the similarity minus the threshold: negative for unknown sets.

        Parameters
        ----------
        X : list of arrays of shape (n_channels, n_timesteps_i) or array
            The sets, in the state of those in ``fit``.

        Returns
        -------
        decision : ndarray of shape (n_sets,)
            The decision values.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> NDArray[np.intp]:
        """Return which sets are known.

        Parameters
        ----------
        X : list of arrays of shape (n_channels, n_timesteps_i) or array
            The sets, in the state of those in ``fit``.

        Returns
        -------
        known : ndarray of int of shape (n_sets,)
            1 for a set of a known exercise and -1 for an unknown one, as scikit-learn's
            outlier detectors return.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def strangeness(self, X: Any) -> NDArray[np.float64]:
        """Return the share of known sets, of people left out, that are less strange.

        Parameters
        ----------
        X : list of arrays of shape (n_channels, n_timesteps_i) or array
            The sets, in the state of those in ``fit``.

        Returns
        -------
        strangeness : ndarray of shape (n_sets,)
            From 0 to 1. A set is unknown if it is above ``1 - rejection_rate``.
        """
        scores, known = self.score_samples(X), self.held_out_scores_
        n_as_strange = np.searchsorted(known, scores, side="right")
        share: NDArray[np.float64] = (len(known) - n_as_strange) / len(known)
        return share

    def summary(self, *, names: bool = True) -> str:
        """Return in words how many sets of people left out would be called unknown.

        Parameters
        ----------
        names : bool, default=True
            Whether to name the person with the highest share.

        Returns
        -------
        summary : str
            One sentence.
        """
        check_is_fitted(self)
        share = float((self.held_out_scores_ < self.offset_).mean())
        by_group = self.rejected_by_group_
        most = int(np.nanargmax(by_group))
        person = repr(self.groups_.tolist()[most]) if names else "one person"
        return (
            f"{share:.1%} of {len(self.held_out_scores_)} sets of known exercises were "
            f"called unknown when their person was left out; {by_group[most]:.0%} of those "
            f"of {person}, the most of {len(by_group)} people."
        )

    def _held_out_scores(
        self,
        tables: Floats,
        windows: list[Floats] | None,
        codes: NDArray[np.intp],
        numbers: NDArray[np.intp],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the similarity of each set and of its windows, with its group left out.

        That of a set is NaN if it can't be known; the windows of such sets are skipped.
        """
        scores, of_windows = np.full(len(codes), np.nan), [np.empty(0)]
        folds = GroupKFold(min(self.n_folds, len(self.groups_)))
        for train, test in folds.split(codes, groups=numbers):
            known, learned = np.unique(codes[train], return_inverse=True)
            test = test[np.isin(codes[test], known)]
            # Without the same exercise by two people, similarities have another scale.
            if len(test) and shared(learned, numbers[train]).any():
                similarity = Similarity.fit(tables[:, train], learned, numbers[train])
                scores[test] = similarity.score(tables[:, test])
                if windows is not None:
                    held_out = np.concatenate([windows[i] for i in test], axis=1)
                    of_windows.append(similarity.score(held_out))
        if np.isnan(scores).all():
            raise ValueError(
                "UnknownDetector chooses its threshold on people left out, but too few "
                "exercises were done by several people. Give sets of the same exercise by "
                "at least three, or leave out fewer at a time (a higher n_folds)."
            )
        return scores, np.concatenate(of_windows)

    def _threshold(self, scores: NDArray[np.float64]) -> float:
        """Return the similarity below which at most the rejection rate of scores lies."""
        n_below = int(np.ceil(self.rejection_rate * len(scores) - _ROUNDING)) - 1
        return float(np.sort(scores)[max(n_below, 0)])

    def _describe(self, series: Uniform | Panel) -> Floats:
        """Return the features of windows, averaged over each set, and of whole sets."""
        rows = _rows(series)
        features = self._features(rows)
        return np.concatenate(
            [self._describe_parts(features, row[np.newaxis]) for row in rows], axis=1
        )

    def _describe_windows(self, series: Uniform | Panel) -> list[Floats] | None:
        """Return the features of windows of a live stream, one table per set."""
        if self.live_window_seconds is None:
            return None
        rows = _rows(series)
        features = self._features(rows)
        size = self._n_timesteps(self.live_window_seconds)
        return [self._describe_parts(features, _some(_windows(row, size))) for row in rows]

    def _describe_parts(self, features: SummaryFeatures, parts: Floats) -> Floats:
        """Return tables of parts of one length, of shape (2, n_parts, n_features)."""
        size = self._n_timesteps(self.window_seconds)
        windows = np.concatenate([_windows(part, size) for part in parts])
        of_windows = features.transform(windows)
        means = of_windows.reshape(len(parts), -1, of_windows.shape[1]).mean(axis=1)
        tables = np.array([means, features.transform(parts)])
        names = features.get_feature_names_out().tolist()
        columns = [i for i, name in enumerate(names) if name.endswith(_STRENGTHS)]
        tables[..., columns] = np.log(tables[..., columns] + _LEAST_STRENGTH)
        return tables

    def _features(self, rows: list[Floats]) -> SummaryFeatures:
        return SummaryFeatures(sampling_rate_hz=rate_of(self)).fit([rows[0]])

    def _n_timesteps(self, seconds: float) -> int:
        return max(round(seconds * rate_of(self)), 1)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags


def _rows(series: Uniform | Panel) -> list[Floats]:
    rows = series if isinstance(series, list) else list(as_3d(series))
    return [row.astype(np.float64) for row in rows]


def _some(windows: Floats) -> Floats:
    """Return at most ten windows, evenly spread over the set."""
    n_windows = min(len(windows), _MOST_LIVE_WINDOWS)
    return windows[np.linspace(0, len(windows) - 1, n_windows).round().astype(int)]


def _windows(row: Floats, size: int) -> Floats:
    """Return windows that overlap by half; the last one ends with the row."""
    last = row.shape[1] - size
    if last <= 0:
        return row[np.newaxis]
    starts = np.arange(0, last + 1, max(size // 2, 1))
    starts = np.unique(np.append(starts, last))
    view = np.lib.stride_tricks.sliding_window_view(row, size, axis=1)
    windows: Floats = view[:, starts].swapaxes(0, 1)
    return windows
