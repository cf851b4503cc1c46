"""Displays of recordings and sets."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from drawn import lines_of, names_of, noise
from matplotlib.figure import Figure

from sk_imu import (
    AugmentationDisplay,
    DataQualityWarning,
    FixedLength,
    Mixup,
    MultiplicativeNoise,
    RandomMirror,
    Recording,
    RecordingDisplay,
    Repetition,
    Resampler,
    ResamplingDisplay,
    SensorStream,
)

GYROSCOPE = [f"Gyroscope_{axis}" for axis in "xyz"]


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
        with pytest.raises(ValueError, match="not part of a grid"):
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

    def test_states_begin_together_where_values_are_missing(self):
        times_s, values = np.arange(200) / 50, noise(200)
        values[:25] = np.nan
        recording = Recording({"Gyroscope": SensorStream(times_s, values)})
        with pytest.warns(DataQualityWarning, match="25 samples"):
            display = ResamplingDisplay.from_recording(recording, missing="interpolate")
        assert display.before_s[0] == 0.5
        np.testing.assert_allclose(display.before, display.uniform, atol=1e-9)

    def test_unknown_sensor(self):
        with pytest.raises(
            ValueError, match="set.zip has no Magnetometer. Give one of Gra"
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
        with pytest.raises(ValueError, match="Give one of Gravity, Gyroscope"):
            AugmentationDisplay.from_augmenter(
                MultiplicativeNoise(),
                self.X,
                channel_names=self.names,
                sensor="Magnetometer",
            )
        with pytest.raises(ValueError, match="Mixup"):
            AugmentationDisplay.from_augmenter(Mixup(), self.X)


def test_matplotlib_is_left_as_it_was():
    before = dict(mpl.rcParams)
    RecordingDisplay.from_recording(recorded_set())
    ResamplingDisplay.from_recording(recorded_set(), n_timesteps=64)
    assert dict(mpl.rcParams) == before


def test_no_open_figure_is_left_behind_by_one_that_is_given():
    RecordingDisplay.from_recording(recorded_set(), ax=Figure())
    assert not plt.get_fignums()
