"""Cut recordings into the sets found in them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, overload

from ..recording import Recording
from ._bout import Bout
from ._bouts import find_bouts


@overload
def segment_sets(
    recording: Recording, *, return_bouts: Literal[False] = False, **thresholds: Any
) -> list[Recording]: ...
@overload
def segment_sets(
    recording: Recording, *, return_bouts: Literal[True], **thresholds: Any
) -> tuple[list[Recording], list[Bout]]: ...
def segment_sets(
    recording: Recording, *, return_bouts: bool = False, **thresholds: Any
) -> list[Recording] | tuple[list[Recording], list[Bout]]:
    """Cut the sets out of the recording of a workout.

    Parameters
    ----------
    recording : Recording
        A continuous recording with an acceleration, a gyroscope, or preferably both.
    return_bouts : bool, default=False
        Whether to return the bouts, with their confidences and repetitions, too.
    **thresholds
        Parameters of :func:`find_bouts`.

    Returns
    -------
    sets : list of Recording
        One recording per bout, on the clock of the workout, ready for a Pipeline.
        Each has the label of its bout and the other metadata of the workout. Its last
        note gives its place in the workout and its confidence.
    bouts : list of Bout
        The bout of each set. Only if ``return_bouts``.

    Raises
    ------
    ValueError
        As in :func:`find_bouts`, or if a stream has no sample within a bout.

    See Also
    --------
    cut_repetitions : Cut a set into its repetitions.

    Examples
    --------
    >>> from sk_imu import segment_sets
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> data = make_exercise_recordings(1, 2, ["squat"], random_state=0)
    >>> sets = segment_sets(data.data[0])
    >>> len(sets)
    2
    """
    bouts = find_bouts(recording, **thresholds)
    sets = []
    for bout in bouts:
        piece = recording.between(bout.start_s, bout.end_s)
        note = (
            f"segment_sets: {bout.start_s:.2f} to {bout.end_s:.2f} s, "
            f"{len(bout.repetitions)} repetitions, confidence {bout.confidence:.2f}"
        )
        sets.append(replace(piece, label=bout.label, notes=(*piece.notes, note)))
    return (sets, bouts) if return_bouts else sets


def sets_of(
    recordings: Sequence[Recording],
) -> tuple[list[Recording], list[Bout | None]]:
    """Cut each recording into its sets.

    Parameters
    ----------
    recordings : sequence of Recording
        Recordings of workouts, or of one set each.

    Returns
    -------
    sets : list of Recording
        The sets of all recordings, in order, each with the ``source`` of its recording.
        A recording in which no bout is found is one set.
    bouts : list of Bout or None
        The bout of each set; None if the whole recording is the set.

    Raises
    ------
    ValueError
        As in :func:`segment_sets`.

    Examples
    --------
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.segmentation import sets_of
    >>> workouts = make_exercise_recordings(1, 2, random_state=0).data
    >>> sets, bouts = sets_of(workouts)
    >>> len(workouts), len(sets), None in bouts
    (3, 6, False)
    """
    sets: list[Recording] = []
    bouts: list[Bout | None] = []
    for recording in recordings:
        found_sets, found_bouts = segment_sets(recording, return_bouts=True)
        sets += found_sets or [recording]
        bouts += found_bouts or [None]
    return sets, bouts
