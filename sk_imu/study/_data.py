"""The sets that a study runs on, in one form, however they are given."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets

from ..datasets import load_basic_motions, load_watch
from ..preprocessing import FixedLength, Resampler, motion_channels
from ..readers import read_recordings
from ..recording import (
    Recording,
    axis_of,
    printable,
    sensor_of,
    sources_of,
)
from ..segmentation import sets_of
from ..validation import distinct


@dataclass(frozen=True)
class StudyData:
    """Recordings, labels, people, and the channels to learn from."""

    name: str
    X: list[Recording]
    y: NDArray[Any]
    subjects: NDArray[Any] | None
    channel_names: list[str]
    sampling_rate_hz: float
    fingerprint: str
    notes: list[str]
    datasets: NDArray[Any] | None = None

    def factor(self, by: str | None) -> NDArray[Any] | None:
        """Return what a protocol splits by, one value per set, such as its session."""
        if by is None or by == "dataset":
            return None if by is None else self.datasets
        # Not np.array, which makes text of a number beside text.
        values = np.empty(len(self.X), dtype=object)
        values[:] = [getattr(recording, by) for recording in self.X]
        return values

    def __sizeof__(self) -> int:
        """Return the bytes of the recordings."""
        # dask sends an object to each worker only once if this says that it is large.
        streams = [s for recording in self.X for s in recording.streams.values()]
        return sum(s.timestamps_s.nbytes + s.values.nbytes for s in streams)

    @property
    def resampler(self) -> Resampler:
        """What brings the sets to the channels and the rate of the study, unfitted."""
        return Resampler(
            sampling_rate_hz=self.sampling_rate_hz,
            channels=self.channel_names,
            dtype="float32",
        )

    def example(self, n_timesteps: int) -> dict[str, Any]:
        """Return a sensor of the first set before and after resampling, for a figure."""
        recording = self.X[0]
        present = [name for name in self.channel_names if name in recording.channel_names]
        if not present:  # all derived from other sensors
            return {}
        names = [name for name in present if sensor_of(name) == sensor_of(present[0])]
        stream = recording.streams[sensor_of(names[0])]
        columns = [stream.axes.index(axis_of(name)) for name in names]
        resampler = Resampler(sampling_rate_hz=self.sampling_rate_hz, channels=names)
        uniform = resampler.fit_transform([recording])
        fixed = FixedLength(n_timesteps=n_timesteps).fit_transform(uniform)
        return {
            "source": recording.name,
            "label": str(self.y[0]),
            "channel_names": names,
            "sampling_rate_hz": self.sampling_rate_hz,
            "before_s": stream.timestamps_s.tolist(),
            "before": stream.values.T[columns].tolist(),
            "uniform": uniform[0].tolist(),
            "fixed": fixed[0].tolist(),
        }

    def origin(self) -> dict[str, Any]:
        """Return where the device was and at what rates it recorded, as settings."""
        used = sources_of(self.channel_names)
        rates = [
            stream.rate_hz
            for recording in self.X
            for sensor, stream in recording.quality.streams.items()
            if sensor in used and np.isfinite(stream.rate_hz)
        ]
        return {
            # Named only where a recording names it.
            "placements": sorted({str(r.placement) for r in self.X if r.placement}),
            "sides": sorted({str(r.side) for r in self.X if r.side}),
            "recorded_hz": [round(float(f(rates)), 1) for f in (min, max)] if rates else [],
        }

    def n_shorter_than(self, seconds: float) -> int:
        """Return the number of sets shorter than a duration."""
        return sum(recording.duration_s < seconds for recording in self.X)


def load_study_data(
    data: Any,
    channels: Sequence[str] | None,
    sampling_rate_hz: float,
    segment: bool,
    reading: Mapping[str, Any] = MappingProxyType({}),
) -> StudyData:
    """Return the data in one form, with their channels.

    Folders are read with the options ``reading``, and their recordings are cut into their
    sets if ``segment``. A mapping that is not a Bunch holds several data sets.
    """
    datasets = None
    if isinstance(data, Mapping) and not {"data", "target"} <= set(data):
        name, X, y, people, datasets, notes = _joined(data, segment, reading)
    else:
        name, X, y, people, notes = _read(data, segment, reading)
    if len(np.unique(y)) < 2:
        raise ValueError(f"{name}: the study needs sets of at least two classes.")
    if channels is None:
        channels = _motion_channels(X, notes)
    # Raises errors before any job runs, and gives the names of the channels.
    resampler = Resampler(sampling_rate_hz=sampling_rate_hz, channels=channels).fit(X)
    digest = hashlib.sha256()
    for recording in X:
        for sensor, stream in recording.streams.items():
            digest.update(f"{sensor}{stream.axes}".encode())
            digest.update(stream.timestamps_s.tobytes())
            digest.update(stream.values.tobytes())
        # Pipelines and protocols use these, too.
        known = recording.side, recording.placement, recording.session
        digest.update(repr(known).encode())
    rest = [None if a is None else a.tolist() for a in (y, people, datasets)]
    digest.update(repr(rest).encode())
    names = list(resampler.channel_names_)
    return StudyData(
        *(name, X, y, people, names, sampling_rate_hz),
        *(digest.hexdigest(), notes, datasets),
    )


def _read(
    data: Any, segment: bool, reading: Mapping[str, Any], name: str = "your data"
) -> tuple[str, list[Recording], NDArray[Any], NDArray[Any] | None, list[str]]:
    """Return the name, sets, labels, people and notes of one data set."""
    notes: list[str] = []
    loaders = {"watch": load_watch, "basic-motions": load_basic_motions}
    is_path = isinstance(data, (str, os.PathLike))
    if reading and (not is_path or str(data) in loaders):
        raise ValueError(
            f"{' and '.join(reading)} are for data that are read from folders, and {name} "
            "are not. Leave them out."
        )
    if is_path:
        # "your data" is the default, and the path says more.
        path = printable(str(data))
        name = path if name == "your data" else f"{name} ({path})"
        if str(data) in loaders:
            data = loaders[str(data)]()
        else:
            data = recordings = read_recordings(str(data), **reading)
            if segment:
                data, bouts = sets_of(recordings)
                notes.append(
                    f"{len(data)} sets in {len(recordings)} recordings; "
                    f"{bouts.count(None)} recordings without a bout are one set each."
                )
            # The reader notes last where it took label and subject from.
            notes.append(f"{recordings[0].name}: {recordings[0].notes[-1]}")
    if isinstance(data, list):
        labels = [getattr(recording, "label", None) for recording in data]
        data = data, labels, [getattr(recording, "subject", None) for recording in data]
    elif isinstance(data, dict):  # a Bunch is one
        data = data["data"], data["target"], data["subject"]
    recordings, labels, subjects = data
    X = list(recordings)
    y, people = _checked(name, X, list(labels), subjects, notes)
    return name, X, y, people, notes


def _checked(
    name: str, X: list[Recording], labels: list[Any], subjects: Any, notes: list[str]
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Return the labels and the people of one data set; None if not all are known."""
    for row, recording in enumerate(X):
        if not isinstance(recording, Recording):
            raise ValueError(
                f"{name}: row {row} is a {type(recording).__name__}, not a Recording. Use "
                "Recording.from_array to make one from an array."
            )
    people: NDArray[Any] | None = None
    n_nameless = 0 if subjects is None else sum(map(pd.isna, subjects))
    if subjects is not None and not n_nameless:
        people = _distinct(subjects, f"{name}: subjects", mixed=True)
    elif 0 < n_nameless < len(X):
        notes.append(
            f"{n_nameless} of {len(X)} sets have no subject, so subjects are not used."
        )
    for what, values in (("labels", labels), ("subjects", people)):
        if values is not None and len(values) != len(X):
            raise ValueError(f"{name}: {len(X)} recordings, but {len(values)} {what}.")
    for row, label in enumerate(labels):
        if pd.isna(label):
            raise ValueError(f"{name}: row {row} ({X[row].name}) has no label.")
    y = _distinct(labels, f"{name}: labels")
    try:
        check_classification_targets(y)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    return y, people


def _distinct(values: Any, what: str, *, mixed: bool = False) -> NDArray[Any]:
    """Return labels or subjects as an array; the tables read an empty text as missing."""
    array = distinct(list(values), what=what, mixed=mixed)
    if "" in array.tolist():
        row = array.tolist().index("")
        raise ValueError(f"{what}: row {row} has an empty text. Give it a name.")
    if "kind" in array.tolist() and what.endswith("labels"):
        # The results have a column score_<label> for each class, and one score_kind.
        raise ValueError(f"{what}: 'kind' is a name of the results. Give another label.")
    return array


def _joined(
    data: Mapping[str, Any], segment: bool, reading: Mapping[str, Any]
) -> tuple[
    str, list[Recording], NDArray[Any], NDArray[Any] | None, NDArray[Any], list[str]
]:
    """Return what several data sets have in common, and the data set of each set."""
    name = " + ".join(map(str, data))
    read = {str(key): _read(one, segment, reading, str(key)) for key, one in data.items()}
    labels = {key: {str(label) for label in one[2]} for key, one in read.items()}
    common = set.intersection(*labels.values()) if labels else set()
    if len(read) < 2 or len(common) < 2:
        found = "; ".join(f"{key}: {', '.join(sorted(own))}" for key, own in labels.items())
        raise ValueError(
            "Several data sets need at least two labels that all have. Rename labels that "
            f"mean the same. Got {found or 'none'}."
        )
    X: list[Recording] = []
    y, people, datasets, notes = [], [], [], []
    for key, (_, sets, own, subjects, own_notes) in read.items():
        kept = [i for i, label in enumerate(own) if str(label) in common]
        X += [sets[i] for i in kept]
        y += [str(own[i]) for i in kept]
        datasets += [key] * len(kept)
        # Subject 1 of one data set is not that of another.
        people += [None if subjects is None else f"{key}, {subjects[i]}" for i in kept]
        notes += [f"{key}: {note}" for note in own_notes]
        if len(kept) < len(sets):
            others = ", ".join(sorted(labels[key] - common))
            notes.append(
                f"{key}: {len(sets) - len(kept)} of {len(sets)} sets are left out because "
                f"not all data sets have their labels ({others})."
            )
        if subjects is None:
            notes.append(f"{key} has no subjects, so subjects are not used.")
    named = None if None in people else np.array(people)
    return name, X, np.array(y), named, np.array(datasets), notes


def _motion_channels(X: Sequence[Recording], notes: list[str]) -> list[str]:
    """Return the channels to train on; the notes name the sensors that are left out."""
    chosen = motion_channels(X)
    sensors = {sensor for recording in X for sensor in recording.streams}
    unused = sensors - sources_of(chosen)
    if unused:
        notes.append(
            f"Sensors that are not used: {', '.join(sorted(unused))}. Choose them by "
            "channels=."
        )
    return chosen
