"""Shoulder exercises recorded by a smartwatch."""

import hashlib
import importlib.util
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from ..recording import STANDARD_GRAVITY, Recording, channels_of

SAMPLING_RATE_HZ = 50.0
CHANNEL_NAMES = channels_of("TotalAcceleration", "Gyroscope")

#: A pickle may run any code, so only a file with this checksum is opened.
SHA256 = "eb122f23cdf06ef6bd6c6c5312958ec5cf9d038e2e6d457b8081662c75a42537"

DESCR = """\
Watch data set: shoulder exercises
----------------------------------

140 sets of shoulder exercises by 10 healthy people with a smartwatch on the wrist of the
exercising arm. Each person did one set of 20 repetitions of each exercise with each arm.
From the paper "Shoulder physiotherapy exercise recognition: machine learning the
inertial signals from a smartwatch".

:Sets: 140, of 947 to 2618 timesteps (19 to 52 seconds)
:Sampling rate: 50 Hz, one clock for all channels
:Channels: TotalAcceleration_x, _y, _z (with gravity, m/s²; g in the file) and
    Gyroscope_x, _y, _z (rad/s)
:Subjects: 10, named 1 to 10, with 14 sets each
:Sides: 70 sets left, 70 sets right
:Missing values: none

=====  ===================  ====
label  exercise             sets
=====  ===================  ====
ABD    abduction              20
ER     external rotation      20
FEL    forward elevation      20
IR     internal rotation      20
PEN    pendulum               20
ROW    upright row            20
TRAP   trapezius extension    20
=====  ===================  ====

The file is part of the Python package seglearn 1.2.5 (BSD 3-Clause License, copyright
2018 David M. Burns), https://github.com/dmbee/seglearn.

.. rubric:: References

D. M. Burns, N. Leung, M. Hardisty, C. M. Whyne, P. Henry and S. McLachlin (2018).
Shoulder physiotherapy exercise recognition: machine learning the inertial signals from
a smartwatch. Physiological Measurement 39(7) 075007. arXiv:1802.01489.
"""


def load_watch(
    *, return_X_y: bool = False
) -> Bunch | tuple[list[Recording], NDArray[np.str_]]:
    """Load the shoulder exercises of ten people with a smartwatch.

    140 sets of 20 repetitions at 50 Hz: 7 exercises with each arm by 10 people.  The data
    come with the package seglearn, which ``pip install "sk_imu[data]"`` installs; nothing
    is downloaded.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        As all functions of :mod:`sk_imu.datasets` return. The recordings have the streams
        ``TotalAcceleration`` in m/s² and ``Gyroscope`` in rad/s, and ``subject`` is 1 to
        10. Besides:

        side : ndarray of str of shape (140,)
            ``"left"`` or ``"right"``, the arm the watch was on.
    (data, target) : tuple if ``return_X_y`` is True
        The list of recordings and the array of labels.

    Raises
    ------
    ModuleNotFoundError
        If seglearn is not installed.
    ValueError
        If the installed file is not that of seglearn 1.2.5.

    References
    ----------
    D. M. Burns et al. (2018). Shoulder physiotherapy exercise recognition: machine
    learning the inertial signals from a smartwatch. Physiological Measurement 39(7)
    075007. `arXiv:1802.01489 <https://arxiv.org/abs/1802.01489>`_.

    Examples
    --------
    >>> from sk_imu.datasets import load_watch
    >>> watch = load_watch()
    >>> watch.data[0]
    Recording(26.64 s: TotalAcceleration 50 Hz, Gyroscope 50 Hz, label='PEN', subject=7,
    side='right', placement='wrist')
    >>> watch.target_names
    ['ABD', 'ER', 'FEL', 'IR', 'PEN', 'ROW', 'TRAP']
    >>> watch.target[0], watch.subject[0], watch.side[0]
    (np.str_('PEN'), np.int64(7), np.str_('right'))
    """
    content = _read_verified()
    target = np.array(content["y_labels"])[content["y"]]
    subject = content["subject"].astype(np.int64)
    side = np.where(content["side"] == 1, "right", "left")
    to_si = np.array([STANDARD_GRAVITY] * 3 + [1.0] * 3)
    data = [
        Recording.from_array(
            (samples * to_si).T,
            sampling_rate_hz=SAMPLING_RATE_HZ,
            channel_names=CHANNEL_NAMES,
            label=str(target[row]),
            subject=int(subject[row]),
            side=str(side[row]),
            placement="wrist",
            source=f"seglearn/watch_dataset.npy[{row}]",
        )
        for row, samples in enumerate(content["X"])
    ]
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        target_names=sorted(content["y_labels"]),
        subject=subject,
        side=side,
        channel_names=list(CHANNEL_NAMES),
        sampling_rate_hz=SAMPLING_RATE_HZ,
        DESCR=DESCR,
    )


def _read_verified() -> dict[str, Any]:
    path = _locate()
    # One read, so that the bytes that are verified are those that are opened.
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ValueError(
            f"{path} is not the file of seglearn 1.2.5 and is not opened, because it could "
            'run any code. Install that release: pip install "sk_imu[data]".'
        )
    return np.load(io.BytesIO(content), allow_pickle=True).item()


def _locate() -> Path:
    # seglearn is only located, not imported, because it needs an older scikit-learn.
    spec = importlib.util.find_spec("seglearn")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder, "data", "watch_dataset.npy")
        if path.is_file():
            return path
    raise ModuleNotFoundError(
        "The watch data come with the package seglearn 1.2.5, which is not installed. "
        'Install it with: pip install "sk_imu[data]".',
        name="seglearn",
    )
