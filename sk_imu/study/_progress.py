"""Progress of a run: a bar with the time left, scores so far, lines for a log."""

import logging
import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from sklearn.metrics import f1_score
from tqdm.auto import tqdm
from tqdm.std import tqdm as text_bar

from ._data import StudyData
from ._jobs import Job

_LOGGER = logging.getLogger("sk_imu.study")


class Progress:
    """A context that shows the progress; the run adds each job that ends.

    The logger ``sk_imu.study`` gets a line per job, whether or not anything is shown.
    """

    def __init__(
        self,
        dataset: StudyData,
        jobs: Sequence[Job],
        kept: dict[str, dict[str, Any]],
        *,
        verbose: int,
    ) -> None:
        self._labels = [str(label) for label in dataset.y]
        self._jobs = {job.key: job for job in jobs}
        self._kept = kept
        self._n_done = self._n_failed = 0
        self._cost_to_do = sum(job.cost for job in jobs if job.key not in kept)
        self._cost_done = 0.0
        # By protocol and model: keys of jobs, true labels, predicted labels.
        self._cells: dict[tuple[str, str], tuple[list[str], list[str], list[str]]] = {}
        # Without a console, as under pythonw, there is no stderr.
        self._shown = bool(verbose) and sys.stderr is not None
        self._lines: list[Any] = []

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        for key, result in self._kept.items():
            self._count(key, result)
        costs = [job.cost for job in self._jobs.values()]
        self._bar = tqdm(
            total=sum(costs),
            initial=sum(costs) - self._cost_to_do,
            disable=not self._shown,
            bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}, {remaining} left",
        )
        # A line per protocol below the bar, which only a terminal can rewrite.
        if self._shown and sys.stdout and sys.stdout.isatty() and sys.stderr.isatty():
            n_lines = 1 + len({job.protocol.name for job in self._jobs.values()})
            self._lines = [
                # They stay on the screen when the run is over, as the bar does.
                text_bar(bar_format="{desc}", position=1 + n, leave=True)
                for n in range(n_lines)
            ]
        _LOGGER.info("%d jobs, %d kept from earlier", len(self._jobs), self._n_done)
        self._show()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for line in [self._bar, *self._lines]:
            line.close()
        ended = "ended" if kind is None else f"stopped by {kind.__name__}"
        _LOGGER.info(
            "%s after %s: %d of %d jobs done, %d failed",
            *(ended, _interval(time.monotonic() - self._started)),
            *(self._n_done, len(self._jobs), self._n_failed),
        )

    def add(self, key: str, result: dict[str, Any]) -> None:
        """Count a job that is done."""
        job = self._jobs[key]
        score = _f1(*self._count(key, result))
        self._advance(job)
        gone = time.monotonic() - self._started
        # Costs are relative: how long one takes here, the jobs so far have shown.
        left = (self._cost_to_do - self._cost_done) / self._cost_done * gone
        _LOGGER.info(
            "%d/%d jobs: %s %s, %s: F1 %.3f in %s, about %s left",
            *(self._n_done, len(self._jobs), job.protocol.name, job.model, result["fold"]),
            *(score, _interval(result["seconds"]), _interval(left)),
        )

    def fail(self, key: str, traceback: str) -> None:
        """Count a job that failed; without a log, Python writes this to stderr."""
        self._n_failed += 1
        _LOGGER.error("%s failed:\n%s", key, traceback)
        self._advance(self._jobs[key])

    def table(self) -> list[str]:
        """Return a line of models and one per protocol: jobs done and macro F1 so far."""
        cells = [(job.protocol.name, job.model) for job in self._jobs.values()]
        protocols, models = (
            list(dict.fromkeys(names)) for names in zip(*cells, strict=True)
        )
        rows = [["", *models]]
        for protocol in protocols:
            row = [protocol]
            for model in models:
                done, truth, predicted = self._cells.get((protocol, model), ([], [], []))
                score = f"{_f1(truth, predicted):.3f}" if truth else "-"
                row.append(f"{len(done)}/{cells.count((protocol, model))} {score}")
            rows.append(row)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            for row in rows
        ]

    def _count(self, key: str, result: dict[str, Any]) -> tuple[list[str], list[str]]:
        """Add the test rows of a job to its cell, and return their labels."""
        job = self._jobs[key]
        test = [row for row in result["rows"] if row["part"] == "test"]
        truth = [self._labels[row["set"]] for row in test]
        predicted = [row["y_pred"] for row in test]
        cell = self._cells.setdefault((job.protocol.name, job.model), ([], [], []))
        cell[0].append(key)
        cell[1].extend(truth)
        cell[2].extend(predicted)
        self._n_done += 1
        return truth, predicted

    def _advance(self, job: Job) -> None:
        # Failed jobs count, too, or the bar would never reach its end.
        self._cost_done += job.cost
        self._bar.update(job.cost)
        self._show()

    def _show(self) -> None:
        failed = f", {self._n_failed} failed" if self._n_failed else ""
        self._bar.set_description(f"{self._n_done}/{len(self._jobs)} jobs{failed}")
        if self._lines:
            for line, text in zip(self._lines, self.table(), strict=True):
                line.set_description_str(text)


def _f1(truth: list[str], predicted: list[str]) -> float:
    return float(f1_score(truth, predicted, average="macro", zero_division=0.0))


def _interval(seconds: float) -> str:
    return text_bar.format_interval(round(seconds))
