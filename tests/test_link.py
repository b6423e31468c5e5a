import socket
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edgecam import link
from edgecam.errors import LinkError
from edgecam.link import (
    MAX_RECORD_BYTES,
    Ask,
    Committed,
    FromPublisher,
    FromVision,
    Hello,
    Numbered,
    Pause,
    Refused,
    Welcome,
)
from edgecam.messages import (
    MAX_TOP_K,
    SLOWED,
    TROUBLES,
    CameraState,
    Explanation,
    Look,
    Scored,
    Sighting,
    Tally,
    VisionHealth,
)

LARGE, COUNTER, AMOUNT = 2**63 - 1, 2**53, 2**32 - 1
SIGHTING = Sighting(appeared=False, region=7, label=65_535, confidence=1000, at_ns=LARGE)
TALLY = Tally(label=65_535, score=1000, high_votes=100, low_votes=100, present=False)
LARGEST_FROM_VISION: list[FromVision] = [
    Hello(65_535, LARGE, "f" * 16, COUNTER),
    Numbered(COUNTER, SIGHTING),
    Numbered(COUNTER, CameraState(len(TROUBLES), 0, LARGE, 0)),
    Look(7, (Scored(65_535, 1000),) * MAX_TOP_K),
    Explanation(AMOUNT, 7, 100, (TALLY,) * 3),
    VisionHealth(
        AMOUNT,
        AMOUNT,
        AMOUNT,
        AMOUNT,
        AMOUNT,
        AMOUNT,
        AMOUNT,
        AMOUNT,
        2 ** len(SLOWED) - 1,
        asleep=True,
    ),
]
SMALLEST_FROM_VISION: list[FromVision] = [
    Hello(0, 0, "0" * 16, 0),
    Numbered(1, Sighting(appeared=True, region=0, label=0, confidence=0, at_ns=0)),
    Numbered(1, CameraState(0, 0, 0, 0)),
    Look(0, ()),
    Explanation(0, 0, 0, ()),
    VisionHealth(0, 0, 0, 0, 0, 0, 0, 0, 0, asleep=False),
    VisionHealth(None, None, 0, 0, 0, None, None, 0, 0, asleep=False),
]
FROM_PUBLISHER: list[FromPublisher] = [
    Welcome(COUNTER, paused=True),
    Welcome(0, paused=False),
    Refused("r" * 120),
    Refused(""),
    Committed(COUNTER),
    Committed(1),
    Pause(paused=True),
    Ask(AMOUNT, 7),
    Ask(0, 0),
]


@pytest.mark.parametrize("record", LARGEST_FROM_VISION + SMALLEST_FROM_VISION)
def test_a_record_of_the_vision_half_comes_back_as_it_was(record: FromVision) -> None:
    packet = link.encode(record)
    assert len(packet) <= MAX_RECORD_BYTES
    assert link.decode_from_vision(packet) == record


@pytest.mark.parametrize("record", FROM_PUBLISHER)
def test_a_record_of_the_publisher_comes_back_as_it_was(record: FromPublisher) -> None:
    packet = link.encode(record)
    assert len(packet) <= MAX_RECORD_BYTES
    assert link.decode_from_publisher(packet) == record


def test_a_reason_that_would_not_fit_a_packet_is_none() -> None:
    packet = link.encode(Refused("\U0001f600" * 120))
    assert len(packet) > MAX_RECORD_BYTES
    with pytest.raises(LinkError):
        link.decode_from_publisher(packet)


@pytest.mark.parametrize("record", FROM_PUBLISHER)
def test_neither_half_takes_the_others_records(record: FromPublisher) -> None:
    with pytest.raises(LinkError):
        link.decode_from_vision(link.encode(record))
    with pytest.raises(LinkError):
        link.decode_from_publisher(link.encode(LARGEST_FROM_VISION[0]))


def packed(*values: Any) -> bytes:
    return msgspec.msgpack.encode(values)


GOOD = ("sighting", True, 0, 5, 700, 20)
BAD_SIGHTINGS = [
    (*GOOD, 1),  # a field more
    GOOD[:-1],  # a field less
    ("sight", *GOOD[1:]),  # no such tag
    (*GOOD[:1], 1, *GOOD[2:]),  # a number for a truth value
    (*GOOD[:2], 8, *GOOD[3:]),  # a ninth region
    (*GOOD[:2], -1, *GOOD[3:]),
    (*GOOD[:3], 65_536, *GOOD[4:]),
    (*GOOD[:3], -1, *GOOD[4:]),
    (*GOOD[:3], "dog", *GOOD[4:]),
    (*GOOD[:4], 1001, *GOOD[5:]),
    (*GOOD[:4], 0.5, *GOOD[5:]),
    (*GOOD[:5], -1),
    (*GOOD[:5], 2**63),
    (*GOOD[:5], "20"),
    (*GOOD[:5], None),
]


def test_the_pattern_for_bad_sightings_is_good() -> None:
    assert isinstance(link.decode_from_vision(packed("event", 1, GOOD)), Numbered)


@pytest.mark.parametrize("bad", BAD_SIGHTINGS)
def test_an_event_outside_the_schema_is_refused(bad: tuple[Any, ...]) -> None:
    with pytest.raises(LinkError, match="not a record"):
        link.decode_from_vision(packed("event", 1, bad))


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        packed("event", 0, GOOD),
        packed("event", COUNTER + 1, GOOD),
        packed("event", 1, GOOD, 2),
        packed("event", 1, ("camera", len(TROUBLES) + 1, 0)),
        packed("event", 1, ("camera", "missing", 0)),
        packed("event", 1, ("look", 0, ())),  # a look is no event
        packed("camera", 0, 0),  # nor is an event a record without its number
        packed("look", 8, ()),
        packed("look", 0, ((0, 1001),)),
        packed("look", 0, ((65_536, 0),)),
        packed("look", 0, ((0, 1, 2),)),
        packed("look", 0, ((0, 1),) * (MAX_TOP_K + 1)),
        packed("look", 0, b"pixels"),
        packed("explanation", AMOUNT + 1, 0, 0, ()),
        packed("explanation", 0, 8, 0, ()),
        packed("explanation", 0, 0, 101, ()),
        packed("explanation", 0, 0, 0, ((0, 0, 0, 0, True),) * 4),
        packed("explanation", 0, 0, 0, ((0, 0, 101, 0, True),)),
        packed("explanation", 0, 0, 0, ((0, 0, 0, 0, "why"),)),
        packed("health", AMOUNT + 1, 0, 0, 0, 0, 0, 0),
        packed("health", 0, 0, 0, 0, 0, 0, b"pixels"),
        packed("hello", 1, 2, "0" * 15, 0),
        packed("hello", 1, 2, "G" * 16, 0),
        packed("hello", 1, 2, "0" * 16 + "\n", 0),
        packed("hello", 1, -1, "0" * 16, 0),
        packed("hello", 1, 2**63, "0" * 16, 0),
        packed("hello", 1, 2, "0" * 16),
        packed("hello", 1, 2, "0" * 16, -1),
        packed("hello", 1, 2, "0" * 16, COUNTER + 1),
        packed("hello", 1, 2, "0" * 16, 0) + b"\0",
        packed("picture", b"\0" * 100),
        msgspec.msgpack.encode({"type": "camera"}),
        msgspec.msgpack.encode("hello"),
        link.encode(Hello(1, 2, "0" * 16, 0))[:-1],
        b"\0" * (MAX_RECORD_BYTES + 1),
    ],
)
def test_a_packet_outside_the_schema_is_refused(packet: bytes) -> None:
    with pytest.raises(LinkError):
        link.decode_from_vision(packet)


def test_a_packet_that_is_too_long_is_refused_unread() -> None:
    packet = link.encode(LARGEST_FROM_VISION[0])
    with pytest.raises(LinkError, match="more than 256 bytes"):
        link.decode_from_vision(packet + b"\0" * MAX_RECORD_BYTES)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A good packet with a few bytes changed, taken out or put in."""
    packet = bytearray(link.encode(draw(st.sampled_from(LARGEST_FROM_VISION + FROM_PUBLISHER))))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(packet) - 1))
        packet[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=4))
        packet = packet or bytearray(b"\0")
    return bytes(packet)


@settings(max_examples=1500, deadline=None)
@given(st.one_of(st.binary(max_size=300), spoilt()))
@example(b"\x91" * MAX_RECORD_BYTES)
@example(b"\x81\x81" * (MAX_RECORD_BYTES // 2))
@example(b"\x94\xa5hello\x01\x02" + b"\x91" * 200)
@example(b"\xdd\xff\xff\xff\xff")
def test_arbitrary_bytes_only_ever_give_link_errors(packet: bytes) -> None:
    for decode in (link.decode_from_vision, link.decode_from_publisher):
        try:
            record = decode(packet)
        except LinkError as error:
            assert str(error)  # noqa: PT017  any other error fails the test by itself
        else:
            assert len(link.encode(record)) <= MAX_RECORD_BYTES


def test_a_pair_keeps_packets_apart_and_never_blocks() -> None:
    vision, publisher = link.pair()
    with vision, publisher:
        vision.send(b"one")
        vision.send(b"two")
        assert publisher.recv(100) == b"one"
        assert publisher.recv(100) == b"two"
        for end in (vision, publisher):
            assert end.type == socket.SOCK_SEQPACKET
            with pytest.raises(BlockingIOError):
                end.recv(100)
