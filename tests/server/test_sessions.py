"""What pages ask for, and what is left after the service was killed."""

import http.client
import io
import json
import zipfile
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from running_server import TOKEN, RunningServer, messages_from
from sqlalchemy.exc import OperationalError

from sk_imu import Recording, SensorStream, read_recording
from sk_imu.streaming import SetTracker, StreamingClassifier


@pytest.fixture(scope="module")
def workout(workouts):
    """Return two short sets of jumping jacks, and rest until they are certain."""
    recording = workouts.data[0].between(10, 70)
    streams = {}
    for sensor, one in recording.streams.items():
        step_s = np.median(np.diff(one.timestamps_s))
        still_s = one.timestamps_s[-1] + np.arange(1, 25 / step_s) * step_s
        values = np.concatenate([one.values, np.repeat(one.values[-1:], len(still_s), 0)])
        times_s = np.concatenate([one.timestamps_s, still_s])
        streams[sensor] = SensorStream(times_s, values, one.axes)
    return replace(recording, streams=streams)


@pytest.fixture(scope="module")
def pushed(workout):
    return messages_from(workout)


@pytest.fixture(scope="module")
def served(model, workout):
    """Return what makes a service of the model."""
    return partial(RunningServer, model, step_seconds=1, side=workout.side)


@pytest.fixture(scope="module")
def unbroken(served, pushed, tmp_path_factory):
    """Return a service that was pushed a whole workout, and its only session."""
    folder = tmp_path_factory.mktemp("unbroken")
    with served(folder / "live.db") as server:
        for message in pushed:
            assert server.push(message) == 200
        server.wait()
        yield server, server.get("/api/sessions/1")


def test_a_session_is_shown(unbroken, pushed, workout):
    server, session = unbroken
    (listed,) = server.get("/api/sessions")
    assert listed["messages"] == session["messages"] == len(pushed)
    assert listed["sets"] == len(session["sets"]) == 2
    assert listed["lasted_s"] == pytest.approx(workout.duration_s, abs=1)
    assert session["state"] == "live"
    assert session["answer"]["best"][0][0] == session["answer"]["label"]
    assert server.get("/api/model")["classes"] == ["jumping_jack", "lunge", "squat"]
    assert server.get("/api/status")["sessions"] == 1
    for path in ("/api/sessions/2", "/api/sessions/2/recording.zip", "/card"):
        assert server.ask("GET", path)[0] == 404


def test_sets_are_those_of_the_finished_recording(unbroken, model, workout):
    server, session = unbroken
    stored = server.service.store.sessions()[0]
    recording = server.service.store.recording_of(stored)
    offset_s = (recording.epoch_ns - stored.epoch_ns) / 1e9  # windows lie on its clock
    streams = {
        sensor: SensorStream(one.timestamps_s + offset_s, one.values, one.axes)
        for sensor, one in recording.streams.items()
    }
    live = StreamingClassifier(model, step_seconds=1, side=workout.side)
    events = SetTracker(live).find_sets(Recording(streams))
    ended = [event for event in events if event.kind == "end"]
    assert len(ended) == len(session["sets"]) == 2
    for event, shown in zip(ended, session["sets"], strict=True):
        assert event.label == shown["label"] == workout.label
        for name in ("start_s", "end_s", "repetitions", "within", "probability"):
            assert getattr(event, name) == pytest.approx(shown[name])


def test_an_export_is_read_as_a_recording(unbroken, workout, tmp_path):
    server, _ = unbroken
    status, headers, content = server.ask("GET", "/api/sessions/1/recording.zip")
    assert status == 200
    assert headers["content-disposition"] == 'attachment; filename="session-1.zip"'
    (tmp_path / "session.zip").write_bytes(content)
    again = read_recording(tmp_path / "session.zip")
    for sensor, stream in workout.streams.items():
        np.testing.assert_allclose(again.streams[sensor].values, stream.values, rtol=1e-12)
    start_s = server.get("/api/sessions/1")["sets"][0]["start_s"]
    path = f"/api/sessions/1/recording.zip?start_s={start_s}&end_s={start_s + 5}"
    names = zipfile.ZipFile(io.BytesIO(server.ask("GET", path)[2])).namelist()
    assert "Gyroscope.csv" in names


def test_events_say_what_changes(unbroken):
    server, session = unbroken
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", f"/api/events?session=1&token={TOKEN}")
    answer = connection.getresponse()
    assert answer.headers["content-type"].startswith("text/event-stream")
    first = json.loads(answer.readline().removeprefix(b"data: "))
    assert first["sets"] == session["sets"]
    assert len(first["signal"][0]) == 4
    assert answer.readline() == b"\n"
    # Nothing has changed: the next event is a sign of life, without the sets.
    second = json.loads(answer.readline().removeprefix(b"data: "))
    assert "sets" not in second
    assert second["signal"] == []
    connection.close()


@pytest.mark.slow
def test_restarts_change_nothing(served, pushed, unbroken, tmp_path):
    # In the first set, after it, and in the second.
    begin = 0
    for end in (14, 25, 38, len(pushed)):
        with served(tmp_path / "live.db") as server:
            # The last message came, but its answer did not.
            for message in pushed[max(begin - 1, 0) : end]:
                assert server.push(message) == 200
            if end < len(pushed):
                server.service.live.close()  # what waits is not recognized any more
            server.wait()
            again = server.get("/api/sessions/1")
            begin = end
            assert server.get("/api/sessions")[0]["messages"] == end
    assert again["sets"] == unbroken[1]["sets"]


@pytest.mark.slow
def test_messages_of_an_impossible_time_change_nothing(served, pushed, unbroken, tmp_path):
    def moved(message, years, n_samples=None):
        shifted = [
            {**one, "time": one["time"] + round(years * 365 * 86400e9)}
            for one in message["payload"][:n_samples]
        ]
        rest = message["payload"][len(shifted) :]
        return {**message, "messageId": f"odd {years}", "payload": [*shifted, *rest]}

    odd = {0: 3, 20: 2.5, 30: -1, len(pushed) - 1: 4}
    with served(tmp_path / "live.db") as server:
        for i, message in enumerate(pushed):
            if i in odd:
                assert server.push(moved(message, odd[i])) == 200
            if i == 10:  # one sample of a message
                message = moved(message, 1.5, 1)
            assert server.push(message) == 200
        server.wait()
        session = server.get("/api/sessions/1")
        drawn = server.service.live.signal_since(server.service.store.session(1), 0)[1]
    (doubt,) = session["doubts"]
    assert doubt.startswith("Ignored, because the time is hours")
    for one, expected in zip(session["sets"], unbroken[1]["sets"], strict=True):
        for name in ("number", "label", "repetitions", "within"):
            assert one[name] == expected[name]
        for name in ("start_s", "end_s"):
            found_s = one[name] + session["epoch_s"]
            assert found_s == pytest.approx(
                expected[name] + unbroken[1]["epoch_s"], abs=1e-3
            )
    newest_s = pushed[-1]["payload"][-1]["time"] / 1e9 - session["epoch_s"]
    assert newest_s - 0.1 < drawn[-1][0] <= newest_s
    with served(tmp_path / "live.db") as server:
        server.push({**pushed[-1], "messageId": "one more"})
        server.wait()
        assert len(server.get("/api/sessions/1")["sets"]) == 2


@pytest.mark.parametrize("at", [0, 5, 10])
def test_a_message_of_an_impossible_time_is_in_no_recording(workouts, tmp_path, at):
    pushed = messages_from(workouts.data[1].between(0, 10))
    pushed.insert(at, {**pushed[-1], "messageId": "odd"})
    pushed[at]["payload"] = [
        {**one, "time": one["time"] - 365 * 86400 * 10**9} for one in pushed[-1]["payload"]
    ]
    with RunningServer(None, tmp_path / "live.db") as server:
        assert {server.push(one) for one in pushed} == {200}
        (session,) = server.get("/api/sessions")
        status, _, content = server.ask("GET", "/api/sessions/1/recording.zip")
    assert status == 200
    (tmp_path / "saved.zip").write_bytes(content)
    assert 9.5 < read_recording(tmp_path / "saved.zip").duration_s < 10.5
    assert 9.5 < session["lasted_s"] < 10.5
    assert session["start_s"] == pytest.approx(1_760_000_000, abs=1)
    assert session["messages"] == len(pushed)


def test_a_silent_session_ends_and_goes_on(served, pushed, tmp_path, monkeypatch):
    with served(tmp_path / "live.db") as server:
        for message in pushed[:15]:
            assert server.push(message) == 200
        server.wait()
        assert server.get("/api/sessions/1")["set"]["number"] == 1
        monkeypatch.setattr("sk_imu.server._live._IDLE_S", -1.0)
        server.service.live.retire_idle()
        monkeypatch.undo()
        server.wait()
        ended = server.get("/api/sessions/1")
        assert ended["state"] == "ended"
        assert [one["number"] for one in ended["sets"]] == [1]
        for message in pushed[15:50]:
            assert server.push(message) == 200
        server.wait()
        assert server.get("/api/sessions/1")["set"]["number"] == 2
        assert server.ask("DELETE", "/api/sessions/1")[0] == 204
        assert server.get("/api/sessions") == []


@pytest.mark.slow
def test_a_set_is_stored_when_the_database_is_free_again(
    served, pushed, unbroken, tmp_path, monkeypatch
):
    with served(tmp_path / "live.db") as server:
        store, n_tries = server.service.store, 0
        add_set = store.add_set

        def locked_at_first(session, found, *, by_silence=False):
            nonlocal n_tries
            n_tries += 1
            if n_tries < 3:
                raise OperationalError("INSERT", {}, Exception("database is locked"))
            add_set(session, found, by_silence=by_silence)

        monkeypatch.setattr(store, "add_set", locked_at_first)
        for message in pushed:
            assert server.push(message) == 200
            server.wait()
        shown = server.get("/api/sessions/1")
        assert shown["doubts"] == unbroken[1]["doubts"]
        assert shown["sets"] == unbroken[1]["sets"] == store.sets(store.session(1))


def test_an_iphone_without_total_acceleration(served, workouts, tmp_path):
    # It pushes the two parts, with the signs of iOS.
    recording = workouts.data[1].between(20, 40)
    messages = messages_from(recording)
    for message in messages:
        del message["platform"]
        kept = [one for one in message["payload"] if one["name"] != "totalacceleration"]
        for one in kept:
            if one["name"] in ("accelerometer", "gravity"):
                one["values"] = {axis: -v for axis, v in one["values"].items()}
            if one["name"] == "orientation":
                for axis in ("yaw", "pitch"):
                    one["values"][axis] *= -1
        message["payload"] = kept
    with served(tmp_path / "live.db") as server:
        for message in messages:
            assert server.push(message) == 200
        server.wait()
        session = server.get("/api/sessions/1")
        assert session["doubts"] == []
        assert session["answer"]["label"] == workouts.data[1].label
        stored = server.service.store.sessions()[0]
        again = server.service.store.recording_of(stored)
    gravity = recording.streams["Gravity"].values
    np.testing.assert_allclose(again.streams["Gravity"].values, gravity)


def test_sensors_that_the_model_needs_are_named(served, workouts, tmp_path):
    messages = messages_from(workouts.data[1].between(20, 26))
    with served(tmp_path / "live.db") as server:
        for message in messages:
            kept = [one for one in message["payload"] if one["name"] == "gyroscope"]
            assert server.push({**message, "payload": kept}) == 200
        server.wait()
        session = server.get("/api/sessions/1")
        assert session["state"] == "deciding"
        (doubt,) = session["doubts"]
        assert "needs TotalAcceleration" in doubt
        assert "here is Gyroscope" in doubt
