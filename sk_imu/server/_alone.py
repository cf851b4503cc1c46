"""The page that needs no service: its model runs in the browser that shows it."""

import asyncio
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

#: It may download a file of 33 MB.
_LONGEST_S = 600
#: As in the head of the page, which compiles WebAssembly; a worker has no head.
_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "connect-src 'self'; worker-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


class AlonePage:
    """The page of a model file, made anew when the file is another one.

    Parameters
    ----------
    model : pathlib.Path or None
        The model file, which need not be there yet; None if the service has no such file.
    """

    def __init__(self, model: Path | None) -> None:
        self.model = model
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._making = asyncio.Lock()
        self._made_of: tuple[int, int] | None = None

    async def folder(self) -> Path:
        """Return the folder of the page; raise an HTTPException if none can be made."""
        if self.model is None:
            raise HTTPException(
                404, "This page can only be made of a file of `sk-imu fit`."
            )
        async with self._making:
            try:
                now = self.model.stat()
            except OSError:
                raise HTTPException(
                    404, "There is no model yet. Train one first."
                ) from None
            if self._scratch is None:
                # A folder that stays must not keep the database from being closed.
                self._scratch = tempfile.TemporaryDirectory(
                    prefix="sk_imu-page-", ignore_cleanup_errors=True
                )
            page = Path(self._scratch.name, "page")
            made_of = now.st_mtime_ns, now.st_size
            # Systems remove old temporary files.
            if made_of != self._made_of or not (page / "index.html").is_file():
                await _export(self.model, page)
                self._made_of = made_of
        return page

    async def close(self) -> None:
        """Remove the page, when nobody makes it any more."""
        async with self._making:
            if self._scratch is not None:
                self._scratch.cleanup()


async def _export(model: Path, page: Path) -> None:
    """Write the page in another process, because phones must not wait for it."""
    command = [sys.executable, "-m", "sk_imu", "export", str(model.resolve())]
    command += ["--format", "web", "--out", str(page)]
    process = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=PIPE)
    try:
        async with asyncio.timeout(_LONGEST_S):
            _, said = await process.communicate()
    except TimeoutError:
        raise HTTPException(422, "Making the page took more than ten minutes.") from None
    finally:
        if process.returncode is None:  # out of time, or the service ends
            process.kill()
            await process.wait()  # its files are removed next
    if process.returncode:
        lines = said.decode(errors="replace").strip().splitlines()
        why = lines[-1].removeprefix("sk-imu: ") if lines else "The export ended early."
        raise HTTPException(422, why[:1000])


def alone_page_of(request: Request) -> AlonePage:
    """Return the page, for ``Depends``."""
    page: AlonePage = request.app.state.alone_page
    return page


router = APIRouter(include_in_schema=False)


@router.get("/alone/{path:path}")
async def file(
    path: str, request: Request, page: Annotated[AlonePage, Depends(alone_page_of)]
) -> Response:
    """Return a file of the page, which is made first."""
    try:
        folder = await page.folder()
    except HTTPException as error:  # for a person, who followed a link
        return PlainTextResponse(f"{error.detail}\n", error.status_code)
    # Which answers no path that leads out of the folder.
    answer = await StaticFiles(directory=folder, html=True).get_response(
        path or ".", request.scope
    )
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["Cache-Control"] = "no-cache"  # 14 MB are asked for anew, not sent
    return answer
