"""The page of the live service, in a browser, while a workout is pushed."""

import os
from pathlib import Path

import pytest
from driven_browser import Browser
from running_server import TOKEN, RunningServer, messages_from

pytestmark = pytest.mark.slow

#: Where pictures of the page are written, for the documentation.
PICTURES = os.environ.get("SK_IMU_PICTURES")


def text(browser, element):
    return browser.evaluate(f"document.getElementById('{element}').innerText")


def picture(browser, name, width, height, *, dark=False):
    if PICTURES:
        browser.set_width(width, height, dark=dark)
        browser.evaluate("new Promise((done) => setTimeout(done, 500))")
        browser.picture(Path(PICTURES, name))
        browser.set_width(1000, 800)


def test_the_page_shows_what_is_done(model, workouts, tmp_path):
    recording = workouts.data[0]
    messages = messages_from(recording.between(10, 60))
    browser = Browser(tmp_path)
    options = {"step_seconds": 1, "side": recording.side}
    with RunningServer(model, tmp_path / "live.db", **options) as server:
        browser.set_width(1000, 800)
        browser.open(f"{server.url}/?token={TOKEN}")
        browser.wait("!document.getElementById('start').hidden")
        assert TOKEN not in browser.evaluate("location.href")
        assert "TotalAcceleration, Gyroscope" in text(browser, "start")
        for message in messages[:11]:  # the set has begun, but nothing is certain
            server.push(message)
        browser.wait("document.getElementById('answer').innerText.endsWith('no set yet')")
        assert text(browser, "set") == "–"
        for message in messages[11:18]:
            server.push(message)
        browser.wait("Number(document.getElementById('repetitions').textContent) >= 5")
        assert text(browser, "label") == "jumping jack"
        assert text(browser, "set") == "1"
        assert text(browser, "connection") == "live"
        assert float(text(browser, "answer").split()[-1]) > 0.5
        picture(browser, "live_wide.png", 1000, 800)
        picture(browser, "live_narrow.png", 390, 844, dark=True)
        drawn = (
            "new Set(document.getElementById('signal').getContext('2d')"
            ".getImageData(0, 0, 400, 150).data).size > 20"
        )
        browser.wait(drawn)
        # On a phone nothing is wider than the screen, and figures are large.
        browser.set_width(390, 844)
        assert browser.evaluate("document.documentElement.scrollWidth") == 390
        size = "parseFloat(getComputedStyle(document.getElementById('{}')).fontSize)"
        assert browser.evaluate(size.format("repetitions")) > 150
        assert browser.evaluate(size.format("label")) > 55
        browser.set_width(1000, 800)
        for message in messages[18:]:  # rest, and into the second set
            server.push(message)
        server.wait()
        browser.wait("document.querySelectorAll('#sets tr').length === 2")
        assert text(browser, "set") == "2"
        assert "jumping jack" in text(browser, "sets")
        (first,) = server.get("/api/sessions/1")["sets"]
        counted = f"{first['repetitions']} ±1" if first["within"] else first["repetitions"]
        assert f"\t{counted}\t" in text(browser, "sets").splitlines()[-1]
        browser.evaluate("document.getElementById('large').click()")
        assert browser.evaluate("document.getElementById('history').offsetHeight") == 0
        browser.evaluate(
            "document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))"
        )
        assert browser.evaluate("document.getElementById('history').offsetHeight") > 0
        assert browser.console == []
        assert {url.partition("?")[0] for url in browser.requests} >= {
            f"{server.url}/api/events"
        }
        assert all(url.startswith(server.url) for url in browser.requests)
        browser.evaluate("window.confirm = () => true")
        browser.evaluate("document.getElementById('remove').click()")
        browser.wait("!document.getElementById('start').hidden")
        assert server.get("/api/sessions") == []
    browser.wait(
        "document.getElementById('connection').textContent.startsWith('no connection')"
    )
    browser.close()
