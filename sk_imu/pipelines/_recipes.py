"""Each model as a Pipeline over recordings."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ..augmentation import (
    LowerRate,
    Mixup,
    MultiplicativeNoise,
    RandomRotation,
    RandomScale,
    SpeedChange,
)
from ..features import (
    MiniRocketClassifier,
    SummaryFeatures,
)
from ..meta import (
    AugmentedClassifier,
    WindowedClassifier,
)
from ..neural import (
    CNN_GRU_PRESETS,
    CNNClassifier,
    CNNGRUClassifier,
    GRUClassifier,
)
from ..preprocessing import (
    CanonicalSide,
    ChannelScaler,
    DerivedChannels,
    FixedLength,
    Resampler,
)

__all__ = ["MODELS", "NETS", "make_pipeline_for"]

NETS: dict[str, Callable[..., Any]] = {
    "cnn": CNNClassifier,
    "gru": GRUClassifier,
    "cnn-gru": CNNGRUClassifier,
    "cnn-gru-small": partial(CNNGRUClassifier, **CNN_GRU_PRESETS["small"]),
    "cnn-gru-large": partial(CNNGRUClassifier, **CNN_GRU_PRESETS["large"]),
}
MODELS = (
    *("rf", "svm", "cnn", "gru", "cnn-gru", "minirocket"),
    *("cnn-gru-small", "cnn-gru-large"),
)


def make_pipeline_for(
    name: Any,
    random_state: int | None = None,
    *,
    channels: Sequence[str] | None = None,
    wear: str = "fixed",
    sampling_rate_hz: float = 25.0,
    window_seconds: float | str = "auto",
    fixed_length: int | None = None,
    augment: bool = True,
    n_copies: int | None = None,
) -> Pipeline:
    """Return a model as an unfitted Pipeline over recordings.

    All models get the same input: sets mirrored onto the right side, at one rate, with
    derived channels. The nets see each batch at other speeds, rotated, disturbed and mixed,
    and keep their epochs for loss curves. MiniRocket trains on each set and two copies of
    it at other speeds, disturbed in the same way.

    Parameters
    ----------
    name : {"rf", "svm", "cnn", "gru", "cnn-gru", "minirocket", "cnn-gru-small", \
            "cnn-gru-large"} or classifier
        Random forest or SVM on summary statistics, one of the nets, ridge regression on
        MiniRocket's features (needs the extra ``rocket``), the CNN-GRU in another size
        (:data:`~sk_imu.neural.CNN_GRU_PRESETS`), or your own classifier of panels.
    random_state : int or None, default=None
        Random seed of all steps.
    channels : sequence of str, default=None
        Sensors or channels, as ``Resampler(channels=...)`` takes them. None takes all
        channels of the first recording.
    wear : {"fixed", "free"}, default="fixed"
        Whether the device is always worn the same way, as a watch is. ``"free"`` takes
        only channels that do not change when the device is turned. :func:`wear_of` returns
        it for given recordings.
    sampling_rate_hz : float, default=25.0
        The common rate in hertz.
    window_seconds : float or "auto", default="auto"
        Length of the windows that vote on a set. ``"auto"`` takes two repetitions of the
        training sets, from 4 to 8 seconds, as :class:`WindowedClassifier` does. A
        shorter set is padded.
    fixed_length : int, default=None
        Stretch each set to this number of timesteps instead of windowing it, as Zhang et
        al. (2024) do.
    augment : bool, default=True
        Whether to train on augmented sets.
    n_copies : int, default=None
        Augmented copies of each training set. None makes two for MiniRocket. The nets
        need none, and forest and SVM are no more accurate on unseen people with them.

    Returns
    -------
    pipeline : Pipeline
        Takes ``list[Recording]`` and predicts one label for each set. Its steps are
        ``side``, ``resample``, ``derive``, ``scale``, ``length`` (with ``fixed_length``
        only) and ``classify``.

    Raises
    ------
    ValueError
        If the model or the wear is unknown.

    See Also
    --------
    ExerciseClassifier : Chooses channels and wear from the recordings.

    Examples
    --------
    >>> from sk_imu.pipelines import make_pipeline_for
    >>> pipeline = make_pipeline_for("cnn-gru", random_state=0)
    >>> list(pipeline.named_steps)
    ['side', 'resample', 'derive', 'scale', 'classify']
    """
    if isinstance(name, str) and name not in MODELS:
        raise ValueError(f"There is no model {name!r}. Choose one of {', '.join(MODELS)}.")
    if wear not in ("fixed", "free"):
        raise ValueError(f"wear must be 'fixed' or 'free', got {wear!r}.")
    disturb = _disturbances(wear, sampling_rate_hz)
    copies: list[tuple[str, Any]] = [("speed", SpeedChange()), *disturb]
    if not isinstance(name, str):
        classifier = clone(name)
    elif name in NETS:
        classifier = NETS[name](
            # Chosen on three data sets, and scored on others: docs/results/people.rst.
            augmenter=Pipeline([*copies, ("mix", Mixup(alpha=0.2))]) if augment else None,
            dropout=0.2,
            keep_epochs=True,
            random_state=random_state,
        )
        copies = copies[:1]  # the net changes each batch itself
    else:
        classifier = _on_features(name, random_state)
    if fixed_length is None:
        classifier = WindowedClassifier(
            classifier, window_seconds=window_seconds, short="pad"
        )
    if n_copies is None:
        n_copies = 2 if name == "minirocket" else 0
    if augment and n_copies:
        # Around the windows, so that all windows of a copy are changed alike.
        classifier = AugmentedClassifier(
            classifier, Pipeline(copies), n_copies=n_copies, random_state=random_state
        )
    # float32 because the nets compute in it, and it takes half the memory.
    resampler = Resampler(
        sampling_rate_hz=sampling_rate_hz, channels=channels, dtype="float32"
    )
    steps: list[tuple[str, Any]] = [
        # First, because only recordings know their side.
        ("side", CanonicalSide()),
        ("resample", resampler),
        ("derive", DerivedChannels(kinds="auto", keep="auto", wear=wear)),
        # Magnitudes vary about a mean far from 0; x, y and z must keep their origin.
        ("scale", ChannelScaler(with_mean="single")),
    ]
    if fixed_length is not None:
        steps.append(("length", FixedLength(n_timesteps=fixed_length)))
    return Pipeline([*steps, ("classify", classifier)])


def _disturbances(wear: str, sampling_rate_hz: float) -> list[tuple[str, Any]]:
    """Return the augmenters that change a set but not its speed."""
    steps: list[tuple[str, Any]] = [
        # Channels of free wear do not change by turning, and an attitude is no vector.
        ("turn", RandomRotation(unturnable="keep")),
        ("noise", MultiplicativeNoise()),
        ("amplitude", RandomScale()),
    ]
    if wear == "free":
        # A phone in a pocket often sends over a radio link that drops most samples.
        low_hz, high_hz = min(4.0, sampling_rate_hz), min(25.0, sampling_rate_hz)
        steps.append(("rate", LowerRate(low_hz=low_hz, high_hz=high_hz)))
    return steps


def _on_features(name: str, random_state: int | None) -> Any:
    """Return a classifier of windows that is trained on features."""
    if name == "minirocket":
        # Leave-one-out took five times as long, and chose penalties of 100 or 1000.
        return MiniRocketClassifier(alpha=1000.0, random_state=random_state)
    if name == "rf":
        forest = RandomForestClassifier(random_state=random_state)
        return Pipeline([("features", SummaryFeatures()), ("forest", forest)])
    # With ties broken, predict returns the class of the highest decision value.
    svc = SVC(C=10, break_ties=True)
    return Pipeline(
        [("features", SummaryFeatures()), ("scale", StandardScaler()), ("svc", svc)]
    )
