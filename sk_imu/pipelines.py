"""The models of the study as Pipelines over raw recordings, and their grids."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from .augmentation import (
    LowerRate,
    MultiplicativeNoise,
    RandomRotation,
    RandomScale,
    SpeedChange,
)
from .features import MiniRocketFeatures, SummaryFeatures
from .meta import AugmentedClassifier, WindowedClassifier
from .neural import CNNClassifier, CNNGRUClassifier, GRUClassifier
from .preprocessing import (
    CanonicalSide,
    ChannelScaler,
    DerivedChannels,
    FixedLength,
    Resampler,
    derived_channel_names,
)
from .recording import GRAVITY_SENSORS, Recording, sensor_of, sensor_triples

__all__ = ["MODELS", "make_pipeline_for", "wear_of"]

MODELS = ("rf", "svm", "cnn", "gru", "cnn-gru", "minirocket")
_NETS = {"cnn": CNNClassifier, "gru": GRUClassifier, "cnn-gru": CNNGRUClassifier}
# A "wrist of the left hand" is none.
_FREE_PLACE = re.compile(r"pocket|bag\b|^hand$")


def wear_of(recordings: Iterable[Recording]) -> str:
    """Return whether the device is always worn the same way, from its placements.

    Parameters
    ----------
    recordings : iterable of Recording
        The recordings.

    Returns
    -------
    wear : {"fixed", "free"}
        ``"free"`` if the ``placement`` of any recording names a pocket, bag or hand, where
        the orientation of the device is left to chance.

    Examples
    --------
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.study import wear_of
    >>> wear_of(make_exercise_recordings(1, 1, placement="front pocket").data)
    'free'
    """
    places = {str(recording.placement).lower() for recording in recordings}
    return "free" if any(_FREE_PLACE.search(place) for place in places) else "fixed"


def make_pipeline_for(
    name: str,
    random_state: int | None = None,
    *,
    channels: Sequence[str] | None = None,
    wear: str = "fixed",
    sampling_rate_hz: float = 25.0,
    window_seconds: float = 4.0,
    fixed_length: int | None = None,
    augment: bool = True,
    n_copies: int | None = None,
) -> Pipeline:
    """Return one of the study's models as an unfitted Pipeline over raw recordings.

    All models get the same recordings: those of the left side mirrored onto the right, on
    one clock, with derived channels.  The nets turn, scale and disturb each batch anew,
    and keep their epochs, for loss curves; MiniRocket learns from two copies of each set
    beside it, at other speeds and turned, scaled and disturbed likewise.

    Parameters
    ----------
    name : {"rf", "svm", "cnn", "gru", "cnn-gru", "minirocket"}
        Random forest or SVM on summary statistics, one of the nets, or ridge regression on
        MiniRocket's features (needs the extra ``rocket``).
    random_state : int or None, default=None
        Seed of all that is random in it.
    channels : sequence of str, default=None
        Full channel names, such as ``"Gyroscope_x"``, in the order wanted. None takes
        what the first recording has; then nothing is known of which channels form a
        vector: nothing is derived or turned, and each channel is scaled on its own.
    wear : {"fixed", "free"}, default="fixed"
        Whether the device is always worn the same way, as a watch is. ``"free"`` takes
        only channels that don't change when the device is turned.
        :func:`wear_of` returns it for given recordings.
    sampling_rate_hz : float, default=25.0
        The common clock in hertz.
    window_seconds : float, default=4.0
        Length of the windows that vote on a set. A set that is shorter holds its last
        sample to the window's end.
    fixed_length : int, default=None
        Stretch each set to that many timesteps instead of cutting it into windows, as
        the study does.
    augment : bool, default=True
        Learn with augmentations.
    n_copies : int, default=None
        Augmented copies of each training set. None makes two for MiniRocket and none for
        the others, which don't gain by them on unseen people.

    Returns
    -------
    pipeline : Pipeline
        Takes ``list[Recording]``, answers per set. Its steps are ``side``, ``resample``,
        ``derive``, ``scale``, ``length`` (with ``fixed_length`` only) and ``classify``.

    Raises
    ------
    ValueError
        If there is no such model or wear.

    Examples
    --------
    >>> from sk_imu.study import make_pipeline_for
    >>> pipeline = make_pipeline_for("cnn-gru", random_state=0)
    >>> list(pipeline.named_steps)
    ['side', 'resample', 'derive', 'scale', 'classify']
    """
    if name not in MODELS:
        raise ValueError(f"There is no model {name!r}. Choose one of {', '.join(MODELS)}.")
    if wear not in ("fixed", "free"):
        raise ValueError(f"wear must be 'fixed' or 'free', got {wear!r}.")
    given = None if channels is None else list(channels)
    free = wear == "free"
    kinds = _kinds(given, free=free)
    keep = not (free and kinds)
    names = None if given is None else derived_channel_names(given, kinds, keep=keep)
    derive = DerivedChannels(
        kinds=kinds, channel_names=given, sampling_rate_hz=sampling_rate_hz, keep=keep
    )
    disturb: list[tuple[str, Any]] = [
        ("noise", MultiplicativeNoise()),
        ("amplitude", RandomScale()),
    ]
    if names is not None and _turnable(names):
        disturb.insert(0, ("turn", RandomRotation(channel_names=names)))
    if free:
        # Phones in pockets are often polled over a radio link that drops most samples.
        lower_rate = LowerRate(
            low_hz=min(4.0, sampling_rate_hz),
            high_hz=min(25.0, sampling_rate_hz),
            sampling_rate_hz=sampling_rate_hz,
        )
        disturb.append(("rate", lower_rate))
    copies: list[tuple[str, Any]] = [("speed", SpeedChange())]
    classifier: Any
    if name in _NETS:
        classifier = _NETS[name](
            augmenter=Pipeline(disturb) if augment else None,
            keep_epochs=True,
            random_state=random_state,
        )
    else:
        copies += disturb
        classifier = _on_features(name, random_state, sampling_rate_hz)
    if fixed_length is None:
        classifier = WindowedClassifier(
            classifier,
            window_seconds=window_seconds,
            sampling_rate_hz=sampling_rate_hz,
            short="pad",
        )
    if n_copies is None:
        n_copies = 2 if name == "minirocket" else 0
    if augment and n_copies:
        classifier = AugmentedClassifier(
            classifier, Pipeline(copies), n_copies=n_copies, random_state=random_state
        )
    resampler = Resampler(
        sampling_rate_hz=sampling_rate_hz, channels=given, dtype="float32"
    )
    steps: list[tuple[str, Any]] = [
        ("side", CanonicalSide()),
        ("resample", resampler),
        ("derive", derive),
        ("scale", ChannelScaler(channel_names=names, with_mean="single")),
    ]
    if fixed_length is not None:
        steps.append(("length", FixedLength(n_timesteps=fixed_length)))
    return Pipeline([*steps, ("classify", classifier)])


def _kinds(channels: list[str] | None, *, free: bool) -> list[str]:
    """Return which channels to derive: what the given ones allow."""
    if channels is None or not sensor_triples(channels):
        return []
    sensors = {sensor_of(channels[triple[0]]) for triple in sensor_triples(channels)}
    kinds = ["magnitude"]
    if sensors & set(GRAVITY_SENSORS):
        # Gravity itself has no part beside the vertical.
        kinds += ["vertical"] * (sensors != {"Gravity"}) + ["aligned"] * free
    return kinds


def _turnable(names: list[str]) -> bool:
    """Tell whether there are vectors, and nothing that is a part of one, or an angle."""
    whole = {i for triple in sensor_triples(names) for i in triple}
    others = [name for i, name in enumerate(names) if i not in whole]
    return bool(whole) and not any(
        sensor_of(name) == "Orientation" or name.rpartition("_")[2] in ("x", "y", "z")
        for name in others
    )


def _on_features(name: str, random_state: int | None, rate_hz: float) -> Pipeline:
    """Return a classifier of windows that learns from a table of features."""
    summary = SummaryFeatures(sampling_rate_hz=rate_hz)
    if name == "minirocket":
        # To find alpha by leave-one-out took five times as long, and gave 100 or 1000.
        ridge = RidgeClassifier(alpha=1000.0, solver="cholesky")
        return Pipeline(
            [
                ("features", MiniRocketFeatures(random_state=random_state)),
                ("scale", StandardScaler()),
                ("ridge", ridge),
            ]
        )
    if name == "rf":
        forest = RandomForestClassifier(random_state=random_state)
        return Pipeline([("features", summary), ("forest", forest)])
    # Ties broken, predict takes the class of the highest decision value.
    svc = SVC(C=10, break_ties=True)
    return Pipeline([("features", summary), ("scale", StandardScaler()), ("svc", svc)])
