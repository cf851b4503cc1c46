"""What a study leaves on disk: nothing is lost, and nothing damaged is taken as it is."""

import json
import multiprocessing
import shutil

import numpy as np
import pandas as pd
import pytest
from made_sets import make_noisy_sets

from sk_imu.study import StudyResults, run_study
from sk_imu.study import _saving as saving_module
from sk_imu.study._keeping import keep, read_kept

pytestmark = pytest.mark.usefixtures("without_leak_check")
STUDY = {"models": ["svm"], "protocols": ["b", "c"], "verbose": 0}
SAVED = [
    *("predictions.csv", "windows.csv", "searches.csv", "curves.csv", "timings.csv"),
    *("settings.json", "example.json", "manifest.json"),
]


@pytest.fixture(scope="module")
def sets():
    return make_noisy_sets()


@pytest.fixture(scope="module")
def finished(sets, tmp_path_factory):
    """Return the results of a study and the folder that they are in."""
    out = tmp_path_factory.mktemp("finished")
    return run_study(sets, out=out, **STUDY), out


@pytest.fixture
def out(finished, tmp_path):
    """Return a copy of the folder."""
    shutil.copytree(finished[1], tmp_path / "out")
    return tmp_path / "out"


def damages(good):
    """Return what a kept job may look like after an accident, by what is wrong."""
    rows = good["rows"]
    return {
        "a list": [],
        "null": None,
        "nothing in it": {},
        "no rows": {name: value for name, value in good.items() if name != "rows"},
        "no checksum": {name: v for name, v in good.items() if name != "checksum"},
        "every second row": {**good, "rows": rows[::2]},
        "scores are NaN": {
            **good,
            "rows": [{**row, "scores": [float("nan")] * 2} for row in rows],
        },
        "no such set": {**good, "rows": [{**row, "set": -1} for row in rows]},
        "no such label": {**good, "rows": [{**row, "y_pred": "x"} for row in rows]},
        "a time as text": {**good, "seconds": "long"},
    }


@pytest.mark.parametrize(
    "wrong", [*damages({"rows": []}), "deep nesting", "not UTF-8", "cut"]
)
def test_a_damaged_job_is_run_again_with_a_line(wrong, finished, out, sets, caplog):
    path = out / "folds" / "unseen-sets-00-svm-seed0.json"
    good = path.read_bytes()
    texts = {
        "deep nesting": b"[" * 10**5,
        "not UTF-8": b'{"a": "\xe9"}',
        "cut": good[: len(good) // 2],
    }
    content = texts.get(wrong) or json.dumps(damages(json.loads(good))[wrong]).encode()
    path.write_bytes(content)
    again = run_study(sets, out=out, **STUDY)
    pd.testing.assert_frame_equal(again.predictions, finished[0].predictions)
    (line,) = [text for text in caplog.messages if "run again" in text]
    assert path.name in line
    caplog.clear()
    assert read_kept(path) is not None
    assert not caplog.messages


def test_the_searches_are_read_back_as_they_were_written(finished, out):
    searches = finished[0].searches
    assert searches["cv_score"].notna().all()
    pd.testing.assert_frame_equal(
        StudyResults.load(out).searches, searches, check_dtype=False
    )


def test_a_folder_in_place_of_a_job_is_refused_before_work(out, sets, monkeypatch):
    monkeypatch.setattr("sk_imu.study._running.run_job", None)
    path = out / "folds" / "unseen-sets-00-svm-seed0.json"
    path.unlink()
    path.mkdir()
    with pytest.raises(ValueError, match=r"unseen-sets-00-svm-seed0.json: is a folder"):
        run_study(sets, out=out, **STUDY)


def _keep_often(path):
    for _ in range(200):
        keep(path, {"x": "y" * 20000})


def test_two_runs_keep_jobs_in_one_folder(tmp_path):
    path = tmp_path / "job.json"
    context = multiprocessing.get_context("fork")
    runs = [context.Process(target=_keep_often, args=(path,)) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0, 0]
    assert read_kept(path) == {"x": "y" * 20000}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", SAVED)
def test_results_that_were_cut_are_refused(name, out):
    whole = (out / name).read_bytes()
    for n_bytes in np.linspace(0, len(whole) - 3, 12, dtype=int):
        (out / name).write_bytes(whole[:n_bytes])
        with pytest.raises(ValueError, match=name):
            StudyResults.load(out)
    (out / name).unlink()
    with pytest.raises(ValueError, match=rf"{name}: (is not|cannot be read)"):
        StudyResults.load(out)


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no such.*Run the study again"):
        StudyResults.load(tmp_path / "no such")


def test_files_of_two_runs_are_no_results(out, sets):
    before = (out / "predictions.csv").read_bytes()
    run_study(sets, out=out, **STUDY | {"protocols": ["b"]})
    (out / "predictions.csv").write_bytes(before)
    with pytest.raises(ValueError, match="predictions.csv: is not the file that was saved"):
        StudyResults.load(out)


def test_a_full_disk_leaves_the_results_that_are_there(finished, out, monkeypatch):
    results, _ = finished
    before = {path: path.read_bytes() for path in out.iterdir() if path.is_file()}
    whole = saving_module.replacement
    n_files = 0

    def replacement(path):
        nonlocal n_files
        n_files += 1
        if n_files > 4:
            raise OSError(28, "No space left on device", str(path))
        return whole(path)

    monkeypatch.setattr(saving_module, "replacement", replacement)
    changed = StudyResults(**{**vars(results), "predictions": results.predictions[:-3]})
    with pytest.raises(OSError, match="No space left"):
        changed.save(out)
    assert {path: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_no_change_of_a_byte_is_taken_as_it_is(seed, finished, out, sets, caplog):
    """Fuzz the files: they are refused or run again, or mean the same."""
    results, _ = finished
    rng = np.random.default_rng(seed)
    kept = sorted((out / "folds").iterdir())
    for path in [*(out / name for name in SAVED), *kept] * 12:
        whole = path.read_bytes()
        path.write_bytes(_mutated(whole, rng))
        if path in kept:
            n_lines = len(caplog.messages)
            found = read_kept(path)
            assert found is not None or len(caplog.messages) == n_lines + 1
            path.write_bytes(whole)
            assert found in (None, read_kept(path))
            continue
        try:
            loaded = StudyResults.load(out)
        except ValueError as error:
            assert str(out) in str(error)  # noqa: PT017 - or it loads what was saved
        else:
            assert loaded.settings == results.settings
            for name in ("predictions", "searches", "timings"):
                pd.testing.assert_frame_equal(
                    getattr(loaded, name), getattr(results, name), check_dtype=False
                )
        path.write_bytes(whole)


def _mutated(data, rng):
    """Return data with bytes changed, taken out, put in, repeated or cut."""
    start, end = np.sort(rng.integers(0, len(data), 2))
    kind = rng.integers(5)
    if kind == 0:
        changed = bytearray(data)
        changed[start] ^= 1 << rng.integers(8)
        return bytes(changed)
    if kind == 1:
        return data[:start] + data[end:]
    if kind == 2:
        return data[:start] + rng.bytes(rng.integers(1, 9)) + data[start:]
    if kind == 3:
        return data[:end] + data[start:]
    return data[:start]
