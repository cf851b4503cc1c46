"""How a study runs: its progress and log, and jobs that fail."""

import io
import json
import logging
import re

import numpy as np
import pytest
from made_sets import make_noisy_sets
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from threadpoolctl import threadpool_info, threadpool_limits

from sk_imu import Recording
from sk_imu.cli import main
from sk_imu.report import write_report
from sk_imu.report._sets import sets_of
from sk_imu.study import FoldError, StudyResults, plan_study, run_study
from sk_imu.study import _jobs as jobs_module
from sk_imu.study import _running as running_module
from sk_imu.study._keeping import keep

pytestmark = pytest.mark.usefixtures("without_leak_check")
BOTH = {"models": ["svm"], "protocols": ["b", "c"]}


@pytest.fixture(scope="module")
def sets():
    return make_noisy_sets()


@pytest.fixture
def failing(monkeypatch):
    """Let the jobs on unseen people fail until the patch is undone."""
    as_it_is = running_module.run_job

    def run_job(dataset, job):
        if job.protocol.name == "unseen-people":
            raise ArithmeticError(f"no luck with {job.fold.name}")
        return as_it_is(dataset, job)

    monkeypatch.setattr(running_module, "run_job", run_job)
    return monkeypatch


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_failed_jobs_leave_the_others_to_continue_from(failing, sets, tmp_path, caplog):
    with pytest.raises(FoldError, match="2 of 3 jobs failed.*repeats only") as error:
        run_study(sets, out=tmp_path, verbose=0, **BOTH)
    people = [line for line in str(error.value).splitlines() if "unseen-people" in line]
    assert len(people) == 2
    assert all("ArithmeticError: no luck with subject" in line for line in people)
    assert "Traceback" in caplog.text  # for whoever looks for the cause
    (kept,) = (tmp_path / "folds").iterdir()
    assert kept.name.startswith("unseen-sets")
    before = kept.stat().st_mtime_ns
    failing.undo()
    assert len(run_study(sets, out=tmp_path, verbose=0, **BOTH).timings) == 3
    assert kept.stat().st_mtime_ns == before


@pytest.mark.parametrize("n_threads", [1, 2])
def test_jobs_run_on_one_blas_thread_whatever_the_process_has(n_threads, sets, monkeypatch):
    found = []
    predict = jobs_module._predictions

    def predictions(*arguments):
        pools = threadpool_info()
        found.extend(p["num_threads"] for p in pools if p["user_api"] == "blas")
        return predict(*arguments)

    monkeypatch.setattr(jobs_module, "_predictions", predictions)
    with threadpool_limits(n_threads, "blas"):
        run_study(sets, models=["svm"], protocols=["b"], verbose=0)
        after = [p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"]
    assert set(found) == {1}
    assert set(after) == {n_threads}


def test_the_log_has_a_line_per_job(sets, tmp_path, caplog):
    with caplog.at_level(logging.INFO, logger="sk_imu.study"):
        results = run_study(sets, out=tmp_path, verbose=0, **BOTH)
        first = [record.getMessage() for record in caplog.records]
        caplog.clear()
        run_study(sets, out=tmp_path, verbose=0, **BOTH)
    assert first[0] == "3 jobs, 0 kept from earlier"
    assert [line[:10] for line in first[1:-1]] == [f"{n}/3 jobs: " for n in (1, 2, 3)]
    assert first[-2].endswith("about 00:00 left")
    assert "3 of 3 jobs done, 0 failed" in first[-1]
    score = results.table().loc[("unseen-sets", "svm", "test"), "f1_macro"]
    (line,) = (line for line in first if "unseen-sets" in line)
    assert f"unseen-sets svm, 80/20: F1 {score:.3f} in " in line
    again = [record.getMessage() for record in caplog.records]
    assert again[0] == "3 jobs, 3 kept from earlier"
    assert len(again) == 2


def test_a_terminal_gets_the_scores_so_far(sets, monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setattr("sys.stderr", screen)
    results = run_study(sets, **BOTH)
    score = results.table()["f1_macro"].xs("test", level="part").droplevel("model")
    shown = screen.getvalue()
    assert re.search(r"unseen-people +0/2 -", shown)
    assert re.search(rf"unseen-people +2/2 {score['unseen-people']:.3f}", shown)
    assert re.search(rf"unseen-sets +1/1 {score['unseen-sets']:.3f}", shown)
    assert "3/3 jobs" in shown


def test_a_file_gets_the_bar_only(sets, capsys):
    run_study(sets, **BOTH)
    shown = capsys.readouterr()
    assert "3/3 jobs" in shown.err
    assert "unseen-people" not in shown.err
    assert shown.out == ""


def test_a_run_without_progress_says_nothing(sets, capsys):
    run_study(sets, verbose=0, **BOTH)
    assert capsys.readouterr() == ("", "")


STUDY = ["study", "--data", "basic-motions", "--models", "svm", "--protocols", "b"]


def test_a_command_s_log_has_time_stamps_and_a_second_run_goes_on_in_it(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("sk_imu.report.write_report", lambda results, out: ["page"])
    command = [*STUDY, "--quiet", "--jobs", "1", "--out", str(tmp_path / "out")]
    command += ["--log", str(tmp_path / "log.txt")]
    assert main(command) == main(command) == 0
    lines = (tmp_path / "log.txt").read_text("utf-8").splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S", line) for line in lines)
    assert [line[20:] for line in lines if "kept" in line] == [
        "1 jobs, 0 kept from earlier",
        "1 jobs, 1 kept from earlier",
    ]
    assert capsys.readouterr().err == ""
    assert not logging.getLogger("sk_imu.study").handlers


def test_a_command_whose_jobs_fail_has_its_own_exit_code(monkeypatch, tmp_path, capsys):
    def fail(dataset, job):
        raise ArithmeticError("no luck")

    monkeypatch.setattr(running_module, "run_job", fail)
    log = tmp_path / "log.txt"
    command = [*STUDY, "--quiet", "--jobs", "1", "--out", str(tmp_path), "--log", str(log)]
    assert main(command) == 3
    shown = capsys.readouterr().err
    assert shown.startswith("sk-imu: 1 of 1 jobs failed.")
    assert "Traceback" not in shown
    assert "Traceback" in log.read_text("utf-8")


def test_a_plan_is_what_the_run_then_does(sets, tmp_path):
    options = {"models": ["rf", "svm"], "protocols": ["b", "c"]}
    plan = plan_study(sets, out=tmp_path, **options)
    assert not any(tmp_path.iterdir())
    assert not plan.attrs["measured"]
    assert plan["folds"].tolist() == [1, 1, 2, 2]
    assert plan["kept"].tolist() == [0, 0, 0, 0]
    run_study(sets, out=tmp_path, verbose=0, **options)
    again = plan_study(sets, out=tmp_path, **options)
    assert again["kept"].tolist() == again["folds"].tolist() == plan["folds"].tolist()
    assert again[["fits", "seconds"]].to_numpy().sum() == 0
    # Nothing of another seed is kept, but its time is estimated from what is.
    for path in (tmp_path / "folds").iterdir():
        fold = json.loads(path.read_text("utf-8"))
        rate = {"rf": 3, "svm": 5}[fold["model"]]
        del fold["checksum"]
        keep(path, fold | {"seconds": rate * fold["cost"]})
    other = plan_study(sets, out=tmp_path, random_state=1, **options)
    assert other.attrs["measured"]
    assert other["kept"].sum() == 0
    assert other["fits"].tolist() == plan["fits"].tolist()
    ratio = (other["seconds"] / plan["seconds"]).to_numpy()
    assert_allclose(ratio / ratio[0], [1, 5 / 3, 1, 5 / 3])


def test_a_plan_refuses_what_the_run_would(sets):
    with pytest.raises(ValueError, match="no model 'lstm'"):
        plan_study(sets, models=["lstm"])
    with pytest.raises(TypeError, match="model"):
        plan_study(sets, model="svm")


def test_a_dry_run_fits_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(running_module, "run_job", None)
    assert main([*STUDY, "--dry-run", "--jobs", "1", "--out", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    assert "1 jobs, 0 of them kept" in shown
    assert "minutes with 1 at once (a rough guess" in shown
    assert not (tmp_path / "out").exists()


def test_help_lists_the_exit_codes(capsys):
    with pytest.raises(SystemExit) as end:
        main(["study", "--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert re.search(r"0 success, 1 .*, 2 .*, 3 .*, 130 ", " ".join(shown.split()))


@pytest.mark.slow
def test_sets_are_described_where_asked_for(tmp_path):
    rng = np.random.default_rng(0)
    t = np.arange(0, 20, 0.02)
    sets = [
        Recording.from_array(
            np.sin(2 * np.pi * t / period_s) * np.array([[2.0], [1.0], [0.5]])
            + rng.normal(0, 0.5, (3, len(t))),
            sampling_rate_hz=50,
            channel_names=[f"Gyroscope_{axis}" for axis in "xyz"],
            label=label,
            subject=str(subject),
            side=("left", None)[subject % 2],
        )
        for subject in range(4)
        for label, period_s in {"fast": 1.0, "slow": 2.0}.items()
    ]
    options = {"models": ["svm"], "protocols": ["c"], "set_quality": True, "verbose": 0}
    results = run_study(sets, out=tmp_path, **options)
    saved = StudyResults.load(tmp_path)
    assert_frame_equal(saved.sets, results.sets, check_dtype=False)
    found = saved.sets
    assert found["y_true"].tolist() == ["fast", "slow"] * 4
    assert found["repetitions"].to_numpy() == pytest.approx([20, 10] * 4, abs=1)
    assert found["tempo_s"].to_numpy() == pytest.approx([1.0, 2.0] * 4, rel=0.2)
    (left, unknown) = sets_of(saved).bodies
    assert (left[0], unknown[0]) == ("Left", "Side unknown")
    assert [row[:4] for row in left[1]] == [
        ["fast", "2", "20", *{f"{n:.1f}" for n in found["repetitions"][::2]}],
        ["slow", "2", "20", *{f"{n:.1f}" for n in found["repetitions"][1::2]}],
    ]
    page = write_report(saved, tmp_path)[0].read_text()
    assert "Median set of each exercise" in page
    assert "--set-quality" in page or "set_quality=True" in page
