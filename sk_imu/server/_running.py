"""The service on a port of this machine."""

import errno
import socket
from collections.abc import Callable
from typing import Any

from ._addresses import addresses_of, reachable_hosts
from ._https import certificate_folder, certificate_for
from ._needs import needs_serve


def serve(
    app: Any,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    https: bool = False,
    on_listening: Callable[[str], None] | None = None,
    **options: Any,
) -> None:
    """Run a service until it is interrupted.

    Parameters
    ----------
    app : FastAPI
        What :func:`create_app` returns.
    host : str, default="127.0.0.1"
        The address to listen at. ``"0.0.0.0"`` lets other devices of the network in.
    port : int, default=8000
        The port; 0 takes a free one.
    https : bool, default=False
        Whether to encrypt, with a certificate that is made for the addresses of this
        machine and kept in ``~/.config/sk_imu``. Browsers give motion sensors to such
        pages only.
    on_listening : callable, default=None
        Called with the address of the service, such as ``"http://127.0.0.1:8000"``, once
        the port is taken.
    **options
        Of ``uvicorn.Config``, such as ``ssl_certfile`` and ``ssl_keyfile``.

    Raises
    ------
    ImportError
        If the extra ``serve`` is not installed.
    ValueError
        If the port is not from 0 to 65535, or no certificate can be made for the name of
        the host.
    OSError
        If the port can't be taken, or a certificate can't be written.

    Examples
    --------
    >>> from sk_imu.server import create_app, serve
    >>> app = create_app("model.onnx", database="sqlite:///live.db")  # doctest: +SKIP
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
    if https:
        made = certificate_for(reachable_hosts(host), certificate_folder())
        options = {"ssl_certfile": made.certfile, "ssl_keyfile": made.keyfile, **options}
    config = uvicorn.Config(app, host=host, port=port, **{**settings, **options})
    server = uvicorn.Server(config)
    app.state.service.is_stopping = lambda: server.should_exit
    with _listening(host, port) as listening:
        url = f"{'https' if config.is_ssl else 'http'}://{_name(listening)}"
        app.state.addresses = addresses_of(url, app.state.token)
        if on_listening is not None:
            on_listening(url)
        server.run(sockets=[listening])


def check_address(host: str, port: int) -> None:
    """Raise an error if no service can listen at an address, before a model is loaded.

    Parameters
    ----------
    host, port : str and int
        As in :func:`serve`.

    Raises
    ------
    ValueError
        If the port is not from 0 to 65535.
    OSError
        If the port is taken, or the host is not of this machine.

    Examples
    --------
    >>> from sk_imu.server import check_address
    >>> check_address("127.0.0.1", 0)
    """
    _listening(host, port).close()


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises an OSError that names host and port."""
    if not 0 <= port <= 65535:
        raise ValueError(f"port must be a number from 0 to 65535, got {port}.")
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise OSError(f"host {host}: {error}.") from error
    bound = socket.socket(family, kind)
    try:
        # A port is free again at once after a restart.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(1024)  # who comes before the service runs waits
    except OSError as error:
        bound.close()
        hint = " Choose another one by --port."
        if error.errno == errno.EADDRNOTAVAIL:
            hint = " No network of this machine has this address; see --host."
        raise OSError(f"{host}, port {port}: {error}.{hint}") from error
    return bound


def _name(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
