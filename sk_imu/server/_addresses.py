"""The addresses at which phones and browsers find the service."""

import io
import socket
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from ._needs import needs_serve

_EVERYWHERE = ("0.0.0.0", "::")
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Addresses:
    """Where the service is found, each with the token.

    ``phone`` is the page that a phone opens, and ``push`` what the app Sensor Logger takes.
    ``is_local`` is whether only this machine can reach them.
    """

    here: str
    there: str
    token: str

    @property
    def phone(self) -> str:
        """The page that makes a sensor of a phone."""
        return f"{self.there}/phone?token={self.token}"

    @property
    def push(self) -> str:
        """Where the app Sensor Logger pushes to."""
        return f"{self.there}/data?token={self.token}"

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the service."""
        return urlsplit(self.there).hostname in _LOCAL

    @property
    def is_encrypted(self) -> bool:
        """Whether nobody in between can read what is sent."""
        return self.there.startswith("https:")

    def page(self, path: str = "/") -> str:
        """Return the address of a page for a browser of this machine."""
        return f"{self.here}{path}?token={self.token}"

    def qr_code(self) -> str:
        """Return the page for phones as a QR code of letters, for a terminal."""
        return qr_in_terminal(self.phone)


def addresses_of(url: str, token: str) -> Addresses:
    """Return the addresses of a service that listens at a URL."""
    parts = urlsplit(url)
    host, port = parts.hostname or "localhost", f":{parts.port}" if parts.port else ""
    here = "localhost" if host in _EVERYWHERE else host
    here, there = (
        f"{parts.scheme}://{f'[{name}]' if ':' in name else name}{port}"
        for name in (here, reachable_hosts(host)[0])
    )
    return Addresses(here, there, token)


def lan_addresses() -> list[str]:
    """Return the IPv4 addresses of this machine in its networks, the most used first."""
    found: list[str] = []
    # Connecting a UDP socket sends nothing; it only chooses the interface.
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        found.append(probe.getsockname()[0])
    with suppress(OSError):
        found += socket.gethostbyname_ex(socket.gethostname())[2]
    return [a for a in dict.fromkeys(found) if not ip_address(a).is_loopback]


def is_of_this_machine(url: str) -> bool:
    """Return whether an address is one of this machine."""
    with suppress(ValueError):
        return urlsplit(url).hostname in (*_LOCAL, *lan_addresses())
    return False


def reachable_hosts(host: str) -> list[str]:
    """Return the names by which a phone can reach a server that is bound to a host."""
    if host in ("0.0.0.0", "::"):
        return lan_addresses() or ["localhost"]
    return [host]


def qr_in_terminal(address: str) -> str:
    """Return an address as a QR code of letters, for phones to scan from a terminal."""
    with needs_serve():
        import segno
    drawn = io.StringIO()
    segno.make(address, error="m", micro=False).terminal(drawn, compact=True, border=2)
    return drawn.getvalue()


def qr_as_svg(address: str) -> str:
    """Return an address as a QR code in SVG, black on white whatever the page has."""
    with needs_serve():
        import segno
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", border=3, light="white", xmldecl=False, omitsize=True
    )
    return drawn.getvalue().decode()
