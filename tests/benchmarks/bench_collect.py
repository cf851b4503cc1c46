"""Follow the tutorial on collecting with an emulated phone, in real time.

Run ``python tests/benchmarks/bench_collect.py``. ``sk-imu collect`` begins in an empty
folder. A headless Chromium with the page ``/phone`` is the phone, whose sensors play
simulated people; another one has the page ``/collect``, where their sets are recorded and a
model is trained. Then a person whom the model does not know does squats in front of the
page ``/``. It takes seven minutes. ``--pictures FOLDER`` writes the pictures of the
documentation.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sk_imu import Recording, SensorStream
from sk_imu.datasets import make_exercise_recordings

sys.path.insert(0, str(Path(__file__).parents[1]))

from driven_browser import Browser
from emulated_phone import EmulatedPhone

EXERCISES = ("lunge", "squat", "rest")
N_SETS = 2
SET_S = 12


def rest() -> Recording:
    """Return a phone that hangs at the wrist of somebody who stands and fidgets."""
    t = np.arange(6000) / 50
    rng = np.random.default_rng(0)

    def slow(size: float) -> Any:
        steps = rng.normal(size=(len(t), 3)).cumsum(axis=0)
        trend = np.linspace(0, 1, len(t))[:, None] * steps[-1]
        walk = steps - trend
        return size * walk / walk.std()

    moving, rates = 0.4 * rng.normal(size=(len(t), 3)), slow(0.05)
    gravity = np.array([2.0, -9.4, 1.5]) + slow(0.3)
    values = {
        "TotalAcceleration": gravity + moving,
        "Accelerometer": moving,
        "Gyroscope": rates,
    }
    return Recording({name: SensorStream(t, one) for name, one in values.items()})


def picture(browser: Browser, path: Path) -> None:
    """Write a screenshot in 64 colors, which is a third of the size."""
    browser.picture(path)
    with Image.open(path) as drawn:
        drawn.convert("RGB").quantize(64).save(path, optimize=True)


class CollectPage:
    """The page ``/collect``, used as a person uses it."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        browser.set_width(1100, 800)
        browser.open(address)
        browser.wait("document.querySelector('#phones input') !== null")

    def fill(self, **values: str) -> None:
        for name, value in values.items():
            self.browser.evaluate(f"document.forms[0].elements.{name}.value = '{value}'")

    def click(self, name: str) -> None:
        self.browser.evaluate(f"document.getElementById('{name}').click()")

    def wait(self, name: str, expression: str) -> None:
        self.browser.wait(expression.format(f"document.getElementById('{name}')"))

    def record(self, person: str, exercise: str, picture_file: Path | None = None) -> str:
        """Record and keep one set; return what the page says of it."""
        self.fill(
            subject=person,
            exercise=exercise,
            placement="right wrist",
            countdown="0",
        )
        self.click("start")
        self.wait("clock", f"parseInt({{}}.textContent) >= {SET_S}")
        self.click("stop")
        self.wait("review", "!{}.hidden")
        if picture_file is not None:
            picture(self.browser, picture_file)
        facts = self.browser.evaluate("document.getElementById('review').innerText")
        self.click("keep")
        self.wait("said", "{}.textContent.startsWith('Kept as')")
        return str(facts)


def main() -> None:
    """Follow the tutorial and print what the pages say."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--people", type=int, default=3, help="people who are recorded")
    parser.add_argument("--pictures", type=Path, help="folder for pictures")
    options = parser.parse_args()
    made = make_exercise_recordings(
        options.people + 1, 1, ["lunge", "squat"], continuous=False, random_state=0
    )
    people = sorted({one.subject for one in made.data})
    motion = {(one.subject, one.label): one for one in made.data}
    motion |= {(person, "rest"): rest() for person in people}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        command = [sys.executable, "-m", "sk_imu", "collect", str(folder / "sets")]
        server = subprocess.Popen(
            [*command, "--port", "0"], stdout=subprocess.PIPE, text=True
        )
        try:
            follow(server, folder, people, motion, options.pictures)
        finally:
            server.terminate()
            server.wait(30)


def follow(
    server: "subprocess.Popen[str]",
    folder: Path,
    people: list[Any],
    motion: dict[tuple[Any, str], Recording],
    pictures: Path | None,
) -> None:
    """Record all people but the last, train, and watch the last one."""
    assert server.stdout is not None
    printed = ""
    while "collect?token" not in printed:
        printed += server.stdout.readline()
    (address,) = re.findall(r"(http\S+)/collect\?token=\S+", printed)
    (token,) = re.findall(r"collect\?token=(\S+)", printed)
    print(printed.replace(token, "TOKEN"))
    (folder / "phone").mkdir()
    (folder / "laptop").mkdir()
    phone_browser = Browser(folder / "phone")
    browser = Browser(folder / "laptop", timeout_s=300)
    phone = EmulatedPhone(phone_browser, motion[people[0], "lunge"])
    phone_browser.set_width(390, 780)
    phone_browser.open(f"{address}/phone?token={token}")
    phone_browser.evaluate("document.getElementById('start').click()")
    with phone:
        page = CollectPage(browser, f"{address}/collect?token={token}")
        for person in people[:-1]:
            for exercise in EXERCISES:
                phone.motion = motion[person, exercise]
                for i in range(N_SETS):
                    last = pictures if i == N_SETS - 1 and exercise == "squat" else None
                    shown = None if last is None else last / "collect.png"
                    print(f"P{person}: {page.record(f'P{person}', exercise, shown)}\n")
        page.click("train")
        browser.wait("document.getElementById('step').textContent.includes('live now')")
        print(
            browser.evaluate(
                "document.getElementById('model-title').parentElement.innerText"
            )
        )
        time.sleep(2)  # the page asks for advice once a second
        if pictures is not None:
            picture(browser, pictures / "collect_trained.png")
        phone.motion = motion[people[-1], "squat"]
        browser.open(f"{address}/")
        time.sleep(25)
        print(browser.evaluate("document.body.innerText"))
        if pictures is not None:
            picture(browser, pictures / "live_after.png")
    if pictures is not None:
        picture(phone_browser, pictures / "phone.png")
    for one in (phone_browser, browser):
        one.close()


if __name__ == "__main__":
    main()
