"""
Unseen people, person by person
===============================

The users of an app are not in the training set.  So leave out one person at a time, and
look at each of them: a mean of 0.95 can be ten people at 0.95, or nine at 1 and one at 0.5.
"""

# %%
# Two models of the study and a simple baseline: the nearest neighbor on statistics of whole
# sets.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_imu import ExerciseClassifier, PeopleDisplay, Resampler, SummaryFeatures
from sk_imu.datasets import load_watch
from sk_imu.model_selection import compare_models, scores_by_person

watch = load_watch()
models = {
    "svm": ExerciseClassifier("svm", random_state=0),
    "rf": ExerciseClassifier("rf", random_state=0),
    "neighbor": make_pipeline(
        Resampler(sampling_rate_hz=20),
        SummaryFeatures(),
        StandardScaler(),
        KNeighborsClassifier(1),
    ),
}

# %%
# The 14 sets of each person are predicted by models trained on the nine others.  The
# following functions need a table with one row per prediction.

tables = []
for name, model in models.items():
    predicted = cross_val_predict(
        model, watch.data, watch.target, groups=watch.subject, cv=LeaveOneGroupOut()
    )
    columns = {"subject": watch.subject, "y_true": watch.target, "y_pred": predicted}
    tables.append(pd.DataFrame(columns).assign(model=name))
predictions = pd.concat(tables)

# %%
# The sample is people, not sets: the intervals come from resampling whole people.  The 14
# sets of a person succeed and fail together, so an interval over 140 sets would be too
# narrow.  One set of 14 is 7 points.

PeopleDisplay.from_predictions(predictions)
plt.show()

# %%
# Is one of them better?  :func:`~sk_imu.model_selection.compare_models` tests this over
# people, corrects for the number of pairs, and puts the result into words.

scores = scores_by_person(predictions)
pairs = compare_models(scores, on="unseen people")
print(*pairs["sentence"], sep="\n")

# %%
# A difference that is not significant may still exist: ten people are few.  An interval can
# exclude 0 while p, corrected for three pairs, is large.  The defaults of the study's
# models were chosen with data of some of these people, see :doc:`/results/people`.

accuracy_by_model = scores.groupby("model")["score"].mean().to_dict()
worst_person_accuracy = scores.groupby("model")["score"].min().to_dict()
print("Mean:", {name: round(score, 3) for name, score in accuracy_by_model.items()})
print("Worst:", {name: round(score, 3) for name, score in worst_person_accuracy.items()})
