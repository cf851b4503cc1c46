"""Four activities recorded by a smartwatch."""

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from ..recording import Recording, channels_of

SAMPLING_RATE_HZ = 10.0
#: Gravity is not in the acceleration, although this is not documented: while standing
#: its norm has a median of 0.6 m/s².
CHANNEL_NAMES = channels_of("Accelerometer", "Gyroscope")

DESCR = """\
BasicMotions data set
---------------------

80 recordings of 10 seconds of four activities by four students with a smartwatch, each
activity five times. The student of a recording is unknown, so the accuracy of a model on
unseen people cannot be measured.

:Recordings: 80, of 100 timesteps
:Sampling rate: 10 Hz, one clock for all channels
:Channels: Accelerometer_x, _y, _z (without gravity, m/s²) and Gyroscope_x, _y, _z
    (rad/s). The order of the channels is that stated by the publishers [3]_. They do not
    state units: the acceleration's norm while standing (median 0.6) and running
    (median 17) and the gyroscope's steps of 0.00266 fit these units and no other usual
    ones.
:Subjects: unknown
:Missing values: none

=========  ==========
label      recordings
=========  ==========
badminton          20
running            20
standing           20
walking            20
=========  ==========

The first 40 recordings are the archive's training part, the last 40 its test part; each
recording's ``source`` names its part. The copy is that of the package sktime.

.. rubric:: References

.. [1] A. Bagnall et al. (2018). The UEA multivariate time series classification
   archive, 2018. arXiv:1811.00075.
.. [2] https://www.timeseriesclassification.com/description.php?Dataset=BasicMotions
.. [3] https://github.com/time-series-machine-learning/tsml-repo/issues/68
"""


def load_basic_motions(
    *, return_X_y: bool = False
) -> Bunch | tuple[list[Recording], NDArray[np.str_]]:
    """Load four activities recorded by a smartwatch, from sktime's copy.

    80 recordings of 10 seconds at 10 Hz: badminton, running, standing and walking.
    The subject of each recording is unknown, so ``subject`` is None and a split by
    people is impossible.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        As all functions of :mod:`sk_imu.datasets` return. The recordings have the streams
        ``Accelerometer`` (without gravity) in m/s² and ``Gyroscope`` in rad/s; the first
        40 are the archive's training part. ``subject`` is None.
    (data, target) : tuple if ``return_X_y`` is True
        The list of recordings and the array of labels.

    References
    ----------
    A. Bagnall et al. (2018). The UEA multivariate time series classification archive,
    2018. `arXiv:1811.00075 <https://arxiv.org/abs/1811.00075>`_.

    Examples
    --------
    >>> from sk_imu.datasets import load_basic_motions
    >>> motions = load_basic_motions()
    >>> motions.data[0]
    Recording(9.90 s: Accelerometer 10 Hz, Gyroscope 10 Hz, label='standing',
    placement='wrist')
    >>> motions.target_names
    ['badminton', 'running', 'standing', 'walking']
    """
    # Imported here, because sktime is slow to import and nothing else needs it.
    from sktime.datasets import load_basic_motions as load_from_sktime

    data: list[Recording] = []
    for part in ("TRAIN", "TEST"):
        panel, labels = load_from_sktime(split=part, return_type="numpy3D")
        data += [
            Recording.from_array(
                samples,
                sampling_rate_hz=SAMPLING_RATE_HZ,
                channel_names=CHANNEL_NAMES,
                label=str(label),
                placement="wrist",
                source=f"sktime/BasicMotions_{part}.ts[{row}]",
            )
            for row, (samples, label) in enumerate(zip(panel, labels, strict=True))
        ]
    target = np.array([recording.label for recording in data])
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        target_names=np.unique(target).tolist(),
        subject=None,
        channel_names=list(CHANNEL_NAMES),
        sampling_rate_hz=SAMPLING_RATE_HZ,
        DESCR=DESCR,
    )
