"""The page of the model that the service hands to a phone, which then needs it no more."""

import os
import shutil
import threading
import time
from pathlib import Path

import pytest
from driven_browser import Browser
from emulated_phone import EmulatedPhone
from running_server import TOKEN, RunningServer
from web_runtime import runtime_of_page

from sk_imu import ExerciseClassifier
from sk_imu.datasets import make_exercise_recordings
from sk_imu.export._web._runtime import cache_folder, runtime_files
from sk_imu.persistence import save_model
from sk_imu.server import create_app, create_collect_app


def test_without_a_model_file_there_is_no_page(model, tmp_path):
    with RunningServer(model, tmp_path / "live.db") as server:
        status, _, said = server.ask("GET", "/alone/")
        assert (status, b"be made of a file of `sk-imu fit`" in said) == (404, True)
        for page in ("/", "/phone"):
            assert b"alone/" not in server.ask("GET", page)[2]
    app = create_collect_app(tmp_path / "sets", token=TOKEN)
    with RunningServer(app=app) as server:
        status, _, said = server.ask("GET", "/alone/")
        assert (status, b"There is no model yet" in said) == (404, True)
        assert server.ask("GET", "/alone/", token=None)[0] == 401
        for page in ("/", "/phone"):
            assert b"alone/" in server.ask("GET", page)[2]


@pytest.fixture
def file(model, tmp_path, monkeypatch):
    """Return the model's file, with a runtime that need not be downloaded."""
    runtime = runtime_files(runtime_of_page())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cache_folder().mkdir(parents=True)
    for name, content in runtime.items():
        (cache_folder() / name).write_bytes(content)
    save_model(model, tmp_path / "model.skops")
    return tmp_path / "model.skops"


@pytest.mark.slow
def test_what_cannot_be_exported_is_said(model, tmp_path):
    save_model(model, tmp_path / "model.skops")
    (tmp_path / "model.skops").write_bytes(b"no model")
    app = create_collect_app(tmp_path / "sets", token=TOKEN)
    app.state.alone_page.model = tmp_path / "model.skops"
    with RunningServer(app=app) as server:
        status, _, said = server.ask("GET", "/alone/", timeout_s=120)
        assert (status, b"model.skops" in said) == (422, True)


@pytest.mark.slow
def test_only_files_of_the_page_are_given(file, tmp_path):
    app = create_app(file, database=f"sqlite:///{tmp_path / 'live.db'}", token=TOKEN)
    with RunningServer(app=app) as server:
        assert server.ask("GET", "/alone")[0] == 307
        status, headers, text = server.ask("GET", "/alone/", timeout_s=300)
        assert (status, b"Exercise recognition" in text) == (200, True)
        assert "'wasm-unsafe-eval'" in headers["content-security-policy"]
        for path in ("../model.skops", "%2e%2e/model.skops", "/etc/passwd", "none.js"):
            assert server.ask("GET", f"/alone/{path}")[0] == 404
        before = server.ask("GET", "/alone/model.onnx")[2]
        made = make_exercise_recordings(2, 1, continuous=False, random_state=0)
        save_model(ExerciseClassifier("svm").fit(made.data, made.target), file)
        os.utime(file, (time.time() + 10,) * 2)  # files of one second may look alike
        assert server.ask("GET", "/alone/model.onnx", timeout_s=300)[2] != before


@pytest.mark.slow
def test_a_page_that_was_removed_is_made_again(file, tmp_path):
    app = create_app(file, database=f"sqlite:///{tmp_path / 'live.db'}", token=TOKEN)
    with RunningServer(app=app) as server:
        assert server.ask("GET", "/alone/", timeout_s=300)[0] == 200
        # As systems do with old temporary files.
        folder = Path(app.state.alone_page._scratch.name)
        shutil.rmtree(folder)
        assert server.ask("GET", "/alone/", timeout_s=300)[0] == 200
    assert not folder.exists()


def test_an_export_ends_with_the_service(model, tmp_path, monkeypatch):
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path / 'begun'}\nexec sleep 600\n")
    program.chmod(0o700)
    save_model(model, tmp_path / "model.skops")
    app = create_collect_app(tmp_path / "sets", token=TOKEN)
    app.state.alone_page.model = tmp_path / "model.skops"
    monkeypatch.setattr("sk_imu.server._alone.sys.executable", str(program))
    with RunningServer(app=app) as server:
        asking = threading.Thread(target=lambda: server.ask("GET", "/alone/"))
        asking.start()
        while not (begun := tmp_path / "begun").is_file() or not begun.read_text().strip():
            time.sleep(0.01)
    asking.join(30)
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text()), 0)
    assert not Path(app.state.alone_page._scratch.name).exists()


@pytest.fixture
def browser(tmp_path):
    (tmp_path / "browser").mkdir()
    browser = Browser(tmp_path / "browser", timeout_s=300)
    yield browser
    browser.close()


@pytest.mark.slow
def test_a_phone_goes_on_when_the_service_has_ended(workouts, file, tmp_path, browser):
    (squats,) = [one for one in workouts.data[:3] if one.label == "squat"]
    phone = EmulatedPhone(browser, squats.between(workouts.bouts[2][0][0], 1e9))
    app = create_app(file, database=f"sqlite:///{tmp_path / 'live.db'}", token=TOKEN)
    with RunningServer(app=app) as server:
        browser.open(f"{server.url}/phone?token={TOKEN}")
        browser.evaluate("document.querySelector('a[href=\"alone/\"]').click()")
        browser.wait("document.documentElement?.dataset.ready")
    browser.evaluate("document.getElementById('live-start').click()")
    phone.move(20)
    assert browser.evaluate("document.getElementById('live-exercise').innerText") == "squat"
    assert int(browser.evaluate("document.getElementById('live-count').innerText")) >= 4
    # Its service is away, and that is all that it misses.
    assert browser.console == []
