"""A set from start to keep, what is said of it at once, and of the whole collection."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from made_sets import make_sets
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_imu import (
    ExerciseClassifier,
    Recording,
    SensorStream,
    SummaryFeatures,
    read_recordings,
)
from sk_imu.datasets import make_exercise_recordings
from sk_imu.server._collect import SetFolder
from sk_imu.server._collect._advice import advice_on
from sk_imu.server._collect._folder import KeptSet
from sk_imu.server._collect._review import review_of
from sk_imu.server._collect._score import HonestScore
from sk_imu.server._collect._takes import Takes

EPOCH_NS = 1_764_306_000_000_000_000


class Phone:
    """A phone whose clock stands where the test puts it."""

    def __init__(self, recording):
        self.whole = recording
        self.seconds = 0.0

    def now_ns(self):
        return EPOCH_NS + round(self.seconds * 1e9)

    def newest_ns(self):
        return self.now_ns()

    def recording(self, start_ns, end_ns):
        return self.whole.between((start_ns - EPOCH_NS) / 1e9, (end_ns - EPOCH_NS) / 1e9)


@pytest.fixture
def clock(monkeypatch):
    """Return the clock of the computer, which the test sets."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


@pytest.fixture(scope="module")
def squats():
    made = make_exercise_recordings(1, 1, ["squat"], continuous=False, random_state=0).data[
        0
    ]
    first_s = made.overlap_s[0]
    streams = {
        name: SensorStream(one.timestamps_s - first_s, one.values, one.axes)
        for name, one in made.streams.items()
    }
    return Recording(streams, epoch_ns=EPOCH_NS)


def test_a_set_is_what_the_phone_felt_between_start_and_stop(tmp_path, squats, clock):
    phone = Phone(squats)
    takes = Takes(SetFolder(tmp_path))
    phone.seconds = 2.0
    take = takes.start(phone, subject=" Ada ", exercise="squat", placement="waist")
    with pytest.raises(ValueError, match="has not ended"):
        takes.keep(take.id)
    clock[0] += 9.0
    stopped = takes.stop(take.id, cut_s=1.0)
    assert takes.stop(take.id) == stopped  # the second click changes nothing
    review = takes.review(stopped)
    assert review["seconds"] == pytest.approx(8.0, abs=0.1)
    assert review["warnings"] == []
    kept = takes.keep(take.id)
    assert (kept.subject, kept.label, kept.placement) == ("Ada", "squat", "waist")
    (read,) = read_recordings(tmp_path)
    span = squats.between(2.0, 10.0).streams["Gyroscope"]
    np.testing.assert_allclose(read.streams["Gyroscope"].values, span.values, rtol=1e-12)
    with pytest.raises(ValueError, match="kept, discarded or forgotten"):
        takes.keep(take.id)


def test_a_set_that_is_kept_twice_at_once_is_written_once(tmp_path, squats, clock):
    takes = Takes(SetFolder(tmp_path))
    take = takes.start(Phone(squats), subject="Ada", exercise="squat", placement="")
    clock[0] += 6.0
    takes.stop(take.id)
    with ThreadPoolExecutor(4) as threads:
        answers = [threads.submit(takes.keep, take.id) for _ in range(4)]
    assert sum(answer.exception() is None for answer in answers) == 1
    assert len(takes.folder.sets) == 1


def test_a_wrong_name_is_refused_before_anything_is_recorded(tmp_path, squats):
    takes = Takes(SetFolder(tmp_path))
    with pytest.raises(ValueError, match="exercise: '../x' has '.' '/'"):
        takes.start(Phone(squats), subject="Ada", exercise="../x", placement="")
    assert list(tmp_path.iterdir()) == []


def test_a_discarded_set_leaves_nothing(tmp_path, squats, clock):
    takes = Takes(SetFolder(tmp_path))
    take = takes.start(Phone(squats), subject="Ada", exercise="squat", placement="")
    clock[0] += 6.0
    takes.stop(take.id)
    takes.discard(take.id)
    assert list(tmp_path.iterdir()) == []


def test_a_set_without_samples_says_so(tmp_path, squats, clock):
    phone = Phone(squats)
    phone.seconds = 5000.0
    takes = Takes(SetFolder(tmp_path))
    take = takes.start(phone, subject="Ada", exercise="squat", placement="")
    clock[0] += 6.0
    review = takes.review(takes.stop(take.id))
    assert review["warnings"][0].startswith("Nothing was recorded: ")
    json.dumps(review)


def test_warnings_come_at_once(squats):
    times = np.arange(40) / 10
    slow = Recording(
        {"TotalAcceleration": SensorStream(times, np.tile([0, 0, 9.8], (40, 1)))}
    )
    review = review_of(slow, asked_s=9.0)
    text = "\n".join(review["warnings"])
    for word in (
        "The set lasts 3.9 s",
        "5.1 of 9.0 s are missing",
        "TotalAcceleration 10 Hz",
        "no gyroscope",
        "TotalAcceleration: values never change",
    ):
        assert word in text
    assert review["repetitions"] == 0
    # Rounded to 0.1 m/s², as by Chromium, half of the values repeat: that is enough.
    rng = np.random.default_rng(0)
    held = np.repeat(rng.normal(size=(300, 3)), 2, axis=0)
    streams = {
        name: SensorStream(np.arange(600) / 60, held + 5)
        for name in ("TotalAcceleration", "Gyroscope")
    }
    assert review_of(Recording(streams), asked_s=10.0)["warnings"] == []
    good = review_of(squats, asked_s=squats.duration_s)
    assert good["warnings"] == []
    assert good["repetitions"] > 4
    json.dumps(good)


# What the people of a collection can show


def fit(sets):
    fast = make_pipeline(SummaryFeatures(), StandardScaler(), LogisticRegression())
    model = ExerciseClassifier(fast, augment=False)
    return model.fit(sets, [one.label for one in sets])


def scored(sets):
    score = HonestScore(sets)
    score.run(fit, lambda *_: None)
    return score, score.report()


def test_people_are_left_out_whole():
    sets = make_sets(3, 2)
    score, report = scored(sets)
    for train, test in score.folds:
        assert not set(score.people[train]) & set(score.people[test])
    assert report["kind"] == "unseen people"
    assert report["n_scored"] == len(sets)
    assert [person for person, _ in report["by_person"]] == ["0", "1", "2"]
    shown = f"{100 * report['score']:.0f} % of the sets of a new person are right"
    assert report["says"][0].startswith(shown)
    assert "rough guess" in report["says"][1]
    json.dumps(report)


def test_one_person_shows_nothing_about_others():
    _, report = scored(make_sets(1, 3))
    assert report["kind"] == "same person"
    assert report["says"][1].startswith(
        "What the model does for anybody else cannot be known"
    )
    _, alone = scored(make_sets(1, 1))
    assert (alone["kind"], alone["score"]) == ("none", None)


def test_an_exercise_of_one_person_is_not_in_the_score():
    sets = [
        one for one in make_sets(2, 2) if not (one.subject == 1 and one.label == "squat")
    ]
    extra = make_sets(2, 1)[2:3]
    sets += [Recording(extra[0].streams, label="jump", subject=0)] * 2
    score = HonestScore(sets)
    tested = {score.labels[i] for _, test in score.folds for i in test}
    # Person 1 did lunges alone: without person 0, there is nothing to choose from.
    assert tested == {"lunge"}
    score.run(fit, lambda *_: None)
    said = score.report()["says"]
    assert "of the 2 sets of 1 are right" in said[0]
    assert said[-1].startswith("6 sets are not in the score")


def test_sets_of_nobody_are_no_person():
    ada, bob = make_sets(2, 2)[:4], make_sets(2, 2)[4:]
    nobody = [replace(one, subject=None) for one in bob]
    _, alone = scored(ada + nobody)
    assert (alone["kind"], alone["by_person"][0][0]) == ("same person", "0")
    score, report = scored(ada + bob + nobody)
    # They may be of the person who is left out.
    assert all(max(*train, *test) < 8 for train, test in score.folds)
    assert (report["n_scored"], len(report["by_person"])) == (8, 2)
    assert report["says"][-1].startswith("4 sets are not in the score: without a person")


def rows(*names):
    return [
        KeptSet(str(i), label=e, subject=s, placement=p)
        for i, (s, e, p) in enumerate(names)
    ]


def test_advice_names_what_is_missing():
    assert advice_on([]) == [
        "Record a first set: choose a person and an exercise, and start."
    ]
    one = "\n".join(advice_on(rows(("Ada", "squat", "wrist"))))
    for word in (
        "at least two exercises",
        "second person",
        "There is no rest",
        "one place (wrist)",
    ):
        assert word in one
    many = [
        (person, label, place)
        for person in "ABCDE"
        for label in ("squat", "lunge", "rest")
        for place in ("wrist", "waist", "wrist")
    ]
    assert advice_on(rows(*many)) == []
    lacking = [row for row in many if row[1:] != ("lunge", "waist")]
    assert advice_on(rows(*lacking))[-1] == "Not in all placements: lunge (waist)."
    report = {"confusions": [{"true": "squat", "predicted": "lunge", "n": 3, "n_sets": 10}]}
    assert advice_on(rows(*many), report) == [
        "“squat” was taken for “lunge” in 3 of 10 sets: record more of both, or make them "
        "one exercise."
    ]
