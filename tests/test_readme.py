"""The README's Python example runs as it stands there."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"


@pytest.mark.slow
def test_example_runs_and_tells_a_useful_score(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, str(README), "exec"), names)
    assert "windowedclassifier__n_timesteps" in capsys.readouterr().out
    # One of seven exercises by chance; the forest knows most of them.
    assert names["search"].best_score_ > 0.7
