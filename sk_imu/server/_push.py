"""Where phones push their samples to."""

import math
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request

from ._messages import Message, parse_message
from ._service import BusyError, Service, service_of
from ._tables import Stored

router = APIRouter(tags=["push"])

_SAMPLE = {
    "type": "object",
    "required": ["name", "time", "values"],
    "properties": {
        "name": {"type": "string", "examples": ["accelerometer", "gyroscope"]},
        "time": {"type": "integer", "description": "Unix time in nanoseconds."},
        "values": {"type": "object", "examples": [{"x": 0.1, "y": 0.2, "z": 9.8}]},
    },
}
_ID = {
    "anyOf": [
        {"type": "string", "minLength": 1, "maxLength": 128},
        {"type": "integer", "minimum": 0},
    ]
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["messageId", "sessionId", "deviceId", "payload"],
                    "properties": {
                        "messageId": _ID,
                        "sessionId": _ID,
                        "deviceId": _ID,
                        "platform": {"enum": ["android", "ios"]},
                        "payload": {"type": "array", "items": _SAMPLE},
                    },
                }
            }
        },
    }
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"description": "It is no message of the app."},
    401: {"description": "The token is missing or wrong."},
    408: {"description": "The body took too long to arrive."},
    409: {"description": "Another message of the session has this messageId."},
    413: {"description": "The body is too long."},
    429: {"description": "Too many messages or sessions; wait as Retry-After says."},
    503: {"description": "Too much is waiting; wait as Retry-After says."},
    507: {"description": "The database is full of sessions; delete some."},
}


@router.post("/data", openapi_extra=_BODY, responses=_REFUSALS)
async def push(
    request: Request, service: Annotated[Service, Depends(service_of)]
) -> dict[str, Any]:
    """Take a message of the app Sensor Logger.

    The answer comes when the message is on the disk. A message that came before is not
    stored again.
    """
    stored = await take(await request.body(), service)
    return {"stored": stored.is_new, "session": stored.session.id}


async def take(body: bytes, service: Service, *, is_paced: bool = False) -> Stored:
    """Store a message; raise an HTTPException if that is refused.

    Its status is 503 if the message can be stored later. A sender ``is_paced`` if it waits
    for acknowledgements, and may then send as fast as it gets them.
    """
    message = await service.in_thread(_parsed, body, service)
    if not is_paced:
        _check_rate(message, service)
    await _admit(message, service)
    stored = await service.keep(message)
    if stored.row is None:
        raise HTTPException(
            409, f"messageId {message.message_id} is taken by another message."
        )
    return stored


def _parsed(body: bytes, service: Service) -> Message:
    limits = service.limits
    try:
        return parse_message(
            body, depth=limits.depth, most_samples=limits.samples_per_message
        )
    except ValueError as error:
        raise HTTPException(400, str(error)[:500]) from None


def _check_rate(message: Message, service: Service) -> None:
    """Refuse what comes too fast."""
    wait_s = service.rates.take((message.device_id, message.session_id))
    if wait_s:
        raise BusyError("Too many messages.", status=429, seconds=math.ceil(wait_s))


async def _admit(message: Message, service: Service) -> None:
    """Refuse sessions beyond the limit."""
    if service.store.knows(message.device_id, message.session_id):
        return
    if not service.live.has_room:
        raise BusyError("Too many sessions.", status=429, seconds=30)
    if await service.in_thread(_is_full, message, service):
        raise BusyError("The database is full of sessions.", status=507, seconds=600)


def _is_full(message: Message, service: Service) -> bool:
    """Return whether a session is beyond the limit, and not one that goes on."""
    store = service.store
    is_full = store.n_sessions() >= service.limits.stored_sessions
    return is_full and not store.is_stored(message.device_id, message.session_id)
