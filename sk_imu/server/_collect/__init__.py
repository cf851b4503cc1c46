"""Collect labeled sets from a phone, and fit a model on them."""

from ._app import create_collect_app
from ._folder import SetFolder

__all__ = ["SetFolder", "create_collect_app"]
