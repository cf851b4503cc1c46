"""Batches of a panel, how they are augmented, and the loss on them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn import config_context
from torch import Tensor, nn

from ..augmentation import augment_batch
from ..recording import with_signal

Batch = tuple[Tensor, Tensor]


class BatchIterator:
    """Batches of a panel by one indexing each, where a DataLoader collates row by row.

    A last batch of one row joins the batch before it, because batch normalization can't
    learn from a single row.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int,
        shuffle: bool = False,
        augment: "BatchAugmenter | None" = None,
    ) -> None:
        self.X, self.Y = dataset.X, dataset.y
        # skorch writes "all rows in one batch" as -1.
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
    """An augmenter, its random generator, and the names and rate of the channels.

    A class, because a closure could not be pickled with the net.
    """

    def __init__(
        self,
        augmenter: Any,
        seed: int,
        channel_names: tuple[str, ...] | None = None,
        sampling_rate_hz: float | None = None,
    ) -> None:
        self.augmenter = augmenter
        self.generator = np.random.default_rng(seed)
        self.signal = channel_names, sampling_rate_hz
        self.checked = False

    def __call__(
        self, X: NDArray[np.floating], Y: NDArray[np.floating]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Return the augmented batch and its targets."""
        signal = with_signal(X, *self.signal)
        # The first batch shows whether the parameters are valid.
        with config_context(skip_parameter_validation=self.checked):
            augmented, Y = augment_batch(self.augmenter, signal, Y, self.generator)
        self.checked = True
        # An augmenter of somebody else may return another dtype than the net has.
        return np.asarray(augmented, dtype=X.dtype), Y


class WeightedCrossEntropy(nn.Module):
    """Cross-entropy against targets of shape (n, n_classes) that carry the rows' weight.

    A target row is a class distribution times its weight, so that one loss serves sample
    weights, class weights and soft labels.  Weights have mean 1 over the training rows.
    """

    def forward(self, logits: Tensor, weighted_targets: Tensor) -> Tensor:
        """Return the mean loss over the batch's rows."""
        log_proba = torch.log_softmax(logits, dim=1)
        return -(weighted_targets * log_proba).sum() / len(logits)
