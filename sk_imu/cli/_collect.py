"""`sk-imu collect`."""

from typing import Any

from ._parsing import Commands, add_command
from ._serving import add_address, say_addresses

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the command."""
    command = add_command(
        commands,
        "collect",
        "record labeled sets from a phone, and fit a model on them, on a page",
        "examples:\n"
        "  sk-imu collect sets --host 0.0.0.0 --https\n"
        "  sk-imu collect sets --token long-secret --port 8080\n\n"
        "Sets are written to FOLDER/subject/exercise/recording, which `sk-imu fit` and\n"
        "`sk-imu study` read.",
        " The phone opens the address of the QR code, and needs no app. Needs the extra "
        "`serve`.",
    )
    command.add_argument(
        "folder", metavar="FOLDER", help="folder of the sets; it is made if it is not there"
    )
    command.add_argument(
        "--out",
        metavar="FILE",
        help="model file, live from the start if it is there (default: FOLDER/model.skops)",
    )
    command.add_argument(
        "--database",
        metavar="URL",
        help="where samples are kept, as SQLAlchemy names it (default: a hidden SQLite "
        "file in FOLDER)",
    )
    add_address(command)
    command.set_defaults(run=_collect)


def _collect(
    *,
    folder: str,
    out: str | None,
    database: str | None,
    token: str | None,
    **address: Any,
) -> int:
    from ..server import check_address, create_collect_app, serve

    check_address(address["host"], address["port"])
    app = create_collect_app(folder, out=out, database=database, token=token)
    try:
        serve(app, **address, on_listening=lambda _: say_addresses(app, path="/collect"))
    finally:
        app.state.training.stop()
    return 0
