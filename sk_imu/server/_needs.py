"""What the service needs besides the package."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needs_serve() -> Iterator[None]:
    """Say which extra is missing, if an import fails inside."""
    try:
        yield
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "sk_imu":
            raise
        raise ImportError(
            f'The service needs {error.name}. Install it by pip install "sk_imu[serve]".',
            name=error.name,
        ) from error
