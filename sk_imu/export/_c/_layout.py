"""Where the values between the layers of a network lie, and the calls that make them."""

from dataclasses import dataclass

from ._network import Network

__all__ = ["Place", "layout_of"]


@dataclass
class Place:
    """Some values in the working memory."""

    name: str
    start: int
    shape: str


def layout_of(network: Network, prefix: str, n_work: int) -> tuple[list[Place], list[str]]:
    """Return the places and the calls of the function that runs a network."""
    layout = _Layout(network, prefix, n_work)
    for _ in network.blocks:
        layout.add_block()
    for _ in network.layers:
        layout.add_layer()
    layout.add_readout()
    return layout.places, layout.calls


class _Layout:
    """Stages that read from one end of the memory and write to the other, in turn."""

    def __init__(self, network: Network, prefix: str, n_work: int) -> None:
        self.network, self.prefix, self.n_work = network, prefix, n_work
        self.places: list[Place] = []
        self.calls: list[str] = []
        self._stages = network.stages()
        self._n_done = 0
        self._x = "input"
        self._state = self._sum = ""

    def add_block(self) -> None:
        i = self._n_done
        block = self.network.blocks[i]
        y, work = self._next(f"features_{i}", f"({block.n_positions}, {block.n_out})")
        filters = f"filter_{i}"
        self.places.append(Place(filters, work, f"({block.kernel}, {block.n_in})"))
        centered = "mean, gain, " if self.network.standardize else ""
        scores = ", scores" if self.network.readout == "pooled" else ""
        self.calls.append(
            f"{self.prefix}_run_block(&{self.prefix}_blocks[{i}], {self._x}, {centered}"
            f"{filters}, {y}{scores});"
        )
        self._x = y

    def add_layer(self) -> None:
        i = self._n_done - len(self.network.blocks)
        layer = self.network.layers[i]
        n, n_row = layer[0].n_hidden, len(layer) * layer[0].n_hidden
        kept = self.network.keeps(i)
        shape = f"({self.network.n_states}, {n_row})"
        y, work = self._next(f"states_{i}" if kept else "", shape)
        self._state, self._sum = f"state_{i}", f"sum_{i}"
        directions = "2, " if len(layer) > 1 else ""
        self.places += [
            Place(self._state, work, f"({directions}2, {n}): the states and the next ones"),
            Place(self._sum, work + 2 * n_row, f"({directions}{n},)"),
        ]
        for d, one in enumerate(layer):
            name = f"{self.prefix}_gru_{i}{'_back' if one.backward else ''}"
            state, sums = _at(self._state, 2 * n * d), _at(self._sum, n * d)
            to = _at(y, n * d) if kept else "NULL"
            given = f"&{name}, {self._x}, {state}, {sums}, {to}, {n_row}"
            self.calls.append(f"{self.prefix}_run_gru({given});")
        self._x = y

    def add_readout(self) -> None:
        """Add what reads the states of the GRU, or the last features, into the scores."""
        network = self.network
        n, n_states = network.n_features, network.n_states
        last = network.blocks[-1] if network.blocks else None
        row = 0
        if network.readout == "pooled":
            if not network.layers:
                return
            row = 0 if last is None else last.column + 2 * last.n_out
        if network.readout == "flatten":
            self._read(self._x, n_states * n, row)
        elif network.readout == "last":
            if not network.layers:
                self._read(_at(self._x, (n_states - 1) * n), n, row)
            for d, one in enumerate(network.layers[-1] if network.layers else []):
                n = one.n_hidden
                self._read(_at(self._state, 2 * n * d), n, n * d)
        elif network.layers:
            self._divide(self._sum, n)
            self._read(self._sum, n, row)
        else:
            self._divide(self._x, n_states * n)
            where = f"{self._x} + t * {n}"
            self.calls.append(f"for (int t = 0; t < {n_states}; t++)")
            self._read(where, n, row)
            self.calls[-1] = f"  {self.calls[-1]}"

    def _next(self, name: str, shape: str) -> tuple[str, int]:
        """Return what the next stage writes to, and the start of what it works with."""
        given, made, _ = self._stages[self._n_done]
        even = self._n_done % 2 == 0
        if name:
            self.places.append(Place(name, self.n_work - made if even else 0, shape))
        self._n_done += 1
        return name, given if even else made

    def _divide(self, name: str, n: int) -> None:
        divide = f"{name}[i] /= {self.network.n_states}; /* for the mean */"
        self.calls.append(f"for (int i = 0; i < {n}; i++) {divide}")

    def _read(self, name: str, n: int, row: int) -> None:
        self.calls.append(f"{self.prefix}_read({name}, {n}, {row}, scores);")


def _at(name: str, offset: int) -> str:
    return f"{name} + {offset}" if offset else name
