"""Collect labeled sets from a phone, and fit a model on them."""

from ._folder import SetFolder

__all__ = ["SetFolder"]
