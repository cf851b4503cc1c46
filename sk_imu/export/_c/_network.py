"""The network of a classifier, with weights as the C template needs them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...neural import CNNClassifier, CNNGRUClassifier, GRUClassifier

__all__ = ["NETS", "network_of"]

NETS = (CNNClassifier, GRUClassifier, CNNGRUClassifier)

_Array = NDArray[np.float64]


@dataclass
class Weights:
    """A matrix with a row for each output: the numbers kept, and the scale of each row."""

    values: NDArray[Any]
    scale: _Array
    n_bits: int

    @classmethod
    def of(cls, matrix: _Array, n_bits: int) -> "Weights":
        """Return a matrix in the numbers that C keeps; ``values * scale`` is about it."""
        rows = matrix.reshape(len(matrix), -1)
        if n_bits == 32:
            return cls(matrix, np.ones(len(rows)), n_bits)
        most = 2 ** (n_bits - 1) - 1
        scale, error = np.ones(len(rows)), np.full(len(rows), np.inf)
        # Where few numbers must do, it is better to cut off a row's greatest weights.
        for share in np.linspace(1, 0.6, 21 if n_bits < 8 else 1):
            tried = np.where(rows.any(axis=1), np.abs(rows).max(axis=1), 1) * share / most
            whole = _rounded(rows, tried, most)
            misses = np.square(whole * tried[:, np.newaxis] - rows).sum(axis=1)
            better = misses < error
            scale[better], error[better] = tried[better], misses[better]
        return cls(_rounded(rows, scale, most).reshape(matrix.shape), scale, n_bits)

    @property
    def kept(self) -> NDArray[Any]:
        """The numbers in the header: four of 6 bits in three bytes, two of 4 in one."""
        if self.n_bits not in (4, 6):
            return self.values
        n_together, n_bytes = (4, 3) if self.n_bits == 6 else (2, 1)
        flat = self.values.ravel().astype(np.int64) + 2 ** (self.n_bits - 1)
        groups = np.pad(flat, (0, -len(flat) % n_together)).reshape(-1, n_together)
        whole = (groups << self.n_bits * np.arange(n_together)).sum(axis=1)
        return whole[:, np.newaxis] >> 8 * np.arange(n_bytes) & 255

    @property
    def n_bytes(self) -> int:
        """The bytes that they take."""
        return self.kept.size * (4 if self.n_bits == 32 else 1)


def _rounded(rows: _Array, scale: _Array, most: int) -> _Array:
    return np.rint(rows / scale[:, np.newaxis]).clip(-most, most)


@dataclass
class Block:
    """Convolution, pooling, batch normalization and ReLU."""

    n_in: int
    kernel: int
    step: int
    pool: int
    n_out: int
    n_positions: int
    weights: Weights
    scale: _Array
    shift: _Array
    column: int


@dataclass
class Layer:
    """One direction of a layer of the GRU."""

    n_in: int
    n_hidden: int
    backward: bool
    weights_in: Weights
    weights_state: Weights
    bias: _Array
    column: int


@dataclass
class Network:
    """All layers, and where the values between them lie in the working memory."""

    head: Weights
    head_bias: _Array
    standardize: bool
    readout: str
    pooling: str | None
    n_given: int
    n_timesteps: int
    blocks: list[Block] = field(default_factory=list)
    layers: list[list[Layer]] = field(default_factory=list)

    @property
    def n_states(self) -> int:
        """Timesteps that the GRU and the readout see."""
        return self.blocks[-1].n_positions if self.blocks else self.n_timesteps

    @property
    def n_features(self) -> int:
        """Values at each of these timesteps, of the GRU where there is one."""
        if self.layers:
            return sum(layer.n_hidden for layer in self.layers[-1])
        return self.blocks[-1].n_out

    @property
    def n_input(self) -> int:
        """Values at each timestep of the input, in the working memory."""
        twice = self.standardize and not self.blocks
        return self.n_given * (2 if twice else 1)

    def keeps(self, layer: int) -> bool:
        """Return whether all states of a layer of the GRU are needed."""
        return layer < len(self.layers) - 1 or self.readout == "flatten"

    def stages(self) -> list[tuple[int, int, int]]:
        """Return the number of values that each stage reads, writes and works with."""
        given = self.n_input * self.n_timesteps
        stages = []
        for block in self.blocks:
            made = block.n_out * block.n_positions
            stages.append((given, made, block.n_in * block.kernel))
            given = made
        for i, layer in enumerate(self.layers):
            n_out = sum(one.n_hidden for one in layer)
            made = n_out * self.n_states if self.keeps(i) else 0
            # The state, the next one, and the sum of all.
            stages.append((given, made, 3 * n_out))
            given = made
        return stages

    def n_work(self) -> int:
        """Return the number of values in the working memory."""
        return max(sum(stage) for stage in self.stages())


def network_of(classifier: Any, weights: str) -> Network:
    """Return the network of a fitted classifier.

    For ``"mixed"``, what reads the input and what writes the scores keep eight bits. The
    GRU, whose mean state is only a part of what is read, hardly suffers from four.
    """
    bits = {"float32": (32, 32, 32), "int8": (8, 8, 8), "mixed": (8, 6, 4)}
    first, later, behind = bits[weights]
    module = classifier.module_
    state = {
        name: value.detach().cpu().double().numpy()
        for name, value in module.state_dict().items()
    }
    head = Weights.of(state["head.weight"], first)
    # A feature at a time, as the network makes them.
    head.values = head.values.T
    network = Network(
        head=head,
        head_bias=state["head.bias"],
        standardize=module.standardize,
        readout=module.readout,
        pooling=getattr(classifier, "pooling", None),
        n_given=classifier.n_channels_in_,
        n_timesteps=classifier.n_timesteps_in_,
    )
    column = _add_blocks(network, module, state, (first, later))
    _add_layers(network, module, state, behind if network.blocks else first, column)
    return network


def _add_blocks(network: Network, module: Any, state: Any, n_bits: tuple[int, int]) -> int:
    """Add the convolutions; return the number of columns of the head that they fill."""
    from torch import nn

    length, column = network.n_timesteps, 0
    n_in = network.n_given
    for i, block in enumerate(module.encoder):
        layers = {type(layer): (j, layer) for j, layer in enumerate(block)}
        conv = layers[nn.Conv2d][1]
        kernel = state[f"encoder.{i}.0.weight"][:, :, 0]  # images of height 1
        n_out, _, size = kernel.shape
        pool = next(
            (_last(layer.kernel_size) for layer in block if hasattr(layer, "ceil_mode")), 1
        )
        n_positions = ((length - size) // conv.stride[1] + 1) // pool
        # In the order of the values in memory, timestep by timestep.
        weights = Weights.of(kernel.transpose(0, 2, 1), n_bits[i > 0])
        scale, shift = np.ones(n_out), state.get(f"encoder.{i}.0.bias", np.zeros(n_out))
        if nn.BatchNorm2d in layers:
            j, norm = layers[nn.BatchNorm2d]
            of = {name: state[f"encoder.{i}.{j}.{name}"] for name in _NORM}
            scale = of["weight"] / np.sqrt(of["running_var"] + norm.eps)
            shift = of["bias"] - of["running_mean"] * scale
        network.blocks.append(
            Block(
                n_in=n_in,
                kernel=size,
                step=conv.stride[1],
                pool=pool,
                n_out=n_out,
                n_positions=n_positions,
                weights=weights,
                scale=scale * weights.scale,
                shift=shift,
                column=column,
            )
        )
        length, n_in, column = n_positions, n_out, column + 2 * n_out
    return column if network.readout == "pooled" else 0


_NORM = ("weight", "bias", "running_mean", "running_var")


def _last(size: Any) -> int:
    return int(size[-1] if isinstance(size, tuple) else size)


def _add_layers(
    network: Network, module: Any, state: Any, n_bits: int, column: int
) -> None:
    """Add the GRU."""
    gru = module.gru
    if gru is None:
        return
    for i in range(gru.num_layers):
        directions: list[Layer] = []
        for suffix in ("", "_reverse")[: 2 if gru.bidirectional else 1]:
            of = {
                name: state[f"gru.{name}_l{i}{suffix}"]
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            }
            n = gru.hidden_size
            # Of the first two gates, the biases only ever come as their sum.
            bias = of["bias_ih"].copy()
            bias[: 2 * n] += of["bias_hh"][: 2 * n]
            directions.append(
                Layer(
                    n_in=of["weight_ih"].shape[1],
                    n_hidden=n,
                    backward=bool(suffix),
                    weights_in=Weights.of(of["weight_ih"], n_bits),
                    weights_state=Weights.of(of["weight_hh"], n_bits),
                    bias=np.concatenate([bias, of["bias_hh"][2 * n :]]),
                    column=column + len(directions) * n,
                )
            )
        network.layers.append(directions)
