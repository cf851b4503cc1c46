"""The page /phone in a browser whose sensors are emulated, with the service behind it."""

import numpy as np
import pytest
from driven_browser import Browser
from running_server import TOKEN, RunningServer

pytestmark = pytest.mark.slow
G = 9.80665


def move(browser, seconds, *, hz=60):
    """Turn and shake the emulated sensors for a while, in the time of the page."""
    for i in range(round(seconds * hz)):
        t = i / hz
        turn = 1.2 * np.sin(1.3 * t)
        gravity = np.array([G * np.sin(turn), 0.0, G * np.cos(turn)])
        shaken = np.array([0.0, 2 * np.sin(8 * t), 0.0])
        # The device turns about y; gravity turns against it.
        rates = [0.0, -1.2 * 1.3 * np.cos(1.3 * t), 0.0]
        for kind, xyz in (
            ("linear-acceleration", shaken),
            ("accelerometer", shaken + gravity),
            ("gyroscope", rates),
        ):
            reading = dict(zip("xyz", map(float, xyz), strict=True))
            browser.ask(
                "Emulation.setSensorOverrideReadings", type=kind, reading={"xyz": reading}
            )
        browser._listen(1 / hz)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("browser"))
    for kind in ("accelerometer", "linear-acceleration", "gyroscope"):
        browser.ask("Emulation.setSensorOverrideEnabled", enabled=True, type=kind)
    yield browser
    browser.close()


def at(browser, element):
    return browser.evaluate(f"document.getElementById('{element}').textContent")


def set_online(browser, online):
    browser.ask(
        "Network.emulateNetworkConditions",
        offline=not online,
        latency=0,
        downloadThroughput=-1,
        uploadThroughput=-1,
    )


def test_motion_reaches_the_service_also_after_the_network_was_away(
    browser, model, tmp_path
):
    with RunningServer(model, tmp_path / "live.db") as server:
        browser.open(f"{server.url}/phone?token={TOKEN}")
        assert TOKEN not in browser.evaluate("location.href")
        assert browser.console == []
        browser.evaluate("document.getElementById('start').click()")
        move(browser, 4)
        assert (
            browser.evaluate("document.getElementById('state').dataset.state") == "sending"
        )
        set_online(browser, False)
        move(browser, 3)
        assert at(browser, "state-text") == "No connection"
        assert int(at(browser, "waiting").split()[0]) > 5
        set_online(browser, True)
        browser.wait("document.getElementById('waiting').textContent === 'none'")
        browser.evaluate("document.getElementById('stop').click()")
        browser.wait("document.getElementById('state-text').textContent === 'Stopped'")
        doubts = browser.evaluate(
            "[...document.querySelectorAll('#doubts li')].map((one) => one.textContent)"
        )
        n_sent = int(at(browser, "sent").split()[0])
        (session,) = server.service.store.sessions()
        assert server.service.store.extent(session)[0] == n_sent
        recording = server.service.store.recording_of(session)
    # A computer has no orientation; its axes were checked while it was turned.
    assert [doubt.split(".")[0] for doubt in doubts] == [
        "UNDECIDED: neither the browser nor an orientation shows the acceleration's sign"
    ]
    quality = recording.quality.table
    assert (quality["rate_hz"].between(55, 65)).all()
    assert (quality["longest_gap_s"] < 0.25).all()
    gravity = recording.streams["Gravity"].values
    # Chromium rounds both accelerations to 0.1 m/s².
    np.testing.assert_allclose(np.linalg.norm(gravity, axis=1), G, atol=0.2)
    rates = recording.streams["Gyroscope"].values
    assert np.ptp(rates, axis=0) == pytest.approx([0, 2 * 1.2 * 1.3, 0], abs=0.2)
