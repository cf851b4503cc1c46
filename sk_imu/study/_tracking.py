"""Losses of the nets while they train, for TensorBoard or MLflow."""

import importlib.util
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.pipeline import Pipeline

__all__ = ["TRACKERS", "Tracking"]

# MLflow is no extra: the least of it brings thirty packages.
_PACKAGES = {"tensorboard": "'sk_imu[tensorboard]'", "mlflow": "mlflow-skinny"}
TRACKERS = tuple(_PACKAGES)


@dataclass(frozen=True)
class Tracking:
    """Where the nets' losses go; nothing of it is in a fold's fingerprint or results."""

    to: str
    folder: Path

    @classmethod
    def to_be_used(cls, to: str, out: str | Path | None) -> "Tracking":
        """Return a tracking that can be used, or refuse it before any work is done."""
        if to not in TRACKERS:
            raise ValueError(f"track must be {' or '.join(TRACKERS)}, got {to!r}.")
        if importlib.util.find_spec(to) is None:
            raise ImportError(f"track={to!r} needs {to}: pip install {_PACKAGES[to]}.")
        if to == "tensorboard" and out is None:
            raise ValueError("track='tensorboard' writes into a folder: give one, out=.")
        return cls(to, Path(out or ".") / "tensorboard")

    @contextmanager
    def of(self, pipeline: Pipeline, tags: dict[str, Any], number: int) -> Iterator[None]:
        """Follow the fit of the pipeline inside; of one without a net nothing is told."""
        from skorch.callbacks import MlflowLogger, TensorBoard

        keys = (k for k in pipeline.get_params() if k.rpartition("__")[2] == "callbacks")
        key = next(keys, None)
        if key is None:
            yield
        elif self.to == "tensorboard":
            # With the number of the fold, for its name may be any text.
            name = f"{tags['model']}_{tags['protocol']}_{number:02d}_{tags['fold']}"
            name = re.sub(r"[^\w.=-]+", "_", f"{name}_seed{tags['seed']}")
            writer = _Writer(str(self.folder / name))
            pipeline.set_params(**{key: [("tensorboard", TensorBoard(writer))]})
            yield
        else:
            import mlflow

            name = f"{tags['model']}, {tags['protocol']}, {tags['fold']}"
            logger = MlflowLogger(create_artifact=False, terminate_after_train=False)
            pipeline.set_params(**{key: [("mlflow", logger)]})
            name = f"{name}, seed {tags['seed']}"
            # Nested, for the caller may have begun a run.
            with mlflow.start_run(run_name=name, nested=True, tags=tags):
                yield


class _Writer:
    """A SummaryWriter that is opened when it is first written to.

    Callbacks are cloned before the training, which an open one does not survive.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._open: Any = None

    def add_scalar(self, *args: Any, **options: Any) -> None:
        if self._open is None:
            from torch.utils.tensorboard import SummaryWriter

            self._open = SummaryWriter(self.folder)
        self._open.add_scalar(*args, **options)

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
