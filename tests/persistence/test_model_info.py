"""What a model file says of its model: facts in words, and its card."""

import json
import zipfile
from dataclasses import replace

import pytest
from made_sets import make_sets

from sk_imu import ExerciseClassifier, __version__
from sk_imu.persistence import load_model, model_info, save_model

CARD = "---\nlibrary_name: sk_imu\n---\n\n# A card | 深蹲 ±\n"


@pytest.fixture(scope="module")
def sets():
    return make_sets(n_subjects=4)


@pytest.fixture(scope="module")
def fitted(sets):
    labels = [one.label for one in sets]
    clf = ExerciseClassifier("svm", unknown=True, calibration="temperature")
    return clf.fit(sets, labels)


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path, parts):
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


def test_facts_of_a_model(fitted, sets, tmp_path):
    path = tmp_path / "model.skops"
    save_model(fitted, path, card=CARD)
    info = model_info(path)
    assert info["model"] == "ExerciseClassifier('svm')"
    assert info["exercises"] == "lunge, squat"
    assert info["channels"] == "TotalAcceleration x, y, z (m/s²); Gyroscope x, y, z (rad/s)"
    assert (info["rate"], info["window"]) == ("25 Hz", "4 s")
    assert info["wear"] == "fixed, always the same way"
    assert fitted.unknown_detector_.summary(names=False) in info["unknown"]
    assert f"temperature of {fitted.temperature_:.3g}" in info["calibration"]
    assert info["versions"].startswith(f"sk_imu {__version__}, numpy ")
    assert info["card"] == CARD.rstrip("\n")
    # A card changes no answer, and anybody can read it.
    assert (load_model(path).predict(sets) == fitted.predict(sets)).all()
    assert parts_of(path)["card.md"].decode() == CARD


def test_people_are_not_named(sets, tmp_path):
    people = ["Adelheid", "Bertram", "Cunigunde", "Dietlind"]
    named = [replace(one, subject=people[one.subject]) for one in sets]
    clf = ExerciseClassifier("svm", unknown=True).fit(named, [one.label for one in sets])
    assert any(person in clf.unknown_detector_.summary() for person in people)
    save_model(clf, tmp_path / "model.skops")
    text = str(model_info(tmp_path / "model.skops"))
    assert "of those of one person, the most of 4 people" in text
    assert not any(person in text for person in people)


def test_a_model_without_any(sets, tmp_path):
    path = tmp_path / "model.skops"
    clf = ExerciseClassifier("svm").fit(sets, [one.label for one in sets])
    save_model(clf, path)
    info = model_info(path)
    assert "card" not in info
    assert info["unknown"].startswith("never answered")
    assert info["calibration"].startswith("none")
    # A file from before versions were kept.
    parts = parts_of(path)
    del parts["versions.json"]
    write(path, parts)
    assert "versions" not in model_info(path)
    save_model(clf.pipeline_[-1], path)
    assert set(model_info(path)) >= {"model", "exercises", "window"}
    save_model(clf.pipeline_[:-1], path)  # no classifier
    assert list(model_info(path)) == ["model", "channels", "rate", "versions"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("card.md", b"x" * 100_001, "a card.md of 100,001 bytes; 100,000 are allowed"),
        ("card.md", b"\xff", "card.md that is not UTF-8"),
        ("versions.json", b"{", "versions.json that is not JSON"),
        ("versions.json", b"[" * 90_000, "versions.json that is not JSON"),
        ("versions.json", b"[]", "versions.json without names"),
    ],
)
def test_damaged_words_are_refused_and_the_model_is_not(
    fitted, tmp_path, name, content, message
):
    path = tmp_path / "model.skops"
    save_model(fitted, path)
    write(path, {**parts_of(path), name: content})
    with pytest.raises(ValueError, match=f"model.skops: .*{message}"):
        model_info(path)
    assert load_model(path).classes_.tolist() == ["lunge", "squat"]


def test_too_long_a_card_writes_no_file(fitted, tmp_path):
    path = tmp_path / "model.skops"
    with pytest.raises(ValueError, match=r"model\.skops: .*100,000 are allowed"):
        save_model(fitted, path, card="x" * 100_001)
    assert not path.exists()


def test_nothing_that_a_terminal_obeys(sets, tmp_path):
    path = tmp_path / "model.skops"
    labels = [one.label.replace("l", "\x1b[2J") for one in sets]
    fitted = ExerciseClassifier("svm").fit(sets, labels)
    save_model(fitted, path, card="a\x1b[31m\nb\x9b\x07")
    write(path, {**parts_of(path), "versions.json": json.dumps({"n\x1b": "1\x1b"})})
    info = model_info(path)
    assert info["exercises"] == "\\x1b[2Junge, squat"
    assert info["card"] == "a\\x1b[31m\nb\\x9b\\x07"
    assert info["versions"] == "n\\x1b 1\\x1b"
    assert all(c.isprintable() or c == "\n" for text in info.values() for c in text)
