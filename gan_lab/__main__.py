"""``python -m gan_lab``."""

import os
import signal
from types import FrameType


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Interrupted while modules load: nothing has begun, and half a module is of no use."""
    os.write(2, b"error: interrupted before there was anything to keep\n")
    os._exit(130)


if __name__ == "__main__":
    usual = signal.signal(signal.SIGINT, _leave)
    from gan_lab.cli import main
    from gan_lab.threads import leave

    signal.signal(signal.SIGINT, usual)
    leave(main())
