"""The sets that a study runs on, whatever they were given as."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..channels import sensor_of
from ..datasets import load_basic_motions, load_watch
from ..preprocessing import FixedLength
from ..readers import read_recordings
from ..recording import Recording
from ..resampling import Resampler
from ..segmentation import Bout, segment_sets

__all__ = ["StudyData", "load_study_data", "sets_of"]


@dataclass(frozen=True)
class StudyData:
    """Recordings, labels, people, and the channels to learn from."""

    name: str
    X: list[Recording]
    y: NDArray[Any]
    subjects: NDArray[Any] | None
    channel_names: list[str]
    fingerprint: str
    notes: list[str]

    def example(self, sampling_rate_hz: float, n_timesteps: int) -> dict[str, Any]:
        """Return a sensor of the first set before and after resampling, for Fig. 2."""
        recording = self.X[0]
        present = [name for name in self.channel_names if name in recording.channel_names]
        if not present:  # all derived from other sensors
            return {}
        names = [name for name in present if sensor_of(name) == sensor_of(present[0])]
        stream = recording.streams[sensor_of(names[0])]
        columns = [stream.axes.index(name.rpartition("_")[2]) for name in names]
        resampler = Resampler(sampling_rate_hz=sampling_rate_hz, channels=names)
        uniform = resampler.fit_transform([recording])
        fixed = FixedLength(n_timesteps=n_timesteps).fit_transform(uniform)
        return {
            "source": recording.name,
            "label": str(self.y[0]),
            "channel_names": names,
            "sampling_rate_hz": sampling_rate_hz,
            "before_s": stream.timestamps_s.tolist(),
            "before": stream.values.T[columns].tolist(),
            "uniform": uniform[0].tolist(),
            "fixed": fixed[0].tolist(),
        }

    def n_shorter_than(self, seconds: float) -> int:
        """Return the number of sets that are shorter."""
        return sum(recording.duration_s < seconds for recording in self.X)


def sets_of(
    recordings: Sequence[Recording],
) -> tuple[list[Recording], list[Bout | None]]:
    """Cut each recording into its sets; one without any is a set as a whole.

    Parameters
    ----------
    recordings : sequence of Recording
        Recordings of whole trainings, or of one set each.

    Returns
    -------
    sets : list of Recording
        The sets of all recordings, in order; ``source`` tells whose they are.
    bouts : list of Bout or None
        Where each set was found; None for a recording in which no bout was.

    Examples
    --------
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.study import sets_of
    >>> trainings = make_exercise_recordings(1, 2, random_state=0).data
    >>> sets, bouts = sets_of(trainings)
    >>> len(trainings), len(sets), None in bouts
    (3, 6, False)
    """
    sets: list[Recording] = []
    bouts: list[Bout | None] = []
    for recording in recordings:
        found_sets, found_bouts = segment_sets(recording, return_bouts=True)
        sets += found_sets or [recording]
        bouts += found_bouts or [None]
    return sets, bouts


def load_study_data(
    data: Any, channels: Sequence[str] | None, sampling_rate_hz: float, segment: bool
) -> StudyData:
    """Bring whatever was given as data into one form, its channels fixed.

    Recordings read from a folder are cut into their sets if ``segment``.
    """
    notes: list[str] = []
    name = "your data"
    if isinstance(data, (str, os.PathLike)):
        name = str(data)
        loaders = {"watch": load_watch, "basic-motions": load_basic_motions}
        if name in loaders:
            data = loaders[name]()
        else:
            data = recordings = read_recordings(name)
            if segment:
                data, bouts = sets_of(recordings)
                notes.append(
                    f"{len(data)} sets in {len(recordings)} recordings; "
                    f"{bouts.count(None)} recordings without a bout are one set each."
                )
    if isinstance(data, list):
        labels = [getattr(recording, "label", None) for recording in data]
        data = data, labels, [getattr(recording, "subject", None) for recording in data]
    elif isinstance(data, dict):
        data = data["data"], data["target"], data["subject"]
    recordings, labels, subjects = data
    # Through lists, for an object array of text and numbers can't be sorted.
    X, y = list(recordings), np.asarray(list(labels))
    for row, recording in enumerate(X):
        if not isinstance(recording, Recording):
            raise ValueError(
                f"{name}: row {row} is a {type(recording).__name__}, no Recording. Make "
                "one of an array by Recording.from_array."
            )
    people: NDArray[Any] | None = None
    n_nameless = 0 if subjects is None else sum(map(pd.isna, subjects))
    if subjects is not None and not n_nameless:
        people = np.asarray(list(subjects))
    elif 0 < n_nameless < len(X):
        notes.append(f"{n_nameless} of {len(X)} sets name no subject, so none is used.")
    for what, values in (("labels", y), ("subjects", people)):
        if values is not None and len(values) != len(X):
            raise ValueError(f"{name}: {len(X)} recordings, but {len(values)} {what}.")
    for row, label in enumerate(labels):
        if pd.isna(label):
            raise ValueError(f"{name}: row {row} ({X[row].name}) has no label.")
    if len(np.unique(y)) < 2:
        raise ValueError(f"{name}: the study needs sets of at least two classes.")
    resampler = Resampler(sampling_rate_hz=sampling_rate_hz, channels=channels).fit(X)
    digest = hashlib.sha256()
    for recording in X:
        for sensor, stream in recording.streams.items():
            digest.update(f"{sensor}{stream.axes}".encode())
            digest.update(stream.timestamps_s.tobytes())
            digest.update(stream.values.tobytes())
    digest.update(repr((y.tolist(), None if people is None else people.tolist())).encode())
    names = list(resampler.channel_names_)
    return StudyData(name, X, y, people, names, digest.hexdigest(), notes)
