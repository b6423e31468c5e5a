"""Whatever ends a measurement must end the processes that it started."""

import signal
from types import FrameType


def on_any_signal() -> None:
    """Let SIGTERM and SIGHUP end this program as Ctrl-C does: by KeyboardInterrupt."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
