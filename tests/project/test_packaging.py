"""The metadata, the tested versions and the lowest versions agree."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import sk_imu

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
REQUIREMENTS = [
    requirement
    for group in [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    for requirement in map(Requirement, group)
    if requirement.name != PROJECT["name"]
]


def pins(text: str) -> dict[str, str]:
    """Return the versions in lines of `name==version`."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {
        canonicalize_name(name): pinned
        for name, pinned in (line.split("==") for line in lines)
    }


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_constraints_pin_a_version_that_the_metadata_allow(requirement):
    tested = pins((ROOT / "constraints.txt").read_text("utf-8"))
    assert requirement.specifier.contains(tested[canonicalize_name(requirement.name)])


def test_torch_has_one_version():
    # A CPU build has a local suffix, which not every index offers.
    tested = pins((ROOT / "constraints.txt").read_text("utf-8"))
    (torch,) = (r for r in REQUIREMENTS if r.name == "torch")
    assert str(torch.specifier) == f">={tested['torch']}"


def test_lowest_pins_every_dependency_at_its_bound():
    run = subprocess.run(
        [sys.executable, ROOT / ".ci" / "lowest", "test"],
        capture_output=True,
        text=True,
        check=True,
    )
    lowest = pins(run.stdout)
    assert lowest.keys() >= {
        canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]
    }
    assert lowest["seglearn"] == "1.2.5"
    for requirement in REQUIREMENTS:
        name = canonicalize_name(requirement.name)
        if name in lowest:
            assert str(requirement.specifier) in {f">={lowest[name]}", f"=={lowest[name]}"}


def test_the_package_is_its_command():
    run = subprocess.run(
        [sys.executable, "-m", "sk_imu", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == f"sk-imu {sk_imu.__version__}\n"


def test_citation_names_the_version():
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {sk_imu.__version__}\n" in citation
