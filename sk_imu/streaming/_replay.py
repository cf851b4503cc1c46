"""Play a recording as the app Sensor Logger sends it."""

import json
import ssl
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np

from ..recording import Recording

_TIMEOUT_S = 10.0
#: How often a message is sent again to a server that is busy.
_TRIES = 30


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
    token: str | None = None,
    certificate: str | Path | None = None,
) -> int:
    """Push a recording to a server, as the app Sensor Logger does by HTTP.

    Each message is a POST of JSON with ``messageId``, ``sessionId``, ``deviceId`` and
    ``payload``. The times are those of the recording, moved to now; units and signs are the
    package's, which are those of the app on Android, so each message also has
    ``"platform": "android"``. A message that the server is too busy for is sent again when
    the server says.

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
    token : str, default=None
        The server's secret, which is sent in the header ``Authorization``.
    certificate : str or pathlib.Path, default=None
        File of a certificate, in PEM, that is trusted besides those of the system, for a
        server that made its own.

    Returns
    -------
    n_messages : int
        Number of messages that the server took.

    Raises
    ------
    ValueError
        If the address or a number can't be used.
    OSError
        If the server can't be reached, its certificate isn't trusted, it refuses a message,
        or the file of the certificate can't be read.

    See Also
    --------
    StreamingClassifier : Answers the samples of such messages.

    Examples
    --------
    >>> from sk_imu import read_recording
    >>> from sk_imu.streaming import replay
    >>> recording = read_recording("squats.zip")  # doctest: +SKIP
    >>> url = "http://localhost:8000/data"
    >>> replay(recording, url, token="long-secret")  # doctest: +SKIP
    545
    """
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"The address must begin with http:// or https://, got {url!r}.")
    if not 0 <= speed < np.inf or not 0 < message_seconds < np.inf:
        raise ValueError(
            "speed must be a number of at least 0 and message_seconds one above 0, got "
            f"{speed!r} and {message_seconds!r}."
        )
    opener = urllib.request.build_opener(
        _NoRedirect, urllib.request.HTTPSHandler(context=_trusting(certificate))
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
            "platform": "android",
            "payload": payload,
        }
        _post(opener, url, message, token)
        n_messages += 1
    return n_messages


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuse to follow, because a redirected POST becomes a GET without the samples."""

    def redirect_request(self, *_: Any) -> None:
        """Return no request, so that the redirect is an error."""


def _trusting(certificate: str | Path | None) -> ssl.SSLContext:
    """Return what checks the certificates of servers."""
    context = ssl.create_default_context()
    if certificate is not None:
        try:
            context.load_verify_locations(certificate)
        except OSError as error:  # an SSLError is one, too
            raise OSError(f"certificate {certificate}: {error}.") from error
        # The certificate itself is trusted; who signed it need not be known.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _post(
    opener: urllib.request.OpenerDirector,
    url: str,
    message: dict[str, Any],
    token: str | None,
) -> None:
    # JSON has no NaN; the app sends null where it has no value.
    for sample in message["payload"]:
        values = sample["values"]
        sample["values"] = {k: v if np.isfinite(v) else None for k, v in values.items()}
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    body = json.dumps(message, allow_nan=False).encode()
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        for last in [False] * _TRIES + [True]:
            try:
                with opener.open(request, timeout=_TIMEOUT_S):
                    return
            except urllib.error.HTTPError as error:
                wait_s = _seconds_to_wait(error)
                if last or wait_s is None:
                    raise
                error.close()
                time.sleep(wait_s)
    # Of the latter, where the address or the answer is not as HTTP has it.
    except (OSError, HTTPException) as error:
        # The query of the address may hold a secret.
        place = url.partition("?")[0]
        hint = ""
        if isinstance(getattr(error, "reason", None), ssl.SSLCertVerificationError):
            hint = " If the server made its own certificate, name it by `certificate`."
        raise OSError(f"{place}: message {message['messageId']}: {error}.{hint}") from error


def _seconds_to_wait(error: urllib.error.HTTPError) -> float | None:
    """Return how long a busy server asks to wait, None if it refuses for good."""
    after = error.headers.get("Retry-After", "")
    if error.code not in (429, 503) or not after.isascii() or not after.isdigit():
        return None
    return min(float(after), _TIMEOUT_S)
