"""What a model file says of its model beside the model itself: card and versions."""

import importlib.metadata
import importlib.util
import json
from collections.abc import Mapping
from typing import Any

from .. import __version__
from ..recording import visible
from ._schema import CARD, VERSIONS, BrokenModelError

_MOST_BYTES = 100_000


def versions() -> dict[str, str]:
    """Return the versions of the packages that results and models depend on."""
    packages = ["numpy", "scipy", "scikit-learn", "skorch", "sktime", "torch"]
    packages += ["numba"] * (importlib.util.find_spec("numba") is not None)
    others = {name: importlib.metadata.version(name) for name in packages}
    return {"sk_imu": __version__, **others}


def card_bytes(card: Any) -> bytes:
    """Return a card as it is stored, or raise an error where it cannot be."""
    text = str(card).encode("utf-8", "backslashreplace")
    _check_size(CARD, text)
    return text


def card_in(parts: Mapping[str, bytes]) -> str | None:
    """Return the card in an archive, None if there is none."""
    text = _text(parts, CARD)
    # A card is for terminals, too, which obey some of the characters that are not shown.
    return None if text is None else "\n".join(map(visible, text.splitlines()))


def versions_in(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Return the versions in an archive, which files of before lack."""
    text = _text(parts, VERSIONS)
    try:
        found = {} if text is None else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BrokenModelError(f"holds a {VERSIONS} that is not JSON") from error
    if not isinstance(found, dict):
        raise BrokenModelError(f"holds a {VERSIONS} without names")
    return {visible(name): visible(number) for name, number in found.items()}


def _text(parts: Mapping[str, bytes], name: str) -> str | None:
    if name not in parts:
        return None
    _check_size(name, parts[name])
    try:
        return parts[name].decode("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenModelError(f"holds a {name} that is not UTF-8") from error


def _check_size(name: str, text: bytes) -> None:
    if len(text) > _MOST_BYTES:
        raise BrokenModelError(
            f"holds a {name} of {len(text):,} bytes; {_MOST_BYTES:,} are allowed"
        )
