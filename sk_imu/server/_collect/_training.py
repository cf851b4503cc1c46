"""The fit that goes on in another process, and its state."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any


class Training:
    """Fits a model of a folder in another process, one at a time.

    Parameters
    ----------
    folder : Path
        The collection.
    out : Path
        The model file. It is replaced when another one is whole.
    when_done : callable
        Called with the path of the new model file before it takes its place. What it raises
        is the error of the fit.

    Attributes
    ----------
    state : dict
        What the page shows; a new object each time that it changes. ``state["state"]`` is
        ``"idle"``, ``"running"``, ``"done"`` or ``"failed"``.
    report : dict or None
        The score of the last fit.
    """

    def __init__(self, folder: Path, out: Path, when_done: Callable[[Path], None]) -> None:
        self.folder, self.out = folder, out
        self._when_done = when_done
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self.state: dict[str, Any] = {"state": "idle"}
        self.report: dict[str, Any] | None = None

    def start(self, model: str) -> bool:
        """Start a fit, and return whether that was possible: False while one goes on."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return False
            self.state = {"state": "running", "step": "Starting", "done": 0.0}
            self._thread = threading.Thread(target=self._run, args=(model,), daemon=True)
            self._thread.start()
        return True

    def join(self) -> None:
        """Wait for the fit that goes on."""
        if self._thread is not None:
            self._thread.join()

    def stop(self) -> None:
        """End the fit that goes on."""
        if self._process is not None:
            self._process.kill()
        self.join()

    def _run(self, model: str) -> None:
        # Hidden, and with the ending of a model file.
        fresh = self.out.with_name(f".sk_imu-{self.out.name}")
        command = [sys.executable, "-m", f"{__package__}._fitting"]
        command += [str(self.folder), str(fresh), model]
        try:
            with subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            ) as self._process:
                try:
                    report = self._follow(self._process)
                except BaseException:
                    self._process.kill()
                    raise
            self._when_done(fresh)
            fresh.replace(self.out)
        # Whatever it is, the page must not wait for a fit that is over.
        except Exception as error:
            self.state = {"state": "failed", "error": str(error)}
        else:
            self.report = report
            self.state = {"state": "done", "report": report}
        finally:
            fresh.unlink(missing_ok=True)

    def _follow(self, process: "subprocess.Popen[str]") -> dict[str, Any]:
        """Pass on the steps, and return the report; raise a ValueError if there is none."""
        assert process.stdout is not None
        assert process.stderr is not None
        last = _LastLine(process.stderr)
        for line in process.stdout:
            said = json.loads(line)
            if "error" in said:
                raise ValueError(said["error"])
            if "report" in said:
                return dict(said["report"])
            self.state = {"state": "running", **said}
        raise ValueError(f"The fit ended early. {last.text()}")


class _LastLine:
    """Reads all that a process writes, or it would be stuck, and keeps the last line."""

    def __init__(self, stream: IO[str]) -> None:
        self._line = ""
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._line = line.strip() or self._line

    def text(self) -> str:
        self._thread.join()
        return self._line[:500]
