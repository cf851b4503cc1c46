"""What all commands share: help, errors in one line, exit codes."""

import shlex
import subprocess
import sys

import pytest

from sk_imu.cli import main, make_parser
from sk_imu.pipelines import MODELS


def commands():
    (of_all,) = (action for action in make_parser()._actions if action.dest == "command")
    return of_all.choices


@pytest.mark.parametrize("name", commands())
def test_help_ends_with_examples_that_parse(name):
    _, _, examples = commands()[name].format_help().partition("\nexamples:\n")
    lines = examples.partition("\n\n")[0].splitlines()
    assert len(lines) >= 2
    for line in lines:
        program, *words = shlex.split(line.split("   ")[0].partition(" > ")[0])
        assert program == "sk-imu"
        assert make_parser().parse_args(words).command == name


def test_fit_offers_every_model():
    (model,) = (action for action in commands()["fit"]._actions if action.dest == "model")
    assert model.choices == MODELS


def test_refused_input_is_reported_in_one_line(capsys):
    assert main(["study", "--data", "no-such-folder"]) == 1
    assert capsys.readouterr().err.startswith("sk-imu: no-such-folder")


@pytest.mark.parametrize(
    ("command", "function", "promises"),
    [
        (["study"], "sk_imu.study.run_study", True),
        (["fit", "folder"], "sk_imu.readers.read_recordings", False),
    ],
)
def test_an_interrupt_promises_only_what_is_kept(
    command, function, promises, monkeypatch, capsys
):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(function, interrupt)
    assert main(command) == 130
    error = capsys.readouterr().err
    assert "Interrupted." in error
    assert ("Finished jobs are kept" in error) == promises


def test_help_does_not_wait_for_torch():
    code = "import sys; from sk_imu.cli import main\ntry: main(['study', '--help'])\n"
    code += "except SystemExit: pass\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
