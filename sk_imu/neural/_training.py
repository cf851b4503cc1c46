"""What a skorch net needs to train on panels: batches, loss, callbacks, a quiet torch."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skorch import NeuralNet
from skorch.callbacks import Callback, EarlyStopping, LRScheduler, PassthroughScoring
from skorch.utils import noop
from torch import Tensor, nn
from tqdm.auto import tqdm

from ..augmentation import augment_batch

Batch = tuple[Tensor, Tensor]

# What "auto" epochs aim at: few rows need many passes until the weights, and the running
# statistics of batch normalisation, have settled; many rows need few.
_N_STEPS = 400
_LEAST_EPOCHS, _MOST_EPOCHS = 3, 30


class BatchIterator:
    """Batches of a panel by one indexing each, where a DataLoader collates row by row.

    A last batch of one row joins the batch before it: batch normalisation can't learn
    from a single row.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int,
        shuffle: bool = False,
        augment: "BatchAugmenter | None" = None,
    ) -> None:
        self.X, self.Y = dataset.X, dataset.y
        # skorch's word for "all rows in one batch" is -1.
        self.batch_size = len(self.X) if batch_size == -1 else batch_size
        self.shuffle = shuffle
        self.augment = augment

    def __len__(self) -> int:
        n_batches, n_left = divmod(len(self.X), self.batch_size)
        return max(n_batches + (n_left > 1 or (n_left == 1 and n_batches == 0)), 1)

    def __iter__(self) -> Iterator[Batch]:
        n_rows = len(self.X)
        order = (torch.randperm(n_rows) if self.shuffle else torch.arange(n_rows)).numpy()
        for i in range(len(self)):
            stop = (i + 1) * self.batch_size if i + 1 < len(self) else n_rows
            rows = order[i * self.batch_size : stop]
            X, Y = self.X[rows], self.Y[rows]
            if self.augment is not None:
                X, Y = self.augment(X, Y)
            yield torch.from_numpy(X), torch.from_numpy(Y)


class BatchAugmenter:
    """An augmenter bound to its generator; a closure could not be pickled with the net."""

    def __init__(self, augmenter: Any, generator: np.random.Generator) -> None:
        self.augmenter = augmenter
        self.generator = generator

    def __call__(
        self, X: NDArray[np.floating], Y: NDArray[np.floating]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Return the batch and its targets, changed."""
        return augment_batch(self.augmenter, X, Y, self.generator)


class WeightedCrossEntropy(nn.Module):
    """Cross-entropy against targets of shape (n, n_classes) that carry the rows' weight.

    A target row is a class distribution times its weight, so that one loss serves sample
    weights, class weights and soft labels.  Weights have mean 1 over the training rows.
    """

    def forward(self, logits: Tensor, weighted_targets: Tensor) -> Tensor:
        """Return the mean loss over the batch's rows."""
        log_proba = torch.log_softmax(logits, dim=1)
        return -(weighted_targets * log_proba).sum() / len(logits)


class BatchAccuracy(Callback):
    """Record each batch's accuracy beside its loss, from the outputs it has anyway."""

    def on_batch_end(
        self, net: Any, batch: Any = None, training: bool = False, **kwargs: Any
    ) -> None:
        """Record ``train_acc`` or ``valid_acc`` of the batch."""
        hits = kwargs["y_pred"].argmax(dim=1) == batch[1].to(net.device).argmax(dim=1)
        name = "train_acc" if training else "valid_acc"
        net.history.record_batch(name, hits.float().mean().item())


class EpochKeeper(Callback):
    """Keep a copy of the weights after each epoch, in the CPU's memory."""

    def initialize(self) -> "EpochKeeper":
        """Forget earlier training."""
        self.states_: list[dict[str, Tensor]] = []
        return self

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Copy the weights; ``state_dict`` alone would follow the training on."""
        state = net.module_.state_dict()
        self.states_.append({name: value.cpu().clone() for name, value in state.items()})


class EpochProgress(Callback):
    """A progress bar over epochs that shows the losses and the time left."""

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Open the bar."""
        self.bar_ = tqdm(total=net.max_epochs, unit="epoch", desc="fit")

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Advance by one epoch."""
        names = ("train_loss", "train_acc", "valid_loss", "valid_acc")
        last = net.history[-1]
        self.bar_.set_postfix({name: f"{last[name]:.3f}" for name in names if name in last})
        self.bar_.update()

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        """Close the bar: an open one can't be pickled with the net."""
        self.bar_.close()
        del self.bar_


def make_callbacks(
    *,
    validated: bool,
    patience: int | None,
    lr_schedule: str | None,
    lr: float,
    n_batches: int,
    max_epochs: int,
    keep_epochs: bool,
    verbose: int,
    others: list[Any],
) -> list[Any]:
    """Return the callbacks of one training run, in the order skorch must call them.

    ``others`` are the user's.
    """
    n_steps = n_batches * int(max_epochs)  # torch refuses numpy's integers
    callbacks: list[Any] = [
        ("batch_accuracy", BatchAccuracy()),
        (
            "train_acc",
            PassthroughScoring("train_acc", lower_is_better=False, on_train=True),
        ),
    ]
    if validated:
        callbacks.append(
            ("valid_acc", PassthroughScoring("valid_acc", lower_is_better=False))
        )
    # A cycle of a single step would be nothing but its end, where the rate is next to 0.
    if lr_schedule == "one_cycle" and n_steps > 1:
        schedule = LRScheduler(
            torch.optim.lr_scheduler.OneCycleLR,
            max_lr=lr,
            total_steps=n_steps,
            step_every="batch",
        )
        callbacks.append(("lr_schedule", schedule))
    elif lr_schedule == "cosine":
        schedule = LRScheduler(
            torch.optim.lr_scheduler.CosineAnnealingLR,
            T_max=n_steps,
            step_every="batch",
        )
        callbacks.append(("lr_schedule", schedule))
    if keep_epochs:
        callbacks.append(("keep_epochs", EpochKeeper()))
    if verbose:
        callbacks.append(("progress", EpochProgress()))
    callbacks += others
    if patience is not None:
        # Last: it ends the epoch by an exception, after which no callback is called.
        stopping = EarlyStopping(patience=patience, load_best=True, sink=noop)
        callbacks.append(("early_stopping", stopping))
    return callbacks


def n_epochs_for(max_epochs: int | str, n_batches: int) -> int:
    """Return the number of passes, which ``"auto"`` leaves to the number of batches.

    Examples
    --------
    >>> from sk_imu.training import n_epochs_for
    >>> [n_epochs_for("auto", n_batches) for n_batches in (1, 40, 1000)]
    [30, 10, 3]
    """
    if not isinstance(max_epochs, str):
        return int(max_epochs)
    return min(max(-(-_N_STEPS // n_batches), _LEAST_EPOCHS), _MOST_EPOCHS)


def choose_device(device: str) -> str:
    """Return the torch device that ``"auto"`` stands for: CUDA, Apple's MPS or the CPU."""
    if device != "auto":
        try:
            torch.empty(0, device=device)
        except (AssertionError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise ValueError(
                f"device={device!r} can't be used here: {reason} Choose another, such as "
                "'cpu', or 'auto'."
            ) from error
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def fit_net(net: NeuralNet, data: Any, n_epochs: int) -> None:
    """Fit a net as its ``partial_fit`` does, but let the user's Ctrl-C through.

    skorch ends training by KeyboardInterrupt and swallows every one, so that a person's
    Ctrl-C would pass for an early stop.
    """
    net.notify("on_train_begin", X=data, y=None)
    try:
        net.fit_loop(data, epochs=n_epochs)
    except KeyboardInterrupt:
        stopping = (c for _, c in net.callbacks_ if isinstance(c, EarlyStopping))
        if not any(callback.misses_ >= callback.patience for callback in stopping):
            raise
    net.notify("on_train_end", X=data, y=None)


#: Torch has one generator for all threads: fits in parallel threads take turns at it.
_GENERATOR = threading.RLock()


@contextmanager
def quiet_torch(n_jobs: int | None, seed: int | None = None) -> Iterator[None]:
    """Run torch with its own threads and seed, and leave the process as it was.

    Without a seed the generator is not touched, and must not be used.  Small nets are
    slower and less steady on several threads, so None means one; -1 means as many as
    there are processors.
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
            devices = range(torch.cuda.device_count())  # named, or torch warns of many
            with _GENERATOR, torch.random.fork_rng(devices):
                torch.manual_seed(seed)
                yield
    finally:
        torch.set_num_threads(n_threads)
