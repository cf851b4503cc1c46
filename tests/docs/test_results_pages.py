"""Every page of results says which command printed it."""

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Without results of their own.
WITHOUT = ("index", "choosing", "exports_table")
PAGES = {
    path.stem: path
    for path in sorted((ROOT / "docs" / "results").glob("*.rst"))
    if path.stem not in WITHOUT
}


def commands_of(page):
    """Return the commands of a page, each as a list of words."""
    page = page.replace("\\\n", " ")
    literal = re.findall(r"``(python\s[^`]+)``", page)
    lines = re.findall(
        r"^ +(?:\$ )?(?:\w+=\S+ )*((?:python|sk-imu) .*)$", page, re.MULTILINE
    )
    return [shlex.split(one, comments=True) for one in [*literal, *lines]]


def unknown_options(program, script, *words):
    """Return the options of a command that its script does not have."""
    if program != "python" or not script.endswith(".py"):
        return []
    source = (ROOT / script).read_text(encoding="utf-8")
    options = [word.split("=")[0] for word in words if word.startswith("--")]
    return [option for option in options if f'"{option}"' not in source]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_how_its_figures_are_reproduced(name):
    commands = commands_of(PAGES[name].read_text(encoding="utf-8"))
    assert commands
    assert [unknown_options(*command) for command in commands] == [[]] * len(commands)


def test_a_wrong_command_is_found():
    script = "tests/benchmarks/bench_streaming.py"
    page = f"    python {script} --only speed \\\n        --fast 1  # a part\n"
    (command,) = commands_of(page)
    assert unknown_options(*command) == ["--fast"]
    with pytest.raises(FileNotFoundError):
        unknown_options("python", "tests/benchmarks/bench_nothing.py")
    assert commands_of("Faster than before.\n") == []
