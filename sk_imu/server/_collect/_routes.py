"""The page on which sets are collected, and what it asks of the server."""

import asyncio
import json
import math
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse
from pydantic import BaseModel, Field

from .._addresses import Addresses, addresses_of, qr_as_svg
from .._pages import page_of
from .._service import BusyError, Service, service_of
from ._advice import advice_on
from ._folder import PLACEMENTS, SetFolder
from ._names import clean_name
from ._phones import Phones
from ._saving import add_saving
from ._takes import LONGEST_S, Take, Takes
from ._training import Training

_PAGE = Path(__file__).parent / "page"
_File = Literal["collect.js", "asking.js", "recorder.js", "views.js", "collect.css"]
#: The quickest ones first, because somebody waits.
MODELS = {
    "rf": "random forest",
    "svm": "support vector machine",
    "minirocket": "MiniRocket",
    "cnn-gru": "network (CNN-GRU)",
}
#: The last samples of a set may come so much later.
_LATE_S = 4.0
#: How often the recordings of the folder are looked for.
_COUNT_S = 10.0
#: How often the page hears of the fit.
_NEWS_S = 0.2
#: How many of the last sets are listed.
_LAST = 12
_SHORT = Field(max_length=200)
ServiceOf = Annotated[Service, Depends(service_of)]


class Names(BaseModel):
    """What is recorded."""

    subject: Annotated[str, _SHORT]
    exercise: Annotated[str, _SHORT]
    placement: Annotated[str, _SHORT] = ""


class Start(Names):
    """A set to begin, and the session of the phone that records it."""

    session: int


class Stop(BaseModel):
    """How much of the end is left out."""

    cut_s: float = Field(0.0, ge=0, le=LONGEST_S)


class Removed(BaseModel):
    """A set to take out."""

    path: Annotated[str, Field(max_length=1000)]


class Model(BaseModel):
    """A model to fit."""

    model: Literal["rf", "svm", "minirocket", "cnn-gru"] = "rf"


def collect_router(folder: SetFolder, training: Training) -> APIRouter:
    """Return the routes of ``/collect``.

    Parameters
    ----------
    folder : SetFolder
        Where sets are kept.
    training : Training
        What fits the model.
    """
    router = APIRouter(prefix="/collect", include_in_schema=False)
    takes, phones = Takes(folder), Phones()
    _add_pages(router)
    _add_takes(router, takes, phones)
    _add_training(router, training)
    add_saving(router, training.out)
    counted_s, n_unlisted = -math.inf, 0

    @router.get("/state")
    async def state(request: Request, service: ServiceOf) -> dict[str, Any]:
        """Return what the page shows."""
        addresses = _addresses_of(request)
        seen = await service.in_thread(phones.look, service)
        nonlocal counted_s, n_unlisted
        with _as_answer():  # the manifest may be edited meanwhile
            shown = await service.in_thread(_state_of, folder, training.report)
            if time.monotonic() - counted_s > _COUNT_S:
                counted_s = time.monotonic()
                n_unlisted = await service.in_thread(folder.n_unlisted)
        return {
            **shown,
            "n_unlisted": n_unlisted,
            "phones": seen,
            "models": MODELS,
            "has_model": training.out.is_file(),
            "phone_address": addresses.phone,
            "push_address": addresses.push,
            "is_local": addresses.is_local,
            "is_encrypted": addresses.is_encrypted,
        }

    @router.post("/remove")
    async def remove(asked: Removed, service: ServiceOf) -> dict[str, str]:
        """Take a set out of the folder."""
        with _as_answer():
            kept = await service.in_thread(folder.remove, asked.path)
        return {"path": kept.path}

    return router


def _add_pages(router: APIRouter) -> None:
    @router.get("")
    async def page() -> HTMLResponse:
        return page_of(_PAGE / "collect.html")

    @router.get("/qr.svg")
    async def qr(request: Request) -> Response:
        svg = qr_as_svg(_addresses_of(request).phone)
        return Response(svg, media_type="image/svg+xml")

    @router.get("/files/{name}")
    async def file(name: _File) -> FileResponse:
        return FileResponse(_PAGE / name)


def _add_takes(router: APIRouter, takes: Takes, phones: Phones) -> None:
    @router.post("/names")
    async def names(asked: Names) -> dict[str, str]:
        """Check names before a countdown begins."""
        with _as_answer():
            clean_name(asked.subject, "person")
            clean_name(asked.exercise, "exercise")
            if asked.placement:
                clean_name(asked.placement, "placement")
        return {}

    @router.post("/takes")
    async def start(asked: Start, service: ServiceOf) -> dict[str, str]:
        with _as_answer():
            phone = await service.in_thread(phones.phone, service, asked.session)
            take = takes.start(
                phone,
                subject=asked.subject,
                exercise=asked.exercise,
                placement=asked.placement,
            )
        return {"id": take.id, "subject": take.subject, "exercise": take.exercise}

    @router.post("/takes/{take_id}/stop")
    async def stop(take_id: str, asked: Stop, service: ServiceOf) -> dict[str, Any]:
        with _as_answer():
            take = takes.stop(take_id, cut_s=asked.cut_s)
            await _wait_for(take, service)
            return await service.in_thread(takes.review, take)

    @router.get("/takes/{take_id}")
    async def look(take_id: str, service: ServiceOf) -> dict[str, Any]:
        with _as_answer():
            return await service.in_thread(takes.review, takes.take(take_id))

    @router.post("/takes/{take_id}/keep")
    async def keep(take_id: str, service: ServiceOf) -> dict[str, str]:
        with _as_answer():
            kept = await service.in_thread(takes.keep, take_id)
        return {"path": kept.path}

    @router.delete("/takes/{take_id}")
    async def discard(take_id: str) -> dict[str, str]:
        takes.discard(take_id)
        return {}


def _add_training(router: APIRouter, training: Training) -> None:
    @router.post("/training")
    async def train(asked: Model) -> dict[str, str]:
        if not training.start(asked.model):
            raise HTTPException(409, "A model is being trained already.")
        return {}

    @router.get("/training")
    async def events(request: Request, service: ServiceOf) -> StreamingResponse:
        """Send each state of the fit, as server-sent events."""
        if service.n_listeners >= service.limits.listeners:
            raise BusyError("Too many pages are open.", seconds=10)
        lines = _states(request, service, training)
        return StreamingResponse(lines, media_type="text/event-stream")


async def _states(
    request: Request, service: Service, training: Training
) -> AsyncIterator[str]:
    """Yield the state of the fit now, and each time that it changes."""
    shown = None
    service.n_listeners += 1
    try:
        while not service.is_stopping() and not await request.is_disconnected():
            if training.state is not shown:
                shown = training.state
                yield f"data: {json.dumps(shown)}\n\n"
            await asyncio.sleep(_NEWS_S)
    finally:
        service.n_listeners -= 1


def _addresses_of(request: Request) -> Addresses:
    """Return the addresses of this service, as the page that asks has found it."""
    state = request.app.state
    given: Addresses | None = getattr(state, "addresses", None)
    return given or addresses_of(str(request.base_url).rstrip("/"), state.token)


async def _wait_for(take: Take, service: Service) -> None:
    """Wait for the last samples of a set, for a while."""
    assert take.end_ns is not None
    with suppress(TimeoutError):
        async with asyncio.timeout(_LATE_S):
            while await service.in_thread(take.phone.newest_ns) < take.end_ns:
                await asyncio.sleep(0.1)


def _state_of(folder: SetFolder, report: dict[str, Any] | None) -> dict[str, Any]:
    sets = folder.sets
    counts: dict[str, Counter[str]] = {}
    for one in sets:
        counts.setdefault(one.label, Counter())[one.subject] += 1
    placements = [*folder.known("placement"), *PLACEMENTS]
    return {
        "folder": str(folder.path),
        "subjects": folder.known("subject"),
        "exercises": list(dict.fromkeys([*folder.known("label"), "rest"])),
        "placements": list(dict.fromkeys(placements)),
        "labels": folder.known("label"),
        "subjects_of_sets": sorted({one.subject for one in sets}),
        "counts": counts,
        "last": [
            {"path": one.path, "placement": one.placement}
            for one in sets[: -_LAST - 1 : -1]
        ],
        "advice": advice_on(sets, report),
    }


class _as_answer:  # noqa: N801
    """Answer a ValueError as a wrong question, and a full disk as the server's fault."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, _: Any) -> None:
        if isinstance(error, ValueError):
            raise HTTPException(422, str(error)[:500]) from None
        if isinstance(error, OSError):
            raise HTTPException(507, f"The set can't be written: {error}.") from None
