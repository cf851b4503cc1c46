import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sk_imu import CNNClassifier, CNNGRUClassifier, GRUClassifier, ModuleClassifier
from sk_imu.neural._networks import IMUNet, minimum_timesteps

TINY = {"n_filters": 2, "hidden_size": 3}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


@st.composite
def convolutions(draw):
    n_blocks = draw(st.integers(1, 3))

    def one_or_each(values):
        return draw(values | st.lists(values, min_size=n_blocks, max_size=n_blocks))

    return {
        "n_blocks": n_blocks,
        "kernel_size": one_or_each(st.integers(1, 7)),
        "pooling": draw(st.sampled_from(["max", "average", None])),
        "pool_size": one_or_each(st.integers(1, 4)),
        "stride": draw(st.integers(1, 3)),
    }


def encode(net, X):
    """Return the features of the last block, of shape (n, n_filters, n_left)."""
    return net.encoder(X.unsqueeze(2)).squeeze(2)


@settings(max_examples=30)
@given(parameters=convolutions(), batch_norm=st.booleans())
def test_the_minimum_length_is_the_shortest_that_torch_accepts(parameters, batch_norm):
    needed = minimum_timesteps(**parameters)
    plain = {"standardize": False, "batch_norm": batch_norm}
    net = IMUNet(3, needed, 2, **TINY, **parameters, **plain)
    assert net(torch.zeros(4, 3, needed)).shape == (4, 2)
    assert encode(net, torch.zeros(4, 3, needed)).shape == (4, 2, 1)
    if needed > 1:
        with pytest.raises(RuntimeError, match=r"size|small"):
            net(torch.zeros(4, 3, needed - 1))


@settings(max_examples=25)
@given(parameters=convolutions(), hybrid=st.booleans())
def test_classifiers_accept_the_length_that_their_error_names(parameters, hybrid):
    make = CNNGRUClassifier if hybrid else CNNClassifier
    clf = make(n_filters=2, max_epochs=1, random_state=0, **parameters)
    needed = minimum_timesteps(**parameters)
    y = [0, 1, 0, 1]
    X = np.random.default_rng(0).normal(size=(4, 2, needed))
    assert clf.fit(X, y).predict_proba(X).shape == (4, 2)
    if needed > 1:
        message = f"X has {needed - 1} timesteps.*need at least {needed}"
        with pytest.raises(ValueError, match=message):
            clf.fit(X[..., 1:], y)


def test_a_gru_alone_takes_a_single_timestep():
    assert minimum_timesteps(n_blocks=0, hidden_size=8) == 1
    X = np.arange(8.0).reshape(4, 2, 1)
    clf = GRUClassifier(hidden_size=2, max_epochs=1, random_state=0)
    assert clf.fit(X, [0, 1, 0, 1]).predict(X).shape == (4,)


@settings(max_examples=15)
@given(parameters=convolutions(), extra=st.integers(0, 20))
@pytest.mark.parametrize("hidden_size", [0, 3])
def test_flatten_reads_every_feature_of_every_timestep(hidden_size, parameters, extra):
    length = minimum_timesteps(**parameters) + extra
    net = IMUNet(
        3, length, 2, n_filters=2, hidden_size=hidden_size, readout="flatten", **parameters
    )
    left = encode(net, torch.zeros(4, 6, length)).shape[2]
    assert net.head.in_features == left * (hidden_size or 2)
    assert net(torch.zeros(4, 3, length)).shape == (4, 2)


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ("max", [[[1.0, 3.0]]]),
        ("average", [[[0.5, 2.5]]]),
        (None, [[[0.0, 1.0, 2.0, 3.0, 4.0]]]),
    ],
)
def test_pooling(pooling, expected):
    net = IMUNet(
        1, 5, 2, n_filters=1, kernel_size=1, n_blocks=1, pooling=pooling, pool_size=2,
        stride=1, batch_norm=False, standardize=False,
    )  # fmt: skip
    with torch.no_grad():
        net.encoder[0][0].weight.fill_(1)
        net.encoder[0][0].bias.fill_(0)
    assert encode(net, torch.arange(5.0)[None, None]).tolist() == expected


def test_each_block_has_its_own_kernel_filters_and_pooling():
    net = IMUNet(
        3,
        60,
        2,
        n_filters=[4, 5, 6],
        kernel_size=(7, 3, 2),
        n_blocks=3,
        pool_size=[3, 1, 5],
        stride=3,
        standardize=False,
    )
    layers = list(net.encoder.modules())
    convolutions = [m for m in layers if isinstance(m, torch.nn.Conv2d)]
    shapes = [tuple(m.weight.shape) for m in convolutions]
    assert shapes == [(4, 3, 1, 7), (5, 4, 1, 3), (6, 5, 1, 2)]
    assert [m.stride for m in convolutions] == [(1, 3), (1, 1), (1, 1)]
    # The first convolution has shortened the series by three already.
    pools = [m.kernel_size for m in layers if isinstance(m, torch.nn.MaxPool2d)]
    assert pools == [(1, 1), (1, 1), (1, 5)]


def test_the_default_net_needs_less_than_two_seconds_at_25_hz():
    """Two outputs of the first convolution, two timesteps apart, are pooled into one."""
    defaults = CNNClassifier().get_params()
    assert minimum_timesteps(n_blocks=2) == minimum_timesteps(**defaults) == 45
    needed = [minimum_timesteps(n_blocks=2, pool_size=pools) for pools in ([4, 1], [1, 4])]
    assert needed == [((1 + 6) * 2 - 1) * 2 + 7, ((4 + 6) * 1 - 1) * 2 + 7]


def test_the_network_sees_each_channel_standardized_beside_its_values():
    net = IMUNet(2, 60, 3, **TINY).eval()
    seen = []
    net.encoder[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    X = 3 + 2 * torch.randn(4, 2, 60, dtype=torch.float64)
    net.double()(X)
    values, standardized = seen[0].squeeze(2).split(2, dim=1)
    assert torch.equal(values, X)
    expected = (X - X.mean(dim=2, keepdim=True)) / X.std(dim=2, keepdim=True, correction=0)
    torch.testing.assert_close(standardized, expected, rtol=0.01, atol=0.0)


def test_a_channel_at_rest_stays_small_when_it_is_standardized():
    net = IMUNet(1, 60, 3, **TINY).eval()
    seen = []
    net.encoder[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    net(5 + 0.001 * torch.randn(4, 1, 60))
    assert seen[0][:, 1].abs().max() < 0.1


def test_the_pooled_readout_reads_every_block_and_the_states():
    net = IMUNet(3, 60, 2, n_filters=[4, 5], hidden_size=3).eval()
    blocks, read = [], []
    for block in net.encoder:
        block.register_forward_hook(lambda _, inputs, output: blocks.append(output))
    net.head.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
    net(torch.randn(6, 3, 60))
    states = net.gru(blocks[-1].squeeze(2).transpose(1, 2))[0]
    pooled = [f(b.flatten(2), dim=2) for b in blocks for f in (torch.mean, torch.amax)]
    torch.testing.assert_close(read[0], torch.cat([*pooled, states.mean(dim=1)], dim=1))


@pytest.mark.parametrize("bidirectional", [False, True])
def test_readouts_of_the_gru(bidirectional):
    torch.manual_seed(0)
    X = torch.randn(5, 3, 12)

    def read(readout):
        torch.manual_seed(1)
        net = IMUNet(
            3,
            12,
            2,
            n_blocks=0,
            hidden_size=4,
            bidirectional=bidirectional,
            standardize=False,
            readout=readout,
        ).eval()
        seen = []
        net.head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
        net(X)
        return seen[0], net.gru(X.transpose(1, 2))[0]

    mean, states = read("mean")
    torch.testing.assert_close(mean, states.mean(dim=1))
    last, states = read("last")
    # The backward direction has read everything when it is at the first timestep.
    ends = [states[:, -1, :4]] + ([states[:, 0, 4:]] if bidirectional else [])
    torch.testing.assert_close(last, torch.cat(ends, dim=1))


def test_the_last_feature_is_read_where_there_is_no_gru():
    only_cnn = {"n_filters": 2, "hidden_size": 0, "n_blocks": 1, "standardize": False}
    net = IMUNet(3, 12, 2, **only_cnn, readout="last").eval()
    X = torch.randn(4, 3, 12)
    features = encode(net, X)[:, :, -1]
    torch.testing.assert_close(net(X), net.head(features))


def test_dropout_is_for_training_only():
    net = IMUNet(3, 60, 2, **TINY, n_layers=2, dropout=0.5)
    X = torch.randn(4, 3, 60)
    assert not torch.equal(net.train()(X), net(X))
    assert torch.equal(net.eval()(X), net(X))


def test_a_layer_set_alone_follows_the_next_change_of_the_network():
    net = IMUNet(2, 60, 3, **TINY).eval()
    norms = [layer for layer in net.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    for layer in norms:
        layer.train()
    net.eval()
    assert norms
    assert not any(layer.training for layer in norms)
    net.train()
    norms[0].eval()
    assert all(layer.training for layer in net.train().modules())
    assert all(layer.training for layer in copy.deepcopy(net.eval()).train().modules())


@pytest.mark.parametrize("wrong", [[3], [3, 4, 5], [3, 0], [3, 2.5], [3, "4"], []])
@pytest.mark.parametrize("name", ["kernel_size", "n_filters", "pool_size"])
def test_a_list_of_values_must_have_one_for_each_block(name, wrong):
    clf = CNNClassifier(**{name: wrong}, n_blocks=2, max_epochs=1)
    with pytest.raises(ValueError, match=f"{name} must be .* n_blocks=2 blocks, got"):
        clf.fit(np.zeros((4, 2, 60)), [0, 1, 0, 1])


def test_numpy_numbers_are_numbers():
    """A grid made by ``np.arange`` holds them."""
    clf = CNNGRUClassifier(
        n_filters=np.int64(4),
        kernel_size=np.int64(3),
        n_blocks=np.int64(2),
        pool_size=np.int32(2),
        hidden_size=np.int64(4),
        n_layers=np.int64(2),
        dropout=np.float64(0.1),
        max_epochs=np.int64(2),
        batch_size=np.int64(3),
        lr=np.float64(0.01),
        random_state=np.int64(0),
    )
    X = np.random.default_rng(0).normal(size=(8, 2, 20))
    assert clf.fit(X, [0, 1] * 4).predict(X).shape == (8,)


# ------------------------------------------------------- a network of the user's own


class Answering(torch.nn.Module):
    """A user's module with the output that a test needs."""

    def __init__(self, answer, n_channels, n_timesteps, n_classes, **buffers):
        super().__init__()
        self.layer = torch.nn.Linear(n_channels * n_timesteps, n_classes)
        self.answer = answer
        for name, value in buffers.items():
            self.register_buffer(name, torch.tensor(value))

    def forward(self, X):
        return self.answer(self.layer(X.flatten(1)))


def answering(answer, **buffers):
    """Return a function that makes such a module."""

    def make(**shape):
        return Answering(answer, **shape, **buffers)

    return make


def without_keywords(n_channels):
    """Return a module for any number of timesteps and classes: too few arguments."""
    return torch.nn.Conv1d(n_channels, 2, 1)


@pytest.mark.parametrize(
    ("module", "error", "message"),
    [
        (None, ValueError, "'module' parameter .* must be a callable"),
        (torch.nn.Linear(3, 2), TypeError, "instance of Linear.* Give the class, or"),
        (
            without_keywords,
            TypeError,
            "without_keywords can't be created.*take these",
        ),
        (lambda **shape: "net", TypeError, r"type str\. Let it return a torch\.nn\.Module"),
        (lambda **shape: torch.nn.Flatten(), ValueError, "no parameters.*ModuleList"),
        (
            lambda **shape: torch.nn.Conv1d(2, 2, 9),
            ValueError,
            "2 channels and 8 timesteps in float32: .*Kernel size.*use longer sets",
        ),
        (
            lambda **shape: torch.nn.Conv1d(2, 2, 3),
            ValueError,
            r"returns \(2, 2, 6\) for 2 sets and 2 classes.*here \(2, 2\)\.",
        ),
        (answering(lambda logits: logits[:, :1]), ValueError, r"returns \(2, 1\) for"),
        (answering(lambda logits: logits[0]), ValueError, r"returns \(2,\) for"),
        (
            answering(lambda logits: (logits, 1)),
            ValueError,
            "returns tuple .*one tensor",
        ),
        (
            answering(lambda logits: logits.softmax(dim=1)),
            ValueError,
            "returns probabilities.*leave out the softmax",
        ),
        (
            answering(lambda logits: logits @ torch.zeros(2, 2)),
            ValueError,
            r"timesteps in float64: .*X\.new_zeros",
        ),
        (
            answering(lambda logits: logits, mask=-np.inf),
            ValueError,
            "not finite.*persistent=False",
        ),
    ],
)
def test_a_module_that_cannot_be_trained_is_refused(module, error, message):
    clf = ModuleClassifier(module, max_epochs=1)
    with pytest.raises(error, match=message):
        clf.fit(np.zeros((6, 2, 8)), [0, 1] * 3)
    assert not hasattr(clf, "net_")


@pytest.mark.parametrize("n_classes", [2, 3])
def test_log_probabilities_are_logits_too(n_classes):
    X = np.random.default_rng(0).normal(size=(6, 2, 8))
    module = answering(lambda logits: logits.log_softmax(dim=1))
    clf = ModuleClassifier(module, max_epochs=1).fit(X, np.arange(6) % n_classes)
    np.testing.assert_allclose(clf.predict_proba(X).sum(axis=1), 1)
