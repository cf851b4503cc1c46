"""The page and its files."""

from pathlib import Path
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse, HTMLResponse

from ... import _motion
from .._alone import AlonePage, alone_page_of
from .._pages import page_of

_PAGE = Path(__file__).parent / "page"
# Types and not a pattern: nothing that is asked for becomes a part of a path.
_File = Literal["phone.js", "sending.js", "phone.css"]
_MotionFile = Literal["source.js", "reader.js", "evidence.js"]

router = APIRouter(include_in_schema=False)


@router.get("/phone")
async def page(alone: Annotated[AlonePage, Depends(alone_page_of)]) -> HTMLResponse:
    """Return the page that a phone opens."""
    return page_of(_PAGE / "phone.html", has_own_page=alone.model is not None)


@router.get("/phone/{name}")
async def file(name: _File | _MotionFile) -> FileResponse:
    """Return a file of the page."""
    folder = _PAGE if name in get_args(_File) else _motion.FOLDER
    return FileResponse(folder / name)
