"""What made the answer for a set: a value for each channel at each time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..recording import SignalArray, sensor_of

__all__ = ["Attribution", "attribution_table"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Attribution:
    """How much each channel at each time speaks for one class, for one set.

    Made by :func:`attributions`.

    Parameters
    ----------
    values : ndarray of shape (n_channels, n_timesteps)
        The attributions, in the unit of ``score``. Positive values speak for the class,
        negative ones against it.
    signal : SignalArray of shape (n_channels, n_timesteps)
        The set, as the step ``resample`` returns it.
    target : object
        The class that is explained.
    score : float
        Probability of the class, or its decision value if the model has no probabilities.
    baseline_score : float
        That of a set in which each channel is held at its mean.
    method : {"integrated_gradients", "occlusion"}
        How the values were found.
    score_name : {"probability", "decision value"}, default="probability"
        What the score is.
    label, subject : object, default=None
        Those of the recording.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import SignalArray
    >>> from sk_imu.inspection import Attribution
    >>> names = ["Gyroscope_x", "TotalAcceleration_x"]
    >>> explained = Attribution(
    ...     values=np.array([[-0.1, 0.5, 0.2], [0.0, 0.2, 0.0]]),
    ...     signal=SignalArray(np.zeros((2, 3)), names, sampling_rate_hz=25),
    ...     target="squat",
    ...     score=0.9,
    ...     baseline_score=0.1,
    ...     method="integrated_gradients",
    ... )
    >>> explained
    Attribution('squat', probability 0.90: Gyroscope 75 %, TotalAcceleration 25 %)
    >>> explained.shares("channel").round(2).to_dict()
    {'Gyroscope_x': 0.75, 'TotalAcceleration_x': 0.25}
    """

    values: NDArray[np.float64]
    signal: SignalArray
    target: Any
    score: float
    baseline_score: float
    method: str
    score_name: str = "probability"
    label: Any = None
    subject: Any = None

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Name of each channel."""
        return self.signal.channel_names or ()

    @property
    def sampling_rate_hz(self) -> float:
        """Timesteps per second."""
        return self.signal.sampling_rate_hz or 1.0

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Time of each timestep in seconds, from the start of the set."""
        times: NDArray[np.float64] = np.arange(self.values.shape[1]) / self.sampling_rate_hz
        return times

    @property
    def completeness_error(self) -> float:
        """How far the sum of the values is from ``score - baseline_score``."""
        return float(abs(self.values.sum() - (self.score - self.baseline_score)))

    def contributions(self, part: str = "sensor") -> "pd.Series[float]":
        """Return the sum of the values of each sensor, or channel.

        Parameters
        ----------
        part : {"sensor", "channel"}, default="sensor"
            What the values are summed over.

        Returns
        -------
        contributions : Series of shape (n_parts,)
            The largest first. Those of integrated gradients add up to
            ``score - baseline_score``, up to ``completeness_error``.

        Raises
        ------
        ValueError
            If ``part`` is neither.
        """
        if part not in ("sensor", "channel"):
            raise ValueError(f"part must be 'sensor' or 'channel', got {part!r}.")
        # Signed: noise of both signs cancels, and what it adds up to is left.
        sums = pd.Series(self.values.sum(axis=1), list(self.channel_names))
        if part == "sensor":
            sums = sums.groupby(sensor_of, sort=False).sum()
        return sums.sort_values(ascending=False, kind="stable")

    def shares(self, part: str = "sensor") -> "pd.Series[float]":
        """Return the share of each sensor, or channel, in what speaks for the class.

        Parameters
        ----------
        part : {"sensor", "channel"}, default="sensor"
            What the values are summed over.

        Returns
        -------
        shares : Series of shape (n_parts,)
            From 0 to 1, the largest first. They are the positive :meth:`contributions`,
            divided by their sum; 0 for a part that does not speak for the class.
        """
        positive = self.contributions(part).clip(lower=0.0)
        total = positive.sum()
        return positive / total if total > 0 else positive

    def smoothed(self, seconds: float = 0.4) -> NDArray[np.float64]:
        """Return the moving average of the values over time.

        Neighboring values of a movement have both signs, because the net reads changes.

        Parameters
        ----------
        seconds : float, default=0.4
            Length of the average.

        Returns
        -------
        values : ndarray of shape (n_channels, n_timesteps)
            The averages.
        """
        size = min(max(round(seconds * self.sampling_rate_hz), 1), self.values.shape[1])
        kernel = np.ones(size) / size
        return np.array([np.convolve(row, kernel, mode="same") for row in self.values])

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {share:.0%}" for name, share in self.shares().items())
        return (
            f"Attribution({self.target!r}, {self.score_name} {self.score:.2f}: "
            f"{parts.replace('%', ' %')})"
        )


def attribution_table(
    attributions: Sequence[Attribution], *, by: str = "set", part: str = "sensor"
) -> pd.DataFrame:
    """Return what each sensor or channel contributes, by set, class or person.

    Parameters
    ----------
    attributions : sequence of Attribution
        As :func:`attributions` returns them.
    by : {"set", "class", "person"}, default="set"
        What has a row for each sensor: each set, or the mean over the sets with the same
        explained class, or of the same person.
    part : {"sensor", "channel"}, default="sensor"
        What the values are summed over.

    Returns
    -------
    table : DataFrame
        ``set`` (the number of the set), ``class`` or ``person``, then ``sensor`` or
        ``channel``, the means of its ``contribution`` and ``share`` (see
        :class:`Attribution`), and ``n_sets``.

    Raises
    ------
    ValueError
        If a parameter is none of those above, there is no set, or ``by="person"`` and a set
        has no subject.

    Examples
    --------
    >>> from sk_imu import ExerciseClassifier
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.inspection import attribution_table, attributions
    >>> made = make_exercise_recordings(2, 1, continuous=False, random_state=0)
    >>> clf = ExerciseClassifier("svm").fit(made.data[3:], made.target[3:])
    >>> explained = attributions(clf, made.data[:2], patch_seconds=4.0)
    >>> table = attribution_table(explained)
    >>> list(table.columns), len(table)
    (['set', 'sensor', 'contribution', 'share', 'n_sets'], 4)
    """
    keys = {
        "set": lambda number, one: number,
        "class": lambda number, one: one.target,
        "person": lambda number, one: one.subject,
    }
    if by not in keys:
        raise ValueError(f"by must be one of {', '.join(keys)}, got {by!r}.")
    if len(attributions) == 0:
        raise ValueError(
            "attribution_table: there is no set. Give one Attribution or more."
        )
    rows = []
    for number, one in enumerate(attributions):
        key = keys[by](number, one)
        if key is None:
            raise ValueError(
                f"attribution_table: set {number} has no subject, which by='person' needs. "
                "Give recordings with a subject to attributions."
            )
        sums = {"contribution": one.contributions(part), "share": one.shares(part)}
        frame = pd.DataFrame(sums).rename_axis(part).reset_index()
        frame.insert(0, by, [key] * len(frame))
        rows.append(frame)
    groups = pd.concat(rows).groupby([by, part], sort=False)
    return groups.mean().assign(n_sets=groups.size()).reset_index()
