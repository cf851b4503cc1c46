"""What an estimator accepts: the three states of X, checked in one place.

raw
    a list of :class:`~sk_imu.Recording`
uniform
    a list of float arrays of shape (n_channels, n_timesteps_i)
panel
    an array of shape (n_sets, n_channels, n_timesteps); a 2-D array means one channel
"""

from ._bases import SeriesOutputMixin, SeriesTransformer
from ._labels import check_groups, check_labels, check_scores, check_two_classes, distinct
from ._series import (
    DEFAULT_RATE_HZ,
    Panel,
    Uniform,
    as_3d,
    check_channel_names,
    check_panel,
    check_recordings,
    check_series,
    is_list,
    is_raw,
    like_input,
    map_blocks,
    rate_of,
)

__all__ = [
    "DEFAULT_RATE_HZ",
    "Panel",
    "SeriesOutputMixin",
    "SeriesTransformer",
    "Uniform",
    "as_3d",
    "check_channel_names",
    "check_groups",
    "check_labels",
    "check_panel",
    "check_recordings",
    "check_scores",
    "check_series",
    "check_two_classes",
    "distinct",
    "is_list",
    "is_raw",
    "like_input",
    "map_blocks",
    "rate_of",
]
