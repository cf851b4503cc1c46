"""The CNN-GRU and its training as a user of plain PyTorch writes them, for bench_speed."""

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from sk_imu.neural._training import n_epochs_for


class CNNGRU(nn.Module):
    def __init__(self, n_channels, n_classes, p):
        super().__init__()
        if not (p["standardize"] and p["batch_norm"] and p["readout"] == "pooled"):
            raise ValueError("Write these parameters here by hand, too.")
        n_blocks = p["n_blocks"]
        filters, kernels, pools = (
            [p[name]] * n_blocks if np.isscalar(p[name]) else list(p[name])
            for name in ("n_filters", "kernel_size", "pool_size")
        )
        pool = {"max": nn.MaxPool1d, "average": nn.AvgPool1d}[p["pooling"]]
        self.blocks = nn.ModuleList()
        n_in, stride = 2 * n_channels, p["stride"]
        for n_out, kernel, size in zip(filters, kernels, pools, strict=True):
            convolution = nn.Conv1d(n_in, n_out, kernel, stride=stride, bias=False)
            pooled = pool(max(size // stride, 1))
            block = [convolution, pooled, nn.BatchNorm1d(n_out), nn.ReLU()]
            self.blocks.append(nn.Sequential(*block))
            n_in, stride = n_out, 1
        n_directions = 2 if p["bidirectional"] else 1
        self.gru = nn.GRU(
            filters[-1],
            p["hidden_size"],
            p["n_layers"],
            batch_first=True,
            bidirectional=p["bidirectional"],
        )
        self.dropout = nn.Dropout(p["dropout"])
        self.out = nn.Linear(2 * sum(filters) + n_directions * p["hidden_size"], n_classes)

    def forward(self, x):
        deviation = (x.var(dim=2, correction=0, keepdim=True) + 0.05**2).sqrt()
        x = torch.cat([x, (x - x.mean(dim=2, keepdim=True)) / deviation], dim=1)
        read = []
        for block in self.blocks:
            x = block(x)
            read += [x.mean(dim=2), x.amax(dim=2)]
        states, _ = self.gru(x.permute(0, 2, 1))
        return self.out(self.dropout(torch.cat([*read, states.mean(dim=1)], dim=1)))


def train(module, X, y, p, *, indexed=False):
    """Train with AdamW and one cycle; ``indexed`` leaves out the DataLoader, for speed."""
    X, y = torch.as_tensor(X, dtype=torch.float32), torch.as_tensor(y)
    # A batch of one row is more than batch normalisation can learn from.
    n_left_out = int(len(X) % p["batch_size"] == 1)
    loader = DataLoader(
        TensorDataset(X, y), p["batch_size"], shuffle=True, drop_last=bool(n_left_out)
    )
    n_epochs = n_epochs_for(p["max_epochs"], len(loader))
    optimizer = torch.optim.AdamW(
        module.parameters(), lr=p["lr"], weight_decay=p["weight_decay"]
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=p["lr"], total_steps=n_epochs * len(loader)
    )
    criterion = nn.CrossEntropyLoss()
    module.train()
    for _ in range(n_epochs):
        if indexed:
            order = torch.randperm(len(X))[: len(X) - n_left_out]
            batches = ((X[rows], y[rows]) for rows in order.split(p["batch_size"]))
        else:
            batches = loader
        for rows, targets in batches:
            optimizer.zero_grad()
            criterion(module(rows), targets).backward()
            optimizer.step()
            schedule.step()
    return module.eval()


class ByHand(ClassifierMixin, BaseEstimator):
    """What a WindowedClassifier needs around the two; ``like`` gives the parameters."""

    def __init__(self, like):
        self.like = like

    def fit(self, X, y):
        self.classes_, codes = np.unique(y, return_inverse=True)
        p = self.like.get_params()
        torch.manual_seed(p["random_state"])
        module = CNNGRU(X.shape[1], len(self.classes_), p)
        self.module_ = train(module, X, codes, p)
        return self

    def predict_proba(self, X):
        with torch.inference_mode():
            batches = torch.as_tensor(X, dtype=torch.float32).split(256)
            return torch.cat([self.module_(b) for b in batches]).softmax(dim=1).numpy()

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def assert_same_function(by_hand, ours, X):
    """Raise unless both modules, given the same weights, answer the same."""
    # Our convolutions have two dimensions, the first of length 1.
    weights = [
        value.squeeze(2) if value.ndim == 4 else value
        for value in ours.state_dict().values()
    ]
    by_hand.load_state_dict(dict(zip(by_hand.state_dict(), weights, strict=True)))
    with torch.inference_mode():
        X = torch.as_tensor(X, dtype=torch.float32)
        torch.testing.assert_close(by_hand.eval()(X), ours.float().eval()(X))
