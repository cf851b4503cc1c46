"""The layer around the app: the token, the size of bodies, and headers for browsers."""

import asyncio
import hashlib
import hmac
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ._limits import Limits

#: Only what this server sends is loaded and run, and nothing is sent elsewhere.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(self), gyroscope=(self), camera=(), "
    "geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_CLOSE = {"Connection": "close"}
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_NO_TOKEN = (
    "A token is missing or wrong. Open the address that `sk-imu serve` printed; a phone "
    "gets it by the address or by the header `Authorization: Bearer TOKEN`.\n"
)


class Guard:
    """Let only those through who know the token.

    Parameters
    ----------
    app : ASGI app
        What is guarded.
    token : str
        The secret.
    limits : Limits
        For the bodies.
    refused : Counter
        Counts the refused requests by their status.
    """

    def __init__(
        self, app: ASGIApp, *, token: str, limits: Limits, refused: Counter[int]
    ) -> None:
        self.app, self.limits, self.refused = app, limits, refused
        self._token = token.encode()
        # What a browser keeps does not show the token, and another server of the same
        # host, whose cookies a browser mixes with these, has another name.
        digest = hmac.new(self._token, b"cookie of sk_imu", hashlib.sha256).hexdigest()
        self._cookie, self._cookie_value = f"sk_imu_{digest[:8]}", digest[8:]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # a websocket that nobody accepts is refused by the server

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if message["status"] >= 400:
                    self.refused[message["status"]] += 1
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send_safely)
            return
        await self.app(scope, _Body(receive, self.limits), send_safely)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to a request that goes no further."""
        headers = Headers(scope=scope)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        by_query = any(k == "token" and self._is_token(v) for k, v in query)
        if not by_query and not self._is_known(headers):
            return PlainTextResponse(_NO_TOKEN, 401, {"WWW-Authenticate": "Bearer"})
        if scope["method"] not in _SAFE_METHODS and not _same_origin(scope, headers):
            return PlainTextResponse("Pages of other servers may send nothing.\n", 403)
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            return PlainTextResponse("Content-Length must be a number.\n", 400)
        if int(length[:20]) > self.limits.body_bytes:
            text = f"A body may have {self.limits.body_bytes} bytes.\n"
            return PlainTextResponse(text, 413, _CLOSE)
        wants_page = "text/html" in headers.get("accept", "")
        if by_query and wants_page and scope["method"] == "GET":
            return self._with_cookie(scope, query)
        return None

    def _with_cookie(self, scope: Scope, query: list[tuple[str, str]]) -> Response:
        """Return the redirect to the same page, whose address no longer has the token."""
        rest = urlencode([(k, v) for k, v in query if k != "token"])
        # Two slashes at the begin would name another server.
        path = "/" + scope["path"].lstrip("/\\")
        answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
        answer.set_cookie(
            self._cookie,
            self._cookie_value,
            max_age=30 * 24 * 3600,
            httponly=True,
            samesite="lax",
            secure=scope["scheme"] == "https",
        )
        return answer

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._token)

    def _is_known(self, headers: Headers) -> bool:
        given = headers.get("authorization", "")
        scheme, _, rest = given.partition(" ")
        if self._is_token(rest.strip() if scheme.lower() == "bearer" else given):
            return True
        cookies = cookie_parser(headers.get("cookie", ""))
        value = cookies.get(self._cookie, "").encode("utf-8", "replace")
        return hmac.compare_digest(value, self._cookie_value.encode())


class _Body:
    """The body of a request, as far as it is within the limits."""

    def __init__(self, receive: Receive, limits: Limits) -> None:
        self._receive, self._limits = receive, limits
        self._n_bytes = 0
        self._is_whole = False
        self._deadline: float | None = None

    async def __call__(self) -> Message:
        """Return the next part."""
        if self._is_whole:
            return await self._receive()  # waits for the client to go
        loop = asyncio.get_running_loop()
        if self._deadline is None:
            self._deadline = loop.time() + self._limits.body_seconds
        try:
            message = await asyncio.wait_for(
                self._receive(), max(self._deadline - loop.time(), 0)
            )
        except TimeoutError:
            raise HTTPException(408, "The body took too long to arrive.", _CLOSE) from None
        self._n_bytes += len(message.get("body", b""))
        if self._n_bytes > self._limits.body_bytes:
            limit = f"A body may have {self._limits.body_bytes} bytes."
            raise HTTPException(413, limit, _CLOSE)
        self._is_whole = not message.get("more_body", False)
        return message


def _same_origin(scope: Scope, headers: Headers) -> bool:
    """Return whether a request does not come from the page of another server."""
    origin = headers.get("origin")
    return origin is None or origin == f"{scope['scheme']}://{headers.get('host', '')}"


def check_token(token: Any) -> None:
    """Raise a ValueError unless a token can stand in an address and a header."""
    fine = isinstance(token, str) and len(token) >= 8 and token.isascii()
    if not fine or not token.replace("-", "").replace("_", "").isalnum():
        raise ValueError("token must have at least 8 letters, digits, - or _.")
