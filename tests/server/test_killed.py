"""The command `sk-imu serve`, killed in the middle: nothing acknowledged is lost."""

import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from running_server import messages_from

from sk_imu.persistence import save_model
from sk_imu.streaming import replay

pytestmark = pytest.mark.slow


class Command:
    """The command in a process, until it is killed."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "sk_imu", "serve", "model.skops", "--port", "0"),
                *("--step-seconds", "1"),
            ],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            env={k: v for k, v in os.environ.items() if not k.startswith("COV")}
            | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )
        for line in self.process.stdout:
            if found := re.match(r"Page: +http://127.0.0.1:(\d+)/\?token=(\S+)", line):
                self.port, self.token = int(found[1]), found[2]
                return
        pytest.fail("the command has ended")

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = None if body is None else json.dumps(body).encode()
        connection.request(method, path, body, {"Authorization": f"Bearer {self.token}"})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status == 200, content
        return json.loads(content)

    def wait_for(self, is_so):
        end = time.monotonic() + 120
        while not is_so(session := self.ask("GET", "/api/sessions/1")):
            assert time.monotonic() < end, session
            time.sleep(0.1)
        return session

    def processes(self):
        """Return the process and those that it started."""
        task = Path(f"/proc/{self.process.pid}/task")
        children = [one / "children" for one in task.iterdir()]
        return [int(n) for one in children for n in one.read_text().split()]


def test_nothing_acknowledged_is_lost(model, workouts, tmp_path):
    save_model(model, tmp_path / "model.skops")
    messages = messages_from(workouts.data[0].between(10, 70), seconds=0.5)
    first = Command(tmp_path)
    for message in messages[:40]:
        first.ask("POST", "/data", message)
    first.wait_for(lambda session: session["set"] is not None)
    children = first.processes()
    assert children  # what recognizes is a process of its own
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.communicate()
    second = Command(tmp_path)
    assert second.token == first.token
    try:
        # What recognized ends by itself, and another one begins if it is killed.
        for pid in children:
            end = time.monotonic() + 60
            while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
                time.sleep(0.1)
            assert not Path(f"/proc/{pid}").exists()
        for message in messages[38:80]:
            second.ask("POST", "/data", message)
        second.wait_for(lambda session: session["messages"] == 80)
        recognizes = [
            pid
            for pid in second.processes()
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        for pid in recognizes:
            os.kill(pid, signal.SIGKILL)
        for message in messages[80:]:
            second.ask("POST", "/data", message)
        session = second.wait_for(lambda session: len(session["sets"]) == 2)
    finally:
        second.process.terminate()
        second.process.communicate()
    assert [one["label"] for one in session["sets"]] == [workouts.data[0].label] * 2
    connection = sqlite3.connect(tmp_path / "sk_imu_live.db")
    rows = connection.execute(
        "SELECT message_id, body FROM messages ORDER BY id"
    ).fetchall()
    stored = [json.loads(zlib.decompress(body)) for _, body in rows]
    assert stored == messages
    connection.close()
    assert (tmp_path / "sk_imu_live.db").stat().st_mode & 0o077 == 0


def test_replay_is_taken_by_the_command(model, workouts, tmp_path):
    save_model(model, tmp_path / "model.skops")
    command = Command(tmp_path)
    try:
        part = workouts.data[0].between(10, 25)
        url = f"http://127.0.0.1:{command.port}/data"
        # Faster than the limit of messages: the server makes it wait.
        assert replay(part, url, speed=0, message_seconds=0.01, token=command.token) > 900
        session = command.wait_for(lambda session: session["messages"] > 900)
        assert session["state"] == "live"
        with pytest.raises(OSError, match="message 0: HTTP Error 401"):
            replay(part, url, token="wrong")
    finally:
        command.process.terminate()
        command.process.communicate()
