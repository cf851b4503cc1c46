"""A grid search with people left out, whose rows are recordings."""

from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from trying import own_code, panel, series, try_all

X, Y, PEOPLE = series()
CV = GroupKFold(2)


def search(model, grid, rows=X, y=Y):
    """Return the best score of a search."""
    found = GridSearchCV(model, grid, cv=CV, error_score="raise")
    return f"best score {found.fit(rows, y, groups=PEOPLE).best_score_:.2f}"


def sk_imu():
    from sk_imu import WindowedClassifier
    from sk_imu.features import SummaryFeatures

    forest = make_pipeline(SummaryFeatures(), RandomForestClassifier(random_state=0))
    model = WindowedClassifier(forest, n_timesteps=100)
    note = search(model, {"n_timesteps": [50, 100]})
    return "yes", note + "; rows are recordings, windows inside"


def sktime():
    from sktime.classification.feature_based import SummaryClassifier
    from sktime.classification.model_selection import TSCGridSearchCV

    model = SummaryClassifier(random_state=0)
    grid = {"summary_functions": [("mean",), ("mean", "std")]}
    try:
        search(model, grid, panel()[0])
        note = ""
    except Exception as error:
        note = f"; scikit-learn's own GridSearchCV: {type(error).__name__}"
    splits = list(CV.split(X, Y, PEOPLE))
    best = TSCGridSearchCV(model, grid, cv=splits).fit(panel()[0], Y).best_score_
    return "yes", f"best score {best:.2f} by TSCGridSearchCV on panels, splits listed{note}"


def aeon():
    from aeon.classification.convolution_based import MiniRocketClassifier
    from aeon.transformations.collection.unequal_length import Resizer

    model = make_pipeline(Resizer(200), MiniRocketClassifier(random_state=0))
    note = search(model, {"minirocketclassifier__n_kernels": [84, 168]})
    return "yes", note + "; rows are recordings, resized; no windows"


def tsai():
    import numpy as np
    from trying import tsai_learner

    values = panel()[0].astype(np.float32)
    splits = [(list(train), list(test)) for train, test in CV.split(X, Y, PEOPLE)]
    try:
        clone(tsai_learner(values, Y, splits[0]))
        note = ""
    except TypeError as error:
        note = f"clone: {str(error)[:60]}"

    def loop():
        scores = {}
        for lr in (0.001, 0.003):
            parts = [tsai_learner(values, Y, s, lr=lr).validate()[1] for s in splits]
            scores[lr] = sum(parts) / len(parts)
        return max(scores.values())

    return own_code(loop), f"best score {loop():.2f}; {note}"


def seglearn():
    from seglearn.pipe import Pype
    from seglearn.transform import FeatureRep, Segment

    model = Pype(
        [
            ("windows", Segment(width=100, overlap=0.5)),
            ("features", FeatureRep()),
            ("forest", RandomForestClassifier(random_state=0)),
        ]
    )
    note = search(model, {"windows__width": [50, 100]}, [row.T for row in X])
    return "yes", note + "; rows are recordings, windows inside; scored by windows"


def braindecode():
    import numpy as np
    from trying import eeg_net

    values, y = panel()[0].astype(np.float32), (Y == "squat").astype(int)
    note = search(eeg_net(max_epochs=4), {"lr": [0.01, 0.001]}, values, y)
    return "yes", note + "; rows are windows, which need their people repeated"


if __name__ == "__main__":
    try_all(
        "grid search with people left out, no window on both sides",
        *(sk_imu, sktime, aeon, tsai, seglearn, braindecode),
    )
