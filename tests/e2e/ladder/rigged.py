"""`edgecam` with a camera a model or a publisher that can be broken: what a unit starts in a faulty machine.

It runs there in place of edgecam, by the package's own Python, and knows nothing of this checkout.
What to do it reads from a file: `camera missing`, `camera hang`, `model hang`, `model hold`,
`model crash`, `model memory`, `publisher crash`, `publisher memory`; anything else is no fault. All the rest is edgecam as it is.
"""

import ctypes
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edgecam import cli, model
from edgecam.config import ModelOptions
from edgecam.errors import CameraError
from edgecam.model import Model

FAULT = Path(__file__).with_name("fault")
_load = model.load
_taken: list[bytes] = []


def _hang() -> None:
    while True:
        time.sleep(1.0)


def _hold() -> None:
    """Hang in C code with the interpreter's lock held: no other thread runs any more."""
    ctypes.PyDLL(None).pause()


def _crash() -> None:
    signal.raise_signal(signal.SIGSEGV)


def _take_memory() -> None:
    while True:
        _taken.append(b"x" * 8 * 1024 * 1024)


def _miss() -> None:
    raise CameraError("the camera is missing", reason="missing")


_FAULTS = {
    "camera missing": _miss,
    "camera hang": _hang,
    "model hang": _hang,
    "model hold": _hold,
    "model crash": _crash,
    "model memory": _take_memory,
    "publisher crash": _crash,
    "publisher memory": _take_memory,
}


def _faulty(part: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that does first what the file says of its part."""

    def faulty(*given: Any, **named: Any) -> Any:
        fault = FAULT.read_text(encoding="ascii").strip()
        if fault.startswith(part):
            _FAULTS[fault]()
        return method(*given, **named)

    return faulty


def _rig_and_load(options: ModelOptions) -> Model:
    """Put the faults in once the process has confined itself, which no thread may precede."""
    if sys.argv[2] == "publisher":
        from edgecam.publisher.wall.receiver import Receiver  # noqa: PLC0415  not for vision

        Receiver.step = _faulty("publisher", Receiver.step)  # type: ignore[method-assign]
        return _load(options)
    from edgecam.vision.camera.stills import StillsCamera  # noqa: PLC0415  it starts threads
    from edgecam.vision.classifier import Classifier  # noqa: PLC0415

    StillsCamera.open = _faulty("camera missing", StillsCamera.open)  # type: ignore[method-assign]
    StillsCamera.capture = _faulty("camera hang", StillsCamera.capture)  # type: ignore[method-assign]
    Classifier.look = _faulty("model", Classifier.look)  # type: ignore[method-assign]
    return _load(options)


if __name__ == "__main__":
    model.load = _rig_and_load
    sys.exit(cli.main(sys.argv[1:]))
