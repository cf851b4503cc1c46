"""Displays that are made from the probabilities of sets."""

from typing import Any, Self

from numpy.typing import ArrayLike

from ..calibration import subjects_of


class FromProbabilities:
    """Mixin for displays with ``from_predictions(y_true, y_proba, classes)``."""

    from_predictions: Any

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        groups: ArrayLike | None = None,
        **options: Any,
    ) -> Self:
        """Draw the probabilities of a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            With ``predict_proba``.
        X : list or array
            Sets of people who are not in its training set.
        y : array-like of shape (n_sets,)
            Their labels.
        groups : array-like of shape (n_sets,), default=None
            The person of each set. None takes the ``subject`` of recordings.
        **options : dict
            Further parameters of ``from_predictions``, such as ``ax``.

        Returns
        -------
        display : AbstentionDisplay or ReliabilityDisplay
            The display, drawn.
        """
        groups = subjects_of(X) if groups is None else groups
        proba = estimator.predict_proba(X)
        display: Self = cls.from_predictions(
            y, proba, estimator.classes_, groups=groups, **options
        )
        return display
