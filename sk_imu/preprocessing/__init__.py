"""Transformers from raw recordings to series of one rate, one scale and one length."""

from ._canonical_side import CanonicalSide
from ._channel_scaler import ChannelScaler
from ._derived_channels import DerivedChannels, derived_channel_names
from ._fixed_length import FixedLength
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
