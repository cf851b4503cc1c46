"""Messages of phones: what is taken, what is refused, what is kept."""

import json

import numpy as np
import pytest
from running_server import TOKEN, RunningServer, messages_from

from sk_imu.server import Limits


@pytest.fixture(scope="module")
def server(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    with RunningServer(model, folder / "live.db", step_seconds=1) as running:
        yield running


def test_a_recording_comes_back_as_it_was_pushed(server, workouts):
    recording = workouts.data[1].between(0, 10)
    messages = messages_from(recording, session="there and back")
    np.random.default_rng(0).shuffle(messages)
    for message in [*messages, *messages[:3]]:  # out of order, and some twice
        assert server.push(message) == 200
    session = server.service.store.sessions()[0]
    again = server.service.store.recording_of(session)
    for sensor, stream in recording.streams.items():
        np.testing.assert_array_equal(again.streams[sensor].values, stream.values)
        assert np.ptp(again.streams[sensor].timestamps_s - stream.timestamps_s) < 1e-8
    part = server.service.store.recording_of(session, *_around(session, messages, 4.0))
    assert part.duration_s == pytest.approx(4.0, abs=0.1)


def _around(session, messages, seconds):
    start_ns = min(one["time"] for message in messages for one in message["payload"])
    start_s = (start_ns - session.epoch_ns) / 1e9
    return start_s + 2, start_s + 2 + seconds


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (b"", "not JSON"),
        (b"[" * 100_000, "nested"),
        (b'{"payload": NaN}', "NaN"),
        ({}, "payload"),
        ([], "object"),
        ({"payload": [1]}, "entry 0"),
        ({"payload": [{"name": "gyroscope", "time": 1, "values": {}}]}, "'x'"),
        ({"payload": [], "sessionId": "s", "deviceId": "d"}, "messageId"),
        ({"payload": [], "platform": "symbian"}, "platform"),
    ],
)
def test_what_the_app_does_not_send_is_refused(server, message, named):
    status, _, body = server.ask("POST", "/data", message)
    assert status == 400
    assert named in json.loads(body)["detail"]


def test_another_message_of_the_same_number_is_refused(server, workouts):
    one, two = messages_from(workouts.data[1].between(0, 2), session="twice")[:2]
    assert server.push(one) == 200
    assert server.push({**two, "messageId": one["messageId"]}) == 409
    assert server.service.refused[409] == 1


def test_nothing_is_answered_without_the_token(server):
    for method, path in [("GET", "/"), ("GET", "/page/live.js"), ("POST", "/data")]:
        for token in (None, "wrong", ""):
            assert server.ask(method, path, token=token)[0] == 401
    html = {"Accept": "text/html"}
    status, headers, _ = server.ask(
        "GET", f"//evil.example/?token={TOKEN}&a=1", headers=html, token=None
    )
    assert (status, headers["location"]) == (303, "/evil.example/?a=1")
    cookie = headers["set-cookie"].partition(";")[0]
    assert TOKEN not in cookie
    assert {"HttpOnly", "SameSite=lax"} <= set(headers["set-cookie"].split("; "))
    status, headers, _ = server.ask("GET", "/", headers={"Cookie": cookie}, token=None)
    assert status == 200
    assert "default-src 'none'" in headers["content-security-policy"]
    evil = {"Cookie": cookie, "Origin": "http://evil.example"}
    assert server.ask("POST", "/data", {}, evil, token=None)[0] == 403


def test_limits(model, workouts, tmp_path):
    limits = Limits(
        body_bytes=100_000, samples_per_message=500, live_sessions=1, messages_per_second=1
    )
    messages = messages_from(workouts.data[1].between(0, 10), seconds=0.5)
    with RunningServer(model, tmp_path / "live.db", limits=limits) as server:
        status, headers, _ = server.ask("POST", "/data", b"x" * 100_001)
        assert (status, headers["connection"]) == (413, "close")
        assert server.push({**messages[0], "payload": [{"name": "a"}] * 501}) == 400
        assert [server.push(one) for one in messages[:10]] == [200] * 10
        status, headers, _ = server.ask("POST", "/data", messages[10])
        assert (status, headers["retry-after"]) == (429, "1")
        assert server.push({**messages[0], "sessionId": "another"}) == 429
        assert server.service.refused == {413: 1, 400: 1, 429: 2}
