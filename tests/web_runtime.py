"""ONNX Runtime Web for tests of the exported page."""

import os

import pytest
from driven_browser import find_chromium

from sk_imu.export._web._runtime import cache_folder, runtime_files


def runtime_of_page() -> str | None:
    """Return where it is, None for the cache; skip the test if it is nowhere."""
    find_chromium()
    given = os.environ.get("SK_IMU_ONNXRUNTIME_WEB")
    if given is None and not cache_folder().is_dir():
        if not os.environ.get("SK_IMU_NEEDS_BROWSER"):
            pytest.skip("onnxruntime-web is neither cached nor in SK_IMU_ONNXRUNTIME_WEB")
        runtime_files()
    return given
