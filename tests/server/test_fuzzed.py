"""Whatever is sent, the service answers, and goes on."""

import json
import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running_server import TOKEN, RunningServer, messages_from

from sk_imu.server import Limits

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
BEGIN_NS = 1_760_000_000_000_000_000
NAMES = st.sampled_from(
    ["accelerometer", "gravity", "totalacceleration", "gyroscope", "orientation"]
    + ["Wrist Motion", "location", ""]
)
AXES = [*"xyz", "qx", "qy", "qz", "qw", "roll", "pitch", "yaw", "gravityX", "quaternionX"]
NUMBERS = st.floats(-50, 50) | st.sampled_from(
    [None, 1e300, -1e-300, 0, 10**400, "1", True]
)
SAMPLES = st.fixed_dictionaries(
    {
        "name": NAMES,
        # Also far from the others, and in other units.
        "time": st.integers(0, 60_000).map(lambda ms: BEGIN_NS + ms * 1_000_000)
        | st.sampled_from([0, -1, 2**63, BEGIN_NS // 1000, 1.76e18, 2 * BEGIN_NS, None]),
        "values": st.dictionaries(st.sampled_from(AXES), NUMBERS, min_size=3)
        | st.fixed_dictionaries({axis: st.floats(-20, 20) for axis in "xyz"}),
    }
)
MESSAGES = st.fixed_dictionaries(
    {
        "messageId": st.integers(0, 10**6) | JSON,
        "sessionId": st.sampled_from(["a", "b"]) | JSON,
        "deviceId": st.just("fuzzed") | JSON,
        "payload": st.lists(SAMPLES, max_size=30) | JSON,
    },
    optional={"platform": st.sampled_from(["ios", "android", None, 1])},
)


@pytest.fixture(scope="module")
def server(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzzed")
    limits = Limits(messages_per_second=10_000, live_sessions=10_000)
    with RunningServer(model, folder / "live.db", limits=limits) as running:
        yield running


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(message=MESSAGES | JSON)
def test_any_message_is_taken_or_refused(server, message):
    assert server.push(message) in (200, 400, 409)


@settings(max_examples=60)
@given(body=st.binary(max_size=200))
def test_any_bytes_are_refused(server, body):
    assert server.ask("POST", "/data", body)[0] == 400


def test_strange_samples_do_not_stop_the_others(server, workouts, caplog):
    times = [BEGIN_NS + i * 10_000_000 for i in range(600)]
    strange = [3000.0, -3000.0, 0.0, None]
    payload = [
        {
            "name": name,
            "time": t,
            "values": dict.fromkeys("xyz", strange[i % 4] if name[0] == "t" else 1),
        }
        for i, t in enumerate(times)
        for name in ("totalacceleration", "gyroscope")
    ]
    ids = {"deviceId": "strange", "sessionId": "strange"}
    beyond = {**payload[0], "values": {"x": 1e300, "y": 0, "z": 0}}
    assert server.push({"messageId": 0, "payload": [beyond], **ids}) == 400
    with caplog.at_level(logging.ERROR):
        assert server.push({"messageId": 0, "payload": payload, **ids}) == 200
        # A clock that jumps ahead by years, and back.
        for i, years in enumerate([20, 0]):
            shift_ns = years * 365 * 86400 * 10**9
            later = [{**one, "time": one["time"] + shift_ns} for one in payload]
            assert server.push({"messageId": i + 1, "payload": later, **ids}) == 200
        for message in messages_from(workouts.data[0].between(16, 26), session="fine"):
            assert server.push(message) == 200
        server.wait()
    assert caplog.records == []
    fine = server.get("/api/sessions")[0]["session"]
    assert server.get(f"/api/sessions/{fine}")["answer"]["label"] == "jumping_jack"
    for one in server.get("/api/sessions"):
        assert server.ask("GET", f"/api/sessions/{one['session']}/recording.zip")[0] in (
            200,
            404,
        )


@pytest.mark.slow
def test_the_service_keeps_to_its_schema(server, workouts):
    import schemathesis

    for message in messages_from(workouts.data[0].between(16, 22), session="schema"):
        server.push(message)
    known = {"Authorization": f"Bearer {TOKEN}"}
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json", headers=known)
    checked = 0
    for result in schema.exclude(path="/api/events").get_all_operations():
        operation = result.ok()

        @settings(max_examples=40, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def keeps(case):
            answer = case.call(headers=known)
            case.validate_response(
                answer,
                checks=[
                    schemathesis.checks.not_a_server_error,
                    schemathesis.checks.response_schema_conformance,
                ],
            )

        keeps()
        checked += 1
    assert checked >= 8
    assert json.loads(server.ask("GET", "/openapi.json")[2])["paths"].keys() >= {"/data"}
