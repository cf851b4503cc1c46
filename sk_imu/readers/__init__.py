"""Recordings from files: one module a format.

What is read is brought to one convention of axes, signs and units, whatever the phone:
see :mod:`sk_imu.readers.conventions`.
"""

from .phyphox import read_phyphox
from .physics_toolbox import read_physics_toolbox
from .plain_table import read_table
from .reading import read_recording
from .sensor_logger import read_sensor_logger
from .trees import read_recordings

__all__ = [
    "read_phyphox",
    "read_physics_toolbox",
    "read_recording",
    "read_recordings",
    "read_sensor_logger",
    "read_table",
]
