"""Recordings pushed to a server as the app pushes them."""

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from sk_imu import Recording, SensorStream
from sk_imu.cli import main
from sk_imu.datasets import make_exercise_recordings
from sk_imu.readers import write_sensor_logger
from sk_imu.streaming import replay


@pytest.fixture
def server():
    """Yield the address of a server and the messages that it takes."""
    messages = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            messages.append(json.loads(body))
            self.send_response({"/full": 500, "/moved": 301}.get(self.path, 200))
            if self.path == "/moved":
                self.send_header("Location", "/data")
            self.end_headers()

        def do_GET(self):
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}", messages
        made.shutdown()
        thread.join()


def test_all_samples_arrive_as_the_app_sends_them(server):
    url, messages = server
    recording = make_exercise_recordings(1, 1, continuous=False, random_state=0).data[0]
    n_messages = replay(recording, url + "/data", speed=0, message_seconds=0.5)
    assert n_messages == len(messages)
    assert [one["messageId"] for one in messages] == list(range(n_messages))
    assert len({one["sessionId"] for one in messages}) == 1
    samples = defaultdict(list)
    for message in messages:
        assert np.ptp([one["time"] for one in message["payload"]]) <= 0.5e9
        for one in message["payload"]:
            samples[one["name"]].append(one)
    first_s = min(stream.start_s for stream in recording.streams.values())
    start_ns = min(one["time"] for one in messages[0]["payload"])
    for sensor, stream in recording.streams.items():
        got = samples[sensor.lower()]
        times_s = [(one["time"] - start_ns) / 1e9 + first_s for one in got]
        np.testing.assert_allclose(times_s, stream.timestamps_s, atol=2e-9)
        values = [[one["values"][axis] for axis in stream.axes] for one in got]
        np.testing.assert_array_equal(values, stream.values)


def test_missing_values_are_null_and_samples_without_a_time_left_out(server):
    url, messages = server
    values = [[1.0, np.nan, 3.0], [4.0, 5.0, 6.0]]
    replay(Recording({"Gyroscope": SensorStream([0.0, np.nan], values)}), url, speed=0)
    (message,) = messages
    assert [one["values"] for one in message["payload"]] == [
        {"x": 1.0, "y": None, "z": 3.0}
    ]


def test_the_command(server, tmp_path, capsys):
    url, messages = server
    made = make_exercise_recordings(1, 1, continuous=False, random_state=0).data[0]
    piece = made.between(made.overlap_s[0], made.overlap_s[0] + 2)
    path = write_sensor_logger(piece, tmp_path / "squats.zip")
    assert main(["replay", str(path), url, "--speed", "100"]) == 0
    assert f"{len(messages)} messages sent to {url}." in capsys.readouterr().out
    assert 10 <= len(messages) <= 11
    assert main(["replay", str(path), "ftp://localhost"]) == 1
    assert "must begin with http:// or https://" in capsys.readouterr().err
    assert main(["replay", str(path), url + "/full", "--speed", "0"]) == 1
    assert "/full: message 0: HTTP Error 500" in capsys.readouterr().err
    # Followed, it would be a GET without the samples, which most servers answer.
    assert main(["replay", str(path), url + "/moved", "--speed", "0"]) == 1
    assert "/moved: message 0: HTTP Error 301" in capsys.readouterr().err
    assert main(["replay", str(path), "http://localhost:80x0/", "--speed", "0"]) == 1
    assert "message 0: nonnumeric port: '80x0'" in capsys.readouterr().err
    assert main(["replay", str(path), url, "--speed", "-1"]) == 1
    assert "speed must be a number of at least 0" in capsys.readouterr().err
