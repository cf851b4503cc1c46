"""The prediction methods of classifiers that hand the sets on to another estimator."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted


# available_if gives its check the estimator alone, and not the method's name.
def _offers(method: str) -> Callable[[Any], bool]:
    return lambda self: self._offers(method)


class SetPredictions:
    """Mixin with those prediction methods that the estimator inside has."""

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the label of each set.

        Parameters
        ----------
        X : list of Recording, list of arrays or array
            The sets, in the state of those in ``fit``.

        Returns
        -------
        y : ndarray of shape (n_sets,)
            The labels.
        """
        check_is_fitted(self)
        return self._ask("predict", X)

    @available_if(_offers("predict_proba"))
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class.

        Parameters
        ----------
        X : list of Recording, list of arrays or array
            The sets, in the state of those in ``fit``.

        Returns
        -------
        proba : ndarray of shape (n_sets, n_classes)
            In the order of ``classes_``.
        """
        check_is_fitted(self)
        return self._ask("predict_proba", X)

    @available_if(_offers("decision_function"))
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the confidence in each class.

        Parameters
        ----------
        X : list of Recording, list of arrays or array
            The sets, in the state of those in ``fit``.

        Returns
        -------
        scores : ndarray of shape (n_sets,) or (n_sets, n_classes)
            In the order of ``classes_``; for two classes, of the second.
        """
        check_is_fitted(self)
        return self._ask("decision_function", X)

    @available_if(_offers("staged_predict_proba"))
    def staged_predict_proba(self, X: Any) -> Iterator[NDArray[np.float64]]:
        """Yield the probabilities after each epoch of the estimator.

        Parameters
        ----------
        X : list of Recording, list of arrays or array
            The sets, in the state of those in ``fit``.

        Yields
        ------
        proba : ndarray of shape (n_sets, n_classes)
            In the order of ``classes_``.
        """
        check_is_fitted(self)
        yield from self._ask("staged_predict_proba", X)

    @abstractmethod
    def _ask(self, method: str, X: Any) -> Any:
        """Return what a prediction method returns, one row for each set."""

    @abstractmethod
    def _offers(self, method: str) -> bool:
        """Return whether a prediction method is available."""
