"""The fit that goes on in another process, and who waits for its steps."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

#: Longest line that a fit writes.
_LONGEST_LINE = 1 << 20


class Training:
    """Fits a model of a folder, one at a time.

    Parameters
    ----------
    folder : Path
        The collection.
    out : Path
        The model file.
    when_done : callable
        Is called with the path of the model file once it is there, outside of the event
        loop. What it raises is the error of the fit.
    """

    def __init__(self, folder: Path, out: Path, when_done: Callable[[Path], None]) -> None:
        self.folder, self.out = folder, out
        self._when_done = when_done
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._changed = asyncio.Condition()
        self.state: dict[str, Any] = {"state": "idle"}
        self.report: dict[str, Any] | None = None

    @property
    def is_running(self) -> bool:
        """Whether a fit goes on."""
        return self._task is not None and not self._task.done()

    async def start(self, model: str) -> bool:
        """Start a fit, and return whether that was possible: False while one goes on."""
        if self.is_running:
            return False
        await self._say(state="running", step="Starting", done=0.0, model=model)
        self._task = asyncio.create_task(self._run(model))
        return True

    async def states(self) -> AsyncIterator[dict[str, Any]]:
        """Yield the state now, and each time that it changes."""
        yield (last := self.state)
        while True:
            async with self._changed:
                while self.state is last:
                    await self._changed.wait()
                last = self.state
            yield last

    async def stop(self) -> None:
        """End the fit that goes on."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, model: str) -> None:
        module = f"{__package__}._fitting"
        # What is fitted takes the place of the model only when it is whole.
        fresh = self.out.with_name(f".sk_imu-{self.out.name}")
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", module, str(self.folder), str(fresh), model),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_LONGEST_LINE,
            )
            errors = asyncio.create_task(_tail(self._process.stderr))
            report = await self._follow(self._process)
            if report is None:
                await self._fail(await errors)
                return
            await asyncio.to_thread(self._when_done, fresh)
            fresh.replace(self.out)
            self.report = report
            await self._say(state="done", step="Done", done=1.0, report=report)
        except (ValueError, OSError, ImportError) as error:
            await self._fail(str(error))
        finally:
            fresh.unlink(missing_ok=True)

    async def _follow(self, process: asyncio.subprocess.Process) -> dict[str, Any] | None:
        """Pass on the steps, and return the report; None if it failed."""
        assert process.stdout is not None
        report = None
        async for line in process.stdout:
            said = json.loads(line)
            if "error" in said:
                await self._fail(said["error"])
            elif "report" in said:
                report = said["report"]
            else:
                await self._say(state="running", **said)
        await process.wait()
        return report if process.returncode == 0 else None

    async def _fail(self, error: str) -> None:
        # The first error is the reason.
        if self.state["state"] != "failed":
            await self._say(state="failed", error=error or "The fit ended early.")

    async def _say(self, **state: Any) -> None:
        async with self._changed:
            self.state = state
            self._changed.notify_all()


async def _tail(stream: asyncio.StreamReader | None) -> str:
    """Read all that a process writes, or it would be stuck; return the last line."""
    lines = (
        [] if stream is None else (await stream.read()).decode(errors="replace").split("\n")
    )
    return next((line for line in reversed(lines) if line.strip()), "")[:500]
