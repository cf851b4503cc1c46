"""The scores of Zhang et al. (2024), for comparison."""

import pandas as pd

#: Precision, recall and F1 on test, Table 1 of Zhang, Lau, Zhu (2024). One person, about
#: 30 sets, three exercises, 80/20.
_TABLE_1 = {
    "rf": (0.85, 0.81, 0.78),
    "svm": (0.90, 0.86, 0.85),
    "cnn": (0.91, 0.89, 0.88),
    "gru": (0.91, 0.89, 0.88),
    "cnn-gru": (0.97, 0.97, 0.97),
}


def published_table() -> pd.DataFrame:
    """Return Table 1 of Zhang et al. (2024).

    Returns
    -------
    table : DataFrame of shape (5, 3)
        Precision, recall and F1 on test by model, for one participant.

    References
    ----------
    .. [1] Zhang, Lau, Zhu (2024). Advanced Exercise Classification with a Hybrid CNN-GRU
       Model: Utilising IMU Data from Cell Phones. Table 1.

    Examples
    --------
    >>> from sk_imu.study import published_table
    >>> published_table().loc["cnn-gru", "f1"]
    np.float64(0.97)
    """
    table = pd.DataFrame.from_dict(
        _TABLE_1, orient="index", columns=["precision", "recall", "f1"]
    )
    return table.rename_axis("model")
