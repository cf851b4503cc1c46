"""The training sets that are most like a set, of the answer and of its runner-up."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.pipeline import Pipeline

from ..features import SummaryFeatures
from ..recording import Recording
from ..validation import check_labels
from ._fitted import Explained

__all__ = ["nearest_sets"]

Floats = NDArray[np.float64]
#: A feature that hardly varies within the classes would outweigh all others.
_LEAST_SPREAD = 0.05


def nearest_sets(
    estimator: Any, X_train: Any, y_train: ArrayLike, X: Any, *, n_nearest: int = 3
) -> pd.DataFrame:
    """Find the training sets most like each set, of the answer and of the runner-up.

    They show what the answer is taken from, and what the set would have to look like to be
    recognized as the next most probable class.

    Parameters
    ----------
    estimator : ExerciseClassifier or Pipeline
        The fitted model; a Pipeline as :func:`make_pipeline_for` returns it.
    X_train : list of Recording, list of arrays or array
        The sets that it was fitted on, or others to compare with.
    y_train : array-like of shape (n_training_sets,)
        Their labels.
    X : list of Recording, list of arrays or array
        The sets to explain.
    n_nearest : int, default=3
        How many training sets of each class; fewer if there are no more.

    Returns
    -------
    table : DataFrame of shape (n_sets * 2 * n_nearest, 7)
        ``set`` (its number in X), ``role`` (``"answer"`` for the most probable class,
        ``"runner-up"`` for the next), ``class``, ``score`` of the class for the set,
        ``training_set`` (its number in ``X_train``), its ``subject``, and the
        ``distance``, nearest first.

    Raises
    ------
    ValueError
        If X, ``X_train`` or ``y_train`` can't be used, or ``y_train`` lacks one of these
        classes.

    See Also
    --------
    sk_imu.NearestSetsDisplay : Draws a set beside the nearest ones.

    Notes
    -----
    Distances are those of a network's embedding, what its last layer reads: Euclidean
    between the mean directions of the windows of two sets, as for
    :meth:`ExerciseClassifier.personalize`. Of models on features, they are of the features
    that the model gets, averaged over windows and divided by their spread within the
    classes; of other models, of :class:`SummaryFeatures`. Compare distances of one model
    only.

    Examples
    --------
    >>> from sk_imu import ExerciseClassifier
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.inspection import nearest_sets
    >>> made = make_exercise_recordings(3, 1, continuous=False, random_state=0)
    >>> X, y = made.data[3:], made.target[3:]
    >>> clf = ExerciseClassifier("svm").fit(X, y)
    >>> table = nearest_sets(clf, X, y, made.data[:1], n_nearest=1)
    >>> table[["role", "class"]]
            role         class
    0     answer  jumping_jack
    1  runner-up         lunge
    """
    if not isinstance(n_nearest, (int, np.integer)) or n_nearest < 1:
        raise ValueError(
            "nearest_sets: n_nearest must be a whole number of 1 or more, got "
            f"{n_nearest!r}."
        )
    model = Explained(estimator, "nearest_sets")
    known = model.signals(X_train)
    labels = check_labels(estimator, known, y_train)
    signals = model.signals(X)
    scores = model.scores(signals)
    places, others = _places(model, known, labels, signals)
    distances = euclidean_distances(places, others)
    subjects = [one.subject if isinstance(one, Recording) else None for one in X_train]
    rows = []
    for number, (row, distance) in enumerate(zip(scores, distances, strict=True)):
        order = np.argsort(-row, kind="stable")[:2].tolist()
        for role, column in zip(("answer", "runner-up"), order, strict=True):
            label = model.classes.tolist()[column]
            of_class = np.flatnonzero(labels == label)
            if not len(of_class):
                raise ValueError(
                    f"nearest_sets: y_train has no {label!r}, the {role} for set {number}. "
                    "Give sets of all classes that the model was fitted on."
                )
            nearest = of_class[np.argsort(distance[of_class], kind="stable")][:n_nearest]
            rows += [
                {
                    "set": number,
                    "role": role,
                    "class": label,
                    "score": float(row[column]),
                    "training_set": i,
                    "subject": subjects[i],
                    "distance": float(distance[i]),
                }
                for i in nearest.tolist()
            ]
    return pd.DataFrame(rows)


def _places(
    model: Explained, known: Sequence[Any], labels: NDArray[Any], signals: Sequence[Any]
) -> tuple[Floats, Floats]:
    """Return where sets lie in the space of distances, and where training sets do."""
    both = [*known, *signals]
    series = model.pipeline[:-1].transform(both)
    window = model.window
    inner = model.pipeline[-1] if window is None else window.estimator_
    rows, counts = series, np.ones(len(both), dtype=np.intp)
    if window is not None:
        rows, counts = window._windows(series)
    while hasattr(inner, "estimator_") or hasattr(inner, "best_estimator_"):
        inner = getattr(inner, "best_estimator_", None) or inner.estimator_
    features = inner._embed(rows) if hasattr(inner, "_embed") else None
    scaled = features is not None
    if features is None and isinstance(inner, Pipeline) and len(inner) > 1:
        features = np.asarray(inner[:-1].transform(rows), dtype=np.float64)
    elif features is None and isinstance(rows, np.ndarray) and rows.ndim == 2:
        features = rows.astype(np.float64)  # of a step in front of the classifier
    elif features is None:
        features = SummaryFeatures().fit_transform(rows)
    starts = np.concatenate([[0], counts.cumsum()[:-1]])
    means: Floats = np.add.reduceat(features, starts, axis=0) / counts[:, np.newaxis]
    if not scaled:
        means = means / _spread(means[: len(known)], labels)
    return means[len(known) :], means[: len(known)]


def _spread(means: Floats, labels: NDArray[Any]) -> Floats:
    """Return the spread of each feature within the classes, 1 where there is none."""
    _, codes = np.unique(labels, return_inverse=True)
    centers = np.array(
        [means[codes == code].mean(axis=0) for code in range(codes.max() + 1)]
    )
    within = (means - centers[codes]).std(axis=0)
    spread = np.maximum(within, _LEAST_SPREAD * means.std(axis=0))
    return np.where(spread > 0, spread, 1.0)
