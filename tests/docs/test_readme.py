"""The README's Python example runs, and each of its CI commands is one line."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


@pytest.mark.slow
def test_example_runs_and_prints_its_score(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, str(README), "exec"), names)
    assert "svm" in capsys.readouterr().out
    # The README says 0.96; one set of 140 is 0.007.
    assert names["search"].best_score_ == pytest.approx(0.96, abs=0.015)


@pytest.mark.parametrize("name", ["study", "tests"])
def test_ci_command_is_one_line_that_starts_from_nothing(name):
    run = subprocess.run(
        [sys.executable, ROOT / ".ci" / "readme", name],
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = run.stdout.splitlines()
    first, *rest = (shlex.split(command) for command in line.split(" && "))
    assert first == ["python3", "-m", "venv", ".venv"]
    # Without an activated environment, only its own programs may be named.
    assert rest
    assert all(command[0].startswith(".venv/bin/") for command in rest)
