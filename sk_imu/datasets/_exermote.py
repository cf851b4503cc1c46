"""Squats, burpees and sit-ups with every repetition labeled."""

from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import Bunch

from ..recording import STANDARD_GRAVITY, Recording, SensorStream
from ._found_files import find_files, make_bunch

Floats = NDArray[np.float64]

SAMPLING_RATE_HZ = 10.0
#: Columns of the phone, and the factor to the package's units. iOS gives acceleration in
#: g, with the opposite sign.
STREAMS = {
    "Accelerometer": ("Acceleration", -STANDARD_GRAVITY),
    "Gravity": ("Gravity", -STANDARD_GRAVITY),
    "Gyroscope": ("RotationRate", 1.0),
}
LABEL, HALF, CLOCK = "exerciseType", "exerciseSubType", "timeStampSaved"
# The pause between two repetitions, and that between two sets.
BREAKS = ("Break", "setBreak")

DESCR = """\
Exermote: burpees, squats and sit-ups
-------------------------------------

Sessions of five minutes with an iPhone on the right upper arm. A spoken and whistled cue
started each repetition of a set; the labels follow the cues and may lead or lag the
movement.

:Recordings: one for each set (194 in the 36 published sessions) or for each session
:Sampling rate: 10 Hz, measured from the timestamps, one clock for all channels
:Channels: Accelerometer (without gravity) and Gravity in m/s² (g in the file, signs of
    iOS: both negated here) and Gyroscope in rad/s, stored with two decimals
:Labels: "Burpee", "Situp", "Squat"; repetitions from the start of the first half to the end
    of the second, with a pause ("Break") of 0.8 to 3 s after each
:Subjects: 6
:Faults: first rows of a session without values of the phone are left out and counted in
    each recording's ``notes``
:Left out: pitch, roll and yaw, because there is no quaternion, and six accelerometers in
    stickers on limbs and trunk, with 3 to 4.5 new values per second

The sessions are the training data in the repository of the app Exermote, which states no
license; they are not part of sk_imu.

.. rubric:: References

Exermote (2017). https://github.com/Lausbert/Exermote
"""


def load_exermote(
    path: str | Path, *, continuous: bool = False, return_X_y: bool = False
) -> Bunch | tuple[list[Recording], NDArray[Any]]:
    """Load Exermote's burpees, squats and sit-ups from a local folder.

    Sets by six people with a phone on the right upper arm at 10 Hz, every repetition
    labeled.  Nothing is downloaded.

    Parameters
    ----------
    path : str or pathlib.Path
        A folder with the sessions as CSV files, plain or compressed (``.csv.gz``), or
        with subfolders of them; some of the files are enough.
    continuous : bool, default=False
        Return whole sessions instead of sets.  A session holds several sets with breaks
        between them, and has no label.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        As all functions of :mod:`sk_imu.datasets` return. The recordings have the streams
        ``Accelerometer`` and ``Gravity`` in m/s² and ``Gyroscope`` in rad/s, on the clock
        of the session. The target of whole sessions is None. Besides:

        placement : ndarray of str of shape (n_recordings,)
            ``"upper arm"``, always the right one.
        bouts : list of ndarray of shape (n_sets, 2)
            First and last second of each set in a recording.
        bout_labels : list of list of str of length n_sets
            The exercise of each of them.
        repetitions : list of ndarray of shape (n_repetitions, 2)
            First and last second of each repetition in a recording.
    (data, target) : tuple if ``return_X_y`` is True
        The list of recordings and the array of labels.

    Raises
    ------
    ValueError
        If there are no such files, or the content of one is not as expected.

    Examples
    --------
    >>> from sk_imu.datasets import load_exermote
    >>> sets = load_exermote("exermote")  # doctest: +SKIP
    >>> sets.data[0]  # doctest: +SKIP
    Recording(41.50 s: Accelerometer 10 Hz, Gravity 10 Hz, Gyroscope 10 Hz,
    label='Burpee', subject=1, side='right', placement='upper arm')
    >>> len(sets.repetitions[0])  # doctest: +SKIP
    9
    """
    what = "sessions of Exermote, CSV files with columns such as 'Device: xGravity'"
    data: list[Recording] = []
    bouts: list[Floats] = []
    bout_labels: list[list[str]] = []
    repetitions: list[Floats] = []
    for file in find_files(path, ["*.csv", "*.csv.gz"], what):
        session, truth = _read(file)
        if continuous:
            data.append(session)
            bouts.append(np.array([bout for _, bout, _ in truth]).reshape(-1, 2))
            bout_labels.append([label for label, _, _ in truth])
            repetitions.append(np.concatenate([np.empty((0, 2)), *(r for *_, r in truth)]))
            continue
        for label, (start_s, end_s), times in truth:
            data.append(replace(session.between(start_s, end_s), label=label))
            bouts.append(np.array([[start_s, end_s]]))
            bout_labels.append([label])
            repetitions.append(times)
    bunch = make_bunch(
        data,
        bouts=bouts,
        bout_labels=bout_labels,
        repetitions=repetitions,
        sampling_rate_hz=SAMPLING_RATE_HZ,
        DESCR=DESCR,
    )
    if continuous:
        # Sessions themselves have no label.
        bunch.target_names = sorted({label for labels in bout_labels for label in labels})
    return (data, bunch.target) if return_X_y else bunch


def _read(file: Path) -> tuple[Recording, list[tuple[str, Floats, Floats]]]:
    """Return a session, and the exercise, ends and repetitions of each of its sets."""
    axes = {
        sensor: [f"Device: {axis}{name}" for axis in "xyz"]
        for sensor, (name, _) in STREAMS.items()
    }
    columns = [column for names in axes.values() for column in names]
    try:
        table = pd.read_csv(
            file,
            usecols=[*columns, LABEL, HALF, CLOCK, "individual"],
            dtype=dict.fromkeys(columns, np.float64),
        )
        # The file separates milliseconds by a colon, as in 18:45:36:900.
        clock = table[CLOCK].str.replace(r":(\d+)$", r".\1", regex=True)
        times = pd.to_datetime(clock, format="%Y-%m-%d %H:%M:%S.%f")
        if times.isna().any():
            raise ValueError(f"line {int(times.isna().argmax()) + 2} has no {CLOCK}")
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(
            f"{file}: is not a session of Exermote: {error}. Take it out of the folder."
        ) from error
    times_ns = times.to_numpy("datetime64[ns]").astype(np.int64)
    missing = table[columns].isna().any(axis=1).to_numpy()
    if missing.all() or table["individual"].nunique() != 1:
        raise ValueError(
            f"{file}: has no values of the phone, or is not of one person. Take it out of "
            "the folder."
        )
    # Second 0 is the first row with values.
    first = int(np.argmin(missing))
    times_s = (times_ns - times_ns[first]) / 1e9
    notes = ["The time zone of the clock is unknown: epoch_ns assumes UTC."]
    if missing.any():
        notes.insert(
            0,
            f"{missing.sum()} of the session's rows left out: no values of the phone.",
        )
    streams = {
        sensor: SensorStream(
            times_s[~missing], table.loc[~missing, axes[sensor]].to_numpy() * factor
        )
        for sensor, (_, factor) in STREAMS.items()
    }
    session = Recording(
        streams,
        subject=int(table["individual"].iloc[0]),
        side="right",
        placement="upper arm",
        session=file.name.partition(".")[0],
        source=str(file),
        epoch_ns=int(times_ns[first]),
        notes=tuple(notes),
    )
    return session, _sets(times_s, table[LABEL].tolist(), table[HALF].tolist())


def _sets(
    times_s: Floats, labels: list[str], halves: list[str]
) -> list[tuple[str, Floats, Floats]]:
    """Return the exercise, ends and repetitions of the sets between two breaks."""
    runs = []
    begin = 0
    for (label, half), rows in groupby(zip(labels, halves, strict=True)):
        end = begin + len(list(rows))
        # A label holds until the next one begins.
        runs.append((label, half, times_s[begin], times_s[min(end, len(times_s) - 1)]))
        begin = end
    sets = []
    for between, group in groupby(runs, key=lambda run: run[0] == "setBreak"):
        moves = [run for run in group if run[0] not in BREAKS]
        # Two exercises without a break between them are two sets.
        for label, of_one in groupby(moves, key=lambda run: run[0]):
            exercise = list(of_one)
            starts_s = [start for _, half, start, _ in exercise if half == "firstHalf"]
            if between or not starts_s:
                continue
            stops_s = [
                max(end for _, _, start, end in exercise if low <= start < high)
                for low, high in zip(starts_s, [*starts_s[1:], np.inf], strict=True)
            ]
            repetitions = np.array([starts_s, stops_s]).T
            sets.append((label, np.array([starts_s[0], stops_s[-1]]), repetitions))
    return sets
