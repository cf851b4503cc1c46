"""Recordings: sensors on their own clocks, their channels, units and quality."""

from ._channels import EULER_AXES as EULER_AXES
from ._channels import GRAVITY_SENSORS as GRAVITY_SENSORS
from ._channels import QUATERNION_AXES as QUATERNION_AXES
from ._channels import SENSOR_AXES as SENSOR_AXES
from ._channels import SENSOR_UNITS as SENSOR_UNITS
from ._channels import STANDARD_GRAVITY as STANDARD_GRAVITY
from ._channels import TOTAL_PARTS as TOTAL_PARTS
from ._channels import TOTAL_SENSORS as TOTAL_SENSORS
from ._channels import axis_of as axis_of
from ._channels import channel_name as channel_name
from ._channels import channels_of as channels_of
from ._channels import in_units as in_units
from ._channels import mirror_signs as mirror_signs
from ._channels import quaternion_columns as quaternion_columns
from ._channels import sensor_of as sensor_of
from ._channels import sensor_triples as sensor_triples
from ._channels import sources_of as sources_of
from ._clocks import GAP as GAP
from ._clocks import find_gaps as find_gaps
from ._clocks import mend_clock as mend_clock
from ._clocks import near_repeats as near_repeats
from ._clocks import usual_interval as usual_interval
from ._doubts import quality_warnings as quality_warnings
from ._doubts import settle_doubts as settle_doubts
from ._doubts import summarize_doubts as summarize_doubts
from ._doubts import warn_of_doubts as warn_of_doubts
from ._quality import DOUBTS as DOUBTS
from ._quality import MOST_UNSHARED as MOST_UNSHARED
from ._quality import DataQualityWarning
from ._quality import unshared as unshared
from ._recording import METADATA as METADATA
from ._recording import Recording
from ._recording import printable as printable
from ._recording import visible as visible
from ._sensor_stream import SensorStream
from ._signal_array import SignalArray
from ._signal_array import signal_of as signal_of
from ._signal_array import with_signal as with_signal
from ._stream_quality import StreamFaults as StreamFaults
from ._stream_quality import find_faults as find_faults

__all__ = ["DataQualityWarning", "Recording", "SensorStream", "SignalArray"]
