"""The values at the seams between stages.

Inside the appliance time is `time.monotonic_ns()`; wall clock appears only in payloads. Labels
and regions are indices into tables that both halves build from the same files
(`edgecam.link.Tables`), so that no text can cross the wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

if TYPE_CHECKING:  # the publisher half never loads NumPy
    from edgecam.arrays import Pixels

# Why a camera is in trouble. The index crosses the wall, the word is published.
TROUBLES = (
    *("missing", "stalled", "unusable", "busy"),
    *("frozen", "dark", "covered", "blurred", "moved", "flicker"),
)
MEASURED = TROUBLES[TROUBLES.index("frozen") :]
"""What is seen in the frames, and comes with a number."""
SEEING = ("blurred", "moved", "flicker")
"""Troubles with which a camera still sees what it shows: labels go on."""

# Why fewer frames are looked at than `camera.fps`. The bit crosses the wall, the word is published.
SLOWED = ("idle", "hot", "under_voltage", "throttled")

MOST_LASTED_S = 3600  # what took longer to be told lasted at least so long

# Every number that may cross the wall has a range: the bits that a subverted vision half could
# send are counted from these.
RegionIndex = Annotated[int, Meta(ge=0, le=7)]
LabelIndex = Annotated[int, Meta(ge=0, le=65_535)]
Thousandths = Annotated[int, Meta(ge=0, le=1_000)]
Nanoseconds = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Counter = Annotated[int, Meta(ge=1, le=2**53)]
Amount = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Votes = Annotated[int, Meta(ge=0, le=100)]
Seconds = Annotated[int, Meta(ge=0, le=MOST_LASTED_S)]
Reasons = Annotated[int, Meta(ge=0, lt=2 ** len(SLOWED))]

MAX_TOP_K = 5


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture, which never leaves the vision half.

    `pixels` is `(height, width, 3)` uint8 RGB. It holds until the next frame is taken: a camera
    may write that one over it.
    """

    pixels: Pixels
    taken_ns: int


class _Value(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A value that may cross the wall: fixed fields in a fixed order, nothing left out."""


class Sighting(_Value, frozen=True, tag="sighting"):
    """A label appeared in a region, or disappeared from it."""

    appeared: bool
    region: RegionIndex
    label: LabelIndex
    confidence: Thousandths
    at_ns: Nanoseconds


class CameraState(_Value, frozen=True, tag="camera"):
    """The camera works (`trouble` 0) or does not (an index into `TROUBLES`, plus one).

    `measure` is what was measured of one of `MEASURED`; of anything else it says nothing.
    `lasted_s`: that it is so had been seen for so long when it was told.
    """

    trouble: Annotated[int, Meta(ge=0, le=len(TROUBLES))]
    measure: Thousandths
    at_ns: Nanoseconds
    lasted_s: Seconds


Event = Sighting | CameraState


class Scored(_Value, frozen=True):
    """A label and its score."""

    label: LabelIndex
    score: Thousandths


class Look(_Value, frozen=True, tag="look"):
    """The best labels of one look at a region: for the live feed, never kept."""

    region: RegionIndex
    top: Annotated[tuple[Scored, ...], Meta(max_length=MAX_TOP_K)]


class Tally(_Value, frozen=True):
    """How the votes for a label stand: its mean score, and its votes for and against."""

    label: LabelIndex
    score: Thousandths
    high_votes: Votes
    low_votes: Votes
    present: bool


class Explanation(_Value, frozen=True, tag="explanation"):
    """The answer to the question with this number: what a region's decision stands on."""

    number: Amount
    region: RegionIndex
    looks: Votes
    tallies: Annotated[tuple[Tally, ...], Meta(max_length=3)]


class VisionHealth(_Value, frozen=True, tag="health"):
    """How the vision half is doing; counts are since its start, None is not yet measured."""

    fps_milli: Amount | None  # frames looked at a second, in thousandths, over the last ones
    last_frame_age_ms: Amount | None
    dropped: Amount  # frames that a newer one replaced before they were looked at
    skipped: Amount  # frames that arrived and could not be judged
    unreadable: Amount  # pictures that a stills folder holds and nobody can read
    p50_us: Amount | None  # of the model's answer, over the last looks
    p95_us: Amount | None
    still: Amount  # looks that the motion gate saved
    slowed: Reasons  # bits in the order of `SLOWED`
    asleep: bool  # outside of `schedule.active_hours`
