"""Train on windows of sets of unequal length, predict one label per set."""

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from .._sklearn import HasMethods, Interval, StrOptions
from ..segmentation import median_period_s
from ..validation import (
    Panel,
    Uniform,
    as_3d,
    check_scores,
    check_series,
    like_input,
    rate_of,
)
from ._base import MetaClassifier
from ._personal import personalize

#: Probabilities in float32 decide if they differ by more, which is 1e4 times their error.
_CLOSE = 0.01
#: Shortest and longest windows that are chosen by the sets. Longer ones hold more of a slow
#: movement, but of a short set there are fewer, and a live answer comes later.
LEAST_SECONDS, _MOST_SECONDS = 4.0, 8.0


class WindowedClassifier(MetaClassifier):
    """Train a classifier of panels on windows, and predict one label per set.

    Each set is cut into overlapping windows inside ``fit`` and ``predict``.  The windows of
    every set have the same total weight if the estimator takes sample weights (or, with
    metadata routing enabled, requests them), and they vote on the set's label.

    Parameters
    ----------
    estimator : classifier
        Trained on a panel of shape (n_windows, n_channels, n_timesteps).
    window_seconds : float or "auto", default=4.0
        Length of a window in seconds. ``"auto"`` takes two repetitions of the training
        sets: twice the median of their periods, each with the weight of its set, in whole
        seconds from 4 to 8; 4 if fewer than a quarter of the sets repeat a movement.
    sampling_rate_hz : float, default=None
        Rate of X in hertz. None takes the rate that X has as a :class:`SignalArray`, or 50
        if X has none.
    n_timesteps : int, default=None
        Length of a window in timesteps instead; then neither seconds nor rate are used.
    step : float, default=None
        Distance between the starts of two windows, in seconds, or in timesteps if
        ``n_timesteps`` is given. None is half a window. The last window ends with the set,
        so that only steps longer than a window leave timesteps out.
    vote : {"soft", "hard"}, default="soft"
        ``"soft"`` averages the windows' probabilities, or their decision function if the
        estimator has no probabilities; ``"hard"`` counts their labels.
    short : {"error", "pad"}, default="error"
        What to do with a set shorter than a window, in ``fit`` and in ``predict``: raise
        an error, or repeat its last sample. ``n_padded_`` counts the padded sets of
        ``fit``.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone of ``estimator``.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_ : int
        Number of channels, or of timesteps where X was 2-D.
    n_window_timesteps_ : int
        Length of a window.
    n_padded_ : int
        Number of training sets shorter than a window.

    See Also
    --------
    FixedLength : Stretch each set to one length instead.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import CNNClassifier, WindowedClassifier
    >>> rng = np.random.default_rng(0)
    >>> y = np.array(["rest", "squat"] * 8)
    >>> X = [
    ...     rng.normal(size=(3, rng.integers(400, 900))) * (3 if label == "squat" else 1)
    ...     for label in y
    ... ]
    >>> clf = WindowedClassifier(CNNClassifier(batch_size=8, random_state=0)).fit(X, y)
    >>> clf.score(X, y)
    1.0
    >>> X[0].shape, clf.predict_windows(X)[0].shape
    ((3, 825), (8,))
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "window_seconds": [
            Interval(Real, 0, None, closed="neither"),
            StrOptions({"auto"}),
        ],
        "sampling_rate_hz": [Interval(Real, 0, None, closed="neither"), None],
        "n_timesteps": [Interval(Integral, 1, None, closed="left"), None],
        "step": [Interval(Real, 0, None, closed="neither"), None],
        "vote": [StrOptions({"soft", "hard"})],
        "short": [StrOptions({"error", "pad"})],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        window_seconds: float | str = 4.0,
        sampling_rate_hz: float | None = None,
        n_timesteps: int | None = None,
        step: float | None = None,
        vote: str = "soft",
        short: str = "error",
    ) -> None:
        self.estimator = estimator
        self.window_seconds = window_seconds
        self.sampling_rate_hz = sampling_rate_hz
        self.n_timesteps = n_timesteps
        self.step = step
        self.vote = vote
        self.short = short

    def _learning_rows(
        self, series: Uniform | Panel, weights: NDArray[np.float64]
    ) -> tuple[Panel, NDArray[np.intp], NDArray[np.float64]]:
        rate_hz = 1.0 if self.n_timesteps is not None else rate_of(self)
        if self.n_timesteps is not None:
            length = float(self.n_timesteps)
        elif isinstance(self.window_seconds, str):
            length = _two_repetitions(series, weights, rate_hz)
        else:
            length = self.window_seconds
        step = length / 2 if self.step is None else self.step
        self.n_window_timesteps_ = max(round(length * rate_hz), 1)
        self._n_step = max(round(step * rate_hz), 1)
        self.n_padded_ = sum(row.shape[-1] < self.n_window_timesteps_ for row in series)
        windows, counts = self._cut(series)
        origin = np.repeat(np.arange(len(series)), counts)
        # A window weighs 1 / n of its set; the factor makes it 1 if all sets have the same
        # n, so that a regularized estimator sees as much weight as rows.
        # np.average divides by the sum of the weights, which may all be 0.
        mean_count = np.average(counts, weights=weights if weights.any() else None)
        return windows, origin, (weights / counts * mean_count)[origin]

    def _cut(self, series: Uniform | Panel) -> tuple[Panel, NDArray[np.intp]]:
        """Return the windows of all sets and the number of windows of each set."""
        size = self.n_window_timesteps_
        windows = []
        for i, row in enumerate(series if isinstance(series, list) else as_3d(series)):
            n_missing = size - row.shape[1]
            if n_missing > 0:
                if self.short == "error":
                    raise ValueError(
                        f"Row {i} of X has {row.shape[1]} timesteps, fewer than one window "
                        f"of {size}. Shorten the window, leave the set out, or set "
                        "short='pad'."
                    )
                row = np.pad(row, ((0, 0), (0, n_missing)), mode="edge")
            last = row.shape[1] - size
            starts = np.arange(0, last + 1, self._n_step)
            if starts[-1] != last:
                starts = np.append(starts, last)
            # A view of all windows, of which only those that are taken get copied.
            view = np.lib.stride_tricks.sliding_window_view(row, size, axis=1)
            windows.append(view[:, starts].swapaxes(0, 1))
        return np.concatenate(windows), np.array([len(part) for part in windows])

    def _windows(self, X: Any) -> tuple[Panel, NDArray[np.intp]]:
        windows, counts = self._cut(check_series(self, X, reset=False))
        return like_input(self, windows), counts

    def _offers(self, method: str) -> bool:
        # Shares of votes are probabilities, whatever the estimator offers.
        if method == "predict_proba" and self.vote == "hard":
            return True
        if method == "decision_function" and (
            self._offers("predict_proba") or _decides_by_pairs(self.estimator)
        ):
            return False
        return super()._offers(method)

    def _ask(self, method: str, X: Any) -> Any:
        windows, counts = self._windows(X)
        if method == "staged_predict_proba":
            stages = self.estimator_.staged_predict_proba(windows)
            return (_mean_by_set(self._ballots(proba), counts) for proba in stages)
        if self.vote == "soft" and self._offers("predict_proba"):
            if method == "predict" and hasattr(self.estimator_, "_quick_proba"):
                return self.classes_[self._decisive(windows, counts).argmax(axis=1)]
            scores = self.estimator_.predict_proba(windows)
        elif self.vote == "soft" and self._offers("decision_function"):
            scores = self.estimator_.decision_function(windows)
        else:
            labels = self.estimator_.predict(windows)
            scores = (labels[:, np.newaxis] == self.classes_).astype(np.float64)
        scores = _mean_by_set(scores, counts)
        check_scores(self, scores)
        if method != "predict":
            return scores
        # Of two classes, a decision function is one column: how much it is the second.
        best = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        return self.classes_[best]

    def _decisive(self, windows: Panel, counts: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return probabilities of sets, exact where the two largest are close.

        So the most probable class is that of ``predict_proba``, in less time.
        """
        proba = _mean_by_set(self.estimator_._quick_proba(windows), counts)
        second, first = np.sort(proba, axis=1)[:, -2:].T
        close = ~(first - second > _CLOSE)  # this way round for NaN
        if close.any():
            exact = self.estimator_.predict_proba(windows[close.repeat(counts)])
            proba[close] = _mean_by_set(exact, counts[close])
        check_scores(self, proba)
        return proba

    def _personalize(self, X: Any, y: NDArray[Any], sets: NDArray[np.intp]) -> None:
        windows, counts = self._windows(X)
        personalize(self.estimator_, windows, y.repeat(counts), sets.repeat(counts))

    def _ballots(self, proba: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the vote of each window, from its probabilities."""
        if self.vote == "soft":
            return proba
        return np.eye(len(self.classes_))[proba.argmax(axis=1)]

    def predict_windows(self, X: Any) -> list[NDArray[Any]]:
        """Return the labels of the windows of each set.

        Parameters
        ----------
        X : list of arrays of shape (n_channels, n_timesteps_i) or array
            The sets, uniform or panel.

        Returns
        -------
        labels : list of ndarray of shape (n_windows_i,)
            One array for each set, in the order of time.
        """
        check_is_fitted(self)
        windows, counts = self._windows(X)
        labels = self.estimator_.predict(windows)
        return np.split(labels, counts.cumsum()[:-1])


def _two_repetitions(
    series: Uniform | Panel, weights: NDArray[np.float64], rate_hz: float
) -> float:
    """Return the length in seconds of windows that hold two repetitions of most sets."""
    rows = series if isinstance(series, list) else as_3d(series)
    period_s = median_period_s(rows, weights, rate_hz)
    if period_s is None:
        return LEAST_SECONDS
    # Whole seconds, so that one set more or less seldom changes them.
    return float(np.clip(round(2 * period_s), LEAST_SECONDS, _MOST_SECONDS))


def _decides_by_pairs(estimator: Any) -> bool:
    """Return whether decision values are of pairs of classes, as of ``SVC`` with "ovo"."""
    parameters = estimator.get_params() if hasattr(estimator, "get_params") else {}
    return any(
        key.endswith("decision_function_shape") and value == "ovo"
        for key, value in parameters.items()
    )


def _mean_by_set(
    scores: NDArray[np.float64], counts: NDArray[np.intp]
) -> NDArray[np.float64]:
    # Each set has a window or more, without which reduceat returns the next set's first.
    starts = np.concatenate([[0], counts.cumsum()[:-1]])
    sums: NDArray[np.float64] = np.add.reduceat(scores, starts, axis=0)
    return sums / (counts if scores.ndim == 1 else counts[:, np.newaxis])
