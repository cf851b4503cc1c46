"""The motion sensors of a browser, for all pages: modules that run as they are."""

from pathlib import Path

#: ``reader.js``, ``evidence.js`` and ``source.js``.
FOLDER = Path(__file__).parent
