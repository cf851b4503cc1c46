"""How many packages an installation brings, and how many of them it asks for itself."""

import importlib.metadata
import re

from packaging.requirements import Requirement
from trying import LIBRARIES, try_all


def needed(name, extras=frozenset()):
    """Return the requirements of an installed package that hold here."""
    for text in importlib.metadata.requires(name) or []:
        requirement = Requirement(text)
        environments = [{"extra": extra} for extra in (*extras, "")]
        marker = requirement.marker
        if marker is None or any(marker.evaluate(e) for e in environments):
            yield requirement


def closure(name):
    """Return all packages that come with one."""
    found, queue = set(), [(name, frozenset())]
    while queue:
        for requirement in needed(*queue.pop()):
            key = re.sub(r"[-_.]+", "-", requirement.name).lower()
            if key not in found:
                found.add(key)
                queue.append((requirement.name, frozenset(requirement.extras)))
    return found


def attempt(name):
    def count():
        everything = closure(name)
        own = len(list(needed(name)))
        torch = "" if "torch" in everything else ", no torch"
        return f"{len(everything)}", f"asks for {own} itself{torch}"

    count.__name__ = name
    return count


if __name__ == "__main__":
    try_all("packages installed with it, none of its extras", *map(attempt, LIBRARIES))
