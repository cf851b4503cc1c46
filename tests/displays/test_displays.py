import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline

from sk_imu import (
    AugmentationDisplay,
    ChannelScaler,
    CNNClassifier,
    DataQualityWarning,
    FixedLength,
    LossCurvesDisplay,
    Mixup,
    MultiplicativeNoise,
    PersonalisationDisplay,
    RandomMirror,
    Recording,
    RecordingDisplay,
    Repetition,
    Resampler,
    ResamplingDisplay,
    RocByClassDisplay,
    SensorStream,
)
from sk_imu.model_selection import bootstrap_over_people

GYROSCOPE = [f"Gyroscope_{axis}" for axis in "xyz"]


@pytest.fixture(autouse=True)
def no_open_figures():
    yield
    plt.close("all")


def lines_of(ax):
    return {line.get_label(): line for line in ax.lines}


def names_of(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def noise(n, n_axes=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n, n_axes))


def stretches_of(ax, name):
    """Return the start and end of each band with this name."""
    found = [bars for bars in ax.collections if bars.get_label() == f"_{name}"]
    assert len(found) <= 1
    paths = found[0].get_paths() if found else []
    boxes = [path.get_extents() for path in paths]
    return [pytest.approx((box.x0, box.x1)) for box in boxes]


class TestRecordingDisplay:
    def test_lines_are_the_samples(self):
        values = noise(300)
        stream = SensorStream(np.arange(300) / 50, values)
        display = RecordingDisplay.from_recording(Recording({"Gyroscope": stream}))
        (ax,) = display.axes_
        for i, axis in enumerate("xyz"):
            line = lines_of(ax)[axis]
            np.testing.assert_array_equal(line.get_xdata(), stream.timestamps_s)
            np.testing.assert_array_equal(line.get_ydata(), values[:, i])
        assert ax.get_title(loc="left") == "Gyroscope, 50 Hz"
        assert ax.get_ylabel() == "rad/s"
        assert ax.get_xlabel() == "Time (s)"
        # Nothing is wrong, nothing is marked.
        assert len(ax.lines) == 3
        assert not ax.collections
        assert not display.figure_.legends

    def test_gap_is_a_band_and_breaks_the_lines(self):
        times_s = np.arange(300) / 50
        times_s[100:] += 2
        stream = SensorStream(times_s, noise(300))
        display = RecordingDisplay.from_recording(Recording({"Gyroscope": stream}))
        (ax,) = display.axes_
        assert stretches_of(ax, "no samples") == [(1.98, 4.0)]
        y = lines_of(ax)["x"].get_ydata()
        assert np.flatnonzero(np.isnan(y)).tolist() == [100]
        np.testing.assert_array_equal(np.delete(y, 100), stream.values[:, 0])
        assert ax.get_title(loc="left").endswith("gaps of up to 2.02 s")
        assert names_of(display.figure_) == ["no samples"]

    def test_stale_stretch_is_a_band(self):
        values = noise(300)
        values[100:121] = values[100]
        values[200:203] = values[200]  # too short to be marked
        stream = SensorStream(np.arange(300) / 50, values)
        display = RecordingDisplay.from_recording(Recording({"Gyroscope": stream}))
        (ax,) = display.axes_
        assert stretches_of(ax, "repeated values") == [(2.0, 2.4)]
        assert names_of(display.figure_) == ["repeated values"]

    def test_faults_of_single_samples_have_marks(self):
        times_s = np.arange(300) / 50
        times_s[50] = times_s[49]
        times_s[150] = times_s[149] - 0.004
        values = noise(300)
        values[200, 1] = np.nan
        values[[10, 20, 30], 2] = np.deg2rad(250)
        recording = Recording({"Gyroscope": SensorStream(times_s, values)})
        display = RecordingDisplay.from_recording(recording)
        (ax,) = display.axes_
        for name, rows in (
            ("time repeated", [50]),
            ("time runs backwards", [150]),
            ("value missing", [200]),
            ("clipped", [10, 20, 30]),
        ):
            marks = lines_of(ax)[f"_{name}"]
            np.testing.assert_array_equal(marks.get_xdata(), times_s[rows])
            assert name in names_of(display.figure_)
        np.testing.assert_array_equal(
            lines_of(ax)["_clipped"].get_ydata(), values[[10, 20, 30], 2]
        )

    def test_marks_are_as_many_as_quality_counts(self):
        rng = np.random.default_rng(0)
        times_s = np.cumsum(
            rng.choice([0.0, 0.02, 0.5, -0.01], 500, p=[0.1, 0.8, 0.05, 0.05])
        )
        values = np.clip(noise(500), -1, 1) * np.deg2rad(500)
        values[::50] = np.nan
        recording = Recording({"Gyroscope": SensorStream(times_s, values)})
        display = RecordingDisplay.from_recording(recording)
        faults, quality = (
            display.faults["Gyroscope"],
            recording.quality.streams["Gyroscope"],
        )
        marks = lines_of(display.axes_[0])
        assert len(stretches_of(display.axes_[0], "no samples")) == quality.n_gaps > 0
        assert len(marks["_time repeated"].get_xdata()) == quality.n_duplicated > 0
        assert len(marks["_time runs backwards"].get_xdata()) == quality.n_backward > 0
        assert len(marks["_value missing"].get_xdata()) == quality.n_missing == 10
        assert faults.clipped.any(axis=1).sum() == quality.n_clipped > 0

    def test_time_that_not_all_streams_share_is_hatched(self):
        streams = {
            "Accelerometer": SensorStream(np.arange(300) / 50, noise(300)),
            "Gyroscope": SensorStream(1 + np.arange(400) / 50, noise(400)),
        }
        display = RecordingDisplay.from_recording(Recording(streams))
        first, second = display.axes_
        assert stretches_of(first, "not in every stream") == [(0.0, 1.0)]
        assert stretches_of(second, "not in every stream") == [(5.98, 8.98)]
        assert first.get_xlim() == second.get_xlim()

    def test_streams_that_share_nothing_are_hatched_throughout(self):
        streams = {
            "Accelerometer": SensorStream(np.arange(50) / 50, noise(50)),
            "Gyroscope": SensorStream(9 + np.arange(50) / 50, noise(50)),
        }
        display = RecordingDisplay.from_recording(Recording(streams))
        for ax, start_s in zip(display.axes_, (0, 9), strict=True):
            whole = (start_s, start_s + 0.98)
            assert stretches_of(ax, "not in every stream")[0] == whole

    def test_annotations(self):
        stream = SensorStream(np.arange(300) / 50, noise(300))
        streams = {"Accelerometer": stream, "Gyroscope": stream}
        marks = ((1.5, "squat"), (4.0, "$rest$"))
        display = RecordingDisplay.from_recording(Recording(streams, annotations=marks))
        for ax in display.axes_:
            assert [line.get_xdata()[0] for line in ax.lines[-2:]] == [1.5, 4.0]
        assert [text.get_text().strip() for text in display.axes_[0].texts] == [
            "squat",
            "$rest$",
        ]

    def test_empty_stream(self):
        streams = {
            "Accelerometer": SensorStream(np.arange(50) / 50, noise(50)),
            "Gyroscope": SensorStream([], np.empty((0, 3))),
        }
        display = RecordingDisplay.from_recording(Recording(streams))
        assert display.axes_[1].get_title(loc="left").endswith("fewer than two samples")
        display.figure_.draw_without_rendering()

    def test_takes_the_place_of_axes(self):
        stream = SensorStream(np.arange(50) / 50, noise(50))
        recording = Recording({"Accelerometer": stream, "Gyroscope": stream})
        figure, (left, right) = plt.subplots(1, 2, layout="constrained")
        display = RecordingDisplay.from_recording(recording, ax=right)
        assert figure.axes[0] is left
        assert right not in figure.axes
        assert len(display.axes_) == 2
        figure.draw_without_rendering()
        assert all(
            ax.get_window_extent().x0 > left.get_window_extent().x1 for ax in display.axes_
        )

    def test_axes_without_a_place(self):
        ax = plt.figure().add_axes((0, 0, 1, 1))
        recording = Recording({"Gyroscope": SensorStream(np.arange(9), noise(9))})
        with pytest.raises(ValueError, match="place in a grid"):
            RecordingDisplay.from_recording(recording, ax=ax)

    def test_is_drawn_again_from_what_it_keeps(self):
        recording = Recording({"Gyroscope": SensorStream(np.arange(90) / 50, noise(90))})
        display = RecordingDisplay.from_recording(recording)
        figure = Figure()
        again = RecordingDisplay(recording=recording, faults=display.faults).plot(ax=figure)
        assert again.figure_ is figure
        first, second = (lines_of(d.axes_[0])["x"].get_ydata() for d in (display, again))
        np.testing.assert_array_equal(first, second)


def recorded_set():
    times_s = 100 + np.arange(400) / 52.7
    values = np.sin(times_s[:, np.newaxis] * [1, 2, 3])
    late = SensorStream(times_s + 0.5, noise(400))
    streams = {"Gravity": late, "Gyroscope": SensorStream(times_s, values)}
    return Recording(streams, source="set.zip")


class TestResamplingDisplay:
    def test_rows_are_the_states(self):
        recording = recorded_set()
        display = ResamplingDisplay.from_recording(
            recording, sampling_rate_hz=50, n_timesteps=64, sensor="Gyroscope"
        )
        uniform = Resampler(sampling_rate_hz=50, channels=GYROSCOPE).fit_transform(
            [recording]
        )
        fixed = FixedLength(64).fit_transform(uniform)[0]
        stream = recording.streams["Gyroscope"]
        assert display.axes_.shape == (3, 2)
        n = uniform[0].shape[1]
        for ax, x, values in zip(
            display.axes_[:, 0],
            (stream.timestamps_s - 100, np.arange(n) / 50, np.arange(64)),
            (stream.values.T, uniform[0], fixed),
            strict=True,
        ):
            for i, axis in enumerate("xyz"):
                line = lines_of(ax)[axis]
                np.testing.assert_allclose(line.get_xdata(), x, atol=1e-12)
                np.testing.assert_array_equal(line.get_ydata(), values[i])
        titles = [ax.get_title(loc="left") for ax in display.axes_[:, 0]]
        assert titles == [
            "As recorded: 400 samples",
            f"At 50 Hz: {n} samples",
            "At a fixed length: 64 samples",
        ]
        assert display.axes_[1, 0].get_ylabel() == "Gyroscope (rad/s)"
        assert names_of(display.figure_) == ["x", "y", "z"]

    def test_repetitions_are_marked_in_each_state(self):
        repetitions = [Repetition(102.0, 104.0, 1.0), Repetition(104.5, 106.0, 1.0)]
        display = ResamplingDisplay.from_recording(
            recorded_set(), n_timesteps=64, sensor="Gyroscope", repetitions=repetitions
        )
        duration_s = (np.asarray(display.uniform).shape[1] - 1) / 50
        for ax, per_s in zip(display.axes_[:, 0], (1, 1, 63 / duration_s), strict=True):
            marks = [line.get_xdata()[0] for line in ax.lines[3:]]
            assert marks == pytest.approx([2.0 * per_s, 4.5 * per_s])
        assert names_of(display.figure_) == ["x", "y", "z", "repetition"]

    def test_without_a_fixed_length(self):
        display = ResamplingDisplay.from_recording(recorded_set(), n_timesteps=None)
        assert display.axes_.shape == (2, 2)
        assert display.channel_names[0] == "Gravity_x"
        assert display.fixed is None

    def test_stretch_shows_several_timesteps_of_a_low_rate(self):
        display = ResamplingDisplay.from_recording(
            recorded_set(), sampling_rate_hz=5, n_timesteps=None
        )
        assert len(display.axes_[1, 1].lines[0].get_xdata()) >= 12

    def test_unknown_sensor(self):
        with pytest.raises(
            ValueError, match="set.zip has no Magnetometer: give one of Gra"
        ):
            ResamplingDisplay.from_recording(recorded_set(), sensor="Magnetometer")

    def test_options_reach_the_resampler(self):
        times_s = np.arange(200) / 50
        times_s[100:103] = times_s[103]
        recording = Recording({"Gyroscope": SensorStream(times_s, noise(200))})
        with pytest.raises(ValueError, match="clock"):
            ResamplingDisplay.from_recording(recording)
        with pytest.warns(DataQualityWarning, match="3 samples"):
            display = ResamplingDisplay.from_recording(recording, clock="mend")
        assert np.asarray(display.uniform).shape == (3, 200)


class TestAugmentationDisplay:
    X = tuple(
        np.sin(np.arange(200) / 10 + np.arange(6)[:, np.newaxis] + i) for i in range(3)
    )
    names = (*(f"Gravity_{axis}" for axis in "xyz"), *GYROSCOPE)

    def test_copies_are_those_of_the_augmenter(self):
        display = AugmentationDisplay.from_augmenter(
            MultiplicativeNoise(), self.X, row=1, n_copies=2, random_state=7
        )
        rng = np.random.default_rng(7)
        copies = [MultiplicativeNoise().augment(self.X[1][None], rng)[0] for _ in range(2)]
        assert [ax.get_title(loc="left") for ax in display.axes_] == [
            "As recorded",
            "Copy 1",
            "Copy 2",
        ]
        for ax, expected in zip(display.axes_, [self.X[1], *copies], strict=True):
            for i in range(6):
                line = lines_of(ax)[str(i)]
                np.testing.assert_array_equal(line.get_ydata(), expected[i])
                np.testing.assert_array_equal(line.get_xdata(), np.arange(200))
        # Behind each copy is what was recorded.
        for ax in display.axes_[1:]:
            np.testing.assert_array_equal(ax.lines[0].get_ydata(), self.X[1][0])
        assert display.axes_[0].get_xlabel() == "Timestep"

    def test_one_sensor_is_shown_of_all_that_are_augmented(self):
        display = AugmentationDisplay.from_augmenter(
            RandomMirror(mirror_axis="y", probability=1, channel_names=self.names),
            self.X,
            n_copies=1,
            channel_names=self.names,
            sensor="Gyroscope",
            sampling_rate_hz=50,
        )
        lines = lines_of(display.axes_[1])
        # Angular rate is a pseudovector.
        for i, (axis, sign) in enumerate(zip("xyz", (-1, 1, -1), strict=True)):
            np.testing.assert_allclose(lines[axis].get_ydata(), sign * self.X[0][3 + i])
            np.testing.assert_allclose(lines[axis].get_xdata(), np.arange(200) / 50)
        assert display.axes_[0].get_ylabel() == "Gyroscope (rad/s)"
        assert names_of(display.figure_) == ["x", "y", "z", "as recorded"]

    def test_gallery_of_augmenters(self):
        shares = (0.0, 0.01, 0.1, 0.5, 1.0)
        noises = {f"Noise {s}": MultiplicativeNoise(fraction=s) for s in shares}
        display = AugmentationDisplay.from_augmenter(noises, np.array(self.X))
        titles = [ax.get_title(loc="left") for ax in display.axes_]
        assert titles == ["As recorded", *noises]
        assert len(display.figure_.axes) == 6
        changed = [np.mean(values != self.X[0]) for _, values in display.copies]
        assert changed[0] == 0
        assert changed == sorted(set(changed))

    def test_what_does_not_fit(self):
        with pytest.raises(ValueError, match="2 names for the 6 channels"):
            AugmentationDisplay.from_augmenter(
                MultiplicativeNoise(), self.X, channel_names=["a_x", "a_y"]
            )
        with pytest.raises(ValueError, match="give one of Gravity, Gyroscope"):
            AugmentationDisplay.from_augmenter(
                MultiplicativeNoise(),
                self.X,
                channel_names=self.names,
                sensor="Magnetometer",
            )
        with pytest.raises(ValueError, match="Mixup"):
            AugmentationDisplay.from_augmenter(Mixup(), self.X)


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
        assert "training sets while it" in display.figure_.get_supxlabel()

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
        assert ax.get_xlabel() == "Labelled sets of the new person"
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
        with pytest.raises(ValueError, match="lacks k"):
            PersonalisationDisplay.from_scores(scores.drop(columns="k"))
        gone = scores["subject"].eq("P5") & scores["k"].eq(3) & scores["model"].eq("cnn")
        with pytest.raises(ValueError, match=r"\('cnn', 3\).*has no score on P5"):
            PersonalisationDisplay.from_scores(scores[~gone])


def test_matplotlib_is_left_as_it_was():
    before = dict(mpl.rcParams)
    RecordingDisplay.from_recording(recorded_set())
    ResamplingDisplay.from_recording(recorded_set(), n_timesteps=64)
    PersonalisationDisplay.from_scores(personal_scores())
    assert dict(mpl.rcParams) == before


def test_no_open_figure_is_left_behind_by_one_that_is_given():
    RecordingDisplay.from_recording(recorded_set(), ax=Figure())
    PersonalisationDisplay.from_scores(personal_scores(), ax=Figure().subplots())
    assert not plt.get_fignums()
