"""Motion events of a browser become the package's convention, and doubts are said.

A browser runs the modules of the page /phone, without a server and without sensors: the
events are made here, as each platform would send them.
"""

import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from driven_browser import Browser, Served
from scipy.spatial.transform import Rotation

import sk_imu

PACKAGE = Path(sk_imu.__file__).parent
G = 9.80665
RATE_HZ = 60

PRELUDE = """
const { MotionReader, platformOf, upOf } = await import("/reader.js");
const { Sender } = await import("/sending.js");
const xyz = (v) => v && { x: v[0], y: v[1], z: v[2] };
const read = ({ platform, events }) => {
  const reader = new MotionReader(platform);
  const samples = [];
  for (const one of events) {
    if (one.angles) reader.takeOrientation(one.angles, one.timeMs);
    const [alpha, beta, gamma] = one.rates ?? [null, null, null];
    samples.push(...reader.takeMotion({
      accelerationIncludingGravity: xyz(one.total), acceleration: xyz(one.moving),
      rotationRate: { alpha, beta, gamma },
    }, one.timeMs));
  }
  return { samples, doubts: reader.doubts, convention: reader.convention };
};
"""


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Return a function that runs code beside the page's modules, with some data."""
    folder = tmp_path_factory.mktemp("page")
    for pages in ("_motion", "server/_phone/page"):
        shutil.copytree(PACKAGE / pages, folder, dirs_exist_ok=True)
    (folder / "blank.html").write_text("<!DOCTYPE html><title>blank</title>")
    browser = Browser(tmp_path_factory.mktemp("browser"))
    with Served(folder) as served:
        browser.open(f"{served.url}blank.html")

        def ask(code, **data):
            function = f"async ({{{', '.join(data)}}}) => {{{PRELUDE}{code}}}"
            return browser.evaluate(f"({function})({json.dumps(data)})")

        yield ask
    browser.close()


def turned(seconds=8.0, *, still=False):
    """Return what a phone truly feels while it is turned about all its axes, and shaken.

    That is times, acceleration, gravity in m/s² and rates in rad/s, all in its own axes
    and in the package's convention, and its attitude.
    """
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    rates = np.stack(
        [1.5 * np.sin(f * times + p) for f, p in ((1.1, 0), (1.7, 1), (0.8, 2))]
    )
    rates = np.zeros_like(rates).T if still else rates.T
    attitude = [Rotation.from_euler("ZXY", [20, 40, 10], degrees=True)]
    for before, after in itertools.pairwise(rates):
        # The device turns about its own axes by the mean of both rates.
        step = Rotation.from_rotvec((before + after) / 2 / RATE_HZ)
        attitude.append(attitude[-1] * step)
    attitude = Rotation.concatenate(attitude)
    gravity = attitude.inv().apply([0, 0, G])
    shaken = np.stack([3 * np.sin(9 * times), 2 * np.cos(7 * times), 0 * times], axis=1)
    return times, shaken, gravity, rates, attitude


def events_of(true, *, sign=1, order=(0, 1, 2), factor=180 / np.pi, angles=True):
    """Return the events that a browser makes of it.

    ``order`` has the axes that alpha, beta and gamma stand for.
    """
    times, shaken, gravity, rates, attitude = true
    events = []
    for i, time_s in enumerate(times):
        _, beta, gamma = attitude[i].as_euler("ZXY", degrees=True)
        events.append(
            {
                "timeMs": 1.7e12 + 1000 * time_s,
                "total": (sign * (shaken[i] + gravity[i])).tolist(),
                "moving": (sign * shaken[i]).tolist(),
                "rates": (factor * rates[i])[list(order)].tolist(),
                "angles": {"beta": beta, "gamma": gamma} if angles else None,
            }
        )
    return events


BROWSERS = {
    "Chromium, Firefox": ("android", {}),
    "Safari": ("ios", {"sign": -1}),
    "the standard as it was": ("", {"order": (2, 0, 1)}),
    "radians": ("android", {"factor": 1.0}),
}


@pytest.mark.parametrize("name", BROWSERS)
def test_every_browser_gives_the_same_samples(ask, name):
    platform, wrong = BROWSERS[name]
    true = turned()
    found = ask(
        "return read(given);",
        given={"platform": platform, "events": events_of(true, **wrong)},
    )
    _, shaken, gravity, rates, _ = true
    samples = found["samples"]
    assert len(samples) == len(shaken)
    # Samples before a change of convention belong to another session.
    last = [s["session"] == samples[-1]["session"] for s in samples]
    assert sum(last) > len(last) / 2
    expected = {
        "accelerometer": shaken,
        "gravity": gravity,
        "totalacceleration": shaken + gravity,
        "gyroscope": rates,
    }
    for sensor, values in expected.items():
        got = np.array([s["sensors"][sensor] for s in samples])
        np.testing.assert_allclose(got[last], values[last], atol=1e-9, err_msg=sensor)
    usual = name in ("Chromium, Firefox", "Safari")
    assert [d.split(":")[0] for d in found["doubts"]] == (
        [] if usual else ["CONTRADICTION"]
    )
    assert all(last) == usual


def test_the_orientation_decides_against_the_name_of_the_browser(ask):
    true = turned(3.0)
    events = events_of(true, sign=-1)
    found = ask("return read(given);", given={"platform": "android", "events": events})
    got = np.array([s["sensors"]["gravity"] for s in found["samples"]])
    np.testing.assert_allclose(got, true[2], atol=1e-9)
    assert found["doubts"][0].startswith("CONTRADICTION: the acceleration does not have")


@pytest.mark.parametrize(
    ("platform", "sign", "doubt"),
    [
        ("ios", -1, "UNDECIDED: no orientation shows the acceleration's sign. That of iOS"),
        (
            "android",
            1,
            "UNDECIDED: no orientation shows the acceleration's sign. That of And",
        ),
        ("", 1, "UNDECIDED: neither the browser nor an orientation"),
    ],
)
def test_a_sign_that_nothing_shows_is_a_doubt(ask, platform, sign, doubt):
    true = turned(3.0, still=True)
    events = events_of(true, sign=sign, angles=False)
    found = ask("return read(given);", given={"platform": platform, "events": events})
    got = np.array([s["sensors"]["gravity"] for s in found["samples"]])
    np.testing.assert_allclose(got, true[2], atol=1e-9)
    assert found["doubts"][0].startswith(doubt)
    # It was not turned either.
    assert found["doubts"][1].startswith("UNDECIDED: the axes of the rotation rate")


def test_wrong_units_missing_sensors_and_opposite_parts_are_doubts(ask):
    true = turned(3.0)
    in_g = [
        {**e, "total": [v / G for v in e["total"]], "moving": [v / G for v in e["moving"]]}
        for e in events_of(true)
    ]
    opposite = [
        {**e, "total": [t - 2 * m for t, m in zip(e["total"], e["moving"], strict=True)]}
        for e in events_of(true)
    ]
    alone = [{**e, "rates": None, "moving": None} for e in events_of(true)]
    nothing = [{"timeMs": 0, "total": None, "moving": None, "rates": None}]
    given = [{"platform": "android", "events": e} for e in (in_g, opposite, alone, nothing)]
    found = ask("return given.map(read);", given=given)
    assert found[0]["doubts"][0] == (
        "IMPLAUSIBLE: gravity has 1.00 m/s² and not 9.81: wrong unit or sensor."
    )
    assert any(
        d.startswith("CONTRADICTION: acceleration without") for d in found[1]["doubts"]
    )
    assert found[2]["doubts"] == [
        "IMPLAUSIBLE: this device or browser gives no rotation rate."
    ]
    assert set(found[2]["samples"][0]["sensors"]) == {"totalacceleration"}
    assert found[3] == {**found[3], "samples": [], "doubts": []}


def test_platforms_by_what_browsers_call_themselves(ask):
    names = [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)", "iPhone", 5),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari", "MacIntel", 5),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari", "MacIntel", 0),
        ("Mozilla/5.0 (Linux; Android 10; K) Chrome/143", "Linux armv81", 5),
    ]
    given = [{"userAgent": a, "platform": p, "maxTouchPoints": n} for a, p, n in names]
    assert ask("return given.map(platformOf);", given=given) == [
        "ios",
        "ios",
        "",
        "android",
    ]


SERVER = """
const answers = [...script];
const taken = [];
const post = async (text) => {
  const answer = answers.length ? answers.shift() : 200;
  if (answer === "down") throw new TypeError("Failed to fetch");
  if (answer === 200) taken.push(JSON.parse(text));
  return new Response("no", { status: answer, headers: { "Retry-After": "0" } });
};
const sender = new Sender({
  post, deviceId: "phone-1", about: () => ({ motion: { page: "phone" } }), mostWaiting: 5,
});
const add = (timeMs, session = 0) => {
  sender.add({ timeMs, session, sensors: { gyroscope: [1, 2, 3] } });
  sender.close();
};
const finish = async () => { while (sender.waiting.length) await sender.retry(); };
"""


def test_messages_wait_while_the_server_is_away_and_are_never_doubled(ask):
    found = ask(
        SERVER
        + """
        for (const i of [0, 1, 2]) add(1.7e12 + i);
        const states = [];
        while (sender.waiting.length) { await sender.retry(); states.push(sender.state); }
        return { taken, states, nSent: sender.nSent };
        """,
        script=["down", 429, 503, 200, 500],
    )
    assert found["states"] == ["offline", "busy", "busy", "busy", "sending"]
    assert [m["messageId"] for m in found["taken"]] == [0, 1, 2]
    assert len({m["sessionId"] for m in found["taken"]}) == 1
    assert found["nSent"] == 3
    first = found["taken"][0]
    assert first["deviceId"] == "phone-1"
    assert first["motion"] == {"page": "phone"}
    assert first["payload"] == [
        {
            "name": "gyroscope",
            "time": 1_700_000_000_000_000_000,
            "values": {"x": 1, "y": 2, "z": 3},
        }
    ]


def test_a_full_queue_drops_the_oldest_and_counts_it(ask):
    found = ask(
        SERVER
        + """
        add(0);
        const sending = sender.send();  // the first one is on its way
        for (let i = 1; i < 8; i++) add(i);
        await sending;
        await finish();
        return { ids: taken.map((m) => m.messageId), nDropped: sender.nDropped };
        """,
        script=["down"],
    )
    assert found == {"ids": [0, 4, 5, 6, 7], "nDropped": 3}


def test_a_message_that_is_refused_does_not_block_the_next(ask):
    found = ask(
        SERVER
        + """
        add(0); add(1);
        await finish();
        const ids = taken.map((m) => m.messageId);
        return { ids, n: sender.nRefused, why: sender.problem };
        """,
        script=[422],
    )
    assert found == {"ids": [1], "n": 1, "why": "the server answers 422: no"}


def test_another_convention_is_another_session(ask):
    found = ask(
        SERVER + "add(0); add(1); add(2, 1); await finish(); return taken;", script=[]
    )
    assert [m["messageId"] for m in found] == [0, 1, 0]
    assert found[0]["sessionId"] == found[1]["sessionId"] != found[2]["sessionId"]
