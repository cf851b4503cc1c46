"""The page /phone in a browser whose sensors are emulated, with the service behind it."""

import numpy as np
import pytest
from driven_browser import Browser
from emulated_phone import EmulatedPhone
from running_server import TOKEN, RunningServer

from sk_imu import Recording, SensorStream

pytestmark = pytest.mark.slow
G = 9.80665


def turned_and_shaken(seconds):
    """Return a phone that swings about y, and is shaken along y."""
    t = np.arange(round(seconds * 200)) / 200
    turn = 1.2 * np.sin(1.3 * t)
    none = np.zeros_like(t)
    gravity = np.stack([G * np.sin(turn), none, G * np.cos(turn)], axis=1)
    shaken = np.stack([none, 2 * np.sin(8 * t), none], axis=1)
    rates = np.stack([none, -1.2 * 1.3 * np.cos(1.3 * t), none], axis=1)
    values = {
        "TotalAcceleration": gravity + shaken,
        "Accelerometer": shaken,
        "Gyroscope": rates,
    }
    return Recording({name: SensorStream(t, one) for name, one in values.items()})


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


def test_motion_reaches_the_service_also_after_the_network_was_away(model, tmp_path):
    browser = Browser(tmp_path)
    phone = EmulatedPhone(browser, turned_and_shaken(30))
    with RunningServer(model, tmp_path / "live.db") as server:
        browser.open(f"{server.url}/phone?token={TOKEN}")
        assert TOKEN not in browser.evaluate("location.href")
        assert browser.console == []
        browser.evaluate("document.getElementById('start').click()")
        phone.move(4)
        assert at(browser, "state-text").startswith("Sending, ")
        set_online(browser, False)
        phone.move(3)
        assert at(browser, "state-text") == "No connection"
        assert int(at(browser, "waiting").split()[0]) > 5
        set_online(browser, True)
        browser.wait("document.getElementById('waiting').textContent === 'none'")
        browser.evaluate("document.getElementById('stop').click()")
        browser.wait("document.getElementById('state-text').textContent === 'Stopped'")
        n_sent = int(at(browser, "sent").split()[0])
        assert "agree with gravity" in at(browser, "checked")
        assert at(browser, "doubts") == ""
        (session,) = server.service.store.sessions()
        assert server.service.store.extent(session)[0] == n_sent
        recording = server.service.store.recording_of(session)
        # The clock of the page stands still while a phone sleeps.
        browser.evaluate("document.getElementById('start').click()")
        phone.move(1)
        browser.evaluate("const now = Date.now; Date.now = () => now() + 90000;")
        phone.move(1)
        after, before, _ = server.service.store.sessions()
        slept_ns = server.service.store.extent(after)[1]
        slept_ns -= server.service.store.extent(before)[1]
        assert 89e9 < slept_ns < 95e9
    browser.close()
    assert recording.doubts == ()
    quality = recording.quality.table
    assert (quality["rate_hz"].between(55, 65)).all()
    assert (quality["longest_gap_s"] < 0.3).all()
    # Chromium rounds both accelerations to 0.1 m/s².
    gravity = recording.streams["Gravity"].values
    np.testing.assert_allclose(np.linalg.norm(gravity, axis=1), G, atol=0.2)
    rates = recording.streams["Gyroscope"].values
    assert np.ptp(rates, axis=0) == pytest.approx([0, 2 * 1.2 * 1.3, 0], abs=0.2)
