import matplotlib as mpl
import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from made_scores import frame, predictions_of

from sk_imu import AccuracyTimeDisplay, CriticalDifferenceDisplay, PeopleDisplay
from sk_imu.model_selection import bootstrap_over_people, scores_by_person


def marks_of(ax):
    """Return the points drawn, by the label of their line."""
    return {line.get_label(): line for line in ax.lines if line.get_marker() != "None"}


class TestPeopleDisplay:
    def test_what_is_drawn(self):
        predictions = predictions_of(n_seeds=2)
        display = PeopleDisplay.from_predictions(predictions)
        ax = display.ax_
        scores = scores_by_person(predictions)
        by_person = scores.groupby(["subject", "model"])["score"].mean().unstack()
        order = by_person.mean(axis=1).sort_values().index
        names = [text.get_text() for text in ax.get_yticklabels()]
        assert names == [*(f"{name} (8 sets)" for name in order), "Mean"]
        assert ax.get_xlabel() == "Accuracy"
        assert display.figure_ is ax.figure
        intervals = bootstrap_over_people(scores).set_index("model")
        legend = ax.get_legend()
        assert legend.get_title().get_text() == "Model, mean and 95 % interval"
        for model, text in zip(["rf", "svm"], legend.get_texts(), strict=True):
            mean, low, high = intervals.loc[model, ["score", "low", "high"]]
            assert text.get_text() == f"{model} {mean:.3f} ({low:.3f} to {high:.3f})"
            points = marks_of(ax)[text.get_text()]
            np.testing.assert_allclose(points.get_xdata(), by_person.loc[order, model])
            np.testing.assert_array_equal(np.round(points.get_ydata()), [0, 1, 2])
        plt.close(display.figure_)

    def test_one_person_has_no_interval(self):
        ax = mpl.figure.Figure().subplots()
        display = PeopleDisplay.from_scores(frame(a=[0.5], b=[0.6]), ax=ax)
        assert display.ax_ is ax
        assert [text.get_text() for text in ax.get_legend().get_texts()] == [
            "a 0.500",
            "b 0.600",
        ]

    def test_score_has_its_name(self):
        ax = mpl.figure.Figure().subplots()
        PeopleDisplay.from_predictions(predictions_of(), "f1_macro", ax=ax)
        assert ax.get_xlabel() == "Macro F1"

    def test_no_two_models_look_alike(self):
        ax = mpl.figure.Figure().subplots()
        names = [f"model {i}" for i in range(12)]
        PeopleDisplay.from_scores(frame(**dict.fromkeys(names, (0.5, 0.6))), ax=ax)
        looks = {
            (line.get_color(), line.get_marker())
            for label, line in marks_of(ax).items()
            if label.startswith("model")
        }
        assert len(looks) == 12


class TestCriticalDifferenceDisplay:
    def test_what_is_drawn(self):
        rng = np.random.default_rng(0)
        a = rng.uniform(0.6, 0.7, 12)
        c = a + np.tile([0.2, -0.2], 6)
        display = CriticalDifferenceDisplay.from_scores(
            frame(a=a, b=a - 0.01, c=c, d=a - 0.5)
        )
        ranks, p, groups, _ = display.ranking
        bars = [line for line in display.ax_.lines if line.get_marker() == "o"]
        drawn = [tuple(bar.get_xdata()) for bar in bars]
        assert drawn == [tuple(ranks[list(g)]) for g in groups if len(g) > 1]
        texts = [text.get_text() for text in display.ax_.texts]
        assert texts[0] == f"a {ranks['a']:.2f}"
        assert texts[3] == "4.00 d"
        assert texts[4].startswith("A bar joins models that do not differ at 5 %")
        assert texts[4].endswith(f"Friedman p {'< 0.001' if p < 0.001 else f'= {p:.3f}'}")
        # The bar's level is its own, as is each name's on its side.
        assert len({bar.get_ydata()[0] for bar in bars}) == len(bars)
        assert no_two_overlap(display.figure_, display.ax_.texts)
        plt.close(display.figure_)

    def test_all_differ(self):
        base = np.linspace(0.1, 0.5, 12)
        ax = mpl.figure.Figure().subplots()
        scores = frame(a=base + 0.2, b=base + 0.1, c=base)
        CriticalDifferenceDisplay.from_scores(scores, ax=ax)
        assert not [line for line in ax.lines if line.get_marker() == "o"]
        assert ax.texts[-1].get_text().startswith("All models differ at 5 %")

    def test_two_models(self):
        ax = mpl.figure.Figure().subplots()
        display = CriticalDifferenceDisplay.from_predictions(predictions_of(), ax=ax)
        assert display.ranking.groups == [tuple(display.ranking.ranks.index)]
        assert "Friedman" not in ax.texts[-1].get_text()


class TestAccuracyTimeDisplay:
    scores = frame(rf=[0.8, 0.9, 0.85], svm=[0.81, 0.88, 0.85], cnn=[0.7, 0.9, 0.95])

    def test_what_is_drawn(self):
        seconds = {"rf": 1.0, "svm": 1.05, "cnn": 100.0, "of no use": 3.0}
        display = AccuracyTimeDisplay.from_scores(self.scores, seconds, time_name="Fit")
        ax = display.ax_
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("Fit (s)", "Accuracy")
        assert ax.get_xscale() == "log"
        points = [line for line in ax.lines if line.get_marker() != "None"]
        drawn = [(line.get_xdata()[0], line.get_ydata()[0]) for line in points]
        means = self.scores.groupby("model")["score"].mean()
        expected = [(seconds[model], means[model]) for model in ("rf", "svm", "cnn")]
        np.testing.assert_allclose(drawn, expected)
        # Two are at nearly the same place: their names are not.
        assert {text.get_text() for text in ax.texts} == {"rf", "svm", "cnn"}
        assert no_two_overlap(display.figure_, ax.texts)
        plt.close(display.figure_)

    def test_timings_of_a_study(self):
        timings = pd.DataFrame(
            {
                "protocol": "unseen-people",
                "model": ["rf", "svm"] * 2,
                "seconds": [1, 2, 3, 4],
            }
        )
        ax = mpl.figure.Figure().subplots()
        display = AccuracyTimeDisplay.from_predictions(predictions_of(), timings, ax=ax)
        assert display.seconds == {"rf": 2, "svm": 3}
        assert ax.get_xscale() == "linear"
        both = pd.concat([timings, timings.assign(protocol="unseen-sets")])
        with pytest.raises(ValueError, match="unseen-people, unseen-sets. Give the rows"):
            AccuracyTimeDisplay.from_predictions(predictions_of(), both, ax=ax)

    def test_missing_time(self):
        with pytest.raises(ValueError, match="no time above 0 for svm, cnn. Give one"):
            AccuracyTimeDisplay.from_scores(self.scores, {"rf": 1.0, "svm": 0.0})


def no_two_overlap(figure, texts):
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in texts]
    return not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_displays_leave_the_figures_of_others_alone():
    before = plt.get_fignums(), dict(mpl.rcParams)
    figure = mpl.figure.Figure()
    axes = figure.subplots(3)
    predictions = predictions_of()
    PeopleDisplay.from_predictions(predictions, ax=axes[0])
    CriticalDifferenceDisplay.from_predictions(predictions, ax=axes[1])
    seconds = {"rf": 1.0, "svm": 2.0}
    AccuracyTimeDisplay.from_predictions(predictions, seconds, ax=axes[2])
    assert (plt.get_fignums(), dict(mpl.rcParams)) == before
