"""``python -m sk_imu`` is the command ``sk-imu``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
