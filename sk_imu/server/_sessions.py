"""What pages ask for: sessions, what goes on in them, and their export."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import PlainTextResponse, StreamingResponse

from ..readers import write_sensor_logger
from ..recording import SENSOR_AXES, Recording
from ._service import BusyError, Service, service_of
from ._tables import Session

_BUSY = "The database can't be used now; wait as Retry-After says."
router = APIRouter(tags=["sessions"], responses={503: {"description": _BUSY}})

#: How often a page gets news, and how often it hears that there are none.
_NEWS_S, _BEAT_S = 0.2, 2.0

Served = Annotated[Service, Depends(service_of)]
Number = Annotated[int, InPath(ge=1, le=2**62)]
Seconds = Annotated[float | None, Query(ge=-1e9, le=1e9, allow_inf_nan=False)]
_MISSING: dict[int | str, dict[str, Any]] = {404: {"description": "No such session."}}


async def find_session(number: Number, service: Served) -> Session:
    """Return a session by the number in the address, for ``Depends``."""
    session = await service.in_thread(service.store.session, number)
    if session is None:
        raise HTTPException(404, f"There is no session {number}.")
    return session


Found = Annotated[Session, Depends(find_session)]


@router.get("/api/model")
async def model(service: Served) -> dict[str, Any]:
    """Return what the model knows."""
    about = {name: text for name, text in service.about.items() if name != "card"}
    return {
        "classes": service.live.templates.classes,
        "sensors": service.live.templates.needed,
        "about": about,
        "has_card": "card" in service.about,
    }


@router.get("/card", responses={404: {"description": "The model has no card."}})
async def card(service: Served) -> PlainTextResponse:
    """Return the model's card, as Markdown."""
    if "card" not in service.about:
        raise HTTPException(404, "The model has no card.")
    return PlainTextResponse(service.about["card"])


@router.get("/api/status")
async def status(service: Served) -> dict[str, Any]:
    """Return how busy the service is, and how much it refused, by status."""
    return {
        "mqtt": service.mqtt,
        "sessions": service.live.n_sessions,
        "waiting": service.live.n_waiting,
        "refused": {str(code): n for code, n in sorted(service.refused.items())},
    }


@router.get("/api/sessions")
async def sessions(service: Served) -> list[dict[str, Any]]:
    """Return the newest sessions."""
    return await service.in_thread(service.store.overview)


@router.get("/api/sessions/{number}", responses=_MISSING)
async def session(session: Found, service: Served) -> dict[str, Any]:
    """Return what is known of a session: its sets, and what goes on."""
    return await service.in_thread(service.live.snapshot, session)


@router.delete("/api/sessions/{number}", responses=_MISSING, status_code=204)
async def remove(session: Found, service: Served) -> Response:
    """Delete a session with its samples and sets."""
    await service.in_thread(service.live.remove, session)
    return Response(status_code=204)


@router.get("/api/sessions/{number}/recording.zip", responses=_MISSING)
async def export(
    session: Found, service: Served, start_s: Seconds = None, end_s: Seconds = None
) -> Response:
    """Return a session, or a part of it, as the file that the app exports."""
    try:
        content = await service.in_thread(_zipped, service, session, start_s, end_s)
    except ValueError as error:
        raise HTTPException(404, str(error)[:500]) from None
    name = f"session-{session.id}.zip"
    attached = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/zip", headers=attached)


def _zipped(
    service: Service, session: Session, start_s: float | None, end_s: float | None
) -> bytes:
    recording = service.store.recording_of(session, start_s, end_s)
    # A file of the app holds all axes of a sensor.
    whole = {
        sensor: stream
        for sensor, stream in recording.streams.items()
        if set(stream.axes) == set(SENSOR_AXES[sensor])
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "recording.zip")
        write_sensor_logger(Recording(whole, epoch_ns=recording.epoch_ns), path)
        return path.read_bytes()


@router.get("/api/events", responses={503: {"description": "Too many pages are open."}})
async def events(
    request: Request,
    service: Served,
    session: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> StreamingResponse:
    """Send what goes on in a session, or in the newest one, as server-sent events."""
    if service.n_listeners >= service.limits.listeners:
        raise BusyError("Too many pages are open.", seconds=10)
    return StreamingResponse(
        _news(request, service, session),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _news(
    request: Request, service: Service, number: int | None
) -> AsyncIterator[bytes]:
    """Yield an event for each change, until the page is closed or the service stops."""
    loop = asyncio.get_running_loop()
    shown: dict[str, Any] | None = None
    session: Session | None = None
    asked: int | None = None
    n_drawn, sent_s = 0, -1e9
    service.n_listeners += 1
    try:
        while not service.is_stopping() and not await request.is_disconnected():
            wanted = service.live.latest if number is None else number
            if wanted != asked:
                session = None
                if wanted is not None:
                    session = await service.in_thread(service.store.session, wanted)
                asked, shown, n_drawn = wanted, None, 0
            state, n_drawn, points = await _state(service, session, shown, n_drawn)
            is_new = points or _without_time(state) != _without_time(shown)
            if is_new or loop.time() - sent_s >= _BEAT_S:
                # The sets are sent when they change, because there may be many.
                sent = {k: v for k, v in state.items() if k != "sets"}
                if shown is None or shown.get("sets") != state.get("sets"):
                    sent["sets"] = state.get("sets", [])
                text = json.dumps({**sent, "signal": points}, separators=(",", ":"))
                yield f"data: {text}\n\n".encode()
                shown, sent_s = state, loop.time()
            await asyncio.sleep(_NEWS_S)
    finally:
        service.n_listeners -= 1


async def _state(
    service: Service, session: Session | None, shown: dict[str, Any] | None, n_drawn: int
) -> tuple[dict[str, Any], int, list[list[float]]]:
    """Return what a page shows, and the samples that it has not drawn yet."""
    if session is None:
        return {"session": None, "state": "none"}, 0, []
    if service.live.is_followed(session):
        n_drawn, points = service.live.signal_since(session, n_drawn)
        return service.live.snapshot(session), n_drawn, points
    if shown is not None and shown["state"] == "ended":
        return shown, 0, []  # nothing of it changes
    return await service.in_thread(service.live.snapshot, session), 0, []


def _without_time(state: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if state is None else {k: v for k, v in state.items() if k != "silent_s"}
