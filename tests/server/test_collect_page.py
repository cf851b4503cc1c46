"""The page /collect in a browser, from a phone that sends to a model that is live."""

import threading
import time

import pytest
from driven_browser import Browser
from running_server import TOKEN, RunningServer

from sk_imu import read_recordings
from sk_imu.cli import main
from sk_imu.datasets import make_exercise_recordings
from sk_imu.server import create_collect_app
from sk_imu.server._collect import SetFolder
from sk_imu.server._collect._training import Training
from sk_imu.streaming._replay import messages_of

pytestmark = pytest.mark.slow


class Phone:
    """A phone that sends a recording in real time, again and again, in a thread."""

    def __init__(self, server, recording):
        self._server, self._recording = server, recording
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join()

    def _send(self):
        # Its clock is two minutes slow, as a phone's may be.
        start_ns = time.time_ns() - 120 * 10**9
        begun_s = time.monotonic()
        for i, (due_s, payload) in enumerate(
            messages_of(self._recording, message_seconds=0.25, start_ns=start_ns)
        ):
            if self._stopped.wait(max(begun_s + due_s - time.monotonic(), 0)):
                return
            message = {
                "messageId": i,
                "sessionId": "s",
                "deviceId": "android-1234",
                "platform": "android",
                "motion": {"doubts": ["UNDECIDED: the axes."]},
                "payload": payload,
            }
            assert self._server.push(message) == 200


def test_a_fit_that_fails_says_why_and_the_model_stays(tmp_path):
    out = tmp_path / "model.skops"
    out.write_bytes(b"as before")
    training = Training(tmp_path, out, when_done=pytest.fail)
    assert training.start("rf")
    assert not training.start("rf")
    states = [training.state["state"]]
    training.join()
    assert [*states, training.state["state"]] == ["running", "failed"]
    assert "no recording in it" in training.state["error"]
    assert training.report is None
    assert out.read_bytes() == b"as before"
    assert [path.name for path in tmp_path.iterdir()] == ["model.skops"]


def wait(browser, name, expression):
    browser.wait(expression.format(f"document.getElementById('{name}')"))


def click(browser, name):
    browser.evaluate(f"document.getElementById('{name}').click()")


def fill(browser, **values):
    for name, value in values.items():
        browser.evaluate(f"document.forms[0].elements.{name}.value = '{value}'")


def text(browser, name):
    return browser.evaluate(f"document.getElementById('{name}').textContent")


def test_from_a_phone_to_a_model_that_is_live(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9")
    made = make_exercise_recordings(
        3, 1, ["lunge", "squat"], continuous=False, random_state=0
    )
    folder = SetFolder(tmp_path / "sets")
    for one in made.data[:4]:
        person = f"P{one.subject}"
        folder.keep(one, subject=person, exercise=one.label, placement="waist")
    (squat,) = [one for one in made.data[4:] if one.label == "squat"]
    app = create_collect_app(folder.path, token=TOKEN)
    browser = Browser(tmp_path, timeout_s=240)
    with RunningServer(app=app) as server, Phone(server, squat):
        browser.open(f"{server.url}/collect?token={TOKEN}")
        browser.wait("document.querySelector('#phones input') !== null")
        assert "UNDECIDED: the axes." in text(browser, "phones")
        assert browser.console == []
        fill(browser, subject="../etc", exercise="squat", countdown="0")
        click(browser, "start")
        wait(browser, "trouble", "!{}.hidden")
        assert "person: '../etc' has '.' '/'" in text(browser, "trouble")
        # It ends by itself; nobody waits for the shortest time that can be chosen.
        options = "document.forms[0].elements.stop_after.options"
        browser.evaluate(f"{options}[1].value = '6'")
        fill(browser, subject="Eve", stop_after="6")
        click(browser, "start")
        wait(browser, "clock", "parseInt({}.textContent) >= 1")
        assert browser.evaluate("document.activeElement.id") == "stop"
        wait(browser, "review", "!{}.hidden")
        assert browser.evaluate("document.activeElement.id") == "review-title"
        assert text(browser, "review-warnings") == "UNDECIDED: the axes."
        click(browser, "keep")
        wait(browser, "said", "{}.textContent.startsWith('Kept as Eve/')")
        click(browser, "train")
        wait(browser, "step", "{}.textContent.includes('live now')")
        # Without a network, the page cannot be made the first time.
        wait(browser, "saving", "!{}.hidden")
        click(browser, "save-page")
        wait(browser, "trouble", "{}.textContent.includes('cannot be downloaded')")
        assert browser.evaluate("!document.getElementById('save-page').disabled")
        status, headers, saved = server.ask("GET", "/collect/model.skops")
        assert (status, saved) == (200, (folder.path / "model.skops").read_bytes())
        assert 'filename="model.skops"' in headers["content-disposition"]
        score = "of the sets of a new person are right: the mean over 3 people"
        assert score in text(browser, "says")
        assert server.service.live.templates.classes == ["lunge", "squat"]
        assert server.service.limits.replayed_seconds == 30
    browser.close()
    (eve,) = [one for one in read_recordings(folder.path) if one.subject == "Eve"]
    assert eve.label == "squat"
    assert 5.5 < eve.duration_s < 6.5
    # The commands read what the pages have written.
    assert main(["info", str(folder.path / "model.skops")]) == 0
    study = ["study", "--data", str(folder.path), "--budget", "plain", "--dry-run"]
    assert main(study) == 0
