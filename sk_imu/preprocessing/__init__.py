"""Transformers from raw recordings to series of one rate, one scale and one length."""

from ._canonical_side import CanonicalSide
from ._channel_choice import motion_channels as motion_channels
from ._channel_choice import shared_channels as shared_channels
from ._channel_choice import wear_of as wear_of
from ._channel_scaler import ChannelScaler
from ._derived_channels import DerivedChannels
from ._derived_channels import axes_of_sets as axes_of_sets
from ._derived_channels import gravity_filter as gravity_filter
from ._derived_names import BY_GRAVITY as BY_GRAVITY
from ._derived_names import WITH_MOVEMENT as WITH_MOVEMENT
from ._derived_names import derived_channel_names
from ._derived_names import first_of as first_of
from ._derived_names import sources_of as sources_of
from ._fixed_length import FixedLength
from ._grid_resampler import GridResampler as GridResampler
from ._interpolation import interpolate as interpolate
from ._resampler import Resampler

__all__ = [
    "CanonicalSide",
    "ChannelScaler",
    "DerivedChannels",
    "FixedLength",
    "Resampler",
    "derived_channel_names",
]
