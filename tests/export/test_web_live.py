"""The exported page with the motion of the phone that shows it: live, kept, offline."""

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from driven_browser import Browser, Served
from emulated_phone import EmulatedPhone
from web_runtime import runtime_of_page

import sk_imu
from sk_imu import ExerciseClassifier, find_bouts, read_recording
from sk_imu.datasets import make_exercise_recordings
from sk_imu.export import export_web
from sk_imu.recognition import recognize

PAGE = Path(sk_imu.__file__).parent / "export" / "_web" / "page"
RATE_HZ = 60
SENSORS = ("Accelerometer", "Gravity", "TotalAcceleration", "Gyroscope")

# A model that calls every set "squat", so that no runtime is needed.
BENEATH = """
const { LiveRecording } = await import("/live.js");
const { asSensorLogger } = await import("/reading/writing.js");
const model = {
  settings: {
    samplingRateHz: 25, channels: ["Gyroscope_x", "Gyroscope_y", "Gyroscope_z"],
    interpolation: "quintic", antiAlias: true, missing: "error", clock: "error",
    maxGapSeconds: "auto", gaps: "error", maxTimesteps: 1e6,
  },
  window: { timesteps: 100, step: 50 }, side: null,
  async recognize(channels) {
    const n = channels[0].length;
    return { exercise: "squat", probability: 1, scores: [1], windows: [], n };
  },
};
const live = new LiveRecording("live", model);
"""


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Return a function that runs code beside a recording that grows, with some data."""
    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(PAGE, folder, dirs_exist_ok=True)
    (folder / "blank.html").write_text("<!DOCTYPE html><title>blank</title>")
    browser = Browser(tmp_path_factory.mktemp("browser"), timeout_s=120)
    with Served(folder) as served:
        browser.open(f"{served.url}blank.html")

        def ask(code, **data):
            function = f"async ({{{', '.join(data)}}}) => {{{BENEATH}{code}}}"
            return browser.evaluate(f"({function})({json.dumps(data)})")

        yield ask
    browser.close()


def samples_of(recording):
    """Return a recording as the events of a browser."""
    (start_s, end_s), start_ms = recording.overlap_s, 1.7e12
    times = np.arange(start_s, end_s, 1 / RATE_HZ)
    felt = {
        name.lower(): np.stack(
            [
                np.interp(times, recording.streams[name].timestamps_s, axis)
                for axis in recording.streams[name].values.T
            ],
            axis=1,
        ).tolist()
        for name in SENSORS
    }
    return [
        {
            "timeMs": start_ms + 1000 * (at - start_s),
            "sensors": {name: rows[i] for name, rows in felt.items()},
        }
        for i, at in enumerate(times.tolist())
    ]


LOOK_AT_ALL = """
const looks = [];
for (let i = 0; i < samples.length; i += 60) {
  live.push(samples.slice(i, i + 60));
  const { nowS, window, set, over } = await live.look();
  looks.push({ nowS, window, set: set && set.repetitions.length, over: over.map(
    ({ exercise, repetitions }) => [exercise, repetitions.length, repetitions[0].startS,
      repetitions.at(-1).endS]) });
}
return { looks, file: await asSensorLogger(live.all()).text() };
"""
SAVE_ALL = """
live.push(samples);
return await asSensorLogger(live.all(['UNDECIDED: a "sign".'])).text();
"""


@pytest.mark.slow
def test_sets_are_counted_as_they_grow_and_are_those_of_the_recording(ask, tmp_path):
    workout = make_exercise_recordings(1, 3, ["squat"], random_state=3).data[0]
    found = ask(LOOK_AT_ALL, samples=samples_of(workout))
    (tmp_path / "live.json").write_text(found["file"])
    bouts = find_bouts(read_recording(tmp_path / "live.json"))
    assert len(bouts) == 3
    last = found["looks"][-1]["over"]
    assert [one[:2] for one in last] == [["squat", len(b.repetitions)] for b in bouts]
    ends = [[bout.start_s, bout.end_s] for bout in bouts]
    np.testing.assert_allclose([one[2:] for one in last], ends, rtol=0, atol=1e-9)
    for bout in bouts:
        # A second after its end it is counted, and four seconds later it is no longer on.
        during = [look for look in found["looks"] if look["set"] is not None]
        (at_end,) = [look for look in found["looks"] if 1 <= look["nowS"] - bout.end_s < 2]
        assert at_end in during
        assert abs(at_end["set"] - len(bout.repetitions)) <= 1
        assert not [look for look in during if 8 < look["nowS"] - bout.end_s < 10]


def test_a_window_ends_a_second_before_the_last_sample(ask):
    workout = make_exercise_recordings(1, 1, ["squat"], random_state=3).data[0]
    looks = ask(LOOK_AT_ALL, samples=samples_of(workout)[: RATE_HZ * 12])["looks"]
    with_window = [look for look in looks if look["window"]]
    assert len(with_window) > 4
    # Four seconds, two before and one after them.
    assert with_window[0]["nowS"] == pytest.approx(7.5, abs=0.5)
    for look in with_window:
        assert look["window"]["endS"] == pytest.approx(look["nowS"] - 1)
        assert look["window"]["n"] == 100


@pytest.mark.slow
def test_lost_and_repeated_samples_are_taken_as_they_are(ask):
    workout = make_exercise_recordings(1, 1, ["squat"], random_state=3).data[0]
    samples = samples_of(workout)[: RATE_HZ * 30]
    repeated = [one for one in samples for _ in range(2)]
    once, twice = (ask(LOOK_AT_ALL, samples=one) for one in (samples, repeated))
    assert once["file"] == twice["file"]
    # Two seconds without any sample: no window is guessed there.
    cut = samples[: RATE_HZ * 15] + samples[RATE_HZ * 17 :]
    looks = ask(LOOK_AT_ALL, samples=cut)["looks"]
    assert not [one for one in looks if 17.5 < one["nowS"] < 22 and one["window"]]
    assert [one for one in looks if one["nowS"] > 23 and one["window"]]


def test_the_saved_file_is_what_was_measured(ask, tmp_path):
    workout = make_exercise_recordings(1, 1, ["squat"], random_state=3).data[0]
    samples = samples_of(workout)
    (tmp_path / "live.json").write_text(ask(SAVE_ALL, samples=samples))
    saved = read_recording(tmp_path / "live.json")
    assert saved.doubts == ()
    assert saved.annotations == ((0.0, 'UNDECIDED: a "sign".'),)
    assert set(saved.streams) == set(SENSORS)
    times = [(one["timeMs"] - samples[0]["timeMs"]) / 1000 for one in samples]
    for name in SENSORS:
        np.testing.assert_array_equal(
            saved.streams[name].values, [one["sensors"][name.lower()] for one in samples]
        )
        np.testing.assert_allclose(saved.streams[name].timestamps_s, times, atol=2e-6)


# The page


@pytest.fixture(scope="module")
def fitted():
    made = make_exercise_recordings(2, 2, continuous=False, random_state=0)
    return ExerciseClassifier("rf").fit(made.data, made.target)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, fitted):
    folder = tmp_path_factory.mktemp("served")
    export_web(fitted, folder / "page", onnxruntime_web=runtime_of_page())
    return folder


@pytest.fixture
def browser(tmp_path):
    (tmp_path / "browser").mkdir()
    browser = Browser(tmp_path / "browser", timeout_s=120)
    browser.set_width(390, 844)
    yield browser
    browser.close()


IS_READY = "document.documentElement?.dataset.ready"


def at(browser, element):
    return browser.evaluate(f"document.getElementById('{element}').innerText")


def click(browser, selector):
    browser.evaluate(f"document.querySelector({json.dumps(selector)}).click()")


@pytest.mark.slow
def test_a_phone_recognizes_what_its_owner_does(browser, folder, fitted, tmp_path):
    workout = make_exercise_recordings(1, 1, ["squat"], random_state=7).data[0]
    (bout,) = find_bouts(workout)
    phone = EmulatedPhone(browser, workout)
    browser.ask("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    with Served(folder) as served:
        browser.open(f"{served.url}page/")
        browser.wait(IS_READY)
        click(browser, "#live-start")
        phone.move(bout.end_s - 2)
        assert at(browser, "live-exercise") in fitted.classes_
        assert abs(int(at(browser, "live-count")) - len(bout.repetitions)) <= 2
        assert at(browser, "live-sets") == "1"
        assert "samples a second" in at(browser, "live-rate")
        click(browser, "#live-stop")
        browser.wait("document.getElementById('status').textContent.startsWith('Done')")
        assert browser.evaluate("document.getElementById('live-now').hidden")
        # The recording is there as one from a file, and can be saved as one.
        assert browser.evaluate("document.querySelectorAll('.recording svg .set').length")
        for button in ("#save", ".recording [aria-label^='Save Live']"):
            click(browser, button)
        end = time.monotonic() + 30
        while not (files := list(tmp_path.glob("Live*.json"))):
            assert time.monotonic() < end, "nothing is saved"
            browser.wait("true")
        assert browser.console == []
    table, saved = pd.read_csv(tmp_path / "sets.csv"), read_recording(files[0])
    assert saved.doubts == ()
    expected = recognize(fitted, [saved])
    for column in ("exercise", "repetitions", "within"):
        assert table[column].tolist() == expected[column].tolist()
    np.testing.assert_allclose(table["start_s"], expected["start_s"], atol=1e-3)
    np.testing.assert_allclose(table["found"], expected["found"], atol=1e-3)


@pytest.mark.slow
def test_what_is_not_probable_enough_is_unknown(browser, folder, fitted):
    workout = make_exercise_recordings(1, 1, ["squat"], random_state=7).data[0]
    phone = EmulatedPhone(browser, workout)
    with Served(folder) as served:
        browser.open(f"{served.url}page/")
        browser.wait(IS_READY)
        browser.evaluate("document.querySelector('[name=unknownBelow]').value = '1'")
        click(browser, "#live-start")
        phone.move(24)
        assert at(browser, "live-exercise") == "unknown"
        assert any(label in at(browser, "live-window") for label in fitted.classes_)


@pytest.mark.slow
def test_the_page_opens_without_its_server(browser, folder):
    with Served(folder) as served:
        browser.open(f"{served.url}page/")
        browser.wait(IS_READY)
        browser.wait("navigator.serviceWorker.ready.then(() => true)")
    browser.open(f"{served.url}page/?from=home")
    browser.wait(IS_READY)
    assert "Recognizes 3 exercises" in at(browser, "about")


def test_a_model_of_other_sensors_is_not_offered(browser, folder, tmp_path):
    description = json.loads((folder / "page" / "model.json").read_text("utf-8"))
    shutil.copytree(folder / "page", tmp_path / "page")
    description["settings"]["channels"] = ["Orientation_roll", "Magnetometer_x"]
    (tmp_path / "page" / "model.json").write_text(json.dumps(description))
    with Served(tmp_path) as served:
        browser.open(f"{served.url}page/")
        browser.wait(IS_READY)
        assert browser.evaluate("document.getElementById('live-start').disabled")
        assert "needs Orientation and Magnetometer" in at(browser, "live-trouble")


def test_a_laptop_is_told_that_it_has_no_sensors(browser, folder):
    with Served(folder) as served:
        browser.open(f"{served.url}page/")
        browser.wait(IS_READY)
        click(browser, "#live-start")
        browser.wait(
            "document.getElementById('live-trouble').innerText.includes('Laptops')"
        )
        click(browser, "#live-stop")
        assert browser.evaluate("document.querySelectorAll('.recording').length") == 0
