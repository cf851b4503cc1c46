"""The commands for live recordings."""

import os
from typing import Any

from ._parsing import Commands, add_command
from ._serving import add_address, say_addresses

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the commands to a parser."""
    _add_serve(commands)
    _add_replay(commands)


def _add_serve(commands: Commands) -> None:
    command = add_command(
        commands,
        "serve",
        "recognize what phones push, and show it on a page",
        "examples:\n"
        "  sk-imu serve model.skops\n"
        "  sk-imu serve model.skops --host 0.0.0.0 --https\n"
        "  sk-imu serve model.onnx --host 0.0.0.0 --port 8080 --platform ios\n"
        "  sk-imu serve model.skops --mqtt mqtts://user:password@broker:8883/topic",
        " A phone sends from the page of the QR code, or with the app Sensor Logger, by "
        "HTTP or MQTT. The samples are kept in a database, from which a session goes on "
        "after a restart. Needs the extra `serve`.",
    )
    command.add_argument(
        "model",
        metavar="MODEL",
        help="a model file written by `sk-imu fit`, or an ONNX file by `sk-imu export`",
    )
    command.add_argument(
        "--database",
        metavar="URL",
        default="sqlite:///sk_imu_live.db",
        help="where samples are kept, as SQLAlchemy names it (default: "
        "sqlite:///sk_imu_live.db, a file in this folder)",
    )
    add_address(command)
    command.add_argument(
        "--platform",
        choices=("android", "ios"),
        help="the phones' platform, whose signs and units the samples have (default: "
        "decided from the samples)",
    )
    command.add_argument(
        "--side",
        choices=("left", "right"),
        help="side of the body that the phones are on, for models that mirror one side",
    )
    command.add_argument(
        "--step-seconds",
        type=float,
        default=0.5,
        help="time between two answers (default: 0.5)",
    )
    command.add_argument(
        "--processes",
        type=int,
        default=1,
        help="how many processes recognize, one for about fifty phones (default: 1)",
    )
    command.add_argument(
        "--mqtt",
        metavar="URL",
        default=os.environ.get("SK_IMU_MQTT") or None,
        help="also take what phones publish to a broker, "
        "mqtt://USER:PASSWORD@HOST:PORT/TOPIC, or mqtts:// if it encrypts (default: the "
        "environment variable SK_IMU_MQTT, which keeps a password out of the list of "
        "processes)",
    )
    command.set_defaults(run=_serve)


def _serve(
    *,
    model: str,
    database: str,
    token: str | None,
    platform: str | None,
    side: str | None,
    step_seconds: float,
    processes: int,
    mqtt: str | None,
    **address: Any,
) -> int:
    from ..server import check_address, create_app, serve

    check_address(address["host"], address["port"])
    app = create_app(
        model,
        database=database,
        token=token,
        platform=platform,
        side=side,
        step_seconds=step_seconds,
        processes=processes,
        mqtt=mqtt,
    )
    print(f"{model}: {', '.join(app.state.service.live.templates.classes)}")
    serve(app, **address, on_listening=lambda _: say_addresses(app, path="/"))
    return 0


def _add_replay(commands: Commands) -> None:
    command = add_command(
        commands,
        "replay",
        "push a recording to a server as the app Sensor Logger does",
        "examples:\n"
        "  sk-imu replay squats.zip 'http://localhost:8000/data?token=TOKEN'\n"
        "  sk-imu replay squats.zip http://localhost:8000/data --token TOKEN --speed 10",
    )
    command.add_argument("recording", help="the recording, a file or folder")
    command.add_argument("url", help="address that `sk-imu serve` prints for the app")
    command.add_argument(
        "--token", help="the server's token, if it does not stand in the address"
    )
    command.add_argument(
        "--certificate",
        metavar="FILE",
        help="certificate to trust, of a server that made its own (default, if the address "
        "is of this machine: that of `sk-imu serve --https`, in ~/.config/sk_imu)",
    )
    command.add_argument(
        "--speed",
        type=float,
        default=1.0,
        help="how much faster than it was recorded; 0 waits for nothing (default: 1)",
    )
    command.add_argument(
        "--message-seconds",
        type=float,
        default=0.2,
        help="time that a message holds (default: 0.2)",
    )
    command.set_defaults(run=_replay)


def _replay(
    *,
    recording: str,
    url: str,
    token: str | None,
    certificate: str | None,
    speed: float,
    message_seconds: float,
) -> int:
    from ..readers import read_recording
    from ..server import own_certificate
    from ..streaming import replay

    n_messages = replay(
        read_recording(recording),
        url,
        speed=speed,
        message_seconds=message_seconds,
        token=token,
        certificate=certificate or own_certificate(url),
    )
    print(f"{n_messages} messages sent to {url.partition('?')[0]}.")
    return 0
