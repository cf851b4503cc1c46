"""The motion sensors of a browser, as JavaScript modules that the pages share."""

from pathlib import Path

#: ``reader.js``, ``evidence.js`` and ``source.js``.
FOLDER = Path(__file__).parent
