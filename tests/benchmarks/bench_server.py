"""Emulated phones push to the live service, which is killed in the middle.

    python tests/benchmarks/bench_server.py                       # 100 phones, one kill
    python tests/benchmarks/bench_server.py --phones 200 --seconds 60 --no-kill

Each phone pushes three sensors at 100 Hz, one message a second, over a connection of its
own on 127.0.0.1. An answer is timed from the moment when the message was due, so a server
that stops answering cannot look fast. A message without an answer is sent again. At the
end, every message that was acknowledged is looked for in the database.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sk_imu import ExerciseClassifier, Recording, SensorStream
from sk_imu.datasets import make_exercise_recordings
from sk_imu.export import export_onnx
from sk_imu.persistence import save_model
from sk_imu.segmentation import sets_of
from sk_imu.streaming._replay import messages_of

SENSORS = ("TotalAcceleration", "Gravity", "Gyroscope")


def make_model(kind: str, folder: Path) -> Path:
    """Write a model of simulated exercises, fitted, or as an ONNX file."""
    made = make_exercise_recordings(4, 2, random_state=0)
    known, _ = sets_of(made.data[3:])
    name, _, _ = kind.partition("-onnx")
    model = ExerciseClassifier(name).fit(known, [one.label for one in known])
    path = folder / ("model.onnx" if "onnx" in kind else "model.skops")
    export_onnx(model, path) if "onnx" in kind else save_model(model, path)
    return path


def payloads(message_seconds: float, start_ns: int):
    """Yield the payloads of a workout at 100 Hz, as JSON, again and again."""
    one = make_exercise_recordings(1, 2, random_state=1).data[0]
    begin_s, end_s = one.overlap_s
    times_s = np.arange(begin_s, end_s, 0.01)
    streams = {}
    for sensor in SENSORS:
        stream = one.streams[sensor]
        axes = [np.interp(times_s, stream.timestamps_s, axis) for axis in stream.values.T]
        values = np.round(np.stack(axes, axis=1), 6)
        streams[sensor] = SensorStream(times_s - begin_s, values)
    recording = Recording(streams)
    while True:
        for _, payload in messages_of(
            recording, message_seconds=message_seconds, start_ns=start_ns
        ):
            yield json.dumps(payload, separators=(",", ":")).encode()
        start_ns += round((end_s - begin_s) * 1e9)


class Server:
    """`sk-imu serve` in a process of its own."""

    def __init__(self, model: Path, database: Path, processes: int) -> None:
        self.command = [
            *(sys.executable, "-m", "sk_imu", "serve", str(model)),
            *("--database", f"sqlite:///{database}", "--port", "0"),
            *("--token", "token-of-the-benchmark", "--step-seconds", "1"),
            *("--processes", str(processes)),
        ]
        self.start()

    def start(self) -> None:
        """Start, and return when it listens."""
        began_s = time.monotonic()
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, text=True, env=environment
        )
        for line in self.process.stdout:
            if found := re.match(r"Page: +http://127.0.0.1:(\d+)/", line):
                self.port = int(found[1])
                break
        self.started_s = time.monotonic() - began_s

    def processor_s(self) -> float:
        """Return the processor time until now."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2]
        return sum(map(int, fields.split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Return the memory that is in use."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()


@dataclass
class Seen:
    """What the phones saw."""

    waits_s: list[float] = field(default_factory=list)
    during_outage_s: list[float] = field(default_factory=list)
    statuses: Counter = field(default_factory=Counter)
    acknowledged: dict = field(default_factory=dict)
    errors: int = 0
    outage: tuple[float, float] = (np.inf, np.inf)
    behind: list[int] = field(default_factory=list)


async def ask(port: int, streams, head: bytes, body: bytes):
    """Send a request and return the status, the answer and the connection to go on with."""
    if streams is None:
        streams = await asyncio.open_connection("127.0.0.1", port)
    reader, writer = streams
    writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    status = int(answer.split(b" ", 2)[1])
    length = int(re.search(rb"content-length: (\d+)", answer.lower())[1])
    return status, await reader.readexactly(length), streams


HEAD = (
    b"%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Authorization: Bearer token-of-the-benchmark\r\n"
)


async def phone(i: int, server: Server, bodies: list, seen: Seen, began_s, step_s) -> None:
    """Push the messages of a phone when they are due, each until it is acknowledged."""
    streams, loop = None, asyncio.get_running_loop()
    for number, payload in enumerate(bodies):
        # The phones are not in step.
        due_s = began_s + (number + 1 + i * 0.618 % 1) * step_s
        await asyncio.sleep(due_s - loop.time())
        body = b'{"messageId":%d,"sessionId":"%d","deviceId":"phone %d",' % (number, i, i)
        body += b'"platform":"android","payload":' + payload + b"}"
        while True:
            try:
                status, _, streams = await ask(
                    server.port, streams, HEAD % (b"POST", b"/data"), body
                )
            except (OSError, EOFError):
                seen.errors += 1
                streams = None
                await asyncio.sleep(0.2)
                continue
            seen.statuses[status] += 1
            if status == 200:
                break
            await asyncio.sleep(1)
        answered_s = loop.time()
        seen.acknowledged[i, number] = zlib.crc32(body)
        # What was due before the service was back is not its answering time.
        is_outage = due_s < seen.outage[1] and answered_s > seen.outage[0]
        (seen.during_outage_s if is_outage else seen.waits_s).append(answered_s - due_s)
    if streams is not None:
        streams[1].close()


async def kill_after(seconds: float, server: Server, seen: Seen) -> None:
    """Kill the server and start it again."""
    await asyncio.sleep(seconds)
    loop = asyncio.get_running_loop()
    seen.outage = (loop.time(), np.inf)
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    # The phones come back with what they could not send meanwhile.
    seen.outage = (seen.outage[0], loop.time() + 5)


async def run(server: Server, options: argparse.Namespace, folder: Path) -> Seen:
    """Let the phones push for a while."""
    seen, step_s = Seen(), options.message_seconds
    made = payloads(step_s, time.time_ns())
    bodies = [next(made) for _ in range(round(options.seconds / step_s))]
    began_s = asyncio.get_running_loop().time()
    jobs = [phone(i, server, bodies, seen, began_s, step_s) for i in range(options.phones)]
    if not options.no_kill:
        jobs.append(kill_after(options.seconds / 2, server, seen))
    used_s = server.processor_s()
    await asyncio.gather(*jobs)
    if options.no_kill:
        lasted_s = asyncio.get_running_loop().time() - began_s
        used_s = server.processor_s() - used_s
        print(
            f"processor: {used_s / lasted_s:.2f} cores, "
            f"{1000 * used_s / options.phones / options.seconds:.1f} ms a phone and second"
        )
    for i in range(options.phones):
        path = b"/api/sessions/%d" % (i + 1)
        _, text, streams = await ask(server.port, None, HEAD % (b"GET", path), b"")
        streams[1].close()
        seen.behind.append(len(bodies) - json.loads(text)["messages"])
    return seen


def check(database: Path, seen: Seen) -> str:
    """Return how many acknowledged messages are missing or changed."""
    connection = sqlite3.connect(database)
    rows = connection.execute(
        "SELECT s.session_id, m.message_id, m.body FROM messages m "
        "JOIN sessions s ON s.id = m.session"
    ).fetchall()
    stored = Counter((int(session), int(number)) for session, number, _ in rows)
    sums = {(int(s), int(n)): zlib.crc32(zlib.decompress(body)) for s, n, body in rows}
    lost = sum(sums.get(key) != known for key, known in seen.acknowledged.items())
    twice = sum(n > 1 for n in stored.values())
    (n_sets,) = connection.execute("SELECT count(*) FROM sets").fetchone()
    return (
        f"{len(seen.acknowledged)} acknowledged, {lost} of them lost or changed, "
        f"{twice} stored twice; {n_sets} sets found"
    )


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--phones", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--message-seconds", type=float, default=1.0)
    parser.add_argument("--model", default="svm", help="such as svm or cnn-gru-onnx")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--no-kill", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = make_model(options.model, folder)
        server = Server(model, folder / "live.db", options.processes)
        try:
            seen = asyncio.run(run(server, options, folder))
            print(f"memory: {server.memory_mb():.0f} MB; start: {server.started_s:.1f} s")
        finally:
            server.close()
        waits_s = np.array(seen.waits_s)
        median, most = np.quantile(waits_s, [0.5, 0.99])
        print(f"{options.phones} phones, {options.model}, {options.seconds:g} s:")
        print(
            f"answers: median {1000 * median:.0f} ms, 99 % {1000 * most:.0f} ms, "
            f"longest {1000 * waits_s.max():.0f} ms; statuses {dict(seen.statuses)}"
        )
        if seen.during_outage_s:
            print(
                f"killed: {seen.errors} tries failed, "
                f"longest wait {max(seen.during_outage_s):.1f} s"
            )
        behind_s = np.array(seen.behind) * options.message_seconds
        print(
            f"recognition is behind by {np.median(behind_s):g} s (median), "
            f"{behind_s.max():g} s at most"
        )
        print(check(folder / "live.db", seen))


if __name__ == "__main__":
    main()
