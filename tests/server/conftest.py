"""A model that all tests of the service share."""

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_imu import ExerciseClassifier, SummaryFeatures
from sk_imu.datasets import make_exercise_recordings


@pytest.fixture(scope="package")
def workouts():
    """Return simulated workouts: 4 people × 3 exercises, 2 sets in each recording."""
    return make_exercise_recordings(4, 2, random_state=0)


@pytest.fixture(scope="package")
def model(workouts):
    """Return a model that was fitted on the sets of all people but the first."""
    pairs = list(zip(workouts.data, workouts.bouts, strict=True))[3:]
    known = [one.between(*bout) for one, bouts in pairs for bout in bouts]
    fast = make_pipeline(SummaryFeatures(), StandardScaler(), LogisticRegression(C=0.1))
    return ExerciseClassifier(fast).fit(known, [one.label for one in known])
