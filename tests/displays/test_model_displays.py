"""Displays of what models do."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from drawn import lines_of, names_of, noise
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline

from sk_imu import (
    ChannelScaler,
    CNNClassifier,
    LossCurvesDisplay,
    PersonalisationDisplay,
    RocByClassDisplay,
)
from sk_imu.model_selection import bootstrap_over_people


def curves_of(n_epochs=(3, 3), **columns):
    """Return curves of a fold each, of which fold i has the loss i + 1 / epoch."""
    tables = []
    for fold, n in enumerate(n_epochs):
        epoch = np.arange(1, n + 1)
        scores = {"train_loss": 1 / epoch, "test_loss": fold + 1 / epoch}
        scores |= {"train_accuracy": 1 - 1 / epoch, "test_accuracy": 0.5 + 0 * epoch}
        tables.append(pd.DataFrame({"epoch": epoch, "fold": fold, **scores}))
    return pd.concat(tables).assign(**({"model": "cnn"} | columns))


class TestLossCurvesDisplay:
    def test_mean_and_spread_of_loss_and_accuracy(self):
        curves = pd.concat([curves_of(), curves_of(model="gru"), curves_of(model="both")])
        display = LossCurvesDisplay(curves=curves).plot()
        assert display.axes_.shape == (2, 3)
        assert [ax.get_title() for ax in display.axes_[0]] == ["cnn", "gru", "both"]
        assert [ax.get_ylabel() for ax in display.axes_[:, 0]] == [
            "Cross-entropy",
            "Accuracy",
        ]
        assert [ax.get_xlabel() for ax in display.axes_[1]] == ["Epoch"] * 3
        means = [line for line in display.axes_[0, 0].lines if len(line.get_xdata()) == 3]
        epochs = np.arange(1, 4)
        np.testing.assert_allclose(means[0].get_ydata(), 1 / epochs)
        np.testing.assert_allclose(means[1].get_ydata(), 0.5 + 1 / epochs)
        band = display.axes_[0, 0].collections[1].get_paths()[0].vertices
        for epoch in epochs:
            at = band[band[:, 0] == epoch, 1]
            assert (at.min(), at.max()) == pytest.approx((1 / epoch, 1 + 1 / epoch))
        accuracy = display.axes_[1, 2].lines[0]
        np.testing.assert_allclose(accuracy.get_ydata(), 1 - 1 / epochs)
        assert names_of(display.figure_) == ["training", "test"]
        assert display.axes_[0, 0].get_ylim() == display.axes_[0, 2].get_ylim()
        assert display.axes_[0, 0].get_ylim() != display.axes_[1, 0].get_ylim()

    def test_seeds_are_runs_of_their_own(self):
        curves = pd.concat(
            [curves_of((3,), seed=0), curves_of((3,), seed=1).assign(test_loss=3.0)]
        )
        display = LossCurvesDisplay(curves=curves).plot(scores=["loss"])
        (ax,) = display.axes_.ravel()
        test = next(line for line in ax.lines if line.get_linestyle() == "-")
        np.testing.assert_allclose(test.get_ydata(), (3 + 1 / np.arange(1, 4)) / 2)
        assert "mean of the runs" in display.figure_.get_supxlabel()

    def test_score_without_a_curve(self):
        curves = curves_of().drop(columns=["train_accuracy", "test_accuracy"])
        assert LossCurvesDisplay(curves=curves).plot().axes_.shape == (1, 1)
        with pytest.raises(ValueError, match="no column test_accuracy"):
            LossCurvesDisplay(curves=curves).plot(scores=["accuracy"])

    @pytest.fixture
    def fitted(self):
        y = np.tile(["curl", "row"], 12)
        X = noise(24 * 3, 64).reshape(24, 3, 64) * (1 + (y == "row"))[:, None, None]
        cnn = CNNClassifier(
            n_blocks=1, kernel_size=5, max_epochs=4, keep_epochs=True, random_state=0
        )
        return make_pipeline(ChannelScaler(), cnn).fit(X[:16], y[:16]), X, y

    def test_of_a_fitted_pipeline(self, fitted):
        pipeline, X, y = fitted
        display = LossCurvesDisplay.from_estimator(
            {"mine": pipeline}, X[16:], y[16:], X[:16], y[:16]
        )
        last = display.curves.iloc[-1]
        assert last["model"] == "mine"
        assert last["epoch"] == 4
        for part, rows in (("train", slice(16)), ("test", slice(16, None))):
            proba = pipeline.predict_proba(X[rows])
            assert last[f"{part}_loss"] == pytest.approx(log_loss(y[rows], proba), rel=1e-5)
            assert last[f"{part}_accuracy"] == pipeline.score(X[rows], y[rows])
        drawn = display.axes_[0, 0].lines
        np.testing.assert_array_equal(drawn[0].get_ydata(), display.curves["train_loss"])

    def test_training_curves_of_the_training_itself(self, fitted):
        pipeline, X, y = fitted
        display = LossCurvesDisplay.from_estimator(pipeline, X[16:], y[16:])
        assert display.curves["model"].unique().tolist() == ["CNNClassifier"]
        history = pipeline[-1].history_
        assert display.curves["train_loss"].tolist() == history[:, "train_loss"]
        assert display.curves["train_accuracy"].tolist() == history[:, "train_acc"]
        assert "training sets during" in display.figure_.get_supxlabel()

    def test_what_does_not_fit(self, fitted):
        pipeline, X, y = fitted
        forgetful = LogisticRegression().fit(noise(4), [0, 1, 0, 1])
        with pytest.raises(ValueError, match="keep_epochs=True"):
            LossCurvesDisplay.from_estimator(forgetful, noise(4), [0, 1, 0, 1])
        with pytest.raises(ValueError, match="go together"):
            LossCurvesDisplay.from_estimator(pipeline, X, y, X)
        with pytest.raises(ValueError, match="not trained on squat"):
            LossCurvesDisplay.from_estimator(pipeline, X[:2], ["curl", "squat"])


class TestRocByClassDisplay:
    classes = ("curl", "row", "squat")

    def scores(self):
        y = np.tile(self.classes, 20)
        scores = noise(60) + (y[:, np.newaxis] == np.array(self.classes))
        return y, np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)

    def test_areas_are_those_of_sklearn(self):
        y, scores = self.scores()
        display = RocByClassDisplay.from_predictions(y, scores, self.classes)
        for label, of_class in zip(self.classes, scores.T, strict=True):
            assert display.roc_auc[label] == pytest.approx(
                roc_auc_score(y == label, of_class)
            )
        macro = roc_auc_score(y, scores, multi_class="ovr")
        assert display.macro_roc_auc == pytest.approx(macro)
        texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
        assert texts == [
            *(f"{area:.3f} {label}" for label, area in display.roc_auc.items()),
            f"{macro:.3f} macro average",
        ]
        lines = lines_of(display.ax_)
        for label, text in zip(self.classes, texts, strict=False):
            np.testing.assert_array_equal(lines[text].get_xdata(), display.fpr[label])
            np.testing.assert_array_equal(lines[text].get_ydata(), display.tpr[label])
        # The area under the mean curve is the mean area.
        mean = lines[texts[-1]]
        area = np.trapezoid(mean.get_ydata(), mean.get_xdata())
        assert area == pytest.approx(macro, abs=2e-3)

    def test_two_classes_by_the_scores_of_the_second(self):
        y = np.tile(["no", "yes"], 20)
        scores = noise(40)[:, 0] + (y == "yes")
        display = RocByClassDisplay.from_predictions(y, scores, ["no", "yes"])
        area = roc_auc_score(y == "yes", scores)
        assert display.roc_auc == pytest.approx({"no": area, "yes": area})

    def test_of_an_estimator(self):
        y, X = self.scores()
        model = LogisticRegression().fit(X, y)
        display = RocByClassDisplay.from_estimator(model, X, y)
        proba = model.predict_proba(X)
        assert display.macro_roc_auc == pytest.approx(
            roc_auc_score(y, proba, multi_class="ovr")
        )

    def test_classes_without_a_curve(self):
        y, scores = self.scores()
        scores[0, 1] = np.nan
        display = RocByClassDisplay.from_predictions(
            y, np.column_stack([scores, scores[:, 0]]), [*self.classes, "lunge"]
        )
        assert list(display.roc_auc) == ["curl", "squat"]
        assert display.left_out == {
            "row": "not scored in every fold",
            "lunge": "not in the test sets",
        }

    def test_only_one_class(self):
        display = RocByClassDisplay.from_predictions(
            ["curl"] * 3, np.ones((3, 1)), ["curl"]
        )
        assert display.left_out == {"curl": "nothing else in the test sets"}
        assert np.isnan(display.macro_roc_auc)
        assert display.ax_.get_legend() is None

    def test_what_does_not_fit(self):
        y, scores = self.scores()
        with pytest.raises(ValueError, match=r"must have shape \(60, 2\)"):
            RocByClassDisplay.from_predictions(y, scores, ["curl", "row"])
        with pytest.raises(ValueError, match="y_true holds squat"):
            RocByClassDisplay.from_predictions(y, scores, ["curl", "row", "lunge"])


def personal_scores(models=("cnn", "rf"), n_people=6):
    rng = np.random.default_rng(0)
    rows = [
        (model, k, f"P{person}", 0.5 + 0.1 * k + 0.2 * rng.random())
        for model in models
        for k in (0, 1, 3)
        for person in range(n_people)
    ]
    return pd.DataFrame(rows, columns=["model", "k", "subject", "score"])


class TestPersonalisationDisplay:
    def test_marks_are_means_and_bars_intervals(self):
        scores = personal_scores()
        display = PersonalisationDisplay.from_scores(scores)
        ax = display.ax_
        for (model, rows), bars in zip(
            scores.groupby("model"), ax.collections, strict=True
        ):
            line = lines_of(ax)[model]
            np.testing.assert_allclose(line.get_xdata(), [0, 1, 3], atol=0.1)
            means = rows.groupby("k")["score"].mean()
            np.testing.assert_allclose(line.get_ydata(), means)
            for k, bar in zip((0, 1, 3), bars.get_segments(), strict=True):
                expected = bootstrap_over_people(rows[rows["k"] == k])
                # Drawn from another place in the same stream of random numbers.
                low_high = expected[["low", "high"]].to_numpy()[0]
                np.testing.assert_allclose(bar[:, 1], low_high, atol=0.005)
        assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "1", "3"]
        assert ax.get_xlabel() == "Labeled sets of the new person"
        legend = ax.get_legend()
        assert legend.get_title().get_text() == "Mean of 6 people, 95 % interval"
        assert [text.get_text() for text in legend.get_texts()] == ["cnn", "rf"]

    def test_bars_of_models_stand_beside_each_other(self):
        display = PersonalisationDisplay.from_scores(personal_scores(("a", "b", "c")))
        x = [line.get_xdata() for line in display.ax_.lines]
        assert np.all(np.diff(x, axis=0) > 0)

    def test_order_of_models_and_numbers(self):
        scores = personal_scores(("z", "a")).sample(frac=1, random_state=0)
        scores = scores.sort_values("model", ascending=False)
        display = PersonalisationDisplay.from_scores(scores)
        assert display.intervals["model"].tolist() == ["z"] * 3 + ["a"] * 3
        assert display.intervals["k"].tolist() == [0, 1, 3] * 2

    def test_one_person_has_no_interval(self):
        display = PersonalisationDisplay.from_scores(personal_scores(n_people=1))
        assert not display.ax_.collections
        assert list(display.intervals) == ["model", "k", "score"]

    def test_seeds_are_averaged(self):
        scores = personal_scores()
        twice = pd.concat([scores.assign(seed=0), scores.assign(seed=1, score=0.3)])
        display = PersonalisationDisplay.from_scores(twice)
        single = PersonalisationDisplay.from_scores(scores)
        np.testing.assert_allclose(
            display.intervals["score"], (single.intervals["score"] + 0.3) / 2
        )

    def test_what_does_not_fit(self):
        scores = personal_scores()
        with pytest.raises(ValueError, match="no column k"):
            PersonalisationDisplay.from_scores(scores.drop(columns="k"))
        gone = scores["subject"].eq("P5") & scores["k"].eq(3) & scores["model"].eq("cnn")
        with pytest.raises(ValueError, match=r"\('cnn', 3\).*has no score on P5"):
            PersonalisationDisplay.from_scores(scores[~gone])

    def test_figures_of_others_are_left_alone(self):
        before = dict(mpl.rcParams)
        PersonalisationDisplay.from_scores(personal_scores(), ax=Figure().subplots())
        assert not plt.get_fignums()
        assert dict(mpl.rcParams) == before

    def test_no_confidence_level_draws_no_interval(self):
        display = PersonalisationDisplay.from_scores(
            personal_scores(), confidence_level=None
        )
        assert not display.ax_.collections
        title = display.ax_.get_legend().get_title().get_text()
        assert title == "Mean of 6 people"
