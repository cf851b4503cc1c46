"""The one network of the package: an optional CNN encoder, an optional GRU, one head.

And the check of a network of the user's own, before it is trained.
"""

import copy
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, Self

import torch
from torch import Tensor, nn

__all__ = ["IMUNet", "checked_module", "minimum_timesteps"]


class IMUNet(nn.Module):
    """Convolutional and recurrent network on panels of shape (n, n_channels, n_timesteps).

    Unpadded convolutions with pooling and batch normalization shorten the series; the
    features are transposed into a GRU; its states and the features are read out over time
    into one fully connected layer.  CNN, GRU and CNN-GRU are three settings of it:
    ``hidden_size=0`` leaves the GRU out, ``n_blocks=0`` the convolutions.

    Parameters
    ----------
    n_channels : int
        Channels of the input.
    n_timesteps : int
        Timesteps of the input.
    n_classes : int
        Outputs.
    **parameters
        Those of :class:`~sk_imu.CNNGRUClassifier`, with its defaults.

    Examples
    --------
    >>> import torch
    >>> from sk_imu.neural._networks import IMUNet
    >>> IMUNet(6, 100, 3)(torch.zeros(8, 6, 100)).shape
    torch.Size([8, 3])
    """

    def __init__(
        self,
        n_channels: int,
        n_timesteps: int,
        n_classes: int,
        *,
        n_filters: int | Sequence[int] = 64,
        kernel_size: int | Sequence[int] = 7,
        n_blocks: int = 2,
        pooling: str | None = "max",
        pool_size: int | Sequence[int] = 4,
        stride: int = 2,
        batch_norm: bool = True,
        hidden_size: int = 64,
        n_layers: int = 1,
        bidirectional: bool = False,
        standardize: bool = True,
        readout: str = "pooled",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.standardize = standardize
        self.readout = readout
        n_features = n_channels * (2 if standardize else 1)
        filters = per_block("n_filters", n_filters, n_blocks)
        kernels = per_block("kernel_size", kernel_size, n_blocks)
        steps, pools = steps_and_pools(n_blocks, stride, pooling, pool_size)
        blocks = zip([n_features, *filters], filters, kernels, steps, pools, strict=False)
        self.encoder = nn.Sequential(*(_block(*b, pooling, batch_norm) for b in blocks))
        length = n_timesteps
        for kernel, step, pool in zip(kernels, steps, pools, strict=True):
            length = ((length - kernel) // step + 1) // pool
        n_features = filters[-1] if filters else n_features
        self.gru = None
        if hidden_size:
            self.gru = nn.GRU(
                n_features,
                int(hidden_size),  # torch refuses numpy's integers
                int(n_layers),
                batch_first=True,
                bidirectional=bidirectional,
                dropout=dropout if n_layers > 1 else 0.0,
            )
            n_features = hidden_size * (2 if bidirectional else 1)
        self.dropout = nn.Dropout(dropout)
        n_read = n_features
        if readout == "flatten":
            n_read *= length
        elif readout == "pooled":
            n_read = 2 * sum(filters) + (n_features if hidden_size else 0)
        self.head = nn.Linear(n_read, n_classes)
        self._layers = tuple(self.modules())  # a tuple, which torch does not look into

    def train(self, mode: bool = True) -> Self:
        """Switch to training or evaluation, unless all layers are in that mode.

        skorch calls this before every batch, and setting all layers takes a twentieth of a
        step.
        """
        if all(layer.training == mode for layer in self._layers):
            return self
        return super().train(mode)

    def forward(self, X: Tensor) -> Tensor:
        """Return logits of shape (n, n_classes)."""
        if self.standardize:
            # Contiguous, because sums differ by the order of the values in memory.
            X = X.contiguous()
            X = torch.cat([X, _standardized(X)], dim=1)
        features = X.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        pooled: list[Tensor] = []
        for block in self.encoder:
            features = block(features)
            if self.readout == "pooled":
                pooled += [features.mean(dim=(2, 3)), features.amax(dim=(2, 3))]
        states = features.squeeze(2).transpose(1, 2)
        if self.gru is not None:
            states, last = self.gru(states)
        if self.readout == "pooled":
            if self.gru is not None:
                pooled.append(states.mean(dim=1))
            read = torch.cat(pooled, dim=1)
        elif self.readout == "mean":
            read = states.mean(dim=1)
        elif self.readout == "flatten":
            read = states.flatten(1)
        elif self.gru is None:
            read = states[:, -1]
        else:
            # The last layer's final state, of both directions if there are two.
            n_directions = 2 if self.gru.bidirectional else 1
            read = last[-n_directions:].transpose(0, 1).flatten(1)
        logits: Tensor = self.head(self.dropout(read))
        return logits


def _block(
    n_in: int,
    n_out: int,
    kernel: int,
    step: int,
    pool: int,
    pooling: str | None,
    batch_norm: bool,
) -> nn.Sequential:
    # Series are images of height 1, because torch's two-dimensional layers can keep the
    # channels last, which takes two thirds of the time on a processor.
    # A bias before batch normalization has no effect, and no gradient but noise.
    layers: list[nn.Module] = [
        nn.Conv2d(n_in, n_out, (1, kernel), (1, step), bias=not batch_norm)
    ]
    if pooling is not None:
        make = nn.MaxPool2d if pooling == "max" else nn.AvgPool2d
        layers.append(make((1, pool)))
    if batch_norm:
        # After the pooling, where it has fewer values to normalize.
        layers.append(nn.BatchNorm2d(n_out))
    return nn.Sequential(*layers, nn.ReLU())


def _standardized(X: Tensor) -> Tensor:
    """Return each channel of each set with mean 0 and a standard deviation close to 1."""
    centered = X - X.mean(dim=2, keepdim=True)
    # The constant keeps the noise of a channel at rest small, where X is scaled.
    return centered * (centered.square().mean(dim=2, keepdim=True) + 0.05**2).rsqrt()


def per_block(name: str, value: int | Sequence[int], n_blocks: int) -> list[int]:
    """Return one value for each block."""
    values = list(value) if isinstance(value, Sequence) else [value] * n_blocks
    whole = all(isinstance(v, Integral) and v > 0 for v in values)
    if len(values) != n_blocks or not whole:
        raise ValueError(
            f"{name} must be one positive whole number, or one for each of the "
            f"n_blocks={n_blocks} blocks, got {value!r}."
        )
    return [int(v) for v in values]


def steps_and_pools(
    n_blocks: int, stride: int, pooling: str | None, pool_size: int | Sequence[int]
) -> tuple[list[int], list[int]]:
    """Return the step of each convolution, and how many of its outputs are pooled.

    Only the first convolution, which is the longest, takes steps of ``stride``. Its pool
    takes as many fewer outputs: where ``stride`` divides ``pool_size``, the block shortens
    a series as much as with steps of one.

    Examples
    --------
    >>> from sk_imu.neural._networks import steps_and_pools
    >>> steps_and_pools(n_blocks=2, stride=2, pooling="max", pool_size=4)
    ([2, 1], [2, 4])
    """
    pools = per_block("pool_size", pool_size, n_blocks)
    if pooling is None:
        pools = [1] * n_blocks
    steps = [int(stride), *[1] * (n_blocks - 1)][:n_blocks]
    return steps, [max(pool // step, 1) for pool, step in zip(pools, steps, strict=True)]


def minimum_timesteps(
    *,
    n_blocks: int,
    kernel_size: int | Sequence[int] = 7,
    pooling: str | None = "max",
    pool_size: int | Sequence[int] = 4,
    stride: int = 2,
    **others: Any,
) -> int:
    """Return the shortest series that a network with these parameters can take.

    A convolution without padding leaves one value for each place, ``stride`` apart, at
    which its kernel lies within the series.

    Examples
    --------
    >>> from sk_imu.neural._networks import minimum_timesteps
    >>> minimum_timesteps(n_blocks=2, kernel_size=5, pool_size=2, hidden_size=64)
    15
    """
    needed = 1
    kernels = per_block("kernel_size", kernel_size, n_blocks)
    steps, pools = steps_and_pools(n_blocks, stride, pooling, pool_size)
    blocks = list(zip(kernels, steps, pools, strict=True))
    for kernel, step, pool in reversed(blocks):
        needed = (needed * pool - 1) * step + kernel
    return needed


def checked_module(
    module_class: Callable[..., nn.Module],
    module_parameters: dict[str, Any] | None,
    n_channels: int,
    n_timesteps: int,
    n_classes: int,
) -> nn.Module:
    """Return a module of the user's own for these data, after checking its output.

    It is called on two rows of zeros, in evaluation mode: so errors are raised before
    training, and lazy layers have their parameters when the optimizer asks for them.

    Examples
    --------
    >>> from torch import nn
    >>> from sk_imu.neural._networks import checked_module
    >>> def make(n_channels, n_timesteps, n_classes):
    ...     return nn.Sequential(nn.Flatten(), nn.Linear(n_timesteps, n_classes))
    >>> checked_module(make, None, n_channels=3, n_timesteps=50, n_classes=2)
    Traceback (most recent call last):
    ...
    ValueError: make fails on sets of 3 channels and 50 timesteps in float32: ...
    """
    name = getattr(module_class, "__name__", repr(module_class))
    if isinstance(module_class, nn.Module):
        raise TypeError(
            f"module is an instance of {type(module_class).__name__}, but each fit needs a "
            "new one. Give the class, or a function that returns an instance."
        )
    shape = {"n_channels": n_channels, "n_timesteps": n_timesteps, "n_classes": n_classes}
    try:
        module = module_class(**shape, **(module_parameters or {}))
    except TypeError as error:
        raise TypeError(
            f"{name} can't be created: {error}. It is called with n_channels=, "
            "n_timesteps=, n_classes= and module_parameters: let it take these keywords, "
            "or give a function that does."
        ) from error
    if not isinstance(module, nn.Module):
        raise TypeError(
            f"{name} returned an object of type {type(module).__name__}. Let it return a "
            "torch.nn.Module."
        )
    first = next(module.parameters(), None)
    if first is None:
        raise ValueError(
            f"{name} has no parameters to train. Assign its layers to attributes in "
            "__init__, and a list of layers as torch.nn.ModuleList."
        )
    module.eval()
    rows = torch.zeros(2, n_channels, n_timesteps, dtype=first.dtype)
    _check_answer(name, module, rows, n_classes)
    _check_answer(name, copy.deepcopy(module).double(), rows.double(), n_classes)
    if not all(value.isfinite().all() for value in module.state_dict().values()):
        raise ValueError(
            f"{name} starts with weights or buffers that are not finite, which is also how "
            "diverged training is detected. Register a mask of infinities with "
            "persistent=False."
        )
    return module.train()


def _check_answer(name: str, module: nn.Module, rows: Tensor, n_classes: int) -> None:
    n, n_channels, n_timesteps = rows.shape
    try:
        with torch.no_grad():
            logits = module(rows)
    except Exception as error:
        # Float64 is tried second, so that only the type can be the reason.
        cure = (
            "Predictions are made in float64: let forward create tensors of its input's "
            "type, as X.new_zeros does."
            if rows.dtype == torch.float64
            else "Correct its forward, or use longer sets or windows if it needs them."
        )
        raise ValueError(
            f"{name} fails on sets of {n_channels} channels and {n_timesteps} timesteps in "
            f"{str(rows.dtype).removeprefix('torch.')}: {str(error).rstrip('.')}. {cure}"
        ) from error
    shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
    if shape != (n, n_classes):
        raise ValueError(
            f"{name} returns {shape} for {n} sets and {n_classes} classes. Let forward "
            f"return one tensor of logits, of shape (n, n_classes): here {n, n_classes}."
        )
    if (logits >= 0).all() and torch.allclose(logits.sum(dim=1), logits.new_ones(n)):
        raise ValueError(
            f"{name} returns probabilities, but the loss expects logits: leave out the "
            "softmax at its end."
        )
