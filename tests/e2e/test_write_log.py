"""The ladder's power cuts: a disk keeps what was written before a flush, and nothing else."""

import struct
from pathlib import Path

import pytest
from ladder.write_log import Cut, cut

SECTOR_BYTES = 512
FLUSH = 1


def sector(letter: bytes, count: int = 1) -> bytes:
    return letter * SECTOR_BYTES * count


def entry(at: int, content: bytes = b"", flags: int = 0) -> bytes:
    count = len(content) // SECTOR_BYTES
    return struct.pack("<QQQQ", at, count, flags, 0).ljust(SECTOR_BYTES, b"\0") + content


def after(folder: Path, *entries: bytes) -> tuple[bytes, Cut]:
    """What a disk of four sectors holds after a cut, and what is said of it."""
    header = struct.pack("<QQQL", 0x6A736677736872, 1, len(entries), SECTOR_BYTES)
    log, before, left = folder / "log", folder / "before", folder / "after"
    log.write_bytes(header.ljust(SECTOR_BYTES, b"\0") + b"".join(entries))
    before.write_bytes(sector(b"-", 4))
    said = cut(before, log, left)
    return left.read_bytes(), said


def test_what_was_flushed_is_kept_and_what_came_later_is_lost(tmp_path: Path) -> None:
    disk, said = after(
        tmp_path,
        entry(0, sector(b"a", 2)),
        entry(1, sector(b"b")),
        entry(0, flags=FLUSH),
        entry(3, sector(b"c")),
    )
    assert disk == sector(b"a") + sector(b"b") + sector(b"-", 2)
    assert said == Cut(kept=2, lost=1)


def test_the_last_flush_counts(tmp_path: Path) -> None:
    flush = entry(0, flags=FLUSH)
    disk, said = after(tmp_path, entry(0, sector(b"a")), flush, entry(3, sector(b"b")), flush)
    assert disk == sector(b"a") + sector(b"-", 2) + sector(b"b")
    assert said == Cut(kept=2, lost=0)


def test_without_a_flush_nothing_is_kept(tmp_path: Path) -> None:
    disk, said = after(tmp_path, entry(0, sector(b"a", 4)))
    assert disk == sector(b"-", 4)
    assert said == Cut(kept=0, lost=1)


def test_another_kind_of_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(sector(b"\0"))
    (tmp_path / "before").write_bytes(sector(b"-"))
    with pytest.raises(AssertionError, match="another kind of log"):
        cut(tmp_path / "before", tmp_path / "log", tmp_path / "after")
