"""The service on a port of this machine."""

from typing import Any

from ._needs import needs_serve


def serve(app: Any, *, host: str = "127.0.0.1", port: int = 8000, **options: Any) -> None:
    """Run a service until it is interrupted.

    Parameters
    ----------
    app : FastAPI
        What :func:`create_app` returns.
    host : str, default="127.0.0.1"
        The address to listen at. ``"0.0.0.0"`` lets other devices of the network in.
    port : int, default=8000
        The port.
    **options
        Of ``uvicorn.run``, such as ``ssl_certfile`` and ``ssl_keyfile``.

    Raises
    ------
    ImportError
        If the extra ``serve`` is not installed.

    Examples
    --------
    >>> from sk_imu.server import create_app, serve
    >>> app = create_app("model.onnx", database="sqlite:///live.db", token="long-secret")
    ... # doctest: +SKIP
    >>> serve(app, port=8001)  # doctest: +SKIP
    """
    with needs_serve():
        import uvicorn
    settings: dict[str, Any] = {
        # The addresses of the log would show the token.
        "access_log": False,
        "log_level": "warning",
        "limit_concurrency": 1000,
        "timeout_keep_alive": 30,
        "timeout_graceful_shutdown": 5,
        "ws": "none",
        "server_header": False,
    }
    uvicorn.run(app, host=host, port=port, **{**settings, **options})
