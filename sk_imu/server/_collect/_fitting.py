"""Fit a model on a collection, in a process of its own: ``python -m`` this module.

It writes one line of JSON for each step to stdout. The service, whose answers must not wait
for it, reads them.
"""

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...persistence import save_model
from ...readers import read_recordings
from ...recognition import fit_recordings
from ...recording import DataQualityWarning, settle_doubts
from ...segmentation import sets_of
from ._score import HonestScore

Say = Callable[[dict[str, Any]], None]


def fit_folder(folder: Path, out: Path, model: str, say: Say) -> dict[str, Any]:
    """Fit a model as ``sk-imu fit`` does, and score it on people left out.

    Parameters
    ----------
    folder : Path
        Of the form folder/subject/exercise/recording.
    out : Path
        The model file to write.
    model : str
        The name of the model.
    say : callable
        Takes ``{"step": text, "done": share from 0 to 1}`` at each step.

    Returns
    -------
    report : dict
        Of :meth:`HonestScore.report`.
    """
    say({"step": "Reading the recordings", "done": 0.0})
    with warnings.catch_warnings():
        # Each set showed its warnings before it was kept.
        warnings.simplefilter("ignore", DataQualityWarning)
        recordings = settle_doubts(read_recordings(folder, progress=False))
        sets = sets_of(recordings)[0]
        if len({one.label for one in sets}) < 2:
            raise ValueError("A model needs sets of at least two exercises.")
        score = HonestScore(sets)
        n_fits = len(score.folds) + 1

        def left_out(i: int, n: int) -> None:
            who = "Person" if score.kind == "unseen people" else "Part"
            say({"step": f"{who} {i + 1} of {n} left out", "done": i / n_fits})

        score.run(lambda some: fit_recordings(some, model, segment=False), left_out)
        say({"step": "Fitting on all sets", "done": (n_fits - 1) / n_fits})
        fitted = fit_recordings(sets, model, segment=False)
    save_model(fitted, out)
    return {**score.report(), "model": model, "n_recordings": len(recordings)}


def main(arguments: list[str]) -> int:
    """Run in a process; errors of the input are a line, too."""
    folder, out, model = arguments

    def say(line: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    try:
        report = fit_folder(Path(folder), Path(out), model, say)
    except (ValueError, ImportError, OSError) as error:
        say({"error": str(error)})
        return 1
    say({"step": "Done", "done": 1.0, "report": report})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
