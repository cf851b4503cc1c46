"""Options of a study: checked once, and written down under their names."""

import json
from dataclasses import FrozenInstanceError, fields

import pytest
from made_sets import make_sets

from sk_imu.study import FewShot, StudyConfig, run_study
from sk_imu.study.protocols import Protocol


def test_settings_hold_every_option(tmp_path):
    options = {"models": "svm", "protocols": ["b", FewShot(ks=[0])], "window_seconds": 1.0}
    run_study(make_sets(), out=tmp_path, verbose=0, **options)
    settings = json.loads((tmp_path / "settings.json").read_text("utf-8"))
    assert {option.name for option in fields(StudyConfig)} <= set(settings)
    again = StudyConfig(
        **{option.name: settings[option.name] for option in fields(StudyConfig)}
    )
    assert settings["protocol_calls"] == {"few-shot": "FewShot(ks=[0])"}
    same = again.as_settings() | {"protocol_calls": settings["protocol_calls"]}
    assert same == {name: settings[name] for name in same}
    assert settings["protocols"] == ["unseen-sets", "few-shot"]
    assert settings["wear"] == "fixed"


class Mine(Protocol):
    """A protocol of the user's own, which keeps its parameters under other names."""

    name = "mine"

    def __init__(self, k=2):
        self._k = k


class Shown(Mine):
    """One that keeps them as scikit-learn does."""

    name = "shown"

    def __init__(self, k=2):
        self.k = k


def test_protocols_of_the_users_own_are_written_down_with_their_module():
    config = StudyConfig(protocols=[Mine(), Shown(k=3), "few-shot"])
    assert config.as_settings()["protocol_calls"] == {
        "mine": f"{__name__}.Mine()",
        "shown": f"{__name__}.Shown(k=3)",
    }


def test_options_cannot_change():
    with pytest.raises(FrozenInstanceError):
        StudyConfig().budget = "full"


def test_names_are_put_in_order():
    config = StudyConfig(models=["cnn", "rf", "cnn"], protocols=["c", "a"])
    assert config.models == ("rf", "cnn")
    assert config.as_settings()["protocols"] == ["copied-sets", "unseen-people"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"random_state": [0, 1]}, r"one seed, got \[0, 1\]. Give several as seeds="),
        ({"random_state": 1, "seeds": [2]}, "give one of them"),
        ({"seeds": [0.5]}, "seeds must be different integers"),
        ({"wear": "arm"}, "wear must be None, 'fixed' or 'free', got 'arm'"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        run_study("watch", **options)
