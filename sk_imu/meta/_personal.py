"""Hand the sets of a person down to the net inside a fitted estimator."""

import copy
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ..validation import check_labels

__all__ = ["Personalizable", "personalize"]


def personalize(estimator: Any, X: Any, y: NDArray[Any], sets: NDArray[np.intp]) -> None:
    """Change the net inside a fitted estimator, which gets a set's number for each row."""
    if isinstance(estimator, Pipeline):
        # A Pipeline without steps can't transform.
        X = estimator[:-1].transform(X) if len(estimator) > 1 else X
        estimator = estimator[-1]
    # Meta-estimators hand the sets on, nets learn the prototypes; others have neither.
    if not hasattr(estimator, "_personalize"):
        raise ValueError(
            f"personalize needs a network, whose embedding holds the prototypes, and "
            f"{type(estimator).__name__} has none. Fit 'cnn-gru', or fit this model anew "
            "with these sets added: a forest or an SVM takes seconds."
        )
    estimator._personalize(X, y, sets)


class Personalizable:
    """Mixin for classifiers whose fitted ``pipeline_`` may hold a net."""

    classes_: NDArray[Any]
    pipeline_: Pipeline

    def personalize(self, sets: Any, labels: Any) -> Self:
        """Return a classifier that also knows a few labeled sets of one person.

        The answer of the network is blended with the similarity to class prototypes. The
        prototype of a class is the mean direction of at most 30 of its training windows in
        the embedding of the network, which is what its last layer reads; features are
        centered, and scaled by their variation within the classes. The person's sets move
        the prototypes of their classes; the original prototype weighs as much as one set.
        The logit of a class gains twelve times the cosine between the window and the moved
        prototype, and loses seven times the cosine to the original one. Nothing is trained,
        so this takes no longer than a prediction.

        Parameters
        ----------
        sets : list of Recording, list of arrays or array
            Sets of one person, in the state of those in ``fit``. The gain from one, two or
            three sets of each class was large on two data sets and none on a third, see
            :ref:`few-labels`. Sets of a few classes help only with those classes.
        labels : array-like of shape (n_sets,)
            Their labels, all of them among ``classes_``.

        Returns
        -------
        classifier : ExerciseClassifier
            A fitted classifier with the same classes. This one does not change. If it was
            personalized before, the new one does not know those earlier sets.

        Raises
        ------
        ValueError
            If a label is not among the classes, the numbers of sets and labels differ, or
            the model has no network that ends with a linear layer.

        Examples
        --------
        >>> from sk_imu import CNNClassifier, ExerciseClassifier
        >>> from sk_imu.datasets import make_exercise_recordings
        >>> made = make_exercise_recordings(3, 3, continuous=False, random_state=0)
        >>> X, y = made.data, made.target
        >>> clf = ExerciseClassifier(CNNClassifier(max_epochs=3, random_state=0))
        >>> clf = clf.fit(X[9:], y[9:])  # of the second and the third person
        >>> own = clf.personalize(X[:9:3], y[:9:3])  # one set of each exercise
        >>> rest = [X[i] for i in (1, 2, 4, 5, 7, 8)]
        >>> bool((own.predict_proba(rest) != clf.predict_proba(rest)).any())
        True
        """
        check_is_fitted(self)
        y = check_labels(self, sets, labels)
        # The last layer has a row for each class of the fit, and for no other.
        known = self.classes_.tolist()
        unknown = [repr(label) for label in np.unique(y).tolist() if label not in known]
        if unknown:
            raise ValueError(
                f"labels has {', '.join(unknown)}, which the model was not fitted on. It "
                f"knows {', '.join(map(repr, known))}. Leave these sets out, or fit a new "
                "model to add an exercise."
            )
        # Deep, because the prototypes are in the net, and this classifier keeps its own.
        personal = copy.deepcopy(self)
        personalize(personal.pipeline_, sets, y, np.arange(len(y)))
        return personal
