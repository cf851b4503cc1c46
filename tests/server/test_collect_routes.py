"""What the page /collect asks of the service, and what others may not ask."""

import io
import json
import os
import time
import zipfile
from types import SimpleNamespace

import pytest
from running_server import TOKEN, RunningServer, messages_from

from sk_imu import read_recordings
from sk_imu.cli import main
from sk_imu.export._web._runtime import cache_folder, runtime_files
from sk_imu.persistence import save_model
from sk_imu.server import create_collect_app


@pytest.fixture
def server(tmp_path):
    app = create_collect_app(tmp_path / "sets", token=TOKEN)
    with RunningServer(app=app) as server:
        yield server
    app.state.training.stop()


def asked(server, method, path, body=None):
    headers = {"Content-Type": "application/json"}
    status, _, text = server.ask(method, path, body, headers)
    return status, json.loads(text)


def send(server, recording, session, end_ns):
    """Push a recording whose last sample has a time."""
    messages = messages_from(recording, seconds=2.0, session=session)
    later_ns = end_ns - messages[-1]["payload"][-1]["time"]
    for message in messages:
        message["messageId"] += end_ns
        for sample in message["payload"]:
            sample["time"] += later_ns
        doubts = ["UNDECIDED: the axes.", "<b>", 3, "CONTRADICTION: a\x00"]
        message["motion"] = {"doubts": doubts}
        assert server.push(message) == 200


def test_nothing_is_saved_before_there_is_a_model(server):
    for name in ("model.skops", "page.zip"):
        assert asked(server, "GET", f"/collect/{name}")[0] == 404
    assert server.get("/collect/state")["has_model"] is False


@pytest.mark.slow
def test_the_page_of_a_model_is_saved(model, tmp_path, monkeypatch):
    given = os.environ.get("SK_IMU_ONNXRUNTIME_WEB")
    if given is None and not cache_folder().is_dir():
        pytest.skip("onnxruntime-web is neither cached nor in SK_IMU_ONNXRUNTIME_WEB")
    runtime = runtime_files(given)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cache_folder().mkdir(parents=True)
    for name, content in runtime.items():
        (cache_folder() / name).write_bytes(content)
    save_model(model, tmp_path / "model.skops")
    app = create_collect_app(tmp_path / "sets", token=TOKEN, out=tmp_path / "model.skops")
    with RunningServer(app=app) as server:
        status, headers, content = server.ask("GET", "/collect/page.zip", timeout_s=300)
    assert status == 200
    assert "page.zip" in headers["content-disposition"]
    archive = zipfile.ZipFile(io.BytesIO(content))
    names = set(archive.namelist())
    assert {"page/index.html", "page/model.onnx", "page/model.json"} <= names


def test_a_set_is_recorded_kept_listed_and_removed(server, workouts, tmp_path, monkeypatch):
    now, wall_ns = [0.0], time.time_ns()
    clock = SimpleNamespace(monotonic=lambda: now[0], time_ns=lambda: wall_ns)
    for module in ("_takes", "_phones"):
        monkeypatch.setattr(f"sk_imu.server._collect.{module}.time", clock)
    squats = workouts.data[2]
    assert squats.label == "squat"
    send(server, squats.between(10, 14), "a", wall_ns)
    (phone,) = server.get("/collect/state")["phones"]
    assert (phone["device"], phone["doubts"]) == ("d", ["UNDECIDED: the axes."])
    names = {"subject": "Ada", "exercise": "squat", "placement": "waist"}
    status, take = asked(
        server, "POST", "/collect/takes", {"session": phone["session"], **names}
    )
    assert status == 200
    # Six seconds later.
    send(server, squats.between(14, 20.5), "a", wall_ns + 6_500_000_000)
    now[0] = 6.0
    status, review = asked(server, "POST", f"/collect/takes/{take['id']}/stop", {})
    assert status == 200
    assert review["seconds"] == pytest.approx(6.0, abs=0.1)
    assert review["warnings"] == ["UNDECIDED: the axes."]
    status, kept = asked(server, "POST", f"/collect/takes/{take['id']}/keep")
    assert status == 200
    folder = tmp_path / "sets"
    (read,) = read_recordings(folder)
    assert (read.subject, read.label, read.placement) == ("Ada", "squat", "waist")
    assert read.duration_s == pytest.approx(6.0, abs=0.1)
    state = server.get("/collect/state")
    assert state["counts"] == {"squat": {"Ada": 1}}
    assert state["advice"][0].startswith("A model needs at least two exercises")
    assert asked(server, "POST", f"/collect/takes/{take['id']}/keep")[0] == 422
    assert asked(server, "POST", "/collect/remove", {"path": kept["path"]})[0] == 200
    assert server.get("/collect/state")["counts"] == {}
    # The phone's page is loaded anew.
    send(server, squats.between(0, 2), "b", wall_ns)
    (again,) = server.get("/collect/state")["phones"]
    assert (again["device"], again["session"]) == ("d", phone["session"] + 1)
    (folder / "manifest.csv").write_text("path;label\n")
    status, answer = asked(server, "GET", "/collect/state")
    assert (status, "must have the columns" in answer["detail"]) == (422, True)


def test_the_command_refuses_before_it_serves(tmp_path, capsys):
    file = tmp_path / "file"
    file.write_text("")
    assert main(["collect", str(file)]) == 1
    assert "is a file. Give a folder" in capsys.readouterr().err
    assert main(["collect", str(tmp_path / "sets"), "--out", "model.onnx"]) == 1
    assert "model.onnx: a model file ends in .skops" in capsys.readouterr().err
    assert main(["collect", str(tmp_path / "sets"), "--out", "none/m.skops"]) == 1
    assert "there is no folder none" in capsys.readouterr().err
    assert main(["collect", str(tmp_path / "sets"), "--token", "short"]) == 1
    assert "token must have at least 8" in capsys.readouterr().err


WRONG = [
    ("POST", "/collect/takes", {"session": 99, "subject": "A", "exercise": "b"}, 422),
    ("POST", "/collect/takes", {"session": "x", "subject": "A", "exercise": "b"}, 422),
    ("POST", "/collect/names", {"subject": "../A", "exercise": "b"}, 422),
    ("POST", "/collect/names", {"subject": "A" * 300, "exercise": "b"}, 422),
    ("POST", "/collect/remove", {"path": "../../etc/passwd"}, 422),
    ("POST", "/collect/training", {"model": "rm -rf"}, 422),
    ("POST", "/collect/takes/none/stop", {"cut_s": 1}, 422),
    ("POST", "/collect/takes/none/stop", {"cut_s": 1e9}, 422),
    ("GET", "/collect/files/..%2F_routes.py", None, 404),
    ("GET", "/collect/files/_routes.py", None, 422),
    ("GET", "/phone/_routes.py", None, 422),
]


def test_what_is_wrong_or_not_allowed_is_refused(server):
    for method, path, body, expected in WRONG:
        status, _, _ = server.ask(method, path, body)
        assert status == expected, (method, path, body)
    paths = ("/collect", "/collect/state", "/collect/qr.svg", "/collect/training", "/phone")
    for path in paths:
        assert server.ask("GET", path, token=None)[0] == 401
    other = {"Origin": "http://evil.example", "Content-Type": "application/json"}
    names = {"subject": "A", "exercise": "b"}
    assert server.ask("POST", "/collect/names", names, other)[0] == 403
    for path in ("/collect", "/collect/files/views.js", "/phone", "/phone/reader.js"):
        assert server.ask("GET", path)[0] == 200
    status, headers, body = server.ask("GET", "/collect/qr.svg")
    assert (status, headers["content-type"]) == (200, "image/svg+xml")
    assert body.startswith(b"<svg")
