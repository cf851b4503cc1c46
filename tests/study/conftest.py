"""What tests of a study share."""

import pytest


@pytest.fixture
def without_leak_check(monkeypatch):
    """Leave out the search for shared rows, which has tests of its own and takes long.

    Fixtures of a module are made before this, and search.
    """

    def count_shared(dataset, jobs):
        return {job.protocol.name: 0 for job in jobs}

    monkeypatch.setattr("sk_imu.study._preparing.count_shared", count_shared)
