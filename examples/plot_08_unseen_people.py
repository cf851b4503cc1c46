"""
Unseen people, person by person
===============================

An app meets people it has never seen.  So leave one person out at a time, and look at each
of them: a mean of 0.95 may be ten people at 0.95, or nine at 1 and one at a half.
"""

# %%
# Two models of the study, and a plain one beside them: the nearest neighbour of the
# statistics of whole sets.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_imu import PeopleDisplay, Resampler, SummaryFeatures
from sk_imu.datasets import load_watch
from sk_imu.model_selection import compare_models, scores_by_person
from sk_imu.study import make_pipeline_for

watch = load_watch()
channels = watch.channel_names
models = {
    "svm": make_pipeline_for("svm", random_state=0, channels=channels),
    "rf": make_pipeline_for("rf", random_state=0, channels=channels),
    "neighbour": make_pipeline(
        Resampler(sampling_rate_hz=20),
        SummaryFeatures(sampling_rate_hz=20),
        StandardScaler(),
        KNeighborsClassifier(1),
    ),
}

# %%
# Each person's 14 sets are told by models that learnt from the nine others.  What follows
# needs one table, a row a prediction.

tables = []
for name, model in models.items():
    predicted = cross_val_predict(
        model, watch.data, watch.target, groups=watch.subject, cv=LeaveOneGroupOut()
    )
    columns = {"subject": watch.subject, "y_true": watch.target, "y_pred": predicted}
    tables.append(pd.DataFrame(columns).assign(model=name))
predictions = pd.concat(tables)

# %%
# People are the sample, not sets: the intervals come from drawing whole people again.  A
# person's 14 sets succeed and fail together, and an interval over 140 sets would be too
# narrow.  One set of 14 is 7 points.

PeopleDisplay.from_predictions(predictions)
plt.show()

# %%
# Is one of them better?  :func:`~sk_imu.model_selection.compare_models` says it in words,
# with a test over people that is corrected for the number of pairs.

scores = scores_by_person(predictions)
pairs = compare_models(scores, on="unseen people")
print(*pairs["sentence"], sep="\n")

# %%
# That a difference can't be told is no proof that there is none: ten people are few.  An
# interval beside 0 may go with a large p, which is corrected for three pairs.  And the
# settings of the study's models were chosen with some of these people in sight, see
# :doc:`/results/people`.

accuracy_by_model = scores.groupby("model")["score"].mean().to_dict()
worst_person_accuracy = scores.groupby("model")["score"].min().to_dict()
print("Mean:", {name: round(score, 3) for name, score in accuracy_by_model.items()})
print("Worst:", {name: round(score, 3) for name, score in worst_person_accuracy.items()})
