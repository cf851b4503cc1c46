"""Sets of labels that hold the true one for a chosen share of new sets."""

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.utils import Tags, get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from .._atomic import fit_context
from .._sklearn import HasMethods, Interval, StrOptions
from ..meta import SetPredictions
from ..validation import (
    check_labels,
    check_recordings,
    check_series,
    check_two_classes,
    is_raw,
    like_input,
)
from ._held_out import (
    fit_without,
    folds_of,
    logits_of,
    people_of,
    probabilities,
    rows_of,
)

Floats = NDArray[np.float64]

# Angelopoulos et al. (2021): what each label after the first adds to the score.
_PENALTY = 0.1
# A share of 0.1 must not exceed 1 - 0.9 by rounding.
_ROUNDING = 1e-9


class ConformalClassifier(
    SetPredictions, ClassifierMixin, MetaEstimatorMixin, BaseEstimator
):
    r"""Predict a label set, which holds the true label for a chosen share of new sets.

    ``fit`` leaves groups of people out in turn and fits a clone of ``estimator`` on the
    others. The sets left out show how strange a true label can be: a label is in the label
    set of a new set unless it is stranger than those of ``coverage`` of the sets left out
    (cross-conformal prediction, CV+). ``predict_proba`` is the mean over the clones, whose
    decision values are taken for logits, and ``predict`` the label of the highest mean.

    Parameters
    ----------
    estimator : classifier
        With ``predict_proba`` or ``decision_function``, such as
        :class:`ExerciseClassifier`.
    method : {"lac", "raps"}, default="lac"
        How strange a label is. ``"lac"``: one minus its probability, which makes the
        smallest label sets on average. ``"raps"``: the total probability of this label and
        of all more probable ones, plus 0.1 for each of these, which makes larger label
        sets for difficult sets.
    coverage : float, default=0.9
        Share of new sets whose label set should hold the true label.
    weights : {"sets", "people"}, default="sets"
        Whether each set left out counts alike, or each person. With ``"people"`` the new
        person counts as one more, of whom nothing is known, so that label sets are larger
        the fewer people there are: with n people, those for a coverage of more than
        n / (n + 1) hold all labels.
    n_folds : int, default=10
        Number of groups of people that are left out in turn; one person at a time if there
        are fewer. Each takes a fit.
    allow_empty : bool, default=False
        Whether a label set may be empty, because every label is too strange. Otherwise it
        holds the most probable label at least, and a classifier that is right more often
        than ``coverage`` covers more than that.
    n_jobs : int, default=None
        Number of fits at the same time, as in scikit-learn.

    Attributes
    ----------
    estimators_ : list of classifiers
        The fitted clone of each fold.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    scores_ : ndarray of shape (n_sets,)
        How strange the label of each training set was when its person was left out.
    weights_ : ndarray of shape (n_sets,)
        How much each of them counts; the sum is the number of sets or of people.
    fold_ : ndarray of shape (n_sets,)
        The fold that each training set was left out in, which numbers ``estimators_``.
    n_people_ : int
        Number of people, or other groups, in ``fit``.
    n_features_in_ : int
        Number of channels, or of timesteps where X was 2-D.

    Raises
    ------
    ValueError
        If X, y or groups can't be used, all sets are of one person or one label, or the
        estimator has neither probabilities nor decision values.

    Warns
    -----
    DataQualityWarning
        In ``fit``, if neither groups nor the recordings name the people.

    Notes
    -----
    The guarantee is on average over new people like those in ``fit``, not for each person
    and not for each exercise. It is proven for a coverage of :math:`1 - 2\alpha` where
    :math:`1 - \alpha` is asked for ([1]_, [2]_), and found to be near :math:`1 - \alpha`.
    With ``weights="people"`` it holds for the sets of a new person if people are
    exchangeable ([3]_). With ``weights="sets"`` it takes the sets as exchangeable, which
    sets of the same person are not quite: with few people, coverage varies more.
    ``docs/results/uncertainty.rst`` has measurements.

    References
    ----------
    .. [1] Vovk (2015). Cross-conformal predictors. Annals of Mathematics and Artificial
       Intelligence 74.
    .. [2] Barber, Candès, Ramdas and Tibshirani (2021). Predictive inference with the
       jackknife+. Annals of Statistics 49.
    .. [3] Lee, Barber and Willett (2023). Distribution-free inference with hierarchical
       data. arXiv:2306.06342.
    .. [4] Sadinle, Lei and Wasserman (2019). Least ambiguous set-valued classifiers with
       bounded error levels. Journal of the American Statistical Association 114.
    .. [5] Angelopoulos, Bates, Malik and Jordan (2021). Uncertainty sets for image
       classifiers using conformal prediction. ICLR.

    Examples
    --------
    >>> from sk_imu import ConformalClassifier, ExerciseClassifier
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> sets = make_exercise_recordings(5, 2, continuous=False, random_state=0)
    >>> new = sets.subject == sets.subject[-1]  # the last of five people
    >>> X, X_new = [[r for r, n in zip(sets.data, new) if n == one] for one in (0, 1)]
    >>> clf = ConformalClassifier(ExerciseClassifier("svm")).fit(X, sets.target[~new])
    >>> [labels.tolist() for labels in clf.predict_set_labels(X_new[1:3])]
    [['jumping_jack'], ['lunge', 'squat']]
    >>> clf.predict_set(X_new[1:3], coverage=0.8)
    array([[ True, False, False],
           [False,  True, False]])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "method": [StrOptions({"lac", "raps"})],
        "coverage": [Interval(Real, 0, 1, closed="neither")],
        "weights": [StrOptions({"sets", "people"})],
        "n_folds": [Interval(Integral, 2, None, closed="left")],
        "allow_empty": ["boolean"],
        "n_jobs": [None, Integral],
    }
    # No person may be left out and seen.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}

    def __init__(
        self,
        estimator: Any,
        *,
        method: str = "lac",
        coverage: float = 0.9,
        weights: str = "sets",
        n_folds: int = 10,
        allow_empty: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.method = method
        self.coverage = coverage
        self.weights = weights
        self.n_folds = n_folds
        self.allow_empty = allow_empty
        self.n_jobs = n_jobs

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Fit a clone of the estimator without each group of people, and score these.

        Parameters
        ----------
        X : list of Recording, list of arrays of shape (n_channels, n_timesteps_i), or \
                array of shape (n_sets, n_channels, n_timesteps)
            The training sets.
        y : array-like of shape (n_sets,)
            Their labels.
        groups : array-like of shape (n_sets,), default=None
            The person of each set. None takes the ``subject`` of recordings; each array is
            of a person of its own.

        Returns
        -------
        self : ConformalClassifier
            The fitted classifier.
        """
        X = self._checked(X, reset=True)
        y = check_labels(self, X, y)
        classes, codes = np.unique(y, return_inverse=True)
        check_two_classes(self, classes)
        people = people_of(self, X, y, groups)
        fold = self._folds(X, people)

        parts = [fold == number for number in range(fold.max() + 1)]
        fits = Parallel(n_jobs=self.n_jobs)(
            delayed(_fit_one)(self.estimator, X, y, part, groups) for part in parts
        )
        scores = np.empty(len(y))
        for part, (_, logits) in zip(parts, fits, strict=True):
            of_all = self._strangeness(probabilities(logits))
            scores[part] = of_all[np.arange(len(of_all)), codes[part]]
        _, person, counts = np.unique(
            people.astype(str), return_inverse=True, return_counts=True
        )
        if is_raw(X):
            self.n_features_in_ = fits[0][0].n_features_in_
        self.estimators_ = [fitted for fitted, _ in fits]
        self.classes_, self.fold_, self.scores_ = classes, fold, scores
        self.weights_ = 1 / counts[person] if self.weights == "people" else np.ones(len(y))
        self.n_people_ = len(counts)
        return self

    def p_values(self, X: Any) -> Floats:
        """Return how usual each label is for each set.

        Parameters
        ----------
        X : list of Recording, list of arrays or array
            The sets, in the state of those in ``fit``.

        Returns
        -------
        p : ndarray of shape (n_sets, n_classes)
            Share of the training sets (or people), the new one among them, whose own label
            was at least as strange when they were left out.
        """
        check_is_fitted(self)
        return self._answers(X)[0]

    def predict_set(self, X: Any, *, coverage: float | None = None) -> NDArray[np.bool_]:
        """Return the label set of each set.

        Parameters
        ----------
        X : list of Recording, list of arrays or array
            The sets, in the state of those in ``fit``.
        coverage : float, default=None
            Share of new sets whose label set should hold the true label. None is that of
            the constructor. No fit is needed for another one.

        Returns
        -------
        is_in : ndarray of bool of shape (n_sets, n_classes)
            Whether each label, in the order of ``classes_``, is in the label set.
        """
        check_is_fitted(self)
        return self._chosen(*self._answers(X), coverage)

    def predict_set_labels(
        self, X: Any, *, coverage: float | None = None
    ) -> list[NDArray[Any]]:
        """Return the labels in the label set of each set, the most probable first.

        Parameters
        ----------
        X : list of Recording, list of arrays or array
            The sets, in the state of those in ``fit``.
        coverage : float, default=None
            As in :meth:`predict_set`.

        Returns
        -------
        labels : list of ndarray of shape (n_labels_i,)
            One array for each set.
        """
        check_is_fitted(self)
        p, proba = self._answers(X)
        order = np.argsort(-proba, axis=1, kind="stable")
        pairs = zip(order, self._chosen(p, proba, coverage), strict=True)
        return [self.classes_[labels[chosen[labels]]] for labels, chosen in pairs]

    def _ask(self, method: str, X: Any) -> Any:
        proba = self._answers(X)[1]
        return proba if method == "predict_proba" else self.classes_[proba.argmax(axis=1)]

    def _offers(self, method: str) -> bool:
        return method in ("predict", "predict_proba")

    def _folds(self, X: Any, people: NDArray[Any]) -> NDArray[np.intp]:
        """Return the fold of each set."""
        return folds_of(self, people, self.n_folds)

    def _checked(self, X: Any, *, reset: bool) -> Any:
        if is_raw(X):
            return check_recordings(X, estimator=self)
        return like_input(self, check_series(self, X, reset=reset))

    def _strangeness(self, proba: Floats) -> Floats:
        """Return how strange each label would be."""
        if self.method == "lac":
            return 1 - proba
        order = np.argsort(-proba, axis=1, kind="stable")
        total = np.cumsum(np.take_along_axis(proba, order, axis=1), axis=1)
        scores = np.empty_like(proba)
        penalties = _PENALTY * np.arange(proba.shape[1])
        np.put_along_axis(scores, order, total + penalties, axis=1)
        return scores

    def _answers(self, X: Any) -> tuple[Floats, Floats]:
        """Return the p-values and the mean probabilities."""
        X = self._checked(X, reset=False)
        usual = mean = np.zeros((len(X), len(self.classes_)))
        for number, fitted in enumerate(self.estimators_):
            proba = probabilities(logits_of(fitted, X, self.classes_))
            left_out = self.fold_ == number
            known, weights = self.scores_[left_out], self.weights_[left_out]
            order = known.argsort()
            # How much the sets weigh from each place in their order on.
            beyond = np.append(weights[order][::-1].cumsum()[::-1], 0)
            usual = usual + beyond[np.searchsorted(known[order], self._strangeness(proba))]
            mean = mean + proba / len(self.estimators_)
        # The new set, or person, is one of them.
        return (usual + 1) / (self.weights_.sum() + 1), mean

    def _chosen(
        self, p: Floats, proba: Floats, coverage: float | None
    ) -> NDArray[np.bool_]:
        """Return which labels are in the label sets."""
        coverage = self.coverage if coverage is None else coverage
        if not 0 < coverage < 1:
            raise ValueError(f"coverage must be between 0 and 1, got {coverage!r}.")
        chosen = p > 1 - coverage + _ROUNDING
        if not self.allow_empty:
            chosen[np.arange(len(p)), proba.argmax(axis=1)] = True
        return chosen

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the routing of the metadata.

        Returns
        -------
        routing : MetadataRouter
            ``groups`` of ``fit``, for itself and the estimator.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(estimator=self.estimator, method_mapping=mapping)
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.classifier_tags = get_tags(self.estimator).classifier_tags
        return tags


def _fit_one(
    estimator: Any, X: Any, y: NDArray[Any], left_out: NDArray[np.bool_], groups: Any
) -> tuple[Any, Floats]:
    """Return a clone that has not seen some sets, and its logits of them."""
    fitted = fit_without(estimator, X, y, left_out, groups)
    return fitted, logits_of(fitted, rows_of(X, left_out), np.unique(y))
