"""Messages of the app Sensor Logger that come by MQTT, through a broker."""

import asyncio
import hashlib
import logging
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from fastapi import HTTPException

from ._needs import needs_serve
from ._push import take
from ._service import Service

_LOG = logging.getLogger("sk_imu.server")

#: Those of the protocol, unencrypted and encrypted.
_PORTS = {"mqtt": 1883, "mqtts": 8883}
#: The one that the app publishes to if nothing else is set.
_TOPIC = "sensor-logger"
#: Most messages that are being stored; the broker keeps the following ones meanwhile.
_MOST_AT_ONCE = 100
#: Longest time between two tries to connect.
_LONGEST_PAUSE_S = 30
#: How often the thread of the connection looks whether the service ends.
_LOOK_S = 0.2


@dataclass(frozen=True)
class Broker:
    """Where messages are published, and who asks for them."""

    host: str
    port: int
    topic: str
    user: str | None
    password: str | None
    is_encrypted: bool

    @property
    def name(self) -> str:
        """Host, port and topic, without the password."""
        return f"{self.host}:{self.port}, topic {self.topic}"


def broker_of(url: str) -> Broker:
    """Return the broker of an address such as ``mqtt://user:password@host:1883/topic``.

    Raises
    ------
    ValueError
        If it is no such address. The text does not hold the password.
    """
    refusal = ValueError(
        "mqtt must be an address such as mqtt://host/topic or "
        "mqtts://user:password@host:8883/topic, with a port up to 65535; write characters "
        "other than letters and digits in user, password and topic as %XX."
    )
    try:
        # A "#" is the topic's, for all topics below one.
        parts = urlsplit(url, allow_fragments=False)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        # Its text may hold a part of the password.
        raise refusal from None
    # An "@" in the path is that of a password with a slash.
    if parts.scheme not in _PORTS or not host or parts.query or "@" in parts.path:
        raise refusal
    return Broker(
        host=host,
        port=port or _PORTS[parts.scheme],
        topic=_checked_topic(unquote(parts.path[1:]) or _TOPIC),
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        is_encrypted=parts.scheme == "mqtts",
    )


def _checked_topic(topic: str) -> str:
    """Return a topic that can be subscribed to, or raise a ValueError."""
    *above, last = topic.split("/")
    is_mixed = any(len(one) > 1 and ("+" in one or "#" in one) for one in (*above, last))
    if is_mixed or "#" in above or "\0" in topic:
        raise ValueError(
            f"mqtt: {topic!r} is no topic to subscribe to: + and # stand alone between "
            "slashes, and # only at the end."
        )
    return topic


class Subscriber:
    """Takes the messages of a broker, as those that are pushed by HTTP.

    A message is acknowledged when it is on the disk, or refused for what it is. If the
    database is behind, it waits, and the broker keeps those that follow. What is not
    acknowledged comes again with the next connection.

    Parameters
    ----------
    broker : Broker
        Where they are published.
    service : Service
        Who stores the messages. Its ``mqtt`` says how the connection is.
    """

    def __init__(self, broker: Broker, service: Service) -> None:
        with needs_serve():
            from paho.mqtt.client import Client
            from paho.mqtt.enums import CallbackAPIVersion
        self.broker, self._service = broker, service
        self._room = threading.BoundedSemaphore(_MOST_AT_ONCE)
        self._is_closing = False
        self._n_connections = 0
        # The broker knows by it what this service has not acknowledged.
        about = f"{service.store.token()} {broker.host} {broker.port} {broker.topic}"
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"skimu{hashlib.sha256(about.encode()).hexdigest()[:16]}",
            clean_session=False,
            manual_ack=True,
        )
        if broker.user is not None:
            self._client.username_pw_set(broker.user, broker.password)
        if broker.is_encrypted:
            self._client.tls_set()
        self._client.reconnect_delay_set(1, _LONGEST_PAUSE_S)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        service.mqtt = "connecting"

    async def start(self) -> None:
        """Connect, and again whenever the connection is lost."""
        self._loop = asyncio.get_running_loop()
        self._taken: asyncio.Queue[tuple[asyncio.Task[None], Any, int]] = asyncio.Queue()
        self._acknowledging = asyncio.create_task(self._acknowledge())
        self._client.connect_async(self.broker.host, self.broker.port, keepalive=30)
        self._client.loop_start()

    async def close(self) -> None:
        """End. The broker keeps what is not acknowledged."""
        self._is_closing = True
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)
        self._acknowledging.cancel()
        while not self._taken.empty():
            self._taken.get_nowait()[0].cancel()

    # ---------------------------------------------------------------- messages

    def _on_message(self, _client: Any, _userdata: Any, message: Any) -> None:
        while not self._room.acquire(timeout=_LOOK_S):
            if self._is_closing:
                return
        with suppress(RuntimeError):  # the service has ended
            self._loop.call_soon_threadsafe(self._begin, message, self._n_connections)

    def _begin(self, message: Any, connection: int) -> None:
        task = self._loop.create_task(self._take(message.payload, message.qos))
        self._taken.put_nowait((task, message, connection))

    async def _take(self, body: bytes, qos: int) -> None:
        """Store a message, or count it as refused."""
        if len(body) > self._service.limits.body_bytes:
            self._service.refused[413] += 1
            return
        while True:
            try:
                # The broker keeps what it sends with acknowledgement, so that it may send
                # all that came while the service was stopped.
                await take(body, self._service, is_paced=qos > 0)
                return
            except HTTPException as error:
                if error.status_code != 503:
                    self._service.refused[error.status_code] += 1
                    return
                # The fault is not the message's: it waits until it can be stored.
                await asyncio.sleep(float((error.headers or {}).get("Retry-After", 1)))
            except Exception:
                # Not acknowledged, it would come again for ever and hold up all others.
                _LOG.exception("A message that came by MQTT can't be stored.")
                self._service.refused[500] += 1
                return

    async def _acknowledge(self) -> None:
        """Acknowledge the messages in their order, as the protocol has it."""
        while True:
            task, message, connection = await self._taken.get()
            await task
            self._room.release()
            # A number of an earlier connection may be that of another message now.
            if message.qos and connection == self._n_connections:
                self._client.ack(message.mid, message.qos)

    # ---------------------------------------------------------------- the connection

    def _on_connect(
        self, client: Any, _userdata: Any, _flags: Any, code: Any, _: Any
    ) -> None:
        if code.is_failure:
            self._tell(f"refused: {code}")
            return
        self._n_connections += 1
        client.subscribe(self.broker.topic, qos=1)

    def _on_subscribe(
        self, _client: Any, _userdata: Any, _mid: Any, codes: list[Any], _: Any
    ) -> None:
        refused = [code for code in codes if code.is_failure]
        self._tell(f"topic refused: {refused[0]}" if refused else "connected")

    def _on_connect_fail(self, _client: Any, _userdata: Any) -> None:
        # Paho calls this where it handles the error, and does not hand it over.
        self._tell(f"no connection: {sys.exc_info()[1] or 'no answer'}")

    def _on_disconnect(
        self, _client: Any, _userdata: Any, _flags: Any, code: Any, _: Any
    ) -> None:
        # The reason of a refusal is known already.
        if self._service.mqtt in ("connecting", "connected"):
            is_plain = self._service.mqtt == "connecting" and not self.broker.is_encrypted
            hint = "; if the broker encrypts, write mqtts" if is_plain else ""
            self._tell(f"no connection: {code}{hint}")

    def _tell(self, state: str) -> None:
        if state != self._service.mqtt and not self._is_closing:
            self._service.mqtt = state
            # No level below this one is shown unless logging is set up.
            _LOG.warning("MQTT, %s: %s", self.broker.name, state)
