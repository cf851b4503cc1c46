"""Recordings from files: one module for each format.

All readers return one convention of axes, signs and units, for any phone and app: see
``_conventions.py``.
"""

from ._finding import RESULTS_MARK as RESULTS_MARK
from ._finding import find_recordings as find_recordings
from ._phyphox import read_phyphox
from ._physics_toolbox import read_physics_toolbox
from ._plain_table import read_table
from ._pushed import PushedSamples as PushedSamples
from ._pushed import joined_samples as joined_samples
from ._pushed import pushed_convention as pushed_convention
from ._pushed import pushed_samples as pushed_samples
from ._pushed import recording_of_messages as recording_of_messages
from ._reading import read_recording
from ._sensor_logger import read_sensor_logger
from ._trees import read_recordings
from ._writing import write_sensor_logger

__all__ = [
    "read_phyphox",
    "read_physics_toolbox",
    "read_recording",
    "read_recordings",
    "read_sensor_logger",
    "read_table",
    "write_sensor_logger",
]
