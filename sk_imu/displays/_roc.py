"""Draw ROC curves by class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import RocCurveDisplay, auc, roc_curve

from ._axes_display import AxesDisplay
from ._style import look_of_line, new_axes, shown, titled_legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
# A legend with more lines would cover the curves.
_MOST_NAMED = 10


@dataclass(kw_only=True, eq=False, repr=False)
class RocByClassDisplay(AxesDisplay):
    """ROC curve and AUC of each class against the rest, and their macro average.

    The macro average gives all classes the same weight; its AUC is the mean of theirs. The
    legend names at most ten classes, those with the lowest AUC. Create it with
    :meth:`from_predictions` or :meth:`from_estimator`.

    Parameters
    ----------
    fpr, tpr : mapping of str to ndarray
        False and true positive rates by class.
    roc_auc : mapping of str to float
        Area under the curve by class.
    left_out : mapping of str to str, default={}
        Classes without a curve, and why.

    Attributes
    ----------
    macro_roc_auc : float
        Mean of the classes' areas.
    ax_ : matplotlib Axes
        The axes with the plot.
    figure_ : matplotlib Figure
        The figure with the axes.

    See Also
    --------
    sklearn.metrics.RocCurveDisplay : Draws the curve of a single class.
    sklearn.metrics.ConfusionMatrixDisplay : Draws which classes are confused.

    Examples
    --------
    >>> from sk_imu import RocByClassDisplay
    >>> y_true = ["curl", "curl", "row", "row", "squat", "squat"]
    >>> y_score = [
    ...     [0.8, 0.1, 0.1],
    ...     [0.3, 0.5, 0.2],
    ...     [0.4, 0.5, 0.1],
    ...     [0.1, 0.8, 0.1],
    ...     [0.1, 0.1, 0.8],
    ...     [0.2, 0.1, 0.7],
    ... ]
    >>> display = RocByClassDisplay.from_predictions(
    ...     y_true, y_score, ["curl", "row", "squat"]
    ... )
    >>> {label: round(area, 3) for label, area in display.roc_auc.items()}
    {'curl': 0.875, 'row': 0.938, 'squat': 1.0}
    >>> round(display.macro_roc_auc, 3)
    0.938
    """

    fpr: Mapping[Any, Floats]
    tpr: Mapping[Any, Floats]
    roc_auc: Mapping[Any, float]
    left_out: Mapping[Any, str] = field(default_factory=dict)

    @property
    def macro_roc_auc(self) -> float:
        """Mean of the classes' areas, NaN if there are none."""
        areas = list(self.roc_auc.values())
        return float(np.mean(areas)) if areas else float("nan")

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: ArrayLike,
        classes: Sequence[Any],
        *,
        ax: "Axes | None" = None,
    ) -> Self:
        """Draw the curves of scores.

        Parameters
        ----------
        y_true : array-like of shape (n_sets,)
            True labels.
        y_score : array-like of shape (n_sets, n_classes) or (n_sets,)
            Probabilities or decision values; with two classes, those of the second are
            enough.
        classes : sequence of length n_classes
            Label of each column, as ``classifier.classes_``.
        ax : matplotlib Axes, optional
            Where to draw; by default in a new figure.

        Returns
        -------
        display : RocByClassDisplay
            The display, drawn. A class has no curve if no set or every set is of it, or if
            one of its scores is NaN; ``left_out`` has the reason.

        Raises
        ------
        ValueError
            If the shapes disagree, or ``y_true`` holds other labels than ``classes``.
        """
        truth, scores = np.asarray(y_true), np.asarray(y_score, dtype=float)
        classes = list(classes)
        # A decision function of two classes is that of the second.
        if scores.ndim == 1 and len(classes) == 2:
            scores = np.column_stack([-scores, scores])
        if scores.shape != (len(truth), len(classes)):
            raise ValueError(
                f"y_score must have shape {(len(truth), len(classes))}, a row for each of "
                f"y_true and a column for each of classes, got {scores.shape}."
            )
        unknown = [label for label in pd.unique(truth) if label not in classes]
        if unknown:
            raise ValueError(
                f"y_true holds {', '.join(map(str, unknown))}, which is not in classes. "
                "Give the classes in the order of the columns of y_score."
            )
        fpr, tpr, areas, left_out = {}, {}, {}, {}
        for label, of_class in zip(classes, scores.T, strict=True):
            is_it = truth == label
            # Without sets of the class, or of others, one of the two rates is 0 / 0.
            if not is_it.any():
                left_out[label] = "not in the test sets"
            elif is_it.all():
                left_out[label] = "nothing else in the test sets"
            elif np.isnan(of_class).any():
                left_out[label] = "not scored in every fold"
            else:
                fpr[label], tpr[label], _ = roc_curve(is_it, of_class)
                areas[label] = float(auc(fpr[label], tpr[label]))
        display = cls(fpr=fpr, tpr=tpr, roc_auc=areas, left_out=left_out)
        return display.plot(ax=ax)

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: ArrayLike, *, ax: "Axes | None" = None
    ) -> Self:
        """Draw the curves of a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            The classifier. Its probabilities are drawn, or its decision values if it has
            none.
        X : list or array
            Sets that are not in its training set.
        y : array-like of shape (n_sets,)
            Their labels.
        ax : matplotlib Axes, optional
            Where to draw; by default in a new figure.

        Returns
        -------
        display : RocByClassDisplay
            The display, drawn.
        """
        # A curve needs only an order, which an SVM gives without probabilities.
        has_probabilities = hasattr(estimator, "predict_proba")
        method = "predict_proba" if has_probabilities else "decision_function"
        scores = getattr(estimator, method)(X)
        return cls.from_predictions(y, scores, estimator.classes_, ax=ax)

    def _draw(self, ax: "Axes | None") -> "Axes":
        if ax is None:
            ax = new_axes(4.5, 4.5)
        ax.plot([0, 1], [0, 1], color="0.7", linewidth=0.8, label="_chance")
        named = sorted(self.roc_auc, key=lambda label: self.roc_auc[label])[:_MOST_NAMED]
        looks: list[dict[str, Any]] = []
        for i, (label, area) in enumerate(self.roc_auc.items()):
            # matplotlib leaves a label that starts with an underscore out of the legend.
            text = f"{area:.3f} {shown(label, 18)}" if label in named else "_unnamed"
            # scikit-learn draws several curves half transparent unless alpha is given.
            looks.append({"label": text, "linewidth": 1.1, "alpha": 1, **look_of_line(i)})
        if looks:
            curves = list(self.fpr.values()), list(self.tpr.values())
            # scikit-learn takes a single curve without a list.
            fpr, tpr, look = (x[0] if len(looks) == 1 else x for x in (*curves, looks))
            RocCurveDisplay(fpr=fpr, tpr=tpr).plot(ax=ax, curve_kwargs=look)
        if len(looks) > 1:
            # Where a rate jumps, interpolation gives its upper end: start from (0, 0).
            x = np.r_[0, np.linspace(0, 1, 501)]
            rates = [np.interp(x[1:], self.fpr[k], self.tpr[k]) for k in self.fpr]
            label = f"{self.macro_roc_auc:.3f} macro average"
            ax.plot(x, np.r_[0, np.mean(rates, axis=0)], "k", linewidth=1.8, label=label)
        if looks:
            heading = "AUC" if len(named) == len(looks) else f"AUC, {len(named)} lowest"
            titled_legend(ax, heading, loc="lower right", fontsize=7, title_fontsize=7)
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
        ax.set(xlabel="False positive rate", ylabel="True positive rate")
        return ax
