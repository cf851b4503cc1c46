import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_panels import VECTORS, make_panel, names_for
from scipy.spatial.transform import Rotation
from sklearn.base import clone

from sk_imu import (
    CanonicalSide,
    DerivedChannels,
    RandomMirror,
    RandomRotation,
    Recording,
    SensorStream,
    derived_channel_names,
)
from sk_imu.augmentation import random_mirror, random_rotation

seeds = st.integers(0, 2**32 - 1)


def basis(n_sets, n_channels=3):
    """Return rows whose three timesteps are the unit vectors: turned, they are a matrix."""
    return np.tile(np.eye(3), (n_sets, n_channels // 3, 1))


@given(
    n_vectors=st.integers(1, len(VECTORS)),
    max_angle=st.floats(0, np.pi),
    free=st.booleans(),
    seed=seeds,
)
def test_turning_keeps_lengths_angles_and_handedness(n_vectors, max_angle, free, seed):
    X = make_panel((4, 3 * n_vectors + 1, 10))
    names = [*names_for(3 * n_vectors), "Gyroscope_vertical"]
    new = random_rotation(
        X, np.random.default_rng(seed), channel_names=names, max_angle=max_angle, free=free
    )
    np.testing.assert_array_equal(new[:, -1], X[:, -1])

    # All vectors of a row at all timesteps are one set of vectors: (row, vector, 3).
    def vectors(panel):
        parts = panel[:, :-1].reshape(4, n_vectors, 3, 10)
        return parts.transpose(0, 1, 3, 2).reshape(4, -1, 3)

    before, after = vectors(X), vectors(new)
    np.testing.assert_allclose(
        after @ after.transpose(0, 2, 1), before @ before.transpose(0, 2, 1), atol=1e-9
    )
    np.testing.assert_allclose(
        np.linalg.det(after[:, :3]), np.linalg.det(before[:, :3]), atol=1e-9
    )


@given(max_angle=st.floats(0, np.pi), seed=seeds)
def test_no_row_is_turned_by_more_than_the_largest_angle(max_angle, seed):
    new = random_rotation(
        basis(20),
        np.random.default_rng(seed),
        channel_names=names_for(3),
        max_angle=max_angle,
    )
    assert (Rotation.from_matrix(new).magnitude() <= max_angle + 1e-7).all()


def test_turns_have_any_axis_and_any_angle():
    turned = random_rotation(
        basis(20_000), np.random.default_rng(0), channel_names=names_for(3), max_angle=1.2
    )
    vectors = Rotation.from_matrix(turned).as_rotvec()
    angle = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(
        np.quantile(angle, [0.25, 0.5, 0.75]), [0.3, 0.6, 0.9], atol=0.02
    )
    # Of a uniform direction each component is uniform (Archimedes).
    components = np.quantile(vectors / angle[:, np.newaxis], [0.25, 0.5, 0.75], axis=0)
    np.testing.assert_allclose(components, np.tile([[-0.5], [0], [0.5]], 3), atol=0.03)


def test_free_turns_are_uniform_over_all_rotations():
    turned = random_rotation(
        basis(20_000), np.random.default_rng(0), channel_names=names_for(3), free=True
    )
    angle = np.sort(Rotation.from_matrix(turned).magnitude())
    # The angle of a uniform rotation has the density (1 - cos) / pi.
    expected = (angle - np.sin(angle)) / np.pi
    np.testing.assert_allclose(expected, np.linspace(0, 1, 20_000), atol=0.015)
    # Each unit vector goes to any direction.
    np.testing.assert_allclose(turned.mean(axis=0), 0, atol=0.02)


def test_turned_devices_have_the_same_derived_channels():
    names = names_for(12)
    X = make_panel((3, 12, 100))
    derived = DerivedChannels(
        kinds=("magnitude", "vertical", "rate_of_change"), channel_names=names, keep=False
    )
    turned = random_rotation(X, np.random.default_rng(0), channel_names=names, free=True)
    np.testing.assert_allclose(
        derived.fit_transform(turned), derived.fit_transform(X), atol=1e-9
    )


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_the_mirror_is_that_of_recordings_of_a_known_side(axis):
    rng = np.random.default_rng(0)
    values = {sensor: rng.normal(size=(5, 3)) for sensor in VECTORS}
    streams = {s: SensorStream(np.arange(5) / 50, v) for s, v in values.items()}
    side = CanonicalSide(onto="right", mirror_axis=axis)
    (mirrored,) = side.fit_transform([Recording(streams, side="left")])
    X = np.hstack(list(values.values())).T[np.newaxis]
    new = random_mirror(
        X,
        np.random.default_rng(0),
        channel_names=names_for(X.shape[1]),
        mirror_axis=axis,
        probability=1,
    )
    expected = np.hstack([mirrored.streams[sensor].values for sensor in VECTORS]).T
    np.testing.assert_array_equal(new[0], expected)


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_mirroring_before_and_after_deriving_channels_is_the_same(axis):
    names = names_for(15)
    kinds = ("magnitude", "vertical", "rate_of_change")
    X = make_panel((3, 15, 100))
    derived = DerivedChannels(kinds=kinds, channel_names=names)
    both = {"mirror_axis": axis, "probability": 1}
    before = random_mirror(X, np.random.default_rng(0), channel_names=names, **both)
    all_names = derived_channel_names(names, kinds)
    after = random_mirror(
        derived.fit_transform(X),
        np.random.default_rng(0),
        channel_names=all_names,
        **both,
    )
    np.testing.assert_allclose(derived.fit_transform(before), after, atol=1e-9)


@given(axis=st.sampled_from("xyz"), probability=st.floats(0, 1), seed=seeds)
def test_mirroring_twice_changes_nothing_and_never_a_part_of_a_row(axis, probability, seed):
    X = make_panel((6, 7, 10))
    names = names_for(7)

    def mirror(panel, probability):
        return random_mirror(
            panel,
            np.random.default_rng(seed),
            channel_names=names,
            mirror_axis=axis,
            probability=probability,
        )

    np.testing.assert_array_equal(mirror(mirror(X, probability), probability), X)
    mirrored = mirror(X, 1)
    for row, new, other in zip(X, mirror(X, probability), mirrored, strict=True):
        assert (new == row).all() or (new == other).all()
    np.testing.assert_array_equal(mirror(X, 0), X)


def test_as_many_rows_are_mirrored_as_likely():
    X = np.ones((20_000, 3, 1))
    new = random_mirror(
        X, np.random.default_rng(0), channel_names=names_for(3), probability=0.3
    )
    assert (new[:, 0, 0] == -1).mean() == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("augmenter", [RandomRotation(), RandomMirror()], ids=repr)
@pytest.mark.parametrize(
    ("channel_names", "message"),
    [
        # Six channels may be two vectors, or any six channels: nothing is guessed.
        (None, "needs channel_names because"),
        (names_for(5), "must name each of the 6 channels of X once, got 5 names"),
        (["Gyroscope_x"] * 6, "must name each of the 6 channels of X once"),
        ([*names_for(5), "Orientation_yaw"], "Orientation_yaw would have to rotate"),
        ([*names_for(5), "Orientation_qw"], r"Leave them out by Resampler\(channels="),
    ],
)
def test_vectors_must_be_named(augmenter, channel_names, message):
    augmenter = clone(augmenter).set_params(channel_names=channel_names)
    name = type(augmenter).__name__
    with pytest.raises(ValueError, match=f"{name}.*{message}"):
        augmenter.augment(make_panel(), np.random.default_rng(0))


def test_half_a_vector_cannot_be_turned():
    names = ["Gyroscope_x", "Gyroscope_y", *names_for(3), "Light_x"]
    with pytest.raises(ValueError, match="Gyroscope_x, Gyroscope_y can't be turned"):
        random_rotation(make_panel(), np.random.default_rng(0), channel_names=names)


def test_half_a_vector_can_be_mirrored():
    names = ["Gyroscope_y", "Gravity_x", "Light_x"]
    new = random_mirror(
        np.ones((1, 3, 1)), np.random.default_rng(0), channel_names=names, probability=1
    )
    assert new.ravel().tolist() == [-1, -1, 1]


def test_unknown_vectors_are_turned_but_not_mirrored():
    names = [f"Thumb_{axis}" for axis in "xyz"]
    X = make_panel((2, 3, 5))
    assert (random_rotation(X, np.random.default_rng(0), channel_names=names) != X).any()
    with pytest.raises(
        ValueError, match="mirroring of Thumb_x, Thumb_y, Thumb_z is unknown"
    ):
        random_mirror(X, np.random.default_rng(0), channel_names=names)
