"""The commands for live recordings."""

from ._parsing import Commands, add_command

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the commands to a parser."""
    command = add_command(
        commands,
        "replay",
        "push a recording to a server as the app Sensor Logger does",
        "examples:\n"
        "  sk-imu replay squats.zip http://localhost:8000/data\n"
        "  sk-imu replay squats.zip http://localhost:8000/data --speed 10",
    )
    command.add_argument("recording", help="the recording, a file or folder")
    command.add_argument("url", help="address of the server")
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


def _replay(*, recording: str, url: str, speed: float, message_seconds: float) -> int:
    from ..readers import read_recording
    from ..streaming import replay

    n_messages = replay(
        read_recording(recording), url, speed=speed, message_seconds=message_seconds
    )
    print(f"{n_messages} messages sent to {url}.")
    return 0
