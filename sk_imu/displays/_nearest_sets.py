"""Draw a set beside the training sets that are most like it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from ..inspection import nearest_sets
from ..recording import SENSOR_UNITS, Recording, SignalArray, axis_of, sensor_of
from ._style import figure_in, legend_of, look_of_line, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


@dataclass(kw_only=True, eq=False, repr=False)
class NearestSetsDisplay:
    """A set beside the nearest training sets of the answer and of the runner-up.

    A column for each set and a row for each sensor, all over the same time. Create it with
    :meth:`from_estimator`.

    Parameters
    ----------
    signals : sequence of SignalArray of shape (n_channels, n_timesteps_i)
        The set, then those to compare with.
    titles : sequence of str
        What stands above each column.
    seconds : float, default=8.0
        How much of each set is drawn, from its middle.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n_sensors, n_sets)
        The panels.
    figure_ : matplotlib Figure or SubFigure
        The figure with the panels.

    See Also
    --------
    sk_imu.inspection.nearest_sets : Finds the sets.

    Examples
    --------
    >>> from sk_imu import ExerciseClassifier, NearestSetsDisplay
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> made = make_exercise_recordings(2, 1, continuous=False, random_state=0)
    >>> X, y = made.data[3:], made.target[3:]
    >>> clf = ExerciseClassifier("svm").fit(X, y)
    >>> display = NearestSetsDisplay.from_estimator(clf, X, y, made.data[0])
    >>> display.axes_.shape
    (2, 3)
    """

    signals: Sequence[SignalArray]
    titles: Sequence[str]
    seconds: float = 8.0

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X_train: Sequence[Recording],
        y_train: ArrayLike,
        recording: Recording,
        *,
        seconds: float = 8.0,
        ax: "Axes | Figure | SubFigure | None" = None,
    ) -> Self:
        """Draw a set beside the nearest ones.

        Parameters
        ----------
        estimator : ExerciseClassifier or Pipeline
            The fitted model.
        X_train : list of Recording
            The sets that it was fitted on.
        y_train : array-like of shape (n_training_sets,)
            Their labels.
        recording : Recording
            The set.
        seconds : float, default=8.0
            How much of each set is drawn, from its middle.
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.

        Returns
        -------
        display : NearestSetsDisplay
            The display, drawn.
        """
        table = nearest_sets(estimator, X_train, y_train, [recording], n_nearest=1)
        rows = table.to_dict("records")
        sets = [recording, *(X_train[row["training_set"]] for row in rows)]
        estimator = getattr(estimator, "best_estimator_", estimator)  # of a search
        pipeline = getattr(estimator, "pipeline_", estimator)
        place = list(pipeline.named_steps).index("resample") + 1
        titles = [f"This set{_recorded(recording)}"]
        for row, one in zip(rows, sets[1:], strict=True):
            who = "" if one.subject is None else f", person {shown(one.subject, 12)}"
            titles.append(
                f"{row['role'].capitalize()}: {shown(row['class'])}, {row['score']:.2f}\n"
                f"nearest set{who}, distance {row['distance']:.2f}"
            )
        signals = pipeline[:place].transform(sets)
        return cls(signals=signals, titles=titles, seconds=seconds).plot(ax=ax)

    def plot(self, *, ax: "Axes | Figure | SubFigure | None" = None) -> Self:
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.

        Returns
        -------
        display : NearestSetsDisplay
            The display itself.
        """
        names = list(self.signals[0].channel_names or ())
        sensors = list(dict.fromkeys(map(sensor_of, names)))
        n_columns = len(self.signals)
        self.figure_ = figure_in(ax, 3.6 * n_columns, 1.2 + 1.8 * len(sensors))
        self.axes_ = self.figure_.subplots(
            len(sensors), n_columns, sharex=True, sharey="row", squeeze=False
        )
        known: dict[str, Any] = {}
        for column, signal in enumerate(self.signals):
            part = _middle(signal, self.seconds)
            times = np.arange(part.shape[1]) / (signal.sampling_rate_hz or 1.0)
            for row, sensor in enumerate(sensors):
                panel = self.axes_[row, column]
                axes = [i for i, name in enumerate(names) if sensor_of(name) == sensor]
                for number, i in enumerate(axes):
                    (line,) = panel.plot(
                        times, part[i], linewidth=0.9, **look_of_line(number)
                    )
                    known.setdefault(axis_of(names[i]), line)
                panel.tick_params(labelsize=7)
            self.axes_[0, column].set_title(
                self.titles[column], fontsize=8, parse_math=False
            )
            self.axes_[-1, column].set_xlabel("Time (s)", fontsize=8)
        for row, sensor in enumerate(sensors):
            unit = SENSOR_UNITS.get(sensor)
            text = f"{sensor} ({unit})" if unit else sensor
            self.axes_[row, 0].set_ylabel(text, fontsize=8)
        legend_of(self.figure_, known, loc="outside lower center")
        return self


def _recorded(recording: Recording) -> str:
    parts = [] if recording.subject is None else [f"person {shown(recording.subject, 12)}"]
    if recording.label is not None:
        parts.append(f"recorded as {shown(recording.label)}")
    return "".join(f"\n{part}" if i == 0 else f", {part}" for i, part in enumerate(parts))


def _middle(signal: SignalArray, seconds: float) -> Any:
    size = max(round(seconds * (signal.sampling_rate_hz or 1.0)), 2)
    first = max((signal.shape[1] - size) // 2, 0)
    return np.asarray(signal)[:, first : first + size]
