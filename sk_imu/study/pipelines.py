"""The five models of the study as Pipelines, and their grids."""

from collections.abc import Sequence
from typing import Any

from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ..augmentation import MultiplicativeNoise, RandomSubsequence
from ..classifiers import CNNClassifier, CNNGRUClassifier, GRUClassifier
from ..features import SummaryFeatures
from ..meta import AugmentedClassifier
from ..preprocessing import ChannelScaler, FixedLength
from ..resampling import Resampler
from ..windowing import WindowedClassifier

__all__ = ["MODELS", "grid_for", "make_pipeline_for"]

MODELS = ("rf", "svm", "cnn", "gru", "cnn-gru")
_NETS = {"cnn": CNNClassifier, "gru": GRUClassifier, "cnn-gru": CNNGRUClassifier}


def make_pipeline_for(
    name: str,
    random_state: int | None = None,
    *,
    channels: Sequence[str] | None = None,
    sampling_rate_hz: float = 50.0,
    window_seconds: float = 4.0,
    fixed_length: int | None = None,
    augment: bool = True,
    n_copies: int = 1,
) -> Pipeline:
    """Return one of the study's models as an unfitted Pipeline over raw recordings.

    Every model resamples to one clock and learns with the study's two augmentations: the
    nets change each batch anew, forest and SVM get ``n_copies`` augmented copies of each
    training set beside it.  The nets keep their epochs, for the loss curves.

    Parameters
    ----------
    name : {"rf", "svm", "cnn", "gru", "cnn-gru"}
        Random forest and SVM on summary statistics, or one of the nets.
    random_state : int or None, default=None
        Seed of all that is random in it.
    channels : sequence of str, default=None
        Full channel names, such as ``"Gyroscope_x"``, in the order wanted. None takes
        what the first recording has; then nothing is known of which channels form a
        vector, and each is scaled on its own.
    sampling_rate_hz : float, default=50.0
        The common clock in hertz.
    window_seconds : float, default=4.0
        Length of the windows that vote on a set. A set that is shorter holds its last
        sample to the window's end.
    fixed_length : int, default=None
        Stretch each set to that many timesteps instead of cutting it into windows, as
        the study does.
    augment : bool, default=True
        Learn with the study's augmentations.
    n_copies : int, default=1
        Augmented copies of each training set for forest and SVM.

    Returns
    -------
    pipeline : Pipeline
        Takes ``list[Recording]``, answers per set. Its steps are ``resample``, ``scale``
        (nets only), ``length`` (with ``fixed_length`` only) and ``classify``.

    Raises
    ------
    ValueError
        If there is no such model.

    Examples
    --------
    >>> from sk_imu.study import make_pipeline_for
    >>> pipeline = make_pipeline_for("cnn-gru", random_state=0)
    >>> list(pipeline.named_steps)
    ['resample', 'scale', 'classify']
    """
    if name not in MODELS:
        raise ValueError(f"There is no model {name!r}. Choose one of {', '.join(MODELS)}.")
    augmenter = make_pipeline(MultiplicativeNoise(), RandomSubsequence())
    classifier: Any
    if name in _NETS:
        classifier = _NETS[name](
            augmenter=augmenter if augment else None,
            keep_epochs=True,
            random_state=random_state,
        )
    elif name == "rf":
        forest = RandomForestClassifier(random_state=random_state)
        classifier = Pipeline([("features", SummaryFeatures()), ("forest", forest)])
    else:
        # Ties broken, predict takes the class of the highest decision value.
        svc = SVC(break_ties=True)
        classifier = Pipeline(
            [("features", SummaryFeatures()), ("scale", StandardScaler()), ("svc", svc)]
        )
    if fixed_length is None:
        classifier = WindowedClassifier(
            classifier,
            window_seconds=window_seconds,
            sampling_rate_hz=sampling_rate_hz,
            short="pad",
        )
    if augment and name not in _NETS:
        classifier = AugmentedClassifier(
            classifier, augmenter, n_copies=n_copies, random_state=random_state
        )
    names = None if channels is None else list(channels)
    steps: list[tuple[str, Any]] = [
        ("resample", Resampler(sampling_rate_hz=sampling_rate_hz, channels=names))
    ]
    if name in _NETS:
        steps.append(("scale", ChannelScaler(channel_names=names)))
    if fixed_length is not None:
        steps.append(("length", FixedLength(n_timesteps=fixed_length)))
    return Pipeline([*steps, ("classify", classifier)])


def grid_for(name: str, pipeline: Pipeline, budget: str) -> list[dict[str, list[Any]]]:
    """Return the grid that a search goes through for a pipeline of the study.

    The nets' five hyperparameters go through their values one at a time, from the
    defaults: all combinations would cost some forty times as much.

    Parameters
    ----------
    name : {"rf", "svm", "cnn", "gru", "cnn-gru"}
        The model.
    pipeline : Pipeline
        What :func:`make_pipeline_for` returned for it.
    budget : {"quick", "full"}
        ``"quick"`` leaves a point or two, and few epochs.

    Returns
    -------
    grid : list of dict
        As :class:`sklearn.model_selection.GridSearchCV` takes it.

    Examples
    --------
    >>> from sk_imu.study import grid_for, make_pipeline_for
    >>> grid_for("svm", make_pipeline_for("svm"), "quick")
    [{'classify__estimator__estimator__svc__C': [1.0, 10.0]}]
    """
    leaf = {"rf": "forest__max_features", "svm": "svc__C"}.get(name, "max_epochs")
    key = next(key for key in pipeline.get_params() if key.endswith("__" + leaf))
    prefix = key.removesuffix(leaf)
    return [
        {prefix + parameter: values for parameter, values in point.items()}
        for point in _points(name, budget)
    ]


def _points(name: str, budget: str) -> list[dict[str, list[Any]]]:
    quick = budget == "quick"
    if name == "rf":
        if quick:
            return [{"forest__max_features": ["sqrt"]}]
        return [{"forest__max_features": ["sqrt", 0.3], "forest__min_samples_leaf": [1, 3]}]
    if name == "svm":
        if quick:
            return [{"svc__C": [1.0, 10.0]}]
        return [{"svc__C": [1.0, 10.0, 100.0], "svc__gamma": ["scale", 0.003]}]
    n_epochs = 5 if quick else 15
    start: dict[str, list[Any]] = {"max_epochs": [n_epochs]}
    varied: list[dict[str, list[Any]]] = []
    if name != "gru":
        varied.append({"kernel_size": [9]})
    if not quick:
        if name != "gru":
            varied.append({"pooling": ["average"]})
        varied += [{"lr": [0.005]}, {"batch_size": [32]}, {"max_epochs": [8]}]
    elif name == "gru":
        varied.append({"lr": [0.005]})
    return [start, *({**start, **point} for point in varied)]
