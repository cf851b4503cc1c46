"""The sessions that go on, where something breaks."""

import asyncio
import json
import sqlite3
import threading
from concurrent.futures import BrokenExecutor, Future
from contextlib import closing

import pytest
from running_server import TOKEN, RunningServer

from sk_imu.cli import main
from sk_imu.server import Limits, create_app, serve
from sk_imu.server._live import Live
from sk_imu.server._messages import parse_message
from sk_imu.server._store import Store

BEGIN_NS = 1_760_000_000_000_000_000


def message(number, session="a"):
    sample = {"name": "gyroscope", "time": BEGIN_NS, "values": dict.fromkeys("xyz", 0)}
    ids = {"messageId": number, "sessionId": session, "deviceId": "d"}
    return {**ids, "payload": [sample]}


def parsed(number):
    return parse_message(json.dumps(message(number)).encode())


def test_a_recognizer_that_dies_is_asked_again(tmp_path):
    # The executor of Python 3.12 holds its lock while it calls back.
    lock, asked_again, jobs = threading.Lock(), threading.Event(), []

    class Dying:
        def submit(self, what, session):
            with lock:
                jobs.append(Future())
            if len(jobs) == 2:
                asked_again.set()
            return jobs[-1]

        def close(self, *, wait=True):
            pass

    def die():
        with lock:
            jobs[0].set_exception(BrokenExecutor("it has died"))

    store = Store(f"sqlite:///{tmp_path / 'live.db'}")
    (stored,) = store.add([parsed(0)])
    live = Live(None, store, Limits())
    live._recognizers = [Dying()]
    live.take(stored.session)
    live.take(stored.session)  # more came meanwhile
    dying = threading.Thread(target=die, daemon=True)
    dying.start()
    dying.join(10)
    assert not dying.is_alive()
    assert asked_again.wait(10)
    (doubt,) = live.snapshot(stored.session)["doubts"]
    assert "error" in doubt
    live.close()
    store.close()


def test_a_database_of_an_earlier_version_takes_new_sets(tmp_path):
    found = {"label": "squat", "start_s": 1.0, "end_s": 9.0, "probability": 0.9}
    found |= {"number": 1, "repetitions": 5}
    url = f"sqlite:///{tmp_path / 'live.db'}"
    earlier = Store(url)
    (stored,) = earlier.add([parsed(0)])
    earlier.add_set(stored.session, found)
    earlier.close()
    with closing(sqlite3.connect(tmp_path / "live.db")) as database:
        database.execute("ALTER TABLE sets DROP COLUMN within")
    store = Store(url)
    store.add_set(stored.session, {**found, "number": 2, "within": 1})
    assert [one["within"] for one in store.sets(stored.session)] == [None, 1]
    store.close()


def test_a_recognizer_that_cannot_be_made_does_not_stop_the_service(tmp_path, monkeypatch):
    def broken(*_):
        raise OSError("no memory for a process")

    with RunningServer(None, tmp_path / "live.db") as server:
        monkeypatch.setattr(server.service.live, "_submit", broken)
        assert server.push(message(0)) == 200
        monkeypatch.undo()
        assert server.push(message(1)) == 200
        server.wait()
        assert server.get("/api/sessions/1")["messages"] == 2


def test_a_request_that_is_given_up_does_not_stop_the_writer(tmp_path, monkeypatch):
    with RunningServer(None, tmp_path / "live.db") as server:
        service, given_up = server.service, threading.Event()
        add = service.store.add

        def slow(messages):
            given_up.wait(10)
            return add(messages)

        async def give_up():
            request = asyncio.ensure_future(service.keep(parsed(0)))
            await asyncio.sleep(0)
            request.cancel()

        monkeypatch.setattr(service.store, "add", slow)
        asyncio.run(give_up())
        given_up.set()
        assert server.push(message(1)) == 200
        assert server.get("/api/sessions")[0]["messages"] == 2


def test_sessions_of_before_a_restart_have_room(tmp_path):
    limits = Limits(stored_sessions=2)
    with RunningServer(None, tmp_path / "live.db", limits=limits) as server:
        assert [server.push(message(0, one)) for one in "abc"] == [200, 200, 507]
    with RunningServer(None, tmp_path / "live.db", limits=limits) as server:
        assert [server.push(message(1, one)) for one in "abc"] == [200, 200, 507]
        # The page shows the newest one that is left.
        assert server.service.live.latest == 2
        assert server.ask("DELETE", "/api/sessions/2")[0] == 204
        assert server.service.live.latest == 1


def test_pages_stay_with_a_session_that_sends(tmp_path, monkeypatch):
    with RunningServer(None, tmp_path / "live.db") as server:
        live = server.service.live
        seen = []
        for number, one in enumerate("abab"):  # two phones at the same time
            assert server.push(message(number, one)) == 200
            seen.append(live.latest)
        assert seen == [1, 2, 2, 2]
        monkeypatch.setattr("sk_imu.server._live._SILENT_S", -1.0)
        server.push(message(4, "a"))
        assert live.latest == 1


def test_a_locked_database_is_busy(tmp_path, monkeypatch):
    monkeypatch.setattr("sk_imu.server._store._PATIENCE_MS", 0)
    with RunningServer(None, tmp_path / "live.db") as server:
        assert server.push(message(0)) == 200
        other = sqlite3.connect(tmp_path / "live.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for method, path, body in (
            ("POST", "/data", message(1)),
            ("DELETE", "/api/sessions/1", None),
        ):
            status, headers, _ = server.ask(method, path, body)
            assert (status, headers["retry-after"]) == (503, "1")
        other.execute("ROLLBACK")
        other.close()
        assert server.push(message(1)) == 200
        assert server.get("/api/sessions")[0]["messages"] == 2
        assert server.ask("DELETE", "/api/sessions/1")[0] == 204


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("live.db", "such as sqlite:///live.db"),
        ("sqlite:///:memory:", "name a file"),
        ("sqlite:////no/such/folder/live.db", "No such file"),
    ],
)
def test_a_database_that_cannot_be_used_is_named(url, named):
    with pytest.raises(ValueError, match=named):
        create_app(None, database=url)


def test_an_address_that_cannot_be_listened_at_is_named(tmp_path, capsys):
    with RunningServer(None, tmp_path / "live.db") as server:
        with pytest.raises(OSError, match=rf"port {server.port}.*another one by --port"):
            serve(server.app, port=server.port)
        # The command looks before it loads a model.
        for command in ("serve", "collect"):
            path = str(tmp_path / "no-such-model")
            assert main([command, path, "--port", str(server.port)]) == 1
            assert "another one by --port" in capsys.readouterr().err
        assert not (tmp_path / "no-such-model").exists()
        with pytest.raises(OSError, match=r"192.0.2.1, port 0.*see --host"):
            serve(server.app, host="192.0.2.1", port=0)
        bearer = {"Authorization": f"bearer {TOKEN}"}
        assert server.ask("GET", "/api/status", headers=bearer, token=None)[0] == 200
