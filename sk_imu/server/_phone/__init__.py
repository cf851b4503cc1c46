"""The page that makes a sensor of any phone's browser."""

from ._routes import router

__all__ = ["router"]
