"""The callbacks of a skorch net: accuracy, kept epochs, progress, schedules."""

from typing import Any

import torch
from sklearn.base import clone
from skorch.callbacks import Callback, EarlyStopping, LRScheduler, PassthroughScoring
from skorch.utils import noop
from torch import Tensor
from tqdm.auto import tqdm

from ._parameters import Training


class BatchAccuracy(Callback):
    """Record each batch's accuracy beside its loss, from outputs computed anyway."""

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
        """Copy the weights, because ``state_dict`` alone would follow the training."""
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
    training: Training, *, validated: bool, n_steps: int, constant_lr: bool
) -> list[Any]:
    """Return the callbacks of one training run, in the order in which skorch calls them."""
    accuracy = PassthroughScoring("train_acc", lower_is_better=False, on_train=True)
    callbacks: list[Any] = [("batch_accuracy", BatchAccuracy()), ("train_acc", accuracy)]
    if validated:
        accuracy = PassthroughScoring("valid_acc", lower_is_better=False)
        callbacks.append(("valid_acc", accuracy))
    schedule = None if constant_lr else _schedule(training, n_steps)
    if schedule is not None:
        callbacks.append(("lr_schedule", schedule))
    if training.keep_epochs:
        callbacks.append(("keep_epochs", EpochKeeper()))
    if training.verbose:
        callbacks.append(("progress", EpochProgress()))
    for callback in training.callbacks or []:
        if isinstance(callback, tuple):
            callbacks.append((callback[0], clone(callback[1], safe=False)))
        else:
            callbacks.append(clone(callback, safe=False))
    if validated:
        # Last, because it ends the epoch by an exception, after which none is called.
        stopping = EarlyStopping(patience=training.patience, load_best=True, sink=noop)
        callbacks.append(("early_stopping", stopping))
    return callbacks


def _schedule(training: Training, n_steps: int) -> LRScheduler | None:
    """Return the schedule of the learning rate, None where it stays constant."""
    # A cycle of one step would consist of its end, where the rate is close to 0.
    if training.lr_schedule == "one_cycle" and n_steps > 1:
        return LRScheduler(
            torch.optim.lr_scheduler.OneCycleLR,
            max_lr=training.lr,
            total_steps=n_steps,
            step_every="batch",
        )
    if training.lr_schedule == "cosine":
        return LRScheduler(
            torch.optim.lr_scheduler.CosineAnnealingLR, T_max=n_steps, step_every="batch"
        )
    return None
