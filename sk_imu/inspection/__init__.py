"""What made an answer: channels and times, the sets most like it, and the differences."""

from ._attribution import Attribution, attribution_table
from ._attributions import attributions

__all__ = ["Attribution", "attribution_table", "attributions"]
