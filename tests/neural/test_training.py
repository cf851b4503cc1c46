import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skorch.dataset import Dataset

from sk_imu.augmentation import Mixup, MultiplicativeNoise
from sk_imu.neural._batches import BatchAugmenter, BatchIterator, WeightedCrossEntropy
from sk_imu.neural._learning_rows import hold_out_groups, weigh_rows, weighted_dataset
from sk_imu.neural._training import (
    n_epochs_for,
    quiet_torch,
)


@given(n_rows=st.integers(1, 60), batch_size=st.integers(1, 20), shuffle=st.booleans())
def test_batches_hold_every_row_once_and_at_least_two_rows(n_rows, batch_size, shuffle):
    X = np.arange(float(n_rows))
    batches = list(BatchIterator(Dataset(X, X), batch_size, shuffle=shuffle))
    sizes = [len(rows) for rows, _ in batches]
    assert sorted(torch.cat([rows for rows, _ in batches]).tolist()) == X.tolist()
    assert all(torch.equal(rows, targets) for rows, targets in batches)
    assert len(BatchIterator(Dataset(X, X), batch_size)) == len(batches)
    assert sizes[:-1] == [batch_size] * (len(sizes) - 1)
    if n_rows > 1 and batch_size > 1:
        assert min(sizes) > 1
        assert max(sizes) <= batch_size + 1


def test_all_rows_in_one_batch():
    data = Dataset(np.arange(7.0), np.arange(7.0))
    assert [len(rows) for rows, _ in BatchIterator(data, -1)] == [7]


@given(n_batches=st.integers(1, 10**6))
def test_automatic_epochs_make_300_steps_in_18_to_30_passes(n_batches):
    n_epochs = n_epochs_for("auto", n_batches)
    assert 18 <= n_epochs <= 30
    if n_epochs < 30:
        assert n_epochs * n_batches >= 300
    if n_epochs > 18:
        assert (n_epochs - 1) * n_batches < 300


@given(max_epochs=st.integers(1, 1000), n_batches=st.integers(1, 10**6))
def test_a_number_of_epochs_is_kept_whatever_the_batches(max_epochs, n_batches):
    assert n_epochs_for(max_epochs, n_batches) == max_epochs
    assert type(n_epochs_for(np.int64(max_epochs), n_batches)) is int


def test_targets_are_mixed_as_their_rows():
    """Rows that hold their own targets show whether both are mixed alike."""
    rng = np.random.default_rng(0)
    Y = rng.random((40, 3)).astype(np.float32)
    X = Y[:, :, np.newaxis].repeat(5, axis=2)
    augment = BatchAugmenter(Mixup(), seed=0)
    batches = list(BatchIterator(Dataset(X, Y), 16, shuffle=True, augment=augment))
    assert [len(rows) for rows, _ in batches] == [16, 16, 8]
    mixed = torch.cat([targets for _, targets in batches])
    for rows, targets in batches:
        assert rows.dtype == targets.dtype == torch.float32
        torch.testing.assert_close(rows, targets[:, :, None].expand(-1, -1, 5))
    torch.testing.assert_close(mixed.sum(dim=0), torch.from_numpy(Y.sum(axis=0)))
    assert (np.sort(mixed[:, 0].numpy()) != np.sort(Y[:, 0])).mean() > 0.5


def test_targets_stay_where_rows_are_not_mixed():
    Y = np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]
    X = np.ones((4, 2, 5), dtype=np.float32)
    augment = BatchAugmenter(MultiplicativeNoise(), seed=0)
    rows, targets = augment(X, Y)
    np.testing.assert_array_equal(targets, Y)
    assert (rows != X).any()


def test_the_unweighted_loss_is_that_of_torch():
    logits, codes = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 2])
    loss = WeightedCrossEntropy()(logits, torch.eye(3)[codes])
    torch.testing.assert_close(loss, torch.nn.functional.cross_entropy(logits, codes))


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("seed", [None, 3])
def test_torch_is_left_as_it_was(seed, fails):
    torch.set_num_threads(2)
    state = torch.random.get_rng_state()
    try:
        with quiet_torch(1, seed):
            assert torch.get_num_threads() == 1
            if seed is not None:
                torch.randn(3)
            if fails:
                raise RuntimeError("on purpose")
    except RuntimeError:
        assert fails
    assert torch.get_num_threads() == 2
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_targets_carry_weights_of_mean_one(dtype):
    data = weighted_dataset(
        np.zeros((3, 1, 4)), np.array([0, 1, 1]), np.array([1.0, 2.0, 3.0]), n_classes=2,
        dtype=dtype,
    )  # fmt: skip
    assert data.X.dtype == data.y.dtype == dtype
    np.testing.assert_allclose(data.y, [[0.5, 0], [0, 1], [0, 1.5]])


def test_rows_without_weight_are_left_out_and_balancing_counts_weights():
    y = np.array(["a", "a", "a", "b"])
    rows, weights = weigh_rows(y, np.array([1.0, 0.0, 2.0, 1.0]), "balanced")
    assert rows.tolist() == [0, 2, 3]
    assert weights[:2].sum() == pytest.approx(weights[2])
    rows, _ = weigh_rows(y, np.ones(4), {"a": 0, "b": 1})
    assert rows.tolist() == [3]


@given(
    n_groups=st.integers(2, 30),
    rows_a_group=st.integers(1, 4),
    fraction=st.floats(0.05, 0.95),
    seed=st.integers(0, 2**31 - 1),
)
def test_whole_groups_are_held_out_by_the_fraction(n_groups, rows_a_group, fraction, seed):
    groups = np.repeat(np.arange(n_groups), rows_a_group)
    codes = np.zeros(len(groups), int)
    n_held_out = int(np.ceil(fraction * n_groups))
    if n_held_out == n_groups:
        with pytest.raises(ValueError, match="smaller validation_fraction"):
            hold_out_groups(codes, groups, fraction, seed)
        return
    learn, hold_out = hold_out_groups(codes, groups, fraction, seed)
    assert sorted([*learn, *hold_out]) == list(range(len(groups)))
    assert not set(groups[learn]) & set(groups[hold_out])
    assert len(np.unique(groups[hold_out])) == n_held_out
