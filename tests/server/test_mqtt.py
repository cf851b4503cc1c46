"""Messages that come by MQTT: taken, refused and acknowledged."""

import json
import ssl
import threading

import pytest
import trustme
from running_server import RunningServer, messages_from
from small_broker import SmallBroker
from sqlalchemy.exc import OperationalError

from sk_imu.cli import main
from sk_imu.server import Limits, create_app
from sk_imu.server._mqtt import broker_of


def as_published(workouts, n=4):
    messages = messages_from(workouts.data[1].between(0, 10), session="by a broker")
    return [json.dumps(one).encode() for one in messages[:n]]


def stored(server):
    sessions = server.get("/api/sessions")
    return sessions[0]["messages"] if sessions else 0


@pytest.fixture
def served(tmp_path):
    """Return what makes a service that subscribes to a broker."""

    def make(broker, *, scheme="mqtt", topic="", **options):
        url = f"{scheme}://me:p%40ss@127.0.0.1:{broker.port}/{topic}"
        return RunningServer(None, tmp_path / "live.db", mqtt=url, **options)

    return make


def test_messages_are_stored_as_those_that_are_pushed(served, workouts):
    published = as_published(workouts)
    with SmallBroker() as broker, served(broker) as server:
        broker.wait(lambda: broker.topics)
        numbers = [broker.publish(one) for one in published]
        numbers.append(broker.publish(published[0]))  # it may come twice
        broker.wait(lambda: len(broker.acknowledged) == 5)
        assert broker.acknowledged == numbers  # in their order
        assert stored(server) == 4
        assert server.ask("POST", "/data", published[1])[0] == 200
        assert stored(server) == 4
        assert server.get("/api/status")["mqtt"] == "connected"
    (connect,) = broker.connects
    assert (connect["user"], connect["password"]) == ("me", "p@ss")
    assert broker.topics == ["sensor-logger"]


def test_what_is_refused_is_counted_and_does_not_come_again(served, workouts):
    one, two, three = as_published(workouts, 3)
    other = json.dumps({**json.loads(two), "messageId": 0}).encode()
    hostile = [b"", b"\xff\xfe", b"[" * 100_000, b"test message", b"x" * 200_001, other]
    limits = Limits(body_bytes=200_000, live_sessions=1)
    with SmallBroker() as broker, served(broker, limits=limits) as server:
        broker.wait(lambda: broker.topics)
        broker.publish(one)
        # As the app publishes, of which a broker wants no acknowledgement.
        broker.publish(two, qos=0)
        broker.wait(lambda: broker.acknowledged)
        for message in hostile:
            broker.publish(message)
        elsewhere = json.dumps({**json.loads(one), "sessionId": "another"}).encode()
        broker.publish(elsewhere)
        broker.publish(three)
        broker.wait(lambda: len(broker.acknowledged) == 9)
        assert stored(server) == 3
        refused = server.get("/api/status")["refused"]
    assert refused == {"400": 4, "409": 1, "413": 1, "429": 1}


def test_what_a_broker_kept_may_come_faster_than_a_phone_sends(served, workouts):
    kept = [
        json.dumps({**json.loads(one), "messageId": f"kept {i}"}).encode()
        for i in range(15)
        for one in as_published(workouts, 1)
    ]
    limits = Limits(messages_per_second=1)  # ten at once
    with SmallBroker() as broker, served(broker, limits=limits) as server:
        for message in kept:
            broker.publish(message)
        broker.wait(lambda: len(broker.acknowledged) == 15)
        assert stored(server) == 15
        # A broker does not wait for those that nobody acknowledges.
        for i in range(30):
            broker.publish(kept[0].replace(b"kept", b"not kept %d" % i), qos=0)
        broker.publish(kept[0])
        broker.wait(lambda: len(broker.acknowledged) == 16)
        refused = server.get("/api/status")["refused"]
        assert list(refused) == ["429"]
        assert stored(server) == 15 + 30 - refused["429"]


@pytest.mark.slow
def test_a_message_is_acknowledged_when_it_is_on_the_disk(served, workouts, monkeypatch):
    first, second = as_published(workouts, 2)
    tried, is_free = threading.Event(), threading.Event()
    with SmallBroker() as broker:
        with served(broker) as server:
            add = server.service.store.add

            def locked(messages):
                tried.set()
                if not is_free.is_set():
                    raise OperationalError("INSERT", {}, Exception("database is locked"))
                return add(messages)

            monkeypatch.setattr(server.service.store, "add", locked)
            broker.wait(lambda: broker.topics)
            broker.publish(first)
            assert tried.wait(10)
            assert broker.acknowledged == []
            is_free.set()
            broker.wait(lambda: broker.acknowledged == [1])
            is_free.clear()
            tried.clear()
            broker.publish(second)
            assert tried.wait(10)
        # The service has ended before the second one could be stored.
        with served(broker) as server:
            broker.wait(lambda: broker.acknowledged == [1, 2])
            assert stored(server) == 2
    # The broker knows by the name whose messages they are.
    assert len({one["client_id"] for one in broker.connects}) == 1
    assert not any(one["clean"] for one in broker.connects)


@pytest.mark.slow
def test_a_connection_that_is_lost_is_made_again(served, workouts):
    first, second, third = as_published(workouts, 3)
    with SmallBroker() as broker, served(broker) as server:
        broker.wait(lambda: broker.topics)
        broker.publish(first)
        broker.wait(lambda: broker.acknowledged == [1])
        broker.drop()
        broker.publish(second)
        broker.wait(lambda: broker.acknowledged == [1, 2])
        broker.publish(third)
        broker.wait(lambda: broker.acknowledged == [1, 2, 3])
        assert stored(server) == 3


@pytest.mark.slow
def test_a_broker_that_refuses_or_is_not_there_does_not_stop_the_service(served, caplog):
    with SmallBroker(accepted=5) as broker:
        with served(broker) as server:
            broker.wait(lambda: broker.connects)
            assert server.push({"payload": 1}) == 400
        port = broker.port
    assert "refused: Not authorized" in caplog.text
    assert f"127.0.0.1:{port}, topic sensor-logger" in caplog.text
    with served(broker) as server:  # it is gone now
        assert server.push({"payload": 1}) == 400
        assert server.get("/api/status")["mqtt"] != "connected"
    assert "p@ss" not in caplog.text


@pytest.mark.slow
# Paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore:Exception ignored in.*SSLSocket")
def test_encrypted(served, workouts, tmp_path, monkeypatch):
    (message,) = as_published(workouts, 1)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with SmallBroker(tls=context) as broker:
        with served(broker, scheme="mqtt") as server:
            while server.get("/api/status")["mqtt"] == "connecting":
                pass
            assert "write mqtts" in server.get("/api/status")["mqtt"]
        with served(broker, scheme="mqtts") as server:
            while server.get("/api/status")["mqtt"] == "connecting":
                pass
            assert "certificate verify failed" in server.get("/api/status")["mqtt"]
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        with served(broker, scheme="mqtts", topic="gym/%23") as server:
            broker.wait(lambda: broker.topics == ["gym/#"])
            broker.publish(message)
            broker.wait(lambda: broker.acknowledged == [1])
            assert stored(server) == 1


def test_addresses_of_brokers():
    plain = broker_of("mqtt://broker.local")
    assert (plain.port, plain.topic, plain.user) == (1883, "sensor-logger", None)
    full = broker_of("mqtts://a%3Ab:c%2Fd@[::1]:9000/gym/+/phones/#")
    assert (full.host, full.port, full.topic) == ("::1", 9000, "gym/+/phones/#")
    assert (full.user, full.password, full.is_encrypted) == ("a:b", "c/d", True)
    for url in (
        "host:1883",
        "http://u:secret@host/",
        "mqtt://u:secret@:1883/x",
        "mqtt://u:secret@host:70000/x",
        "mqtt://u:secret@.host/x",
        # As they must not be written.
        "mqtt://u:secret/x@host/x",
        "mqtt://u:12/secret@host/x",
        "mqtt://u:secret\u2100@host/x",
        "mqtt:",
    ):
        with pytest.raises(ValueError, match="mqtt must be an address") as refusal:
            create_app(None, database="sqlite:///never.db", mqtt=url)
        assert "secret" not in str(refusal.value)
    for topic in ("gym/a%23", "gym/%23/a", "gym+/a"):
        with pytest.raises(ValueError, match="is no topic to subscribe to"):
            broker_of(f"mqtt://host/{topic}")


def test_the_environment_may_name_the_broker(monkeypatch, capsys):
    command = ["serve", "no.onnx", "--port", "0"]
    monkeypatch.setenv("SK_IMU_MQTT", "http://u:secret@host/")
    assert main(command) == 1
    refused = capsys.readouterr().err
    assert "mqtt must be an address" in refused
    assert "secret" not in refused
    monkeypatch.setenv("SK_IMU_MQTT", "")
    assert main(command) == 1
    assert "mqtt" not in capsys.readouterr().err
