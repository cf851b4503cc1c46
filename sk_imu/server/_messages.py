"""A message as Sensor Logger pushes it, checked."""

import hashlib
import json
import time
import zlib
from dataclasses import dataclass
from typing import Any, NoReturn

from ..readers import PushedSamples, pushed_samples

_PLATFORMS = ("android", "ios")


@dataclass(frozen=True)
class Message:
    """A message: who sent it, and its samples.

    ``packed`` is the body as it came, compressed, and ``digest`` what distinguishes it from
    another. ``first_ns`` and ``last_ns`` are the times of its samples, or of its arrival
    if it has none.
    """

    device_id: str
    session_id: str
    message_id: str
    platform: str | None
    samples: PushedSamples
    first_ns: int
    last_ns: int
    packed: bytes
    digest: bytes


def parse_message(body: bytes, *, depth: int = 8, most_samples: int = 10**9) -> Message:
    """Return a message.

    Raises
    ------
    ValueError
        If it is not as the app sends it. The text names what is wrong.
    """
    try:
        content = json.loads(body, parse_constant=_refuse)
    except RecursionError:
        raise ValueError(f"JSON is nested deeper than {depth}.") from None
    except ValueError as error:
        raise ValueError(f"not JSON: {str(error)[:200]}.") from None
    _check_depth(content, depth)
    if not isinstance(content, dict):
        raise ValueError("a message must be an object with messageId, sessionId, payload.")
    payload = content.get("payload")
    if isinstance(payload, list) and len(payload) > most_samples:
        raise ValueError(f"payload: a message may have {most_samples} samples.")
    platform = content.get("platform")
    if platform not in (None, *_PLATFORMS):
        raise ValueError("platform: must be 'android' or 'ios' if it is given.")
    samples = pushed_samples(payload)
    now_ns = time.time_ns()
    first_ns, last_ns = samples.times_ns() or (now_ns, now_ns)
    return Message(
        device_id=_name(content, "deviceId"),
        session_id=_name(content, "sessionId"),
        message_id=_name(content, "messageId"),
        platform=platform,
        samples=samples,
        first_ns=first_ns,
        last_ns=last_ns,
        packed=zlib.compress(body, 1),
        digest=hashlib.blake2b(body, digest_size=16).digest(),
    )


def samples_in(packed: bytes) -> PushedSamples:
    """Return the samples of a stored message."""
    return pushed_samples(json.loads(zlib.decompress(packed))["payload"])


def _name(content: dict[str, Any], key: str) -> str:
    """Return an identifier, which is text or a whole number."""
    value = content.get(key)
    if type(value) is int and 0 <= value < 2**63:
        return str(value)
    if isinstance(value, str) and 0 < len(value) <= 128 and value.isprintable():
        return value
    raise ValueError(f"{key}: must be a whole number or a text of at most 128 characters.")


def _check_depth(content: Any, most: int) -> None:
    """Raise a ValueError if arrays and objects are nested deeper than a limit."""
    level = [content]
    for _ in range(most + 1):
        level = [
            inner
            for one in level
            if isinstance(one, (dict, list))
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise ValueError(f"JSON is nested deeper than {most}.")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
