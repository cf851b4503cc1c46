"""What made an answer: channels and times, the sets most like it, and the differences."""

from ._attribution import Attribution, attribution_table
from ._attributions import attributions
from ._differences import phase_differences
from ._nearest import nearest_sets

__all__ = [
    "Attribution",
    "attribution_table",
    "attributions",
    "nearest_sets",
    "phase_differences",
]
