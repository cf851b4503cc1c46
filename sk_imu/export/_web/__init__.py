"""A fitted model as a folder of web pages."""

from ._folder import export_web as export_web
