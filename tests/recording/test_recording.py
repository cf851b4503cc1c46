"""How a recording is shown: on one line, and in a notebook."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from sk_imu import DataQualityWarning, Recording, SensorStream
from sk_imu.recording import quality_warnings, summarize_doubts, warn_of_doubts
from sk_imu.recording._html import rows_to_draw

SVG = "{http://www.w3.org/2000/svg}"
SQUAT = {"label": "squat", "subject": "ada", "side": "left", "placement": "front pocket"}


def stream(n=100, rate_hz=100.0, axes=("x", "y", "z"), start_s=0.0):
    values = np.random.default_rng(0).normal(size=(n, len(axes)))
    return SensorStream(start_s + np.arange(n) / rate_hz, values, axes)


def shown(recording):
    """Return a recording's parsed HTML; unescaped text would not parse."""
    return ET.fromstring(recording._repr_html_())


def cells(recording):
    return [[c.text for c in row.iter("td")] for row in shown(recording).iter("tr")][1:]


def paths(recording):
    return [
        [path.get("d") for path in svg.iter(f"{SVG}path")]
        for svg in shown(recording).iter(f"{SVG}svg")
    ]


def test_one_line_has_length_rates_and_metadata():
    streams = {"Accelerometer": stream(501), "Gyroscope": stream(264, 52.713)}
    assert repr(Recording(streams)) == (
        "Recording(4.99 s: Accelerometer 100 Hz, Gyroscope 52.71 Hz)"
    )
    assert repr(Recording(streams, **SQUAT)) == (
        "Recording(4.99 s: Accelerometer 100 Hz, Gyroscope 52.71 Hz, label='squat', "
        "subject='ada', side='left', placement='front pocket')"
    )


@pytest.mark.parametrize("order", [1, -1])
def test_streams_without_a_rate(order):
    streams = {"Gyroscope": stream(), "Gravity": stream(1), "Magnetometer": stream(0)}
    recording = Recording(dict(list(streams.items())[::order]))
    assert recording.duration_s == 0
    parts = repr(recording).removesuffix(")").partition(": ")[2].split(", ")
    assert set(parts) == {"Gyroscope 100 Hz", "Gravity 1 sample", "Magnetometer 0 samples"}
    rows = {row[0]: row[3:] for row in cells(recording)}
    assert rows["Magnetometer"] == ["no values", "unknown", "0", "fewer than two samples"]
    assert rows["Gravity"][1:] == ["unknown", "1", "fewer than two samples"]


def test_html_has_metadata_and_measures():
    times_s = np.arange(200) / 100
    times_s[100:] += 1
    values = np.random.default_rng(0).normal(size=(200, 3))
    recording = Recording(
        {"Gyroscope": SensorStream(times_s, values)}, source="a.zip", notes=["x"], **SQUAT
    )
    text = "".join(shown(recording).itertext())
    for part in ("2.99 s", "label squat", "subject ada", "side left", "from a.zip"):
        assert part in text
    ((_, _, _, values_range, rate, n, quality),) = cells(recording)
    assert (rate, n, quality) == ("100 Hz", "200", "gaps of up to 1.01 s")
    assert values_range == f"{values.min():.3g} to {values.max():.3g} rad/s"
    # One line a channel, broken at the gap.
    assert [path.count("M") for path in paths(recording)[0]] == [2, 2, 2]


def test_html_is_self_contained_and_escaped():
    bad = "<script>alert('1 & 2')</script>\"]]>"
    recording = Recording(
        {bad: stream(axes=(bad, "y&z"))},
        label=bad,
        subject=bad,
        source=bad,
        placement=bad,
        session=bad,
        notes=[bad],
    )
    page = shown(recording)
    # Five facts, a note, an axis, and the sensor in the table and in its picture's title
    # come out as they went in; nothing of them became an element.
    assert "".join(page.itertext()).count(bad) == 9
    tags = {element.tag.removeprefix(SVG) for element in page.iter()}
    assert tags == {
        *("div", "strong", "table", "thead", "tbody", "tr", "th", "td", "span"),
        *("svg", "title", "path", "details", "summary", "ul", "li"),
    }
    html = recording._repr_html_()
    assert "href" not in html
    assert "url(" not in html


def test_missing_values_and_times():
    values = np.random.default_rng(0).normal(size=(50, 3))
    values[:, 0] = np.nan
    values[10:20, 1] = np.nan
    times_s = np.arange(50) / 100
    times_s[[3, -1]] = np.nan
    recording = Recording(
        {
            "Gyroscope": SensorStream(times_s, values),
            "Gravity": SensorStream(times_s, np.full((50, 3), np.nan)),
            # The range of one overflows a double.
            "Accelerometer": SensorStream([0, 0.1, 0.2], [[1.7e308, -1.7e308, np.inf]] * 3),
        }
    )
    drawn, nothing, huge = paths(recording)
    assert [path.count("M") for path in drawn] == [0, 2, 1]
    assert not any(nothing)
    assert [path.count("M") for path in huge] == [1, 1, 0]
    for path in (*drawn, *huge):
        assert "nan" not in path
        assert "inf" not in path
    assert cells(recording)[1][3] == "no values"


def test_an_hour_is_thinned_out_to_its_extremes():
    n = 360_000
    values = np.sin(np.arange(n) / 1e4)
    values[[1234, 56_789]] = [7.0, -5.0]
    times_s = np.arange(n) / 100
    few_s, few = rows_to_draw(times_s, values)
    assert len(few) == 400
    assert few.max() == 7 == few[few_s == 12.34]
    assert few.min() == -5 == few[few_s == 567.89]
    assert (np.diff(few_s) > 0).all()
    recording = Recording({"Gyroscope": SensorStream(times_s, np.stack([values] * 3).T)})
    assert len(recording._repr_html_()) < 20_000
    # Reduced, the channel is still one unbroken line.
    assert paths(recording)[0][0].count("M") == 1


def test_single_sample_is_visible():
    (lines,) = paths(Recording({"Gravity": SensorStream([1.0], [[1.0, 2, 3]])}))
    assert lines == ["M2 42.0h0", "M2 22.0h0", "M2 2.0h0"]


@pytest.mark.parametrize(
    ("make", "cure"),
    [
        (lambda: SensorStream([0.0, 0.1], [[1, 2], [3, 4], [5, 6]]), r"Give values\.T"),
        (lambda: SensorStream([0.0, 0.1], [[1], [2]]), r"each column in axes=\[\.\.\.\]"),
        (lambda: SensorStream([0.0], [[1, 2]], ["x", "x"]), "Name each once"),
        (lambda: Recording({}), "Give at least one"),
        (lambda: Recording({"Gyroscope": np.zeros((9, 3))}), r"SensorStream\(timestamps_s"),
        (
            lambda: Recording.from_array(
                np.zeros((9, 2)), sampling_rate_hz=50, channel_names=["G_x", "G_y"]
            ),
            r"Give values\.T",
        ),
        (
            lambda: Recording.from_array([[1]], sampling_rate_hz=0, channel_names=["G_x"]),
            "positive number, got 0",
        ),
        (
            lambda: Recording({"Gyroscope": stream(100, 100)}).between(5, 6),
            r"from 0\.000 to 0\.990 s",
        ),
    ],
)
def test_refusals_name_the_cure(make, cure):
    with pytest.raises(ValueError, match=cure):
        make()


@pytest.mark.parametrize("time", [np.inf, -np.inf, 1.7e12, 1.7e18])
def test_times_are_seconds(time):
    with pytest.raises(ValueError, match="timestamps_s must be in seconds, but sample 1"):
        SensorStream([0.0, time], [[1, 2, 3]] * 2)


def test_doubts_are_notes_of_three_kinds():
    streams = {"Gravity": SensorStream([0.0, 0.1], [[0, 0, 9.8]] * 2)}
    notes = ["read", "IMPLAUSIBLE: 1 g.", "UNDECIDED: sign.", "CONTRADICTION: sign."]
    recording = Recording(streams, notes=notes, source="a.csv")
    assert recording.doubts == tuple(notes[1:])
    assert recording.between(0, 0.1).doubts == recording.doubts
    assert recording.quality.warnings[-3:] == notes[1:]
    assert str(recording.quality).count("UNDECIDED") == 1
    other = Recording(streams, notes=["IMPLAUSIBLE: 2 g."], source="b.csv")
    lines = [
        "IMPLAUSIBLE: 1 g. (2 of 3 recordings, the first: a.csv)",
        "UNDECIDED: sign. (1 of 3 recordings, the first: a.csv)",
        "CONTRADICTION: sign. (1 of 3 recordings, the first: a.csv)",
    ]
    some = [recording, other, Recording(streams)]
    assert summarize_doubts(some) == lines
    assert quality_warnings(some)[-3:] == lines
    with pytest.warns(DataQualityWarning) as warned:
        warn_of_doubts(some)
    assert [str(one.message) for one in warned] == lines
