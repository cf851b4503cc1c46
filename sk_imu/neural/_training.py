"""Create and train a skorch net, without changing torch's global state."""

import copy
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from skorch import NeuralNet
from skorch.callbacks import EarlyStopping
from skorch.dataset import Dataset
from skorch.helper import predefined_split
from torch import nn

from ._batches import BatchAugmenter, BatchIterator, WeightedCrossEntropy
from ._callbacks import make_callbacks
from ._parameters import OPTIMIZERS, Training

# What "auto" epochs aim at: few rows need many passes until the weights, and the running
# statistics of batch normalization, have settled; many rows need few.
_N_STEPS = 300
_LEAST_EPOCHS, _MOST_EPOCHS = 18, 30


def make_net(
    training: Training,
    module: dict[str, Any],
    data: Dataset,
    valid: Dataset | None,
    augment: BatchAugmenter | None,
    *,
    partial: bool,
) -> NeuralNet:
    """Return an untrained net.

    ``module`` is what skorch makes its module from; ``partial`` asks for one epoch at a
    constant learning rate.
    """
    batch_size = -1 if training.batch_size is None else training.batch_size
    n_batches = len(BatchIterator(data, batch_size))
    n_epochs = 1 if partial else n_epochs_for(training.max_epochs, n_batches)
    net = NeuralNet(
        **module,
        criterion=WeightedCrossEntropy,
        optimizer=OPTIMIZERS[training.optimizer],
        optimizer__weight_decay=training.weight_decay,
        lr=training.lr,
        max_epochs=n_epochs,
        batch_size=batch_size,
        iterator_train=BatchIterator,
        iterator_train__shuffle=True,
        iterator_train__augment=augment,
        iterator_valid=BatchIterator,
        train_split=None if valid is None else predefined_split(valid),
        callbacks=make_callbacks(
            training,
            validated=valid is not None,
            n_steps=n_batches * n_epochs,
            constant_lr=partial,
        ),
        callbacks__print_log=None,
        device=choose_device(training.device),
        verbose=0,
    )
    net.initialize()
    net.module_.to(getattr(torch, training.dtype))
    return net


def continue_from(previous: NeuralNet, net: NeuralNet) -> None:
    """Give a net the weights of a trained one, and the state of its optimizer.

    The learning rate stays the net's own, because the other is at the end of a schedule.
    """
    if dict(net.callbacks_).keys() - dict(previous.callbacks_).keys() >= {"keep_epochs"}:
        # The epochs kept would be others than those of the history.
        raise ValueError(
            "keep_epochs=True can't continue a fit whose epochs were not kept. Fit with "
            "warm_start=False."
        )
    try:
        net.module_.load_state_dict(previous.module_.state_dict())
    except RuntimeError as error:
        raise ValueError(
            "Training can't continue: the network's parameters have changed since the "
            "previous fit, and its weights no longer match. Fit with warm_start=False, or "
            "set the parameters back."
        ) from error
    if type(net.optimizer_) is type(previous.optimizer_):
        # Copied, because torch would go on with the tensors of the previous net.
        state = copy.deepcopy(previous.optimizer_.state_dict()["state"])
        net.optimizer_.load_state_dict({**net.optimizer_.state_dict(), "state": state})


def fit_net(net: NeuralNet, data: Dataset) -> None:
    """Fit a net as its ``partial_fit`` does, but let the user's Ctrl-C through.

    skorch ends training by KeyboardInterrupt and swallows every one, so that a user's
    Ctrl-C would pass for an early stop.
    """
    net.notify("on_train_begin", X=data, y=None)
    try:
        net.fit_loop(data)
    except KeyboardInterrupt:
        stopping = (c for _, c in net.callbacks_ if isinstance(c, EarlyStopping))
        if not any(callback.misses_ >= callback.patience for callback in stopping):
            raise
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise ValueError(
            "Batch normalization can't learn from a batch of one row that is pooled into "
            "one timestep. Give at least two rows, a larger batch_size or longer sets, or "
            "set batch_norm=False."
        ) from error
    net.notify("on_train_end", X=data, y=None)
    try:
        check_finite(net.module_)
    except ValueError as error:
        raise ValueError(
            f"The training diverged: {error}. Use a smaller lr, or put a ChannelScaler in "
            "front."
        ) from None


def check_finite(module: nn.Module) -> None:
    """Raise a ValueError if a weight is NaN or infinite."""
    if not all(value.isfinite().all() for value in module.state_dict().values()):
        raise ValueError("the network's weights are not finite")


def n_epochs_for(max_epochs: int | str, n_batches: int) -> int:
    """Return the number of epochs, which ``"auto"`` derives from the number of batches.

    Examples
    --------
    >>> from sk_imu.neural._training import n_epochs_for
    >>> [n_epochs_for("auto", n_batches) for n_batches in (1, 40, 1000)]
    [30, 18, 18]
    """
    if not isinstance(max_epochs, str):
        return int(max_epochs)  # torch refuses numpy's integers
    return min(max(-(-_N_STEPS // n_batches), _LEAST_EPOCHS), _MOST_EPOCHS)


def choose_device(device: str) -> str:
    """Return the torch device that ``"auto"`` stands for: CUDA, Apple's MPS or the CPU."""
    if device != "auto":
        try:
            torch.empty(0, device=device)
        except (AssertionError, RuntimeError) as error:
            reason = str(error).splitlines()[0].rstrip(".")
            raise ValueError(
                f"device={device!r} can't be used here: {reason}. Choose another, such as "
                "'cpu', or 'auto'."
            ) from error
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


#: Torch has one generator for all threads: fits in parallel threads take turns at it.
_GENERATOR = threading.RLock()


@contextmanager
def quiet_torch(n_jobs: int | None, seed: int | None = None) -> Iterator[None]:
    """Run torch with its own threads and seed, and leave the process as it was.

    Without a seed the generator is not touched, and must not be used.  Small nets are
    slower and less reproducible on several threads, so None means one; -1 means all
    processors.
    """
    n_threads = torch.get_num_threads()
    wanted = 1 if n_jobs is None else n_jobs
    torch.set_num_threads(
        wanted if wanted > 0 else max((os.cpu_count() or 1) + 1 + wanted, 1)
    )
    try:
        if seed is None:
            yield
        else:
            devices = range(torch.cuda.device_count())  # listed, or torch warns of many
            with _GENERATOR, torch.random.fork_rng(devices):
                torch.manual_seed(seed)
                yield
    finally:
        torch.set_num_threads(n_threads)
