"""Play a recording as the app Sensor Logger sends it."""

import json
import time
import urllib.request
import uuid
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any

import numpy as np

from ..recording import Recording

_TIMEOUT_S = 10.0


def messages_of(
    recording: Recording, *, message_seconds: float = 0.2, start_ns: int = 0
) -> Iterator[tuple[float, list[dict[str, Any]]]]:
    """Yield the samples in messages as Sensor Logger pushes them.

    Parameters
    ----------
    recording : Recording
        The recording.
    message_seconds : float, default=0.2
        Time that a message holds.
    start_ns : int, default=0
        Time of the first sample in Unix nanoseconds.

    Yields
    ------
    due_s : float
        When the message is complete, in seconds after the first sample.
    payload : list of dict
        ``name`` of the sensor in lower case, ``time`` in nanoseconds and ``values`` by
        axis, of each sample, in the order of time.
    """
    streams = recording.streams
    times = [one.timestamps_s for one in streams.values()]
    names = [np.full(len(one), i) for i, one in enumerate(times)]
    rows = [np.arange(len(one)) for one in times]
    time_s, sensor, row = map(np.concatenate, (times, names, rows))
    finite = np.isfinite(time_s)
    time_s, sensor, row = time_s[finite], sensor[finite], row[finite]
    order = np.argsort(time_s, kind="stable")
    time_s, sensor, row = time_s[order], sensor[order], row[order]
    if not len(time_s):
        return
    time_s = time_s - time_s[0]
    number = (time_s // message_seconds).astype(np.int64)
    kinds = [(name.lower(), one.axes, one.values) for name, one in streams.items()]
    for part in np.split(np.arange(len(time_s)), np.flatnonzero(np.diff(number)) + 1):
        payload = []
        for i in part.tolist():
            name, axes, values = kinds[sensor[i]]
            sample = dict(zip(axes, values[row[i]].tolist(), strict=True))
            sample_ns = start_ns + round(float(time_s[i]) * 1e9)
            payload.append({"name": name, "time": sample_ns, "values": sample})
        yield float((number[part[0]] + 1) * message_seconds), payload


def replay(
    recording: Recording,
    url: str,
    *,
    speed: float = 1.0,
    message_seconds: float = 0.2,
    device_id: str = "replay",
) -> int:
    """Push a recording to a server, as the app Sensor Logger does by HTTP.

    Each message is a POST of JSON with ``messageId``, ``sessionId``, ``deviceId`` and
    ``payload``. The times are those of the recording, moved to now; units and signs are the
    package's, which are those of the app on Android.

    Parameters
    ----------
    recording : Recording
        The recording.
    url : str
        Address of the server, which begins with ``http://`` or ``https://``.
    speed : float, default=1.0
        How much faster than it was recorded; 0 waits for nothing.
    message_seconds : float, default=0.2
        Time that a message holds.
    device_id : str, default="replay"
        The ``deviceId`` of the messages.

    Returns
    -------
    n_messages : int
        Number of messages that the server took.

    Raises
    ------
    ValueError
        If the address or a number can't be used.
    OSError
        If the server can't be reached, or refuses a message.

    See Also
    --------
    StreamingClassifier : Answers the samples of such messages.

    Examples
    --------
    >>> from sk_imu import read_recording
    >>> from sk_imu.streaming import replay
    >>> recording = read_recording("squats.zip")  # doctest: +SKIP
    >>> replay(recording, "http://localhost:8000/data")  # doctest: +SKIP
    545
    """
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"The address must begin with http:// or https://, got {url!r}.")
    if not 0 <= speed < np.inf or not 0 < message_seconds < np.inf:
        raise ValueError(
            "speed must be a number of at least 0 and message_seconds one above 0, got "
            f"{speed!r} and {message_seconds!r}."
        )
    session, began_s = str(uuid.uuid4()), time.monotonic()
    n_messages = 0
    parts = messages_of(recording, message_seconds=message_seconds, start_ns=time.time_ns())
    for due_s, payload in parts:
        if speed:
            wait_s = due_s / speed - (time.monotonic() - began_s)
            time.sleep(max(wait_s, 0.0))
        message = {
            "messageId": n_messages,
            "sessionId": session,
            "deviceId": device_id,
            "payload": payload,
        }
        _post(url, message)
        n_messages += 1
    return n_messages


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuse to follow, because a redirected POST becomes a GET without the samples."""

    def redirect_request(self, *_: Any) -> None:
        """Return no request, so that the redirect is an error."""


_OPENER = urllib.request.build_opener(_NoRedirect)


def _post(url: str, message: dict[str, Any]) -> None:
    # JSON has no NaN; the app sends null where it has no value.
    for sample in message["payload"]:
        values = sample["values"]
        sample["values"] = {k: v if np.isfinite(v) else None for k, v in values.items()}
    request = urllib.request.Request(
        url,
        data=json.dumps(message, allow_nan=False).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with _OPENER.open(request, timeout=_TIMEOUT_S):
            pass
    # Of the latter, where the address or the answer is not as HTTP has it.
    except (OSError, HTTPException) as error:
        raise OSError(f"{url}: message {message['messageId']}: {error}.") from error
