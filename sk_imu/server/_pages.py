"""The pages, as files that a browser runs as they are."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

PAGE = Path(__file__).parent / "_page"

router = APIRouter(include_in_schema=False)


def static_files(folder: Path) -> StaticFiles:
    """Return what serves the files of a page."""
    return StaticFiles(directory=folder)


@router.get("/")
async def page() -> FileResponse:
    """Return the page that shows what is recognized."""
    return FileResponse(PAGE / "index.html")
