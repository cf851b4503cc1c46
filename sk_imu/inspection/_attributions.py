"""Which channel and stretch of time made the answer of a fitted model."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..recording import Recording, SignalArray, sensor_triples
from ._attribution import Attribution
from ._differentiable import ScoreOfSet, differentiable_nets
from ._fitted import Explained
from ._occlusion import occlusion

__all__ = ["attributions"]

_METHODS = ("auto", "integrated_gradients", "occlusion")
_TOGETHER = ("channel", "sensor")
#: Of probabilities in float32 and float64, which differ by about 1e-7.
_MOST_APART = 1e-3


def attributions(
    estimator: Any,
    X: Any,
    *,
    target: Any = None,
    method: str = "auto",
    n_steps: int = 50,
    patch_seconds: float = 1.0,
    together: str = "channel",
) -> list[Attribution]:
    """Find which channels, and when, made the answer for each set.

    The channels are those that the step ``resample`` returns, before any are derived and
    scaled, of a set of any length. What is explained is the probability of the whole set,
    with the vote of all windows.

    Parameters
    ----------
    estimator : ExerciseClassifier or Pipeline
        The fitted model; a Pipeline as :func:`make_pipeline_for` returns it.
    X : list of Recording, list of arrays or array
        The sets, in the state of those in ``fit``.
    target : label or array-like of shape (n_sets,), default=None
        The class to explain, one for all sets or one for each. None explains the most
        probable class of each set.
    method : {"auto", "integrated_gradients", "occlusion"}, default="auto"
        ``"integrated_gradients"`` multiplies the difference between each value and the
        mean of its channel over the set by the mean gradient on the straight line between
        them. It is for nets that vote on windows. ``"occlusion"`` holds stretches of
        channels at their mean, and the value of a stretch is what the score loses. It is
        for any model; its time grows with the square of the length of a set. ``"auto"``
        takes the first for nets, the second for other models.
    n_steps : int, default=50
        Points on that line at which the gradients are computed.
    patch_seconds : float, default=1.0
        Length in seconds of the stretches of occlusion, which overlap by half.
    together : {"channel", "sensor"}, default="channel"
        What occlusion replaces at once: a channel, or x, y and z of a sensor.

    Returns
    -------
    attributions : list of Attribution
        One for each set.

    Raises
    ------
    ValueError
        If a parameter, ``target`` or X can't be used, or the model can't be explained by
        ``method``; with integrated gradients also if it depends on rounding errors.
    TypeError
        If ``estimator`` is no classifier of sets.
    sklearn.exceptions.NotFittedError
        If ``estimator`` is not fitted.

    See Also
    --------
    attribution_table : Shares of sensors by set, class or person.
    sk_imu.AttributionDisplay : Draws one set.

    Notes
    -----
    The baseline, each channel at its mean over the set, keeps the posture and takes the
    movement away. The values of integrated gradients add up to the difference between the
    score and that of the baseline, up to ``completeness_error``, which falls with
    ``n_steps`` [1]_. Those of occlusion do not, because channels act together.

    The axes that free wear turns the vectors into are found from the movement of the whole
    set. Integrated gradients hold them as they are in the set.

    Recordings of the left side are mirrored by the step ``side``, and explained as such.
    Of a set that the model calls unknown, the most probable exercise is explained.

    References
    ----------
    .. [1] M. Sundararajan, A. Taly, Q. Yan (2017). Axiomatic attribution for deep networks.
       International Conference on Machine Learning, 3319-3328.

    Examples
    --------
    >>> from sk_imu import CNNClassifier, ExerciseClassifier
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.inspection import attributions
    >>> made = make_exercise_recordings(2, 2, continuous=False, random_state=0)
    >>> clf = ExerciseClassifier(CNNClassifier(max_epochs=3, random_state=0))
    >>> clf = clf.fit(made.data[6:], made.target[6:])
    >>> (one,) = attributions(clf, made.data[:1])  # by a person whom it does not know
    >>> one.values.shape == one.signal.shape, one.method
    (True, 'integrated_gradients')
    >>> one.completeness_error < 0.01
    True
    """
    _check_parameters(method, n_steps, patch_seconds, together)
    model = Explained(estimator, "attributions")
    no_gradient = model.no_gradient()
    if method == "auto":
        method = "integrated_gradients" if no_gradient is None else "occlusion"
    elif method == "integrated_gradients" and no_gradient is not None:
        raise ValueError(
            f"Integrated gradients can't explain this model: {no_gradient}. Take "
            "method='occlusion'."
        )
    signals = model.signals(X)
    scores = model.scores(signals)
    columns = model.targets(target, scores)
    found, given = [], list(X)
    for i, (signal, column) in enumerate(zip(signals, columns.tolist(), strict=True)):
        baseline = signal.copy()
        baseline[:] = np.asarray(signal, np.float64).mean(axis=1, keepdims=True)
        if method == "occlusion":
            values, before = _occluded(
                model, signal, baseline, column, patch_seconds, together
            )
        else:
            values, before = _integrated(
                model, signal, baseline, column, n_steps, float(scores[i, column])
            )
        recording = given[i] if isinstance(given[i], Recording) else None
        one = Attribution(
            values=values,
            signal=signal,
            target=model.classes.tolist()[column],
            score=float(scores[i, column]),
            baseline_score=before,
            method=method,
            score_name=model.score_name,
            label=None if recording is None else recording.label,
            subject=None if recording is None else recording.subject,
        )
        found.append(one)
    return found


def _integrated(
    model: Explained,
    signal: SignalArray,
    baseline: SignalArray,
    column: int,
    n_steps: int,
    predicted: float,
) -> tuple[NDArray[np.float64], float]:
    """Return integrated gradients, and the score of the baseline."""
    window = model.window
    assert window is not None
    derive, scale = model.pipeline[0], model.pipeline[1]
    score = ScoreOfSet(derive, scale, window, model.temperature, np.asarray(signal))
    end, start = (
        torch.from_numpy(np.asarray(values, dtype=np.float64))
        for values in (signal, baseline)
    )
    # Close together near the baseline, where nets that standardize windows change fast.
    places = (torch.arange(n_steps, dtype=torch.float64) + 0.5) / n_steps
    places, weights = places**3, 3 * places**2 / n_steps
    values = torch.zeros_like(end)
    with differentiable_nets(window.estimator_.n_jobs):
        parts = (each.split(score.rows_at_once) for each in (places, weights))
        for place, weight in zip(*parts, strict=True):
            rows = start + place[:, None, None] * (end - start)
            rows.requires_grad_(True)
            total = (weight * score(rows)[:, column]).sum()
            values += torch.autograd.grad(total, rows)[0].sum(dim=0)
        with torch.no_grad():
            before, after = score(torch.stack([start, end]))[:, column].tolist()
    if abs(after - predicted) > _MOST_APART:
        raise ValueError(
            f"Integrated gradients can't explain this model: in float64 it gives a "
            f"probability of {after:.3f}, and in predict_proba {predicted:.3f}. A channel "
            "that is nearly constant, such as the magnitude of Gravity, is scaled up to "
            "rounding errors: leave its sensor out of channels, or take method='occlusion'."
        )
    return ((end - start) * values).numpy(), before


def _occluded(
    model: Explained,
    signal: SignalArray,
    baseline: SignalArray,
    column: int,
    patch_seconds: float,
    together: str,
) -> tuple[NDArray[np.float64], float]:
    """Return attributions by occlusion, and the score of the baseline."""
    names = signal.channel_names or ()
    groups = sensor_triples(names) if together == "sensor" else []
    grouped = {channel for group in groups for channel in group}
    groups += [[i] for i in range(len(names)) if i not in grouped]
    n_patch = max(round(patch_seconds * (signal.sampling_rate_hz or 1.0)), 1)

    def score(rows: list[SignalArray]) -> NDArray[np.float64]:
        scores: NDArray[np.float64] = model.scores(rows)[:, column]
        return scores

    values = occlusion(score, signal, baseline, groups, n_patch)
    return values, float(score([baseline])[0])


def _check_parameters(method: Any, n_steps: Any, patch_seconds: Any, together: Any) -> None:
    choices = {"method": (method, _METHODS), "together": (together, _TOGETHER)}
    for name, (value, known) in choices.items():
        if value not in known:
            why = (
                " Grad-CAM and plain gradients are not offered, because they are not "
                "faithful: see docs/results/explanation.rst."
            )
            raise ValueError(
                f"attributions: {name} must be one of {', '.join(map(repr, known))}, got "
                f"{value!r}.{why if name == 'method' else ''}"
            )
    if not isinstance(n_steps, (int, np.integer)) or n_steps < 1:
        raise ValueError(
            f"attributions: n_steps must be a whole number of 1 or more, got {n_steps!r}."
        )
    if not 0 < patch_seconds < np.inf:
        raise ValueError(
            f"attributions: patch_seconds must be a positive number, got {patch_seconds!r}."
        )
