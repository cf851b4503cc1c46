"""A live service on a port of this machine, asked as a phone or a browser asks it."""

import http.client
import json
import threading
import time
from typing import Any

import uvicorn

from sk_imu.server import create_app

TOKEN = "secret-of-the-tests"


class RunningServer:
    """The service in a thread, until the block ends.

    ``wait`` returns when all that was pushed is recognized.
    """

    def __init__(
        self, model: Any = None, database: Any = None, *, app: Any = None, **options: Any
    ) -> None:
        self.app = app or create_app(
            model, database=f"sqlite:///{database}", token=TOKEN, **options
        )
        self.service = self.app.state.service
        config = uvicorn.Config(
            self.app, port=0, log_level="error", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> "RunningServer":
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the server has not started"
            time.sleep(0.005)
        (socket,) = self._server.servers[0].sockets
        self.port = socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive()

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        *,
        token: str | None = TOKEN,
        timeout_s: float = 30,
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of an answer."""
        sent = {} if token is None else {"Authorization": f"Bearer {token}"}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.request(method, path, body, {**sent, **(headers or {})})
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, names, answer.read()
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """Return the JSON of an address."""
        status, _, body = self.ask("GET", path)
        assert status == 200, (status, body)
        return json.loads(body)

    def push(self, message: Any) -> int:
        """Return the status of the answer to a message."""
        return self.ask("POST", "/data", message)[0]

    def wait(self) -> None:
        """Return when nothing waits to be recognized."""
        end = time.monotonic() + 60
        while self.service.live.n_waiting:
            assert time.monotonic() < end, "recognition does not end"
            time.sleep(0.005)


def messages_from(
    recording: Any, *, seconds: float = 1.0, session: str = "s", device: str = "d"
) -> list[dict[str, Any]]:
    """Return the messages of a recording, as the app on Android pushes them."""
    from sk_imu.streaming._replay import messages_of

    start_ns = 1_760_000_000_000_000_000
    parts = messages_of(recording, message_seconds=seconds, start_ns=start_ns)
    return [
        {
            "messageId": i,
            "sessionId": session,
            "deviceId": device,
            "platform": "android",
            "payload": payload,
        }
        for i, (_, payload) in enumerate(parts)
    ]
