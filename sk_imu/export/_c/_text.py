"""Numbers, text and names as C writes them."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

__all__ = ["c_array", "c_environment", "c_number", "c_string", "check_prefix", "one_line"]

_WIDTH = 92


def c_environment() -> Environment:
    """Return the environment of the templates of C code."""
    environment = Environment(
        loader=PackageLoader(__package__),
        # C is no markup.
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "c_array": c_array,
        "c_number": c_number,
        "c_string": c_string,
        "one_line": one_line,
    }
    return environment


def check_prefix(prefix: Any) -> str:
    """Return what the names in a header begin with, or raise a ValueError."""
    if not isinstance(prefix, str) or not re.fullmatch("[A-Za-z][A-Za-z0-9_]*", prefix):
        raise ValueError(
            f"prefix must be a name in C, such as 'sk_imu' or 'squats_2', got {prefix!r}."
        )
    return prefix


def c_number(value: float, dtype: str = "float") -> str:
    """Return a number that the compiler reads as exactly this one."""
    if dtype == "double":
        return repr(float(value))
    if dtype == "float":
        # The shortest number that is this float and no other; it has a point or an e.
        return f"{np.float32(value)!s}f"
    return str(int(value))


def c_array(values: Any, name: str, dtype: str = "float") -> str:
    """Return the definition of a constant array, row by row as C orders it."""
    flat = np.asarray(values).ravel()
    if not np.isfinite(flat.astype(np.float64)).all():
        raise ValueError(f"{name}: the model holds numbers that are not finite.")
    lines = "\n".join(_wrapped([c_number(value, dtype) for value in flat]))
    return f"static const {dtype} {name}[{len(flat)}] = {{\n{lines}\n}};"


def _wrapped(numbers: list[str]) -> Iterator[str]:
    line = ""
    for number in numbers:
        if len(line) + len(number) + 2 > _WIDTH:
            yield line
            line = ""
        line += f" {number}," if line else f"  {number},"
    yield line


def c_string(text: Any) -> str:
    """Return text as a literal of C, in UTF-8."""
    parts = ['"']
    for byte in str(text).encode("utf-8"):
        letter = chr(byte)
        # A question mark can begin a trigraph. Three octal digits end by themselves.
        plain = 32 <= byte < 127 and letter not in '"\\?'
        parts.append(letter if plain else f"\\{byte:03o}")
    return "".join([*parts, '"'])


def one_line(text: Any) -> str:
    """Return text that can stand in a comment, in ASCII."""
    line = " ".join(str(text).replace("²", "^2").replace("µ", "u").split())
    # A backslash would continue the line, and "??/" is one, too.
    line = line.encode("ascii", "replace").decode().replace("\\", "/")
    line = line.replace("??/", "?? /")
    # The first of these would end the comment.
    return line.replace("*/", "* /").replace("/*", "/ *")
