"""The options of a study: default, check and help of each, declared once."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from numbers import Integral
from typing import Any

#: Short names of the three protocols that a run takes by default.
LETTERS = {"a": "copied-sets", "b": "unseen-sets", "c": "unseen-people"}


def _models(given: Sequence[Any]) -> tuple[Any, ...]:
    """Return the models in the order of the tables, the user's own after ours."""
    # Imported here because the command line reads the options without loading torch.
    from ..pipelines import MODELS

    given = [given] if isinstance(given, str) else list(given)
    own = [model for model in given if not isinstance(model, str)]
    names = [_name_of_own(model, MODELS) for model in own]
    if len(set(names)) < len(names):
        raise ValueError(f"Models of your own need different names, got {names}.")
    ours = [model for model in given if isinstance(model, str)]
    return (*(_known(ours, MODELS, "model") if ours or not own else ()), *own)


def _name_of_own(model: Any, taken: Sequence[str]) -> str:
    """Return the name of a model of the user's own, which is a name and a pipeline."""
    from sklearn.pipeline import Pipeline

    is_pair = isinstance(model, tuple) and len(model) == 2
    if not is_pair or not (isinstance(model[0], str) and isinstance(model[1], Pipeline)):
        raise ValueError(
            "A model of your own is a name and a Pipeline that takes recordings, such as "
            f"('mine', make_pipeline(...)), got {model!r}."
        )
    name, pipeline = model
    if not name.strip() or not name.isprintable() or name in taken:
        raise ValueError(f"A model of your own needs another name than {name!r}.")
    if not any(hasattr(pipeline, m) for m in ("predict_proba", "decision_function")):
        raise ValueError(
            f"{name}: the last step has neither predict_proba nor decision_function, and "
            "the study saves scores of all classes."
        )
    return str(name)


def text_of(value: Any) -> str:
    """Return an estimator or its parameters as text, the same in every process."""
    # scikit-learn cuts a long text, and a function has its address in it.
    is_estimator = hasattr(value, "get_params")
    text = value.__repr__(N_CHAR_MAX=10**6) if is_estimator else repr(value)
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def _protocols(given: Sequence[Any]) -> tuple[Any, ...]:
    """Return the protocols as objects, in the order of the tables."""
    from .protocols import PROTOCOLS

    chosen = {}
    for one in [given] if isinstance(given, str) else given:
        if isinstance(one, str):
            (name,) = _known([LETTERS.get(one, one)], tuple(PROTOCOLS), "protocol")
            one = PROTOCOLS[name]
        # If two have the same name, the last one counts, because tables go by names.
        chosen[one.name] = one
    if not chosen:
        _known([], tuple(PROTOCOLS), "protocol")  # raises the error
    # Those of the user's own come after ours.
    return tuple(
        chosen[name] for name in dict.fromkeys([*PROTOCOLS, *chosen]) if name in chosen
    )


def _call_of(protocol: Any) -> str:
    """Return the call that makes a protocol, with the module of one of the user's own."""
    module = type(protocol).__module__
    return repr(protocol) if module.startswith("sk_imu.") else f"{module}.{protocol!r}"


def _known(names: Sequence[str], known: Sequence[str], what: str) -> tuple[str, ...]:
    """Return the names in the known order, each once."""
    if isinstance(names, str):
        names = [names]
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        wrong = f"There is no {what} {unknown[0]!r}" if unknown else f"No {what} is named"
        raise ValueError(f"{wrong}. Choose from {', '.join(known)}.")
    return tuple(name for name in known if name in names)


def _budget(given: str) -> str:
    if given not in ("quick", "plain", "full"):
        raise ValueError(f"budget must be 'quick', 'plain' or 'full', got {given!r}.")
    return given


def _wear(given: str | None) -> str | None:
    if given not in (None, "fixed", "free"):
        raise ValueError(f"wear must be None, 'fixed' or 'free', got {given!r}.")
    return given


def _seeds(given: Sequence[int]) -> tuple[int, ...]:
    # numpy.random.RandomState takes no others, so that each job would fail with them.
    usable = all(isinstance(seed, Integral) and 0 <= seed < 2**32 for seed in given)
    if not usable or not 0 < len(given) == len(set(given)):
        raise ValueError(
            f"seeds must be different integers from 0 to 2**32 - 1, got {given!r}."
        )
    return tuple(map(int, given))  # JSON has no integers of numpy


def _window_seconds(given: float | str) -> float | str:
    # Checked before the run, because each job would fail with it.
    if given == "auto" or (not isinstance(given, str) and 0 < given < math.inf):
        return given
    raise ValueError(f"window_seconds must be a positive number or 'auto', got {given!r}.")


def window_text(window_seconds: float | str) -> str:
    """Return the length of windows as tables and sentences have it."""
    if isinstance(window_seconds, str):
        return "two repetitions (4 to 8 s)"
    return f"{window_seconds:g} s"


def shortest_window_s(window_seconds: float | str) -> float:
    """Return the length of the shortest windows that a study may have."""
    from ..meta import LEAST_SECONDS  # here for the same reason

    return LEAST_SECONDS if isinstance(window_seconds, str) else window_seconds


def _seconds_or_auto(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text  # "auto", or what the check refuses


def _fixed_length(given: int | None) -> int | None:
    if given is not None and given < 2:
        raise ValueError(f"fixed_length must be None or at least 2, got {given}.")
    return given


def _option(
    default: Any, text: str, check: Callable[[Any], Any] | None = None, **argument: Any
) -> Any:
    """Return an option with its check and its command line argument."""
    metadata = {"check": check, "argument": {"help": text, **argument}}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class StudyConfig:
    """What a study runs: all options that its results depend on, checked.

    :func:`run_study` documents them. ``settings.json`` holds them under the same names.
    """

    data: Any = _option(
        "watch",
        "data set by name, or a folder of recordings; of several, only the labels and "
        "channels that they share are used (default: watch)",
        nargs="+",
        metavar="watch|basic-motions|PATH",
    )
    models: Sequence[Any] = _option(
        ("rf", "svm", "cnn", "gru", "cnn-gru"),
        "rf svm cnn gru cnn-gru minirocket cnn-gru-small cnn-gru-large (default: the first "
        "five)",
        _models,
        nargs="+",
        metavar="MODEL",
    )
    protocols: Sequence[Any] = _option(
        tuple(LETTERS.values()),
        "copied-sets (a), unseen-sets (b), unseen-people (c), unseen-sessions, "
        "unseen-placement, unseen-side, unseen-dataset, few-shot (default: the first "
        "three)",
        _protocols,
        nargs="+",
        metavar="PROTOCOL",
    )
    budget: str = _option(
        "quick",
        "quick has fewer folds, grid points and epochs; plain has all folds and no "
        "search; full has all folds and the whole search (default: quick)",
        _budget,
        choices=("quick", "plain", "full"),
    )
    seeds: Sequence[int] = _option(
        (0,),
        "random seed; several seeds run the study several times, and the report has "
        "the deviation over seeds (default: 0)",
        _seeds,
        nargs="+",
        type=int,
        metavar="N",
    )
    channels: Sequence[str] | None = _option(
        None,
        "sensors or channels to train on (default: total acceleration and gyroscope, "
        "if all recordings have them)",
        nargs="+",
        metavar="NAME",
    )
    wear: str | None = _option(
        None,
        "fixed if the device is always worn the same way, free if not (default: "
        "taken from the placements of the recordings)",
        _wear,
        choices=("fixed", "free"),
    )
    sampling_rate_hz: float = _option(
        25.0,
        "sampling rate of all channels after resampling (default: 25)",
        type=float,
        metavar="HZ",
    )
    window_seconds: float | str = _option(
        "auto",
        "length of the windows that vote on a set; auto takes two repetitions of the "
        "training sets, from 4 to 8 seconds (default: auto)",
        _window_seconds,
        type=_seconds_or_auto,
        metavar="S",
    )
    fixed_length: int | None = _option(
        None,
        "stretch each set to N timesteps, as Zhang et al. (2024) do, instead of "
        "cutting windows",
        _fixed_length,
        type=int,
        metavar="N",
    )
    pattern: str | None = _option(
        None,
        "pattern of the recordings' paths in a folder, such as '{subject}/{label}' "
        "(default: folder/subject/label/recording or folder/label/recording)",
        metavar="PATTERN",
    )
    platform: str | None = _option(
        None,
        "platform of the phones, where their files do not name it and warnings say "
        "UNDECIDED",
        choices=("ios", "android"),
    )
    device: str | None = _option(
        None,
        "whose sensors are read from recordings of phone and watch (default: phone)",
        choices=("phone", "watch"),
    )
    set_quality: bool = _option(
        False,
        "count the repetitions of each set, and describe in the report how the sets of "
        "each exercise were done",
        action="store_true",
    )
    # Its argument is shared with the other commands that read recordings.
    segment: bool = True

    def __post_init__(self) -> None:
        for option in fields(self):
            check = option.metadata.get("check")
            if check is not None:
                value = check(getattr(self, option.name))
                object.__setattr__(self, option.name, value)

    @property
    def reading(self) -> dict[str, Any]:
        """The given options of :func:`~sk_imu.readers.read_recordings`."""
        given = {name: getattr(self, name) for name in ("pattern", "platform", "device")}
        return {name: value for name, value in given.items() if value is not None}

    @classmethod
    def of(
        cls, *, random_state: int = 0, seeds: Sequence[int] | None = None, **options: Any
    ) -> "StudyConfig":
        """Return the configuration of a call, which gives one seed or several."""
        if not isinstance(random_state, Integral):
            raise ValueError(
                f"random_state is one seed, got {random_state!r}. Give several as seeds=."
            )
        # 0 is the default, which cannot be distinguished from one that was given.
        if seeds is not None and random_state != 0:
            raise ValueError(
                "random_state is one seed, seeds are several: give one of them."
            )
        return cls(seeds=[random_state] if seeds is None else seeds, **options)

    def as_settings(self) -> dict[str, Any]:
        """Return the options as JSON can hold them, models and protocols by their names.

        ``protocol_calls`` has those whose parameters are not the defaults, and those of
        the user's own, with their module; ``pipelines`` the models of the user's own.
        """
        settings = {option.name: getattr(self, option.name) for option in fields(self)}
        own = dict(model for model in self.models if not isinstance(model, str))
        ours = [model for model in self.models if isinstance(model, str)]
        settings["models"] = [*ours, *own]
        settings["pipelines"] = {name: text_of(model) for name, model in own.items()}
        settings["protocols"] = [protocol.name for protocol in self.protocols]
        calls = {protocol.name: _call_of(protocol) for protocol in self.protocols}
        settings["protocol_calls"] = {
            name: call
            for name, call in calls.items()
            if "." in call.partition("(")[0] or not call.endswith("()")
        }
        return {
            # As JSON gives them back, so that saved settings equal new ones.
            name: list(value) if isinstance(value, tuple) else value
            for name, value in settings.items()
        }
