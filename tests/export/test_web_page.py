"""The exported page, in a browser: it answers as the package does, and can be used."""

import re
import time
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from driven_browser import Browser, Served
from made_sets import make_sets
from web_runtime import runtime_of_page

from sk_imu import CNNGRUClassifier, ExerciseClassifier, read_recording, segment_sets
from sk_imu.datasets import make_exercise_recordings
from sk_imu.export import export_web
from sk_imu.readers import write_sensor_logger
from sk_imu.recognition import recognize

pytestmark = pytest.mark.filterwarnings("ignore::sk_imu.DataQualityWarning")

SHARED = Path(__file__).parents[3] / "shared" / "data" / "sensor_logger"
IS_DONE = "document.getElementById('status').textContent.startsWith('Done')"


@pytest.fixture(scope="module")
def onnxruntime_web():
    return runtime_of_page()


@pytest.fixture(scope="module")
def models():
    """Return a net and an SVM, fitted on a few sets from both sides of the body."""
    made = make_exercise_recordings(2, 2, continuous=False, random_state=0)
    net = ExerciseClassifier(CNNGRUClassifier(max_epochs=1, random_state=0))
    return {
        name: model.fit(made.data, made.target)
        for name, model in {"net": net, "svm": ExerciseClassifier("svm")}.items()
    }


@pytest.fixture(scope="module")
def served_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def recordings(served_folder):
    """Return files of whole recordings, as the app writes them."""
    folder = served_folder / "recordings"
    made = make_exercise_recordings(1, 2, ["lunge", "squat"], random_state=7)
    for recording in made.data:
        write_sensor_logger(recording, folder / f"{recording.label}.zip")
    return folder


@pytest.fixture(scope="module")
def pages(served_folder, models, onnxruntime_web):
    """Return the addresses of the exported pages, by model."""
    for name, model in models.items():
        export_web(model, served_folder / name, onnxruntime_web=onnxruntime_web)
    with Served(served_folder) as served:
        yield {name: f"{served.url}{name}/" for name in models}


@pytest.fixture(scope="module")
def browser(tmp_path_factory, onnxruntime_web):
    browser = Browser(tmp_path_factory.mktemp("browser"), timeout_s=120)
    browser.downloads = tmp_path_factory.mktemp("downloads")
    browser.ask(
        "Browser.setDownloadBehavior",
        behavior="allow",
        downloadPath=str(browser.downloads),
    )
    yield browser
    browser.close()


@pytest.fixture
def page(browser, pages):
    """Return a function that opens a model's page and gives it recordings."""

    def open_page(model, *paths):
        browser.set_width(1280, 900)
        browser.open(pages[model])
        browser.wait("document.documentElement?.dataset.ready")
        if paths:
            give(browser, *paths)
        return browser

    yield open_page
    assert browser.console == []


def give(browser, *paths):
    """Give the page recordings, files or one that is a folder, and await the answers."""
    count = "document.querySelectorAll('.recording').length"
    n_before = browser.evaluate(count)
    browser.give_files("#folder" if paths[0].is_dir() else "#files", list(paths))
    # The files of a folder arrive later.
    browser.wait(f"{count} === {n_before + len(paths)} && {IS_DONE}")


def choose(browser, name, value):
    browser.evaluate(
        f"{{ const field = document.querySelector('[name={name}]');"
        f"field.value = '{value}';"
        "field.dispatchEvent(new Event('change', { bubbles: true })); }"
    )
    browser.wait(IS_DONE)


def saved(browser):
    """Return the table that the page saves."""
    file = browser.downloads / "sets.csv"
    file.unlink(missing_ok=True)
    browser.evaluate("document.getElementById('save').click()")
    end = time.monotonic() + 30
    while not (file.exists() and file.stat().st_size):
        assert time.monotonic() < end, "nothing is saved"
        browser.wait("true")
    return pd.read_csv(file)


def compare(found, expected):
    """Check the page's table against the package's."""
    assert list(found.columns) == list(expected.columns)
    assert found["source"].tolist() == [Path(name).name for name in expected["source"]]
    for column in ("set", "exercise", "repetitions", "within"):
        assert found[column].tolist() == expected[column].tolist(), column
    for column, least in {"start_s": 1e-9, "end_s": 1e-9, "found": 1e-9}.items():
        np.testing.assert_allclose(found[column], expected[column], rtol=0, atol=least)
    np.testing.assert_allclose(
        found["probability"], expected["probability"], rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("model", ["net", pytest.param("svm", marks=pytest.mark.slow)])
def test_several_recordings_are_recognized_as_by_the_package(
    page, models, recordings, model
):
    paths = sorted(recordings.iterdir())
    found = saved(page(model, *paths))
    compare(found, recognize(models[model], [read_recording(path) for path in paths]))
    assert len(found) == 4


def test_windows_have_the_models_probabilities(page, models, recordings):
    path = recordings / "squat.zip"
    browser = page("net")
    found = browser.evaluate(
        """(async () => {
          const { readRecording, recognize, DEFAULTS } = await import("./analysis.js");
          const { loadModel } = await import("./model.js");
          const model = await loadModel(new URL("./", location.href));
          const blob = await (await fetch("../recordings/squat.zip")).blob();
          const recording = await readRecording("squat.zip", [["squat.zip", blob]]);
          const { sets } = await recognize(recording, model, DEFAULTS);
          return sets.map((set) => set.windows);
        })()"""
    )
    pieces = segment_sets(read_recording(path))
    pipeline = models["net"].pipeline_
    voter = pipeline.named_steps["classify"]
    assert len(found) == len(pieces) == 2
    for windows, piece in zip(found, pieces, strict=True):
        panels, _ = voter._windows(pipeline[:-1].transform([piece]))
        expected = voter.estimator_.predict_proba(panels)
        scores = np.array([window["scores"] for window in windows])
        np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)
        labels = voter.classes_[expected.argmax(axis=1)].tolist()
        assert [window["exercise"] for window in windows] == labels
        starts = [window["startS"] - windows[0]["startS"] for window in windows]
        step_s = voter._n_step / pipeline.named_steps["resample"].sampling_rate_hz
        np.testing.assert_allclose(np.diff(starts)[:-1], step_s, atol=1e-9)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("ios_1.11_squats_109s", marks=pytest.mark.slow),
        pytest.param("ios_1.10_unlabelled_151s.zip", marks=pytest.mark.slow),
        "android_1.47_jump_01.zip",
    ],
)
def test_real_recordings_are_recognized_as_by_the_package(page, pages, models, name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is missing")
    model = "net"
    try:
        expected = recognize(models[model], [read_recording(path)])
    except ValueError:
        browser = page(model, path)
        assert browser.evaluate("document.querySelector('.fail').textContent")
        return
    browser = page(model)
    give(browser, path)
    compare(saved(browser), expected)


def test_the_side_and_the_cut_are_asked(page, models, recordings):
    path = recordings / "lunge.zip"
    browser = page("net", path)
    doubt = "The side of the body is not chosen"
    assert doubt in browser.evaluate("document.body.innerText")
    choose(browser, "side", "left")
    assert doubt not in browser.evaluate("document.body.innerText")
    compare(saved(browser), recognize(models["net"], [read_recording(path, side="left")]))
    choose(browser, "segment", "false")
    whole = recognize(models["net"], [read_recording(path, side="left")], segment=False)
    compare(saved(browser), whole)
    choose(browser, "unknownBelow", "1")
    assert saved(browser)["exercise"].tolist() == ["unknown"]


def test_recordings_can_be_dropped_and_removed(page, recordings):
    browser = page("net")
    browser.evaluate(
        """(async () => {
          const blob = await (await fetch("../recordings/squat.zip")).blob();
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([blob], "squat.zip"));
          dataTransfer.items.add(new File(["hello"], "photo.png"));
          const drop = document.getElementById("drop");
          drop.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
        })()"""
    )
    browser.wait(IS_DONE)
    names = "[...document.querySelectorAll('.recording h2')].map((one) => one.textContent)"
    assert browser.evaluate(names) == ["squat.zip"]
    browser.evaluate("document.querySelector('.recording button').click()")
    assert browser.evaluate(names) == []


@pytest.mark.slow
def test_the_last_choice_counts(page, recordings):
    browser = page("net", recordings / "squat.zip")
    browser.evaluate(
        "for (const value of ['false', 'true', 'false', 'true', 'false']) {"
        "const field = document.querySelector('[name=segment]'); field.value = value;"
        "field.dispatchEvent(new Event('change', { bubbles: true })); }"
    )
    browser.wait(IS_DONE)
    assert len(saved(browser)) == 1


def csv_of(recording, sensor, change=lambda lines: lines):
    """Return a sensor's file as the app writes it."""
    stream = recording.streams[sensor]
    start = 1_701_362_862_701_310_123
    lines = ["time,seconds_elapsed,x,y,z"]
    for at, row in zip(stream.timestamps_s, stream.values.tolist(), strict=True):
        lines.append(",".join([str(start + round(at * 1e9)), f"{at:.9f}", *map(repr, row)]))
    return "\n".join(change(lines)) + "\n"


def test_what_is_wrong_is_said_with_its_place(page, recordings, tmp_path):
    squats = read_recording(recordings / "squat.zip")
    cases = {
        "no_gyroscope": (("TotalAcceleration", None),),
        "text": (("Gyroscope", lambda rows: [*rows[:40], rows[40] + "x", *rows[41:]]),),
        "gap": (
            ("Gyroscope", None),
            ("TotalAcceleration", lambda rows: [*rows[:1500], *rows[1800:]]),
        ),
        "clock": (
            (
                "Gyroscope",
                lambda rows: [*rows[:2000], rows[2001], rows[2000], *rows[2002:]],
            ),
            ("TotalAcceleration", None),
        ),
    }
    browser = page("net")
    for name, sensors in cases.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "Metadata.csv").write_text("platform,appVersion\nandroid,1.47\n")
        for sensor, change in sensors:
            text = csv_of(squats, sensor, change or (lambda rows: rows))
            (folder / f"{sensor}.csv").write_text(text)
        give(browser, folder)
    shown = browser.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.recording')].map((one) =>"
        "[one.querySelector('h2').textContent, one.innerText]))"
    )
    assert "the model needs Gyroscope_x" in shown["no_gyroscope"]
    assert "text, Gyroscope.csv, line 41, column 'z'" in shown["text"]
    assert "clock, Gyroscope.csv, line 2002" in shown["clock"]
    assert "runs backwards" in shown["clock"]
    assert "gap of" in shown["gap"]
    choose(browser, "clock", "mend")
    text = browser.evaluate(
        "[...document.querySelectorAll('.recording')].find((one) =>"
        "one.querySelector('h2').textContent === 'clock').innerText"
    )
    assert "runs backwards" not in text


def test_a_file_that_is_gone_is_named(page, tmp_path):
    browser = page("net")
    give(browser, tmp_path / "gone.zip")
    text = browser.evaluate("document.querySelector('.fail').textContent")
    assert text == "gone.zip: gone.zip cannot be read any more. Choose it again."


# How the page is made


def test_nothing_is_loaded_from_elsewhere(page, pages, recordings):
    browser = page("net", recordings / "squat.zip")
    assert browser.requests
    assert all(url.startswith((pages["net"], "data:", "blob:")) for url in browser.requests)


def test_the_page_fits_the_screen(page, recordings):
    browser = page("net", recordings / "squat.zip")
    browser.evaluate(
        "for (const one of document.querySelectorAll('details')) one.open = true;undefined"
    )
    for width in (1280, 360):
        browser.set_width(width, 900)
        check_width(browser, width)


def check_width(browser, width):
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    beyond = browser.evaluate(
        "[...document.querySelectorAll('body *')].filter((one) =>"
        "one.getBoundingClientRect().right > innerWidth + 0.5 && !one.closest('.scroll'))"
        ".map((one) => one.outerHTML.slice(0, 80))"
    )
    assert beyond == []
    # Fingers need room.
    small = browser.evaluate(
        "[...document.querySelectorAll('button, .button, select, summary')].filter((one) =>"
        "one.offsetParent && one.getBoundingClientRect().height < 24)"
        ".map((one) => one.outerHTML.slice(0, 80))"
    )
    assert small == []


def test_the_keyboard_is_enough(page, recordings):
    browser = page("net", recordings / "squat.zip")
    unnamed = browser.evaluate(
        "[...document.querySelectorAll('button, select, input, svg[role=img]')]"
        ".filter((one) => !(one.getAttribute('aria-label') || one.textContent.trim()"
        "|| one.labels?.[0]?.textContent.trim())).map((one) => one.outerHTML)"
    )
    assert unnamed == []
    browser.evaluate("document.querySelector('td button').focus()")
    for kind in ("keyDown", "keyUp"):
        browser.ask(
            "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r"
        )
    assert "Show the whole recording" in browser.evaluate("document.body.innerText")
    assert browser.evaluate("document.querySelectorAll('svg .set').length") == 1


def luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colors_can_be_told_apart(scheme):
    # WCAG 2.2: 1.4.3 for text, 1.4.11 for what stands for something.
    page = Path(__file__).parents[2] / "sk_imu" / "export" / "_web" / "page"
    style = (page / "style.css").read_text("utf-8")
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#\w{6})", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    )
    colors = light if scheme == "light" else {**light, **dark}
    grounds = {"page": ["text", "soft", "link", "main"], "band": ["text", "soft"]}
    grounds |= {"warn-page": ["warn-text"], "fail-page": ["fail-text"], "main": ["on-main"]}
    for ground, texts in grounds.items():
        for text in texts:
            assert contrast(colors[text], colors[ground]) >= 4.5, (text, ground)
    for line in ("edge", "warn-line", "fail-line", "x", "y", "z"):
        assert contrast(colors[line], colors["page"]) >= 3, line
    for fill in re.findall(r"svg \.c\d \{ fill: (#\w{6})", style):
        assert contrast("#14161a", fill) >= 4.5, fill


@lru_cache
def fitted_on_few(model):
    sets = make_sets(2, 2)
    clf = ExerciseClassifier(model, random_state=0, n_copies=0)
    return clf.fit(sets, [one.label for one in sets]), sets


@pytest.mark.slow
@pytest.mark.parametrize("model", ["rf", "svm", "minirocket", "cnn", "gru", "cnn-gru"])
@pytest.mark.parametrize(
    ("weights", "least"), [("float32", 1e-5), ("float16", 1e-3), ("int8", 1e-2)]
)
def test_every_model_runs_in_a_browser(
    browser, onnxruntime_web, tmp_path, model, weights, least
):
    clf, sets = fitted_on_few(model)
    export_web(clf, tmp_path / "page", weights=weights, onnxruntime_web=onnxruntime_web)
    resampled = clf.pipeline_[:2].transform(sets)
    with Served(tmp_path) as served:
        browser.open(f"{served.url}page/")
        browser.wait("document.documentElement.dataset.ready")
        found = browser.evaluate(
            f"""(async () => {{
              const {{ loadModel }} = await import("./model.js");
              const model = await loadModel(new URL("./", location.href));
              const scores = [];
              for (const set of {[np.asarray(one).tolist() for one in resampled]}) {{
                const channels = set.map((channel) => Float64Array.from(channel));
                scores.push((await model.recognize(channels)).scores);
              }}
              return scores;
            }})()"""
        )
    method = "predict_proba" if hasattr(clf, "predict_proba") else "decision_function"
    expected = np.asarray(getattr(clf, method)(sets))
    if expected.ndim == 1:
        expected = np.stack([-expected, expected], axis=1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=least)
    assert browser.console == []
