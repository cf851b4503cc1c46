"""What the commands that serve pages share: where they listen, and how that is said."""

import argparse
import sys
from typing import Any

__all__ = ["add_address", "say_addresses"]


def add_address(command: argparse.ArgumentParser) -> None:
    """Add the options of where a command listens."""
    command.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen at; 0.0.0.0 lets phones of the network in (default: "
        "127.0.0.1, this machine alone)",
    )
    command.add_argument("--port", type=int, default=8000, help="port (default: 8000)")
    command.add_argument(
        "--https",
        action="store_true",
        help="encrypt, with a certificate that is made for this machine; browsers give "
        "motion sensors to such pages only",
    )
    command.add_argument(
        "--token",
        help="the secret in the address (default: one that the database keeps)",
    )


def say_addresses(app: Any, *, path: str) -> None:
    """Print the addresses of a service that listens, and a QR code for phones."""
    addresses = app.state.addresses
    if not addresses.is_local:
        print(addresses.qr_code())
    print(f"Page:          {addresses.page(path)}")
    print(f"Phone:         {addresses.phone}")
    print(f"Sensor Logger: {addresses.push}")
    if addresses.is_local:
        print("No phone can reach this: --host 0.0.0.0 lets the network in.")
    elif addresses.is_encrypted:
        print("Browsers warn of the certificate once, because it was made here.")
    else:
        print(
            "Whoever is in the network can read what is sent, and the token; and browsers "
            "give no motion sensors to the page of the phone. --https encrypts."
        )
    print("Ctrl-C ends.")
    sys.stdout.flush()
