"""The pages: one head for all of them, and files that a browser runs as they are."""

from functools import cache
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader
from starlette.staticfiles import StaticFiles

PAGE = Path(__file__).parent / "_page"

router = APIRouter(include_in_schema=False)


@cache
def _rendered(path: Path) -> str:
    # Each page names the base whose blocks it fills.
    loader = FileSystemLoader([path.parent, PAGE])
    environment = Environment(loader=loader, autoescape=True)
    return environment.get_template(path.name).render()


def page_of(path: Path) -> HTMLResponse:
    """Return a page whose file extends ``base.html``."""
    return HTMLResponse(_rendered(path))


def static_files(folder: Path) -> StaticFiles:
    """Return what serves the files of a page."""
    return StaticFiles(directory=folder)


@router.get("/")
async def page() -> HTMLResponse:
    """Return the page that shows what is recognized."""
    return page_of(PAGE / "index.html")
