"""The sizes of the CNN-GRU: what they are, and how pipelines take them."""

import pytest
import torch
from torch import nn

from sk_imu import CNNGRUClassifier
from sk_imu.neural import CNN_GRU_PRESETS
from sk_imu.neural._networks import IMUNet
from sk_imu.pipelines import make_pipeline_for

# A window of 4 s at 25 Hz of the watch data: 12 channels with the derived ones.
SHAPE = {"n_channels": 12, "n_timesteps": 100, "n_classes": 7}


def size_of(preset):
    """Return the number of weights, and of multiplications for one window."""
    clf = CNNGRUClassifier(**CNN_GRU_PRESETS[preset])
    module = IMUNet(**SHAPE, **clf._network()[1]).eval()
    n_multiplications = 0

    def count(layer, inputs, output):
        nonlocal n_multiplications
        if isinstance(layer, nn.Conv2d):  # each value that it puts out needs a filter
            n_multiplications += output.numel() * layer.weight[0].numel()
            return
        n_steps = inputs[0].shape[1] if isinstance(layer, nn.GRU) else 1
        matrices = (p for p in layer.parameters() if p.ndim == 2)
        n_multiplications += n_steps * sum(p.numel() for p in matrices)

    for layer in module.modules():
        if isinstance(layer, (nn.Conv2d, nn.GRU, nn.Linear)):
            layer.register_forward_hook(count)
    module(torch.zeros(1, SHAPE["n_channels"], SHAPE["n_timesteps"]))
    return sum(p.numel() for p in module.parameters()), n_multiplications


def test_default_is_the_classifier_with_its_defaults():
    clf = CNNGRUClassifier(**CNN_GRU_PRESETS["default"])
    assert clf.get_params() == CNNGRUClassifier().get_params()


def test_sizes_are_as_documented():
    n_weights, n_multiplications = zip(*map(size_of, CNN_GRU_PRESETS), strict=True)
    assert n_weights[0] / n_weights[1] == pytest.approx(1 / 4, abs=0.02)
    assert n_multiplications[0] / n_multiplications[1] < 1 / 3
    assert n_weights[2] / n_weights[1] == pytest.approx(2, abs=0.2)
    assert n_multiplications[2] / n_multiplications[1] == pytest.approx(2, abs=0.2)


def test_presets_cannot_be_changed_by_accident():
    with pytest.raises(TypeError, match="does not support item assignment"):
        CNN_GRU_PRESETS["small"]["n_filters"] = 8


@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("wear", ["fixed", "free"])
def test_a_model_of_another_size_differs_in_the_preset_alone(size, wear):
    params, usual = (
        make_pipeline_for(name, 0, wear=wear).get_params()
        for name in (f"cnn-gru-{size}", "cnn-gru")
    )
    net = "classify__estimator__"
    for name, value in CNN_GRU_PRESETS[size].items():
        assert params.pop(net + name) == value
        usual.pop(net + name)
    assert params.keys() == usual.keys()
    plain = [k for k, v in params.items() if isinstance(v, (int, float, str, bool))]
    assert len(plain) > 40
    assert {k: params[k] for k in plain} == {k: usual[k] for k in plain}
