"""How similar a set is to known exercises, from tables of features of whole sets."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve
from sklearn.covariance import ledoit_wolf
from sklearn.metrics.pairwise import euclidean_distances

Floats = NDArray[np.floating]

# Chosen on the data sets of docs/results/unknown.rst.
#: 1 would divide each direction by its standard deviation within an exercise, 0 leaves it.
_WHITENING = 0.75
#: How much more a squared distance weighs in a direction in which exercises differ.
_DISCRIMINANT_WEIGHT = 3.0
_RIDGE = 0.3
#: The least spread of a feature, in standard deviations: many features are nearly constant
#: in most sets.
_LEAST_SPREAD = 0.2

# A set that is like no exercise has a similarity of about 0, and sometimes less.
_LEAST_SIMILARITY = 0.01
#: Three of four sets of a person may be of exercises that the model does not know.
_OF_PERSON = 0.75


class Similarity(NamedTuple):
    """A kernel ridge regression on the exercises: 1 for its own, 0 far from all of them.

    The features come in blocks of the same size, and squared distances of all blocks add
    up. The arrays are those that a model file keeps.
    """

    center: Floats  # (n_blocks, n_features)
    spread: Floats  # (n_blocks, n_features)
    projection: Floats  # (n_blocks, n_features, n_features)
    points: Floats  # (n_sets, n_blocks * n_features)
    coef: Floats  # (n_sets, n_classes)

    @classmethod
    def fit(
        cls, tables: Floats, codes: NDArray[np.intp], people: NDArray[np.intp]
    ) -> "Similarity":
        """Learn from tables of shape (n_blocks, n_sets, n_features)."""
        metrics = [_metric(table, codes, people) for table in tables]
        center, spread, projection = (np.array(part) for part in zip(*metrics, strict=True))
        # Half the size in a file; what is solved for is of the rounded numbers.
        projection = (projection / np.sqrt(len(tables))).astype(np.float32)
        points = _project(tables, center, spread, projection).astype(np.float32)
        kernel = _kernel(points, points)
        kernel[np.diag_indices_from(kernel)] += _RIDGE
        coef = solve(kernel, np.eye(codes.max() + 1)[codes], assume_a="pos")
        return cls(center, spread, projection, points, coef)

    def score(self, tables: Floats) -> NDArray[np.float64]:
        """Return the similarity of each set to the exercise that it is most similar to."""
        new = _project(tables, self.center, self.spread, self.projection)
        scores: NDArray[np.float64] = (_kernel(new, self.points) @ self.coef).max(axis=1)
        return scores


def similarity_of_person(similarity: Floats) -> float:
    """Return the upper quartile of the similarities of a person's sets, at least 0.01."""
    return max(float(np.quantile(similarity, _OF_PERSON)), _LEAST_SIMILARITY)


def _metric(
    table: Floats, codes: NDArray[np.intp], people: NDArray[np.intp]
) -> tuple[Any, Any, Any]:
    """Return center, spread and projection, after which distances are Euclidean.

    The squared distance between two people's sets of one exercise becomes about 1.
    """
    lower, center, upper = np.quantile(table, [0.25, 0.5, 0.75], axis=0)
    # An interquartile range of 1.349 is that of a standard deviation of 1.
    spread = np.maximum((upper - lower) / 1.349, _LEAST_SPREAD * table.std(axis=0))
    spread[spread <= 1e-12 * (1 + np.abs(center))] = 1
    values = np.arcsinh((table - center) / spread)
    scale = values.std(axis=0)
    scale[scale < 1e-9] = 1
    values /= scale
    means = np.array([values[codes == code].mean(axis=0) for code in np.unique(codes)])
    within, _ = ledoit_wolf(values - means[codes], assume_centered=True)
    variances, directions = np.linalg.eigh(within)
    variances = np.maximum(variances, 1e-6 * variances.max())
    if variances.max() <= 0:  # each exercise has one set, or all its sets are equal
        variances[:] = 1
    whitening = directions * (variances / variances.mean()) ** (-_WHITENING / 2)
    # The directions that the differences between the exercises span.
    _, sizes, axes = np.linalg.svd((means - means.mean(axis=0)) @ whitening, False)
    axes = axes[sizes > 1e-9 * max(sizes.max(), 1e-300)]
    weighting = np.eye(len(whitening))
    weighting += (np.sqrt(_DISCRIMINANT_WEIGHT) - 1) * axes.T @ axes
    projection = whitening @ weighting
    size = _typical_distance(values @ projection, codes, people)
    return center, spread, projection / scale[:, np.newaxis] / np.sqrt(size)


def shared(codes: NDArray[np.intp], people: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which pairs of sets are of the same exercise by two people."""
    return (codes[:, np.newaxis] == codes) & (people[:, np.newaxis] != people)


def _typical_distance(
    points: Floats, codes: NDArray[np.intp], people: NDArray[np.intp]
) -> float:
    """Return the median over sets of the mean squared distance to those like it.

    These are the sets of the same exercise by other people: those by the same person are
    nearer than any set of a new person.
    """
    alike = shared(codes, people)
    counts = alike.sum(axis=1)
    distances = np.where(alike, euclidean_distances(points, squared=True), 0)
    typical = float(np.median(distances.sum(axis=1)[counts > 0] / counts[counts > 0]))
    return typical if typical > 0 else 1.0


def _project(tables: Floats, center: Floats, spread: Floats, projection: Floats) -> Floats:
    values = np.arcsinh((tables - center[:, np.newaxis]) / spread[:, np.newaxis])
    projected = values @ projection.astype(np.float64)
    return np.concatenate(list(projected), axis=1)


def _kernel(first: Floats, second: Floats) -> Floats:
    """Return exp(-d), with d the mean of the blocks' squared distances."""
    return np.exp(-euclidean_distances(*map(_doubles, (first, second)), squared=True))


def _doubles(points: Floats) -> NDArray[np.float64]:
    return points.astype(np.float64)
