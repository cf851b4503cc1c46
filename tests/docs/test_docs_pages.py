"""The code on the pages of the documentation runs and prints what the page shows."""

import doctest
import importlib
import io
import re
import shlex
import textwrap
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import pytest

from sk_imu.cli import main

DOCS = Path(__file__).parents[2] / "docs"
# These take tens of seconds.
SLOW = {
    "start/five_minutes",
    "guide/explanation",
    "guide/live",
    "guide/models",
    "guide/selection",
    "guide/sets",
    "guide/study",
    "guide/trust",
}
# Without code, or with blocks that are shown and not run, because they need a cluster, the
# results of a long run, or a network and a browser.
NOT_RUN = {"browser", "card", "clusters", "collect", "index", "report", "server"}


class Block(NamedTuple):
    """A literal block of a page: its first line, its language and its text."""

    line: int
    language: str
    text: str


def blocks_of(page: str) -> Iterator[Block]:
    """Yield the code blocks of a page and the output it shows, in order."""
    lines = page.splitlines()
    for i, line in enumerate(lines):
        start = re.fullmatch(r"( *)\.\. (plot|code-block)::(?: (python|bash|text))?", line)
        if not start:
            continue
        body = []
        for following in lines[i + 1 :]:
            if following.strip() and not following.startswith(start[1] + "    "):
                break
            body.append(following)
        text = textwrap.dedent("\n".join(body))
        text = re.sub(r"\A(:.*\n(   .*\n)*)*\n", "", text)
        yield Block(i + 2, start[3] or "python", text.strip("\n") + "\n")


def run(page: str, name: str) -> int:
    """Run a page's Python and its ``sk-imu`` commands; return how many blocks ran."""
    names: dict[str, object] = {"__name__": "page"}
    n_run = 0
    printed = ""
    for block in blocks_of(page):
        if block.language == "text":
            # A block below code that printed nothing is not output.
            if printed:
                flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
                same = doctest.OutputChecker().check_output(block.text, printed, flags)
                assert same, (
                    f"{name}, line {block.line}, shows\n{block.text}\nand prints\n{printed}"
                )
            printed = ""
            continue
        assert not printed, (
            f"{name}: printed, but not shown above line {block.line}: {printed}"
        )
        with redirect_stdout(io.StringIO()) as out:
            if block.language == "python":
                # Blank lines in front make a traceback name the line of the page.
                code = "\n" * block.line + block.text
                exec(compile(code, name, "exec"), names)
                n_run += 1
            else:
                commands = block.text.replace("\\\n", "").splitlines()
                for words in (shlex.split(command, comments=True) for command in commands):
                    if words[:1] == ["sk-imu"]:
                        assert main(words[1:]) == 0, f"{name}: {shlex.join(words)}"
                        n_run += 1
        # The page need not show what a command prints.
        printed = out.getvalue() if block.language == "python" else ""
    assert not printed, f"{name}: printed, but not shown: {printed}"
    return n_run


PAGES = [
    "start/five_minutes",
    "start/install",
    *sorted(f"guide/{p.stem}" for p in DOCS.glob("guide/*.rst") if p.stem not in NOT_RUN),
]


@pytest.mark.parametrize(
    "name",
    [pytest.param(p, marks=[pytest.mark.slow] if p in SLOW else []) for p in PAGES],
)
def test_code_of_a_page_runs_and_prints_what_it_shows(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        assert run((DOCS / f"{name}.rst").read_text("utf-8"), f"docs/{name}.rst")
    finally:
        plt.close("all")


def test_a_wrong_figure_on_a_page_is_found():
    page = ".. code-block:: python\n\n    print(0.5)\n\n.. code-block:: text\n\n    0.6\n"
    with pytest.raises(AssertionError, match=r"shows\s+0\.6\s+and prints\s+0\.5"):
        run(page, "page")
    assert run(page.replace("0.6", "0.5"), "page") == 1


# What sphinx-gallery and autosummary write is not ours.
WRITTEN = [DOCS / "index.rst", *DOCS.glob("[!_a]*/*.rst")]


@pytest.mark.parametrize(
    "page", sorted(WRITTEN), ids=lambda page: str(page.relative_to(DOCS))
)
def test_names_that_a_page_links_to_exist(page):
    # Sphinx does not warn about an unknown name: the text remains, without a link.
    text = page.read_text("utf-8")
    assert ":orphan:" not in text
    roles = r":(?:class|func|meth|attr|exc|obj|mod):`~?(sk_imu[\w.]*)`"
    for dotted in sorted(set(re.findall(roles, text))):
        parts = dotted.split(".")
        for n in range(len(parts), 0, -1):
            try:
                found = importlib.import_module(".".join(parts[:n]))
            except ModuleNotFoundError:
                continue
            for part in parts[n:]:
                found = getattr(found, part)
            break
