"""What a browser saves of the model: its file, and the page that needs no service."""

import io
import zipfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi.responses import FileResponse

from .._alone import AlonePage, alone_page_of
from .._service import Service, service_of


def add_saving(router: APIRouter, model: Path) -> None:
    """Add the routes from which a model file and its page are saved."""

    @router.get("/model.skops")
    async def file() -> FileResponse:
        if not model.is_file():
            raise HTTPException(404, "There is no model yet. Train one first.")
        return FileResponse(
            model, filename=model.name, media_type="application/octet-stream"
        )

    @router.get("/page.zip")
    async def page(
        service: Annotated[Service, Depends(service_of)],
        alone: Annotated[AlonePage, Depends(alone_page_of)],
    ) -> Response:
        content = await service.in_thread(_zipped, await alone.folder())
        attached = {"Content-Disposition": 'attachment; filename="page.zip"'}
        return Response(content, media_type="application/zip", headers=attached)


def _zipped(folder: Path) -> bytes:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder.parent))
    return zipped.getvalue()
