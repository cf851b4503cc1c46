"""The page and its files."""

from pathlib import Path
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse

from .._pages import page_of

_PAGE = Path(__file__).parent / "page"
# A type and not a pattern: nothing that is asked for becomes a part of a path.
_File = Literal["phone.js", "motion.js", "evidence.js", "sending.js", "phone.css"]

router = APIRouter(include_in_schema=False)


@router.get("/phone")
async def page() -> HTMLResponse:
    """Return the page that a phone opens."""
    return page_of(_PAGE / "phone.html")


@router.get("/phone/{name}")
async def file(name: _File) -> FileResponse:
    """Return a file of the page."""
    return FileResponse(_PAGE / name)
