"""Loss and accuracy after each epoch of a net with ``keep_epochs=True``."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

__all__ = ["net_of", "staged_scores"]


def net_of(estimator: Any) -> Any:
    """Return a net, or the last step of a Pipeline."""
    return estimator[-1] if isinstance(estimator, Pipeline) else estimator


def staged_scores(estimator: Any, X: Any, y: Any) -> pd.DataFrame:
    """Return loss and accuracy after each epoch."""
    net = net_of(estimator)
    check_is_fitted(net)
    if isinstance(estimator, Pipeline):
        X = estimator[:-1].transform(X) if len(estimator) > 1 else X
    y = np.asarray(y)
    unknown = np.setdiff1d(y, net.classes_)
    if len(unknown):
        labels = ", ".join(map(str, unknown))
        raise ValueError(f"The net was not trained on {labels}: leave these sets out.")
    return pd.DataFrame(
        [
            {
                "loss": log_loss(y, proba, labels=net.classes_),
                "accuracy": float((net.classes_[proba.argmax(axis=1)] == y).mean()),
            }
            for proba in net.staged_predict_proba(X)
        ]
    )
