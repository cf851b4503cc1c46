"""The pages: one head for all of them, and files that a browser runs as they are."""

from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader
from starlette.staticfiles import StaticFiles

from ._alone import AlonePage, alone_page_of

PAGE = Path(__file__).parent / "_page"

router = APIRouter(include_in_schema=False)


@cache
def _rendered(path: Path, has_own_page: bool) -> str:
    # Each page names the base whose blocks it fills.
    loader = FileSystemLoader([path.parent, PAGE])
    environment = Environment(loader=loader, autoescape=True)
    return environment.get_template(path.name).render(has_own_page=has_own_page)


def page_of(path: Path, *, has_own_page: bool = False) -> HTMLResponse:
    """Return a page whose file extends ``base.html``.

    ``has_own_page`` is whether the model has a page that needs no service.
    """
    return HTMLResponse(_rendered(path, has_own_page))


def static_files(folder: Path) -> StaticFiles:
    """Return what serves the files of a page."""
    return StaticFiles(directory=folder)


@router.get("/")
async def page(alone: Annotated[AlonePage, Depends(alone_page_of)]) -> HTMLResponse:
    """Return the page that shows what is recognized."""
    return page_of(PAGE / "index.html", has_own_page=alone.model is not None)
