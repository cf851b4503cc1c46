"""What a browser saves of the model: its file, and a page that needs no service."""

import asyncio
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi.responses import FileResponse

from .._service import BusyError, Service, service_of

#: It may download a file of 33 MB.
_LONGEST_S = 600


def add_saving(router: APIRouter, model: Path) -> None:
    """Add the routes from which a model file and its page are saved."""
    making = asyncio.Lock()

    def check_model() -> None:
        if not model.is_file():
            raise HTTPException(404, "There is no model yet. Train one first.")

    @router.get("/model.skops")
    async def file() -> FileResponse:
        check_model()
        return FileResponse(
            model, filename=model.name, media_type="application/octet-stream"
        )

    @router.get("/page.zip")
    async def page(service: Annotated[Service, Depends(service_of)]) -> Response:
        check_model()
        if making.locked():
            raise BusyError("The page is being made already.", seconds=10)
        async with making:
            try:
                content = await service.in_thread(_zipped_page, model)
            except (OSError, ValueError) as error:
                raise HTTPException(422, str(error)[:1000]) from None
        attached = {"Content-Disposition": 'attachment; filename="page.zip"'}
        return Response(content, media_type="application/zip", headers=attached)


def _zipped_page(model: Path) -> bytes:
    """Return the page that `sk-imu export` writes, in a zip file."""
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch, "page")
        command = [sys.executable, "-m", "sk_imu", "export", str(model.resolve())]
        command += ["--format", "web", "--out", str(page)]
        # In another process, because phones must not wait for it.
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_LONGEST_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise ValueError("The page was not made in time.") from None
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["The export ended early."]
            raise ValueError(said[-1].removeprefix("sk-imu: "))
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(page.rglob("*")):
                archive.write(path, path.relative_to(scratch))
        return zipped.getvalue()
