"""What a disk would hold after a power cut, from QEMU's log of everything written to it.

A card may lose whatever it was given since it last said that a flush was done. Killing QEMU alone
loses less: what the machine had written without a flush is still in this host's memory. So QEMU
writes a log (its block driver `blklogwrites`), and everything after the last finished flush is
thrown away: the harshest card that keeps its promises.

The format is that of the kernel's dm-log-writes (Documentation/admin-guide/device-mapper).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ladder.command import run

_SECTOR_BYTES = 512
_MAGIC = 0x6A736677736872
_HEADER = struct.Struct("<QQ")  # magic, version
_ENTRY = struct.Struct("<QQQ")  # first sector, number of sectors, flags
_FLUSH, _DISCARD = 1, 4


@dataclass(frozen=True)
class Cut:
    """How many writes a disk kept at a power cut, and how many it lost."""

    kept: int
    lost: int


@dataclass(frozen=True)
class _Entry:
    at: int
    sectors: int
    flags: int
    content_at: int


def cut(before: Path, log: Path, after: Path) -> Cut:
    """Make `after`: what a disk that held `before` holds when the power goes at the log's end."""
    run("cp", "--sparse=always", before, after)
    with log.open("rb") as content, after.open("r+b") as disk:
        entries = list(_entries(content))
        flushes = [number for number, entry in enumerate(entries) if entry.flags & _FLUSH]
        end = flushes[-1] if flushes else 0
        for entry in entries[:end]:
            content.seek(entry.content_at)
            disk.seek(entry.at * _SECTOR_BYTES)
            disk.write(content.read(entry.sectors * _SECTOR_BYTES))
        writes = [number for number, entry in enumerate(entries) if entry.sectors]
    kept = sum(number < end for number in writes)
    return Cut(kept, len(writes) - kept)


def _entries(log: BinaryIO) -> Iterator[_Entry]:
    """What was written and flushed, in order: a sector that says where, and then the content."""
    assert _HEADER.unpack(log.read(_HEADER.size)) == (_MAGIC, 1), "QEMU writes another kind of log"
    place = _SECTOR_BYTES
    while True:
        log.seek(place)
        described = log.read(_ENTRY.size)
        if not any(described) or len(described) < _ENTRY.size:
            return  # nothing was logged from here on
        at, sectors, flags = _ENTRY.unpack(described)
        place += _SECTOR_BYTES
        assert not flags & _DISCARD, "a discarded sector may hold anything"
        yield _Entry(at, sectors, flags, place)
        place += sectors * _SECTOR_BYTES
