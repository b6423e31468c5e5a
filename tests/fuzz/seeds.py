"""Real values at the borders, from which fuzzing starts."""

import hashlib
import io
import tempfile
import zipfile
from pathlib import Path

from support.places import MODEL as REAL_MODEL
from support.places import ROOT
from support.tiny_models import LABELS_NAME, described, tiny_model

from edgecam import link
from edgecam.flatbuffer import Table
from edgecam.link import Ask, Committed, Hello, Numbered, Pause, Refused, Welcome
from edgecam.messages import (
    CameraState,
    Explanation,
    Look,
    Scored,
    Sighting,
    Tally,
    VisionHealth,
)
from edgecam.publisher import stored_event
from edgecam.publisher.stored_event import StoredEvent

_ARCHIVE = b"PK\x03\x04"
_SIGHTING = Sighting(appeared=True, region=1, label=2, confidence=812, at_ns=9)
_TALLY = Tally(label=2, score=700, high_votes=3, low_votes=0, present=True)


def _tiny(labels_count: int, metadata: bytes | None, inside: bytes | None) -> bytes:
    """A model in which nearly every byte means something."""
    with tempfile.TemporaryDirectory() as folder:
        made = tiny_model(
            Path(folder) / "tiny.tflite",
            input_dtype="uint8",
            output_dtype="uint8",
            labels_count=labels_count,
            metadata=metadata,
            labels_inside=inside,
        )
        return made.path.read_bytes()


def _real_metadata() -> bytes:
    root = Table.root(REAL_MODEL.read_bytes())
    (entry,) = [entry for entry in root.tables(6) if entry.text(0) == "TFLITE_METADATA"]
    place: int = entry.scalar(1, "I")
    return root.tables(4)[place].data(0)


MODEL = _tiny(4, described(mean=[127.0], std=[128.0], labels_name=LABELS_NAME), b"a\nb\nc\nd\n")
MODEL_SHA256 = hashlib.sha256(MODEL).hexdigest()
MODEL_WITHOUT_ARCHIVE = MODEL[: MODEL.index(_ARCHIVE)]


def models() -> list[bytes]:
    """Tiny models, one of them with the metadata of the real one; the real one's own tables."""
    return [
        MODEL,
        _tiny(1000, _real_metadata(), REAL_MODEL.read_bytes()[-20_000:]),
        _tiny(4, None, None),
        REAL_MODEL.read_bytes()[:65_536],
    ]


def archives() -> list[bytes]:
    """The labels of a tiny model by every method of compression, and nothing."""
    made = [MODEL[MODEL.index(_ARCHIVE) :], b""]
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            archive.writestr(LABELS_NAME, "a\nb\nc\nd\n")
        made.append(file.getvalue())
    return made


def labels() -> list[bytes]:
    """Four labels: plain, of other scripts, with what must be escaped in JSON."""
    return [b"a\nb\nc\nd\n", "grün\r\ntabby cat\n日本\nd".encode(), b'"\n\\\n/\n&\n']


def configurations() -> list[bytes]:
    """The configuration that is shipped, and short ones of what it leaves out."""
    dense = """\
node: door-2
camera: {source: stills, fps: null, rotation: 270, stills: {folder: .}}
model: {file: m.tflite, runtime: litert, threads: 2, mean: [127], std: [128.5, 1, 1]}
regions: [{name: left, box: [0, 0, 0.5, 1]}, {name: "12", box: [0.5, 0, 1, 1]}]
decision:
  only: ["cat: any", bison]
  groups: {"cat: any": [tabby cat, tiger cat]}
  labels: {bison: {appear: 0.9}}
  appear: 1.0e-3
mqtt: {broker: "mqtts://[::1]:8883", protocol: "5", tls: {ca_file: /ca.pem}, username: "1e5"}
"""
    odd = "a: &b [*b]\n? {x: y}\n: !!binary aGk=\n<<: {node: no}\nd: 2024-02-31\ne: |\n\t- 0x1F\n"
    return [(ROOT / "config.yaml").read_bytes(), dense.encode(), odd.encode()]


def records_of_vision() -> list[bytes]:
    """Records of each kind."""
    return [
        link.encode(record)
        for record in (
            Hello(link.PROTOCOL, 2**63 - 1, "0123456789abcdef", 2**53),
            Numbered(3, _SIGHTING),
            Numbered(2**53, CameraState(1, 0, 2**63 - 1, 0)),
            Look(1, (Scored(2, 900), Scored(0, 50))),
            Explanation(5, 1, 4, (_TALLY, _TALLY, _TALLY)),
            VisionHealth(10_000, 100, 0, 0, 0, 2_500, 2_900, 40, 15, asleep=True),
            VisionHealth(None, None, 0, 0, 0, None, None, 0, 0, asleep=False),
        )
    ]


def records_of_publisher() -> list[bytes]:
    """One record of each kind."""
    records = (
        Welcome(0, paused=False),
        Refused("why"),
        Committed(2**53),
        Pause(paused=True),
        Ask(7, 1),
    )
    return [link.encode(record) for record in records]


def requests() -> list[bytes]:
    """Payloads of commands."""
    return [b"", b"{}", b'{"transaction": "a-1"}', b'{"transaction": null, "region": "scene"}']


def queued() -> list[bytes]:
    """An event with everything in it, and one with little."""
    full = StoredEvent(
        event_type="disappeared",
        boot_id="f60223ca50af4ca0b4ff3dc2ebcce9f9",
        at_ns=2_578_116_000_000,
        at_wall_ns=1_795_241_852_684_000_000,
        clock_synced=True,
        id="05bbfe88-0-2",
        region="scene",
        label="baseball",
        confidence=12,
        start_ns=2_576_016_000_000,
        model="efficientnet_lite0_int8",
    )
    lost = StoredEvent(
        event_type="loss",
        boot_id=full.boot_id,
        at_ns=1,
        at_wall_ns=2,
        clock_synced=False,
        reason="queue_full",
        count=3,
        first_seq=4,
        last_seq=6,
    )
    return [stored_event.encode(full), stored_event.encode(lost)]


def brokers() -> list[bytes]:
    """Names, addresses and ports."""
    return [
        b"mqtt://localhost:1883",
        b"mqtts://broker.example.org",
        b"mqtts://[2001:db8::1]:8883",
        b"mqtt://192.168.1.2",
        b"mqtt://a..b",
    ]
