"""Where frames come from: one small protocol, one file for each kind of source.

To add a kind: a class with these members in a file of its own, a section in
`edgecam.config.options.CameraOptions`, and a line in `build`, `probe` and
`edgecam.commands.missing`.
"""

from typing import Protocol

from edgecam.config import CameraOptions
from edgecam.messages import Frame
from edgecam.vision.camera.pace import Pace
from edgecam.vision.preprocess import FrameWanted

RETRIED = ("missing", "busy")
"""Reasons of a CameraError for which `open` is tried again, however long it takes."""


class EndOfFrames(Exception):  # noqa: N818  as StopIteration: an end, not an error
    """A source that ends has ended: a video file, or pictures shown once."""


class StaleFrames(Exception):  # noqa: N818  no error: the camera may show more once it is opened anew
    """A stream shows nothing new although frames come: close it, and open it again."""


class Camera(Protocol):
    """A source of frames. All calls come from the capture thread."""

    live: bool
    """Whether time passes in front of it: if not, the next frame waits until this one is used."""

    coded: bool
    """Whether its frames went through a video codec, which leaves out what hardly changes."""

    unreadable: int
    """Pictures that were skipped because nobody can read them."""

    def open(self) -> None:
        """Start it. Raises CameraError, or ConfigError for what only the owner can mend."""

    def capture(self, timeout_s: float) -> Frame | None:
        """The next frame, or None where none is due or ready within `timeout_s`.

        Raises CameraError where the source is broken, EndOfFrames where it has ended,
        StaleFrames where it is to be opened anew.
        """

    def rest(self) -> None:
        """Deliver nothing for a while, and cost as little as can be; only where it is open."""

    def wake(self) -> None:
        """Go on after a rest. Raises what `open` raises."""

    def close(self) -> None:
        """Let go of it; may be called at any time, also after a failed `open`."""


def build(options: CameraOptions, wanted: FrameWanted, pace: Pace) -> Camera:
    """The camera that a configuration asks for; its library is imported only now.

    It asks `pace` before it decodes or copies a frame: what is passed over costs nothing.
    """
    if options.source == "pi":
        from edgecam.vision.camera.pi import PiCamera  # noqa: PLC0415

        return PiCamera(options, wanted, pace)
    if options.source == "opencv":
        from edgecam.vision.camera.opencv import OpencvCamera  # noqa: PLC0415

        return OpencvCamera(options, pace)
    from edgecam.vision.camera.stills import StillsCamera  # noqa: PLC0415

    return StillsCamera(options, pace)


def probe(options: CameraOptions) -> None:
    """Raises what `Camera.open` would raise here, as far as that shows without taking the camera.

    So it may be asked beside an appliance that runs. Of a stream nothing shows, and of a device
    not whether it gives pictures.
    """
    if options.source == "pi":
        from edgecam.vision.camera import pi  # noqa: PLC0415

        pi.find(options.pi.camera)
    elif options.source == "opencv":
        from edgecam.vision.camera import opencv  # noqa: PLC0415

        opencv.probe(options)
    else:
        from edgecam.vision.camera.stills import StillsCamera  # noqa: PLC0415

        StillsCamera(options, Pace(options.fps)).open()
