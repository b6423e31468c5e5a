"""What waits for the wall and is not kept."""

import contextlib
import itertools
import socket
from collections.abc import Iterator

import pytest
from support.peer import Peer

from edgecam import link
from edgecam.messages import Look, Scored
from edgecam.vision.passing import Passing


def look(number: int) -> Look:
    return Look(0, (Scored(number, 500),))


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, Peer]]:
    """Both ends of a wall: the vision half's, the publisher's."""
    vision, publisher = link.pair()
    with vision, publisher:
        yield vision, Peer(publisher)


def passing(count: int) -> Passing:
    """So many looks wait in it."""
    made = Passing()
    for number in range(count):
        made.add(look(number))
    return made


def test_what_waits_is_sent_in_order_and_once(ends: tuple[socket.socket, Peer]) -> None:
    wall, peer = ends
    waiting = passing(3)
    waiting.send(wall, held=lambda: False)
    waiting.send(wall, held=lambda: False)
    assert peer.receive_all() == [look(0), look(1), look(2)]
    assert not waiting


def test_whether_it_is_held_is_asked_before_each(ends: tuple[socket.socket, Peer]) -> None:
    """Another thread may begin to speak of other tables meanwhile."""
    wall, peer = ends
    waiting, asked = passing(3), itertools.count()
    waiting.send(wall, held=lambda: next(asked) > 0)
    assert peer.receive_all() == [look(0)]
    assert len(waiting) == 2
    waiting.clear()
    waiting.send(wall, held=lambda: False)
    assert peer.receive_all() == []


def test_what_finds_no_room_on_the_wall_waits_for_the_next_time(
    ends: tuple[socket.socket, Peer],
) -> None:
    wall, peer = ends
    with contextlib.suppress(BlockingIOError):
        while True:
            wall.send(link.encode(look(9)))
    waiting = passing(3)
    with pytest.raises(BlockingIOError):
        waiting.send(wall, held=lambda: False)
    assert set(map(str, peer.receive_all())) == {str(look(9))}
    waiting.send(wall, held=lambda: False)
    assert peer.receive_all() == [look(0), look(1), look(2)]
