"""Names that a user types and that become folders: of people, exercises, placements."""

import unicodedata
from collections.abc import Iterable

from ...calibration import UNKNOWN

#: Longest name, in bytes of UTF-8. File systems have 255.
_LONGEST = 80
#: What a name may have besides letters and digits of any script.
_SIGNS = set(" -_+()'")
#: Windows has devices of these names in every folder.
_DEVICES = {"con", "prn", "aux", "nul"} | {
    f"{d}{n}" for d in ("com", "lpt") for n in range(10)
}
#: No recordings to the readers, and no exercise to the models.
_TAKEN = {"meta", UNKNOWN}


def clean_name(name: object, what: str) -> str:
    """Return a name that can be that of a folder on any system.

    Spaces are tidied; nothing else is changed.

    Parameters
    ----------
    name : object
        What was typed.
    what : str
        What it names, for the message.

    Raises
    ------
    ValueError
        If it is no text, is empty or too long, has another character than letters, digits,
        spaces and ``-_+()'``, begins with none of the first two, or has a meaning of its
        own.
    """
    if not isinstance(name, str):
        raise ValueError(f"{what}: must be a text.")
    tidy = " ".join(unicodedata.normalize("NFC", name).split())
    if not tidy:
        raise ValueError(f"{what}: give a name.")
    if len(tidy.encode("utf-8", "replace")) > _LONGEST:
        raise ValueError(f"{what}: the name is too long. Choose a shorter one.")
    wrong = sorted({c for c in tidy if not _is_letter(c) and c not in _SIGNS})
    if wrong:
        raise ValueError(
            f"{what}: {tidy!r} has {' '.join(map(repr, wrong[:5]))}. Use letters, digits, "
            "spaces and - _ + ( ) ' only."
        )
    if not tidy[0].isalnum():
        raise ValueError(f"{what}: {tidy!r} must begin with a letter or a digit.")
    if _folded(tidy) in _DEVICES | _TAKEN:
        raise ValueError(f"{what}: {tidy!r} has a meaning of its own. Choose another name.")
    return tidy


def known_name(name: str, known: Iterable[str]) -> str:
    """Return the spelling of a name that is known already, or the name.

    ``Squat`` and ``squat`` are one folder on some systems, and one exercise on all.
    """
    return next((one for one in known if _folded(one) == _folded(name)), name)


def _folded(name: str) -> str:
    """Return what names have in common that differ in capitals or width only."""
    # Windows takes COM¹ for the device COM1, too.
    return unicodedata.normalize("NFKC", name).casefold()


def _is_letter(character: str) -> bool:
    # Marks are parts of letters in many scripts.
    return unicodedata.category(character)[0] in "LMN"
