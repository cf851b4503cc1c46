"""Write the tables of the watch data without a search, and of the picture in the README.

    python docs/results/figures/plain.py results

``results`` is the folder of ``sk-imu study --budget plain --models rf svm minirocket cnn
gru cnn-gru --seeds 0 1 2``.
"""

import sys
from pathlib import Path

import pandas as pd

from sk_imu.model_selection import compare_models, scores_by_person
from sk_imu.study import StudyResults

NAMES = {
    "rf": "RF",
    "svm": "SVM",
    "minirocket": "MiniRocket",
    "cnn": "CNN",
    "gru": "GRU",
    "cnn-gru": "CNN-GRU",
}


def main(folder: str) -> None:
    """Write ``plain.csv``, ``plain_pairs.csv`` and ``headline.csv`` beside this script."""
    here = Path(__file__).parent
    results = StudyResults.load(folder)
    scores = results.table().reset_index()
    test = scores[scores["part"] == "test"].set_index(["protocol", "model"])
    train = scores[scores["part"] == "train"].set_index(["protocol", "model"])
    rows, headline = [], {name: {"model": name} for name in NAMES.values()}
    for letter, (protocol, title) in zip("abc", results.titles.items(), strict=True):
        for model, name in NAMES.items():
            row = test.loc[(protocol, model)]
            worst = row["worst_subject"] if letter == "c" else None
            rows.append(
                {
                    "protocol": title,
                    "model": name,
                    "precision": f"{row['precision_macro']:.3f}",
                    "recall": f"{row['recall_macro']:.3f}",
                    "F1": f"{row['f1_macro']:.3f}",
                    "deviation over seeds": f"{row['f1_macro_sd']:.3f}",
                    "F1 on train": f"{train.loc[(protocol, model), 'f1_macro']:.3f}",
                    "worst person": "" if worst is None else f"{worst:.3f}",
                }
            )
            published = row["published_f1"] if letter == "a" else None
            headline[name] |= {letter: round(row["f1_macro"], 3)}
            headline[name] |= {} if published is None else {"published": published}
            headline[name] |= {} if worst is None else {"worst person": round(worst, 3)}
    pd.DataFrame(rows).to_csv(here / "plain.csv", index=False)
    unseen = results.predictions.query("protocol == 'unseen-people'")
    pairs = compare_models(scores_by_person(unseen)).round({"p_holm": 3})
    counts = pairs[["n_better", "n_equal", "n_worse"]].astype(str).agg(", ".join, axis=1)
    pairs = pairs.replace({"model_a": NAMES, "model_b": NAMES})
    pd.DataFrame(
        {
            "pair": pairs["model_a"] + " − " + pairs["model_b"],
            "difference": (100 * pairs["difference"]).round(1),
            "low": (100 * pairs["low"]).round(1),
            "high": (100 * pairs["high"]).round(1),
            "people better, equal, worse": counts,
            "p after Holm": pairs["p_holm"],
        }
    ).to_csv(here / "plain_pairs.csv", index=False)
    columns = ["model", "published", "a", "b", "c", "worst person"]
    pd.DataFrame(headline.values())[columns].to_csv(here / "headline.csv", index=False)


if __name__ == "__main__":
    main(sys.argv[1])
