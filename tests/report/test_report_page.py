"""The report's page: how it is built, and how a browser shows it."""

import html
import json
import os
import re
import shutil
import subprocess

import matplotlib as mpl
import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from made_results import CLASSES, NASTY, full_results, make_results
from parsed_page import Page

from sk_imu.report import latex_table, write_report
from sk_imu.report._page import page_of
from sk_imu.study import StudyResults

SECTIONS = ["headline", "scores", "leak", "failures", "figures", "data", "again", "folds"]


def page(results):
    return Page(page_of(results, []))


@pytest.fixture(scope="module")
def results():
    return full_results()


@pytest.mark.parametrize(
    "results",
    [
        full_results(),
        full_results(models=["cnn"], protocols=["unseen-people"], n_people=1),
        full_results(protocols=["unseen-people", "unseen-sets"], n_people=0),
        make_results(),  # with fewer settings, as from an earlier version
        full_results(NASTY, ["minirocket"]),
    ],
    ids=["all", "one of each", "no people", "few settings", "nasty"],
)
def test_structure(results):
    shown = page(results)
    assert shown.all("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in (
        shown.all("meta")
    )
    assert not shown.all("script")
    assert not [name for _, attrs in shown.elements for name in attrs if name[:2] == "on"]
    levels = [int(tag[1]) for tag, _ in shown.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert max(np.diff(levels)) <= 1
    ids = [attrs["id"] for _, attrs in shown.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert set(SECTIONS) <= set(ids)
    for link in shown.all("a"):
        assert link["href"].removeprefix("#") in ids
    for _, attrs in shown.elements:
        assert attrs.get("aria-labelledby", ids[0]) in ids
    assert len(shown.all("caption")) == len(shown.all("table"))
    assert {head["scope"] for head in shown.all("th")} <= {"col", "row", "rowgroup"}


def test_results_without_predictions():
    results = make_results()
    results.predictions = results.searches = pd.DataFrame()
    shown = page(results).text
    assert "There are no predictions." in shown
    assert "unknown: this protocol was not run" in shown


def test_labels_are_text_and_nothing_else():
    results = full_results(NASTY, ["rf"])
    results.predictions["subject"] = NASTY[0]
    results.settings["quality"] = [NASTY[0]]
    results.settings["data"] = NASTY[1]
    shown = page(results)
    for label in NASTY:
        assert label in shown.text.replace("\xa0", " ")
    assert not shown.all("b")
    assert not shown.all("script")


def test_nothing_is_loaded(written):
    text = written.read_text("utf-8")
    shown = Page(text)
    policy = next(m["content"] for m in shown.all("meta") if "http-equiv" in m)
    assert "default-src 'none'" in policy
    for _, attributes in shown.elements:
        for name in ("src", "href", "srcset", "data", "action", "poster", "background"):
            assert attributes.get(name, "#").startswith(("#", "data:"))
    assert not re.search(r"url\(|@import", text)
    assert len(shown.all("img")) == len(shown.all("figure")) == 9
    for image in shown.all("img"):
        assert len(image["alt"]) > 40
        assert image["src"].startswith(
            ("data:image/svg+xml;base64,", "data:image/png;base64,")
        )
    assert len(shown.all("figcaption")) == 9


def test_alike_from_what_was_saved(tmp_path):
    results = full_results(models=["rf", "cnn"], protocols=["unseen-people"])
    results.save(tmp_path)
    loaded = StudyResults.load(tmp_path)
    assert page_of(loaded, []) == page_of(results, [])
    assert latex_table(loaded) == latex_table(results)


def luminance(color):
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(
        channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
    )
    return linear @ [0.2126, 0.7152, 0.0722]


def test_contrast_is_enough_in_light_dark_and_print(results):
    schemes = re.findall(r":root \{(.*?)\}", page_of(results, []), flags=re.DOTALL)
    assert len(schemes) == 3
    for scheme in schemes:
        colors = dict(re.findall(r"--([\w-]+): (#\w{6})", scheme))
        pairs = [
            (text, page) for text in ("text", "soft", "link") for page in ("page", "band")
        ]
        pairs += [("warn-text", "warn-page"), ("main-text", "main-page")]
        for text, ground in pairs:
            low, high = sorted([luminance(colors[text]), luminance(colors[ground])])
            # WCAG 2.2, 1.4.3, level AA.
            assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)
        low, high = sorted([luminance(colors["warn-line"]), luminance(colors["page"])])
        assert (high + 0.05) / (low + 0.05) >= 3


# How a browser shows it

MEASURE = """
<script>
addEventListener("load", () => {
  const page = document.getElementById("page").contentDocument;
  for (const details of page.querySelectorAll("details")) details.open = true;
  const boxes = [...page.querySelectorAll(".scroll, .sheet")];
  const beyond = [...page.querySelectorAll("body *")].filter(element =>
    element.getBoundingClientRect().right > 390.5
    && !boxes.some(box => box !== element && box.contains(element)));
  const measured = {
    width: page.defaultView.innerWidth,
    scrollWidth: page.documentElement.scrollWidth,
    beyond: beyond.map(element => element.outerHTML.slice(0, 80)),
    images: [...page.images].map(image => image.complete && image.naturalWidth > 0),
    scrolling: boxes.filter(box => box.scrollWidth > box.clientWidth).length,
  };
  console.error("measured");
  document.getElementById("measured").textContent = JSON.stringify(measured);
});
</script>
"""


@pytest.fixture(scope="module")
def browse(tmp_path_factory):
    """Return a function that opens a page and returns its DOM, log and screenshot."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        if os.environ.get("SK_IMU_NEEDS_BROWSER"):
            pytest.fail("SK_IMU_NEEDS_BROWSER is set, but there is no chromium.")
        pytest.skip("no chromium here")

    def browse(path, width, height, *options):
        place = tmp_path_factory.mktemp("browser")
        picture = place / "picture.png"
        run = subprocess.run(
            [
                *(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
                *("--no-first-run", "--disable-background-networking", "--disable-sync"),
                *("--disable-component-update", "--disable-dev-shm-usage"),
                *("--hide-scrollbars", "--enable-logging=stderr", "--v=0"),
                # No name is found: what the page would load from elsewhere is missing.
                *("--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={place}"),
                *(f"--window-size={width},{height}", f"--screenshot={picture}"),
                *("--dump-dom", *options, path.as_uri()),
            ],
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        console = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
        return run.stdout, console, mpl.image.imread(picture)[..., :3]

    return browse


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    results = full_results([*CLASSES, NASTY[0], "a_name_without_any_space_" * 4])
    results.settings["data"] = "a/folder_with_a_very_long_name_" * 5
    return write_report(results, tmp_path_factory.mktemp("report"))[0]


@pytest.mark.slow
def test_wide_and_light(browse, written):
    dom, console, picture = browse(written, 1280, 3000)
    assert not console
    shown = Page(dom)
    ids = {attributes.get("id") for _, attributes in shown.elements}
    assert set(SECTIONS) <= ids
    assert len(shown.all("img")) == 9
    assert Page(written.read_text("utf-8")).text == shown.text
    assert not shown.all("script")
    is_white = (picture > 0.99).all(axis=2)
    assert 0.5 < is_white.mean() < 0.98
    # The headline's box and the warning's are colored, and text is dark.
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 100
    assert picture.min() < 0.2


@pytest.mark.slow
def test_narrow_and_dark(browse, written, tmp_path):
    # A window can't be that narrow, but a frame can. It keeps the page's own policy.
    wrapper = tmp_path / "wrapper.html"
    wrapper.write_text(
        '<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">'
        '<iframe id="page" style="border:0;width:390px;height:3000px" srcdoc="'
        f'{html.escape(written.read_text("utf-8"))}"></iframe>'
        f'<pre id="measured"></pre>{MEASURE}',
        encoding="utf-8",
    )
    dark = ("--force-dark-mode", "--blink-settings=preferredColorScheme=0")
    dom, console, picture = browse(wrapper, 500, 3000, *dark)
    # Only what was put there to be found, which shows that errors would be.
    assert [line for line in console if "measured" in line]
    assert len(console) == 1
    measured = json.loads(
        html.unescape(re.search('<pre id="measured">(.*?)</pre>', dom, re.DOTALL)[1])
    )
    assert measured["width"] == 390
    assert measured["scrollWidth"] == 390
    assert measured["beyond"] == []
    assert measured["images"] == [True] * 9
    assert measured["scrolling"] >= 3
    frame = picture[:, :390]
    ground = np.median(frame[:400].reshape(-1, 3), axis=0)
    assert luminance("#" + "".join(f"{round(255 * c):02x}" for c in ground)) < 0.05
    # Text is light.
    assert frame[:400].max() > 0.8
