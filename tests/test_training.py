import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skorch.dataset import Dataset

from sk_imu.learning_rows import hold_out_groups, weigh_rows, weighted_dataset
from sk_imu.training import BatchIterator, WeightedCrossEntropy, quiet_torch


@given(n_rows=st.integers(1, 60), batch_size=st.integers(1, 20), shuffle=st.booleans())
def test_batches_hold_every_row_once_and_none_holds_one_alone(n_rows, batch_size, shuffle):
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


def test_the_loss_is_torchs_where_nothing_is_weighted():
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
def test_held_out_are_whole_groups_of_the_share_told(
    n_groups, rows_a_group, fraction, seed
):
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
