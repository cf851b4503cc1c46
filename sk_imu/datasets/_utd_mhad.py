"""Actions recorded by one inertial sensor on the wrist or thigh."""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat
from sklearn.utils import Bunch

from ..recording import STANDARD_GRAVITY, Recording, channels_of
from ._found_files import find_files, make_bunch

SAMPLING_RATE_HZ = 50.0
CHANNEL_NAMES = channels_of("TotalAcceleration", "Gyroscope")
_ACTION_NAMES = (
    *("swipe left", "swipe right", "wave", "clap", "throw", "arm cross"),
    *("basketball shoot", "draw X", "draw circle clockwise"),
    *("draw circle counterclockwise", "draw triangle", "bowling", "boxing"),
    *("baseball swing", "tennis swing", "arm curl", "tennis serve", "push", "knock"),
    *("catch", "pick up and throw", "jog in place", "walk in place", "sit to stand"),
    *("stand to sit", "lunge", "squat"),
)
#: The actions by their number in the names of the files.
ACTIONS = dict(enumerate(_ACTION_NAMES, start=1))
#: From this action on, the sensor is on the thigh.
FIRST_ON_THIGH = 22

DESCR = """\
UTD-MHAD: the inertial part
---------------------------

27 actions by 8 people (4 women, 4 men), each up to four times, with one wearable sensor
on the right wrist (actions 1 to 21) or the right thigh (22 to 27, among them lunges with
the left foot forward and squats with the arms stretched out). Every recording is one
short action. The videos of the data set are not included.

:Recordings: one for each file; 861 in the whole set, 190 of them at the thigh
:Sampling rate: 50 Hz according to the data set's page, one clock for all channels; the
    files hold no timestamps to verify it
:Channels: TotalAcceleration_x, _y, _z (with gravity, m/s²; g in the file, range 8 g) and
    Gyroscope_x, _y, _z (rad/s; °/s in the file, range 1000 °/s)
:Subjects: 8, named 1 to 8
:Labels: from the published list of actions, such as "squat" and "lunge"
:Missing values: none

The files ``a<action>_s<person>_t<trial>_inertial.mat`` come from the authors' page. The
authors call the set freely available and state no license; it is not part of sk_imu.

.. rubric:: References

C. Chen, R. Jafari and N. Kehtarnavaz (2015). UTD-MHAD: a multimodal dataset for human
action recognition utilizing a depth camera and a wearable inertial sensor. IEEE
International Conference on Image Processing, 168-172.
https://personal.utdallas.edu/~kehtar/UTD-MHAD.html
"""

_NAME = re.compile(r"a(\d+)_s(\d+)_t(\d+)_inertial\.mat")


def load_utd_mhad(
    path: str | Path, *, return_X_y: bool = False
) -> Bunch | tuple[list[Recording], NDArray[np.str_]]:
    """Load the inertial recordings of UTD-MHAD from a local folder.

    27 actions by 8 people at 50 Hz, with a sensor on the right wrist or, for jogging,
    walking, standing up, sitting down, lunges and squats, on the right thigh.  Nothing
    is downloaded.

    Parameters
    ----------
    path : str or pathlib.Path
        A folder with the files ``a<action>_s<person>_t<trial>_inertial.mat``, or with
        subfolders of them; some of the files are enough.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        As all functions of :mod:`sk_imu.datasets` return. The recordings have the streams
        ``TotalAcceleration`` in m/s² and ``Gyroscope`` in rad/s, and ``subject`` is 1 to
        8. Besides:

        placement : ndarray of str of shape (n_files,)
            ``"wrist"`` or ``"thigh"``, both on the right.
    (data, target) : tuple if ``return_X_y`` is True
        The list of recordings and the array of labels.

    Raises
    ------
    ValueError
        If there are no such files, or the content of one is not as expected.

    References
    ----------
    C. Chen, R. Jafari and N. Kehtarnavaz (2015). UTD-MHAD: a multimodal dataset for
    human action recognition utilizing a depth camera and a wearable inertial sensor.
    IEEE International Conference on Image Processing, 168-172.

    Examples
    --------
    >>> from sk_imu.datasets import load_utd_mhad
    >>> actions = load_utd_mhad("UTD-MHAD/Inertial")  # doctest: +SKIP
    >>> actions.data[0]  # doctest: +SKIP
    Recording(3.46 s: TotalAcceleration 50 Hz, Gyroscope 50 Hz, label='jog in place',
    subject=1, side='right', placement='thigh')
    """
    what = "files of UTD-MHAD, such as a27_s1_t1_inertial.mat"
    found = [
        (tuple(map(int, match.groups())), file)
        for file in find_files(path, ["a*_s*_t*_inertial.mat"], what)
        if (match := _NAME.fullmatch(file.name))
    ]
    data = []
    # Sorted by number: as text, a10 would come before a2.
    for (action, subject, _), file in sorted(found):
        if action not in ACTIONS:
            raise ValueError(
                f"{file}: there is no action {action}, only 1 to 27. Rename the file."
            )
        data.append(
            Recording.from_array(
                _read(file),
                sampling_rate_hz=SAMPLING_RATE_HZ,
                channel_names=CHANNEL_NAMES,
                label=ACTIONS[action],
                subject=subject,
                side="right",
                placement="thigh" if action >= FIRST_ON_THIGH else "wrist",
                source=str(file),
            )
        )
    bunch = make_bunch(data, sampling_rate_hz=SAMPLING_RATE_HZ, DESCR=DESCR)
    return (data, bunch.target) if return_X_y else bunch


def _read(file: Path) -> NDArray[np.float64]:
    """Return acceleration in m/s² and angular rate in rad/s, of shape (6, n)."""
    try:
        samples = loadmat(file).get("d_iner")
    except Exception as error:  # a damaged file makes scipy and zlib raise any
        raise ValueError(
            f"{file}: is not a readable MATLAB file: {error}. Download it again."
        ) from error
    samples = np.asarray(samples)
    is_number = np.issubdtype(samples.dtype, np.number)
    if samples.ndim != 2 or samples.shape[1] != 6 or not is_number:
        raise ValueError(
            f"{file}: needs a variable d_iner of shape (n, 6), as in the published files. "
            "Download it again."
        )
    to_si = [STANDARD_GRAVITY] * 3 + [np.pi / 180] * 3
    return np.asarray((samples * np.array(to_si)).T, dtype=np.float64)
