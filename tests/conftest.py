"""What must be set before the first test module imports anything."""

import os
from collections.abc import Iterator

# scikit-learn's array API check is skipped unless scipy reads this while it is
# imported, so it stands above every other import.
os.environ["SCIPY_ARRAY_API"] = "1"
# Small nets are slower on two threads than on one, and `pytest -n` has a worker per core.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Figures are drawn on machines without a screen.
os.environ["MPLBACKEND"] = "Agg"

import pytest
from hypothesis import settings
from joblib.externals.loky import get_reusable_executor, reusable_executor

# A busy machine is no fault of the code: no example has a time limit.
settings.register_profile("sk_imu", deadline=None)
settings.load_profile("sk_imu")


@pytest.fixture(autouse=True)
def fresh_workers() -> Iterator[None]:
    """End joblib's worker processes after each test that started some.

    Where psutil is installed, joblib replaces workers that have grown by 300 MB, as ours do
    by importing; a search that began just then has hung, with both of them leaving.
    """
    yield
    if reusable_executor._executor is not None:
        get_reusable_executor().shutdown(wait=True)
