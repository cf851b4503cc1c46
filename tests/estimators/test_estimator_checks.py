"""scikit-learn's own checks, on every public estimator, with no expected failure.

The estimators are found, not listed: a new one is checked with its default constructor
as soon as it is public.  Give it instances of its own in ``special_instances`` only where
a default cannot pass a check, because the checks' data have one channel of three to ten
timesteps.
"""

import importlib
import inspect
import re
from collections.abc import Iterator

import pytest
import torch
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks
from sktime.classification.distance_based import KNeighborsTimeSeriesClassifier

import sk_imu

# The checks pass arrays.  An estimator of Recordings refuses them, one that mixes rows
# refuses to do so without their labels, and MiniRocket's kernels are longer than nearly
# all of the series; the files named here hold them to scikit-learn's contract.
NOT_FOR_THE_CHECKS = {
    "CanonicalSide": "tests/preprocessing/test_canonical_side.py",
    "MiniRocketClassifier": "tests/features/test_minirocket_classifier.py",
    "MiniRocketFeatures": "tests/features/test_minirocket.py",
    "Mixup": "tests/augmentation/test_mixup.py",
    "RepetitionCounter": "tests/segmentation/test_counter.py",
    "SetSegmenter": "tests/segmentation/test_segmentation.py",
}


def public_estimators() -> Iterator[type[BaseEstimator]]:
    """Yield every public class that promises to be a scikit-learn estimator."""
    for module_name in ("sk_imu", "sk_imu.sktime"):
        module = importlib.import_module(module_name)
        for name in module.__all__:
            value = getattr(module, name)
            if (
                inspect.isclass(value)
                and issubclass(value, BaseEstimator)
                and name not in NOT_FOR_THE_CHECKS
            ):
                yield value


ESTIMATORS = {cls.__name__: cls for cls in public_estimators()}

# A network that learns the checks' few short rows quickly.  A row of weight
# 2 equals the same row given twice, which a check wants to the last digits, only without
# rounding, and without batches or their normalization, which count rows.
SMALL_NET = {
    "max_epochs": 40,
    "lr": 0.02,
    "batch_size": None,
    "dtype": "float64",
    "random_state": 0,
}
# A kernel of one timestep sees the order of the two features of some checks only if
# nothing averages over time.
SMALL_KERNEL = {
    "kernel_size": 1,
    "n_blocks": 1,
    "pooling": None,
    "batch_norm": False,
    "readout": "flatten",
}


class DenseNet(torch.nn.Sequential):
    """A network of the user's: all values into two layers."""

    def __init__(self, n_channels, n_timesteps, n_classes):
        hidden = torch.nn.Linear(n_channels * n_timesteps, 32)
        head = torch.nn.Linear(32, n_classes)
        super().__init__(torch.nn.Flatten(), hidden, torch.nn.ReLU(), head)


def special_instances() -> dict[str, list[BaseEstimator]]:
    """Return the instances to check for those whose default cannot meet the checks."""
    return {
        # Meta-estimators have no default for what they wrap.  Copies that were changed
        # at random would not let a row of weight 2 equal the same row given twice.
        "AugmentedClassifier": [
            sk_imu.AugmentedClassifier(
                LogisticRegression(), sk_imu.MultiplicativeNoise(fraction=0.0)
            )
        ],
        "WindowedClassifier": [
            sk_imu.WindowedClassifier(
                make_pipeline(sk_imu.Flatten(), LogisticRegression()),
                n_timesteps=2,
                short="pad",
            )
        ],
        "ConformalClassifier": [
            sk_imu.ConformalClassifier(LogisticRegression()),
            sk_imu.ConformalClassifier(
                LogisticRegression(), method="raps", weights="people", allow_empty=True
            ),
        ],
        "FromSktime": [
            ESTIMATORS["FromSktime"](KNeighborsTimeSeriesClassifier(distance="euclidean"))
        ],
        # The one channel of the checks is no vector.
        "DerivedChannels": [sk_imu.DerivedChannels(kinds=())],
        # Nor is it changed by rotating or mirroring, as its name says.
        "RandomMirror": [sk_imu.RandomMirror(channel_names=["Gyroscope_magnitude"])],
        "RandomRotation": [sk_imu.RandomRotation(channel_names=["Gyroscope_magnitude"])],
        # Series of the checks are shorter than the default kernels.
        "CNNClassifier": [sk_imu.CNNClassifier(**SMALL_KERNEL, **SMALL_NET)],
        "CNNGRUClassifier": [sk_imu.CNNGRUClassifier(**SMALL_KERNEL, **SMALL_NET)],
        # Its default net is checked by the slow tests.
        "ExerciseClassifier": [
            sk_imu.ExerciseClassifier(
                make_pipeline(sk_imu.Flatten(), RandomForestClassifier(20, random_state=0)),
                random_state=0,
            )
        ],
        # There is no default for the user's own network.
        "ModuleClassifier": [sk_imu.ModuleClassifier(DenseNet, **SMALL_NET)],
    }


SPECIAL = special_instances()
# These take ten seconds or more over all checks.  The code of recurrent nets for them is
# that of the other nets, which every run checks.
SLOW = {"CNNGRUClassifier", "GRUClassifier", "UnknownDetector"}


def instances_of(name: str) -> list[BaseEstimator]:
    """Return the instances to check of a public estimator, at least one."""
    return SPECIAL[name] if name in SPECIAL else [ESTIMATORS[name]()]


QUICK_INSTANCES = [
    one for name in ESTIMATORS if name not in SLOW for one in instances_of(name)
]
SLOW_INSTANCES = [one for name in sorted(SLOW) for one in instances_of(name)]


# The checks give arrays without groups.
@pytest.mark.filterwarnings("ignore:ConformalClassifier does not know which sets")
@parametrize_with_checks(QUICK_INSTANCES)
def test_estimator_passes_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([*SLOW_INSTANCES, sk_imu.ExerciseClassifier()])
def test_slow_estimator_passes_scikit_learns_checks(estimator, check):
    check(estimator)


def has_default(cls: type[BaseEstimator]) -> bool:
    """Return whether a class can be created without arguments."""
    return all(
        parameter.default is not inspect.Parameter.empty
        for parameter in inspect.signature(cls).parameters.values()
    )


# Why a default cannot meet a check: the data are too short for it or their channels have
# no names, and it says so ...
TOO_SHORT = r"timestep|too short|shorter|needs channel_names"
# ... or else this.
KNOWN_REASONS = {
    "check_sample_weight_equivalence_on_dense_data": (
        "batches and their normalization count rows, not weights"
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [n for n in SPECIAL if has_default(ESTIMATORS[n]) and n != "ExerciseClassifier"]
)
def test_defaults_fail_only_for_a_known_reason(name, capsys):
    """The default constructors are checked too, and say why they cannot pass."""
    results = check_estimator(ESTIMATORS[name](), on_fail=None, on_skip=None)
    reasons, unexplained = {}, {}
    for result in results:
        if result["status"] == "failed":
            check_name, exception = result["check_name"], result["exception"]
            message = _message(exception, TOO_SHORT) or KNOWN_REASONS.get(check_name)
            if message:
                reasons[check_name] = message
            else:
                unexplained[check_name] = exception
    with capsys.disabled():
        n_passed = sum(result["status"] == "passed" for result in results)
        print(f"\n{name}(): {n_passed} of {len(results)} checks pass")
        for check_name, message in reasons.items():
            print(f"  {check_name}: {' '.join(message.split())}")
    assert not unexplained


def _message(exception: BaseException | None, pattern: str) -> str:
    """Return the message that matches, of an exception or one it was raised from."""
    while exception is not None:
        if re.search(pattern, str(exception)):
            return str(exception)
        exception = exception.__cause__ or exception.__context__
    return ""


def test_every_special_instance_belongs_to_a_public_estimator():
    assert SPECIAL.keys() <= ESTIMATORS.keys()
