"""The API page lists every public name, under the module that has it."""

import importlib
import re
from pathlib import Path

import pytest

import sk_imu

API_PAGE = Path(__file__).parents[2] / "docs" / "reference" / "api.rst"


def listed_names() -> set[str]:
    """Return the dotted names in the page's autosummary tables."""
    names, module = set(), ""
    for line in API_PAGE.read_text("utf-8").splitlines():
        if match := re.fullmatch(r"\.\. currentmodule:: (\S+)", line):
            module = match[1]
        elif match := re.fullmatch(r"    (\w+)", line):
            names.add(f"{module}.{match[1]}")
    return names


MODULES = [
    "sk_imu",
    "sk_imu.augmentation",
    "sk_imu.datasets",
    "sk_imu.model_selection",
    "sk_imu.persistence",
    "sk_imu.readers",
    "sk_imu.recognition",
    "sk_imu.report",
    "sk_imu.sktime",
    "sk_imu.study",
]


@pytest.mark.parametrize("module", MODULES)
def test_api_page_is_complete(module):
    imported = importlib.import_module(module)
    # Constants are documented where they are used; names of sk_imu are listed there only.
    public = {
        f"{module}.{name}"
        for name in imported.__all__
        if callable(getattr(imported, name))
        and (module == "sk_imu" or name not in sk_imu.__all__)
    }
    listed = {name for name in listed_names() if name.rpartition(".")[0] == module}
    assert listed == public
