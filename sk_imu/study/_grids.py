"""The grids that the searches of a study go through, by model."""

from typing import Any

from sklearn.pipeline import Pipeline


def grid_for(name: str, pipeline: Pipeline, budget: str) -> list[dict[str, list[Any]]]:
    """Return the grid that a search goes through for a pipeline of the study.

    The five hyperparameters of the nets are varied one at a time, from the defaults.

    Parameters
    ----------
    name : {"rf", "svm", "cnn", "gru", "cnn-gru", "minirocket", "cnn-gru-small", \
            "cnn-gru-large"}
        The model.
    pipeline : Pipeline
        What :func:`make_pipeline_for` returns for it.
    budget : {"quick", "plain", "full"}
        ``"quick"`` has one or two grid points and few epochs; ``"plain"`` nothing to
        search, each model with its defaults.

    Returns
    -------
    grid : list of dict
        As :class:`sklearn.model_selection.GridSearchCV` takes it.

    Examples
    --------
    >>> from sk_imu.study import grid_for, make_pipeline_for
    >>> grid_for("svm", make_pipeline_for("svm"), "quick")
    [{'classify__estimator__svc__C': [1.0, 10.0]}]
    """
    if budget == "plain":
        return [{}]
    leaves = {"rf": "forest__max_features", "svm": "svc__C", "minirocket": "alpha"}
    leaf = leaves.get(name, "max_epochs")
    key = next(key for key in pipeline.get_params() if key.endswith("__" + leaf))
    prefix = key.removesuffix(leaf)
    return [
        {prefix + parameter: values for parameter, values in point.items()}
        for point in _points(name, budget)
    ]


def _points(name: str, budget: str) -> list[dict[str, list[Any]]]:
    quick = budget == "quick"
    if name == "rf":
        if quick:
            return [{"forest__max_features": ["sqrt"]}]
        return [{"forest__max_features": ["sqrt", 0.3], "forest__min_samples_leaf": [1, 3]}]
    if name == "svm":
        if quick:
            return [{"svc__C": [1.0, 10.0]}]
        return [{"svc__C": [1.0, 10.0, 100.0], "svc__gamma": ["scale", 0.003]}]
    if name == "minirocket":
        if quick:
            return [{"num_kernels": [1000]}]
        # As points of the grid: leave-one-out over penalties, as of RidgeClassifierCV,
        # took 60 s a fit on the watch data, one penalty 12 s.
        return [{"alpha": [100.0, 1000.0, 10000.0]}]
    # One at a time: six points, and not the 32 of all combinations.
    start: dict[str, list[Any]] = {"max_epochs": [2 if quick else "auto"]}
    varied: list[dict[str, list[Any]]] = []
    if name != "gru":
        varied.append({"kernel_size": [9]})
    if not quick:
        if name != "gru":
            varied.append({"pooling": ["average"]})
        varied += [{"lr": [0.002]}, {"batch_size": [32]}, {"max_epochs": [8]}]
    elif name == "gru":
        varied.append({"lr": [0.01]})
    return [start, *({**start, **point} for point in varied)]
