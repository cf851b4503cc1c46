"""A headless Chromium that tests drive, and the folder that it is served.

The browser is asked over the pipe of its debugging protocol, which needs no network and no
package.
"""

import base64
import functools
import json
import os
import select
import shutil
import subprocess
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest


def find_chromium() -> str:
    """Return the path of the browser, or skip the test."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        if os.environ.get("SK_IMU_NEEDS_BROWSER"):
            pytest.fail("SK_IMU_NEEDS_BROWSER is set, but there is no chromium.")
        pytest.skip("no chromium here")
    return program


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        pass


class Served:
    """A folder at http://127.0.0.1, as `python -m http.server` serves it."""

    def __init__(self, folder: Path) -> None:
        handler = functools.partial(_Quiet, directory=str(folder))
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def __enter__(self) -> "Served":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.server.shutdown()
        self.server.server_close()


class Browser:
    """A page in a browser.

    ``console`` holds what the page wrote there, and errors that nothing caught;
    ``requests`` the addresses that it asked for.
    """

    def __init__(self, place: Path, timeout_s: float = 60) -> None:
        self.timeout_s = timeout_s
        self.console: list[str] = []
        self.requests: list[str] = []
        read_end, self._out = os.pipe()
        self._in, write_end = os.pipe()
        with (place / "chromium.log").open("w") as log:
            self._process = subprocess.Popen(
                [
                    *("bash", "-c", f'exec "$@" 3<&{read_end} 4>&{write_end}', "bash"),
                    *(find_chromium(), "--headless", "--no-sandbox", "--disable-gpu"),
                    *("--no-first-run", "--disable-background-networking"),
                    *("--disable-sync", "--disable-component-update", "--disable-quic"),
                    *("--disable-dev-shm-usage", "--hide-scrollbars"),
                    # What the page would load from elsewhere is missing.
                    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                    *(f"--user-data-dir={place}", "--remote-debugging-pipe", "about:blank"),
                ],
                pass_fds=(read_end, write_end),
                stdout=log,
                stderr=log,
            )
        os.close(read_end)
        os.close(write_end)
        self._buffer = b""
        self._last_id = 0
        self._is_loaded = False
        self._session: str | None = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        # Workers are targets of their own, whose errors count as well.
        self.ask(
            "Target.setAutoAttach",
            autoAttach=True,
            waitForDebuggerOnStart=False,
            flatten=True,
        )
        for domain in ("Page", "Runtime", "Network", "DOM", "Log"):
            self.ask(f"{domain}.enable")

    def close(self) -> None:
        """End the browser."""
        self._process.terminate()
        self._process.wait(timeout=30)
        os.close(self._in)
        os.close(self._out)

    def ask(self, method: str, **parameters: Any) -> Any:
        """Send a command of the protocol and return its result."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._last_id:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, url: str) -> None:
        """Go to a page."""
        self.console.clear()
        self.requests.clear()
        self._is_loaded = False
        self.ask("Page.navigate", url=url)
        while not self._is_loaded:
            self._receive()

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page, awaited if it is a promise."""
        answer = self.ask(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def wait(self, expression: str) -> Any:
        """Return the value of an expression once it is true."""
        end = time.monotonic() + self.timeout_s
        while not (value := self.evaluate(expression)):
            if time.monotonic() > end:
                shown = self.evaluate("document.body.innerText")
                raise TimeoutError(f"{expression} is never true: {shown}\n{self.console}")
            self._listen(0.05)
        return value

    def give_files(self, selector: str, paths: list[Path]) -> None:
        """Choose files, or a folder, in an input of the page."""
        root = self.ask("DOM.getDocument")["root"]["nodeId"]
        node = self.ask("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        files = [str(path) for path in paths]
        self.ask("DOM.setFileInputFiles", nodeId=node, files=files)

    def set_width(self, width: int, height: int, *, dark: bool = False) -> None:
        """Give the page the size of a screen."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, path: Path) -> None:
        """Write a screenshot of the whole page."""
        answer = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(answer["data"]))

    def _listen(self, seconds: float) -> None:
        """Take in what the browser says, for a while."""
        if select.select([self._in], [], [], seconds)[0]:
            self._receive()

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            if not select.select([self._in], [], [], self.timeout_s)[0]:
                raise TimeoutError("The browser does not answer.")
            part = os.read(self._in, 1 << 20)
            if not part:
                raise RuntimeError("The browser has ended.")
            self._buffer += part
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        self._note(message.get("method"), message.get("params", {}))
        return message

    def _note(self, method: str | None, parameters: dict[str, Any]) -> None:
        if method == "Runtime.consoleAPICalled":
            values = [str(a.get("value", a.get("description"))) for a in parameters["args"]]
            self.console.append(f"{parameters['type']}: {' '.join(values)}")
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.console.append(f"uncaught: {details.get('exception', details)}")
        elif method == "Log.entryAdded":
            entry = parameters["entry"]
            self.console.append(f"{entry['level']}: {entry['text']} {entry.get('url')}")
        elif method == "Page.loadEventFired":
            self._is_loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
