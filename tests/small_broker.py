"""A broker on a port of this machine, with as much of MQTT 3.1.1 as one topic needs."""

import socket
import ssl
import threading
from typing import Any

_CONNECT, _CONNACK, _PUBLISH, _PUBACK = 1, 2, 3, 4
_SUBSCRIBE, _SUBACK, _PINGREQ, _PINGRESP = 8, 9, 12, 13


class SmallBroker:
    """A broker with one subscriber, which keeps what is not acknowledged.

    Attributes
    ----------
    connects : list of dict
        What each CONNECT held.
    acknowledged : list of int
        The numbers of the messages that were acknowledged, in the order in which they were.
    """

    def __init__(
        self, *, accepted: int = 0, port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self._accepted, self._tls = accepted, tls
        self.connects: list[dict[str, Any]] = []
        self.topics: list[str] = []
        self.acknowledged: list[int] = []
        self._kept: dict[int, bytes] = {}
        self._n_published = 0
        self._changed = threading.Condition()
        self._listening = socket.create_server(("127.0.0.1", port))
        self.port = self._listening.getsockname()[1]
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._accept)

    def __enter__(self) -> "SmallBroker":
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.drop()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def publish(self, payload: bytes, *, qos: int = 1) -> int:
        """Send a message, and return its number; with ``qos=1`` it is kept until taken."""
        with self._changed:
            self._n_published += 1
            number = self._n_published
            if qos:
                self._kept[number] = payload
            if self._client is not None:
                self._send_message(self._client, number, payload, qos=qos)
        return number

    def drop(self) -> None:
        """Close the connection."""
        with self._changed:
            if self._client is not None:
                self._client.shutdown(socket.SHUT_RDWR)
                self._client = None

    def wait(self, is_so: Any) -> None:
        """Return when something is so, which is looked at with each packet that comes."""
        with self._changed:
            assert self._changed.wait_for(is_so, 30), vars(self)

    # ---------------------------------------------------------------- packets

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            try:
                with (
                    self._tls.wrap_socket(client, True) if self._tls else client as secured
                ):
                    self._serve(secured)
            except (EOFError, OSError):
                pass
            finally:
                client.close()
                with self._changed:
                    self._client = None

    def _serve(self, client: socket.socket) -> None:
        while True:
            kind, body = self._read(client)
            with self._changed:
                self._answer(client, kind, body)
                self._changed.notify_all()

    def _answer(self, client: socket.socket, kind: int, body: bytes) -> None:
        if kind == _CONNECT:
            assert body[:7] == b"\0\x04MQTT\x04", body
            flags, rest = body[7], body[10:]
            names = ["client_id"]
            names += ["user"] * bool(flags & 128) + ["password"] * bool(flags & 64)
            connect: dict[str, Any] = {"clean": bool(flags & 2)}
            for name in names:
                connect[name], rest = _text(rest)
            self.connects.append(connect)
            self._send(client, _CONNACK, bytes([len(self.connects) > 1, self._accepted]))
        elif kind == _SUBSCRIBE:
            topic, rest = _text(body[2:])
            self.topics.append(topic)
            self._send(client, _SUBACK, body[:2] + rest)
            self._client = client
            for number, payload in self._kept.items():
                self._send_message(client, number, payload, qos=1, again=True)
        elif kind == _PUBACK:
            number = int.from_bytes(body)
            self.acknowledged.append(number)
            del self._kept[number]
        elif kind == _PINGREQ:
            self._send(client, _PINGRESP, b"")

    def _send_message(
        self,
        client: socket.socket,
        number: int,
        payload: bytes,
        *,
        qos: int,
        again: bool = False,
    ) -> None:
        topic = b"sensor-logger"
        head = len(topic).to_bytes(2) + topic + (number.to_bytes(2) if qos else b"")
        self._send(client, _PUBLISH, head + payload, qos << 1 | again << 3)

    def _send(self, client: socket.socket, kind: int, body: bytes, flags: int = 0) -> None:
        left, length = len(body), b""
        while not length or left:
            left, digit = divmod(left, 128)
            length += bytes([digit | (128 if left else 0)])
        client.sendall(bytes([kind << 4 | flags]) + length + body)

    def _read(self, client: socket.socket) -> tuple[int, bytes]:
        kind, length, shift = _exactly(client, 1)[0] >> 4, 0, 0
        while True:
            digit = _exactly(client, 1)[0]
            length |= (digit & 127) << shift
            shift += 7
            if digit < 128:
                return kind, _exactly(client, length)


def _exactly(client: socket.socket, n: int) -> bytes:
    content = b""
    while len(content) < n:
        more = client.recv(n - len(content))
        if not more:
            raise EOFError
        content += more
    return content


def _text(body: bytes) -> tuple[str, bytes]:
    end = 2 + int.from_bytes(body[:2])
    return body[2:end].decode(), body[end:]
