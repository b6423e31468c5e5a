"""Finds records in the pages of an SQLite file without believing any page of it.

Where a page near the root of a table is damaged, SQLite reaches nothing below it, though all of it
is there. Pages of rows explain themselves (https://www.sqlite.org/fileformat.html#b_tree_pages), so
each is read by itself. Pages that are free hold what was deleted: who uses this must tell it apart.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path

Value = int | str | bytes | None
Record = tuple[int, list[Value]]
"""A row id, and the row's columns."""

_PAGE_SIZES = (1024, 4096)  # of this version of the queue, and of the first
_TABLE_LEAF = 0x0D
_PAGE_HEADER_BYTES = 8
_WAL_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24
_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_FIRST_BLOB = 12


def records(file: Path) -> Iterator[Record]:
    """Every record of a database and of its -wal. Raises OSError."""
    for page in _pages(file):
        if page[0] != _TABLE_LEAF:
            continue
        for number in range(_integer(page, 3, 2)):
            try:
                yield _record(page, _integer(page, _PAGE_HEADER_BYTES + 2 * number, 2))
            except (IndexError, ValueError, KeyError):
                continue  # garbled, or longer than a page, which no event is


def _pages(file: Path) -> Iterator[bytes]:
    for size in _PAGE_SIZES:
        content = _content(Path(f"{file}-wal"))
        salts = content[16:24]
        for at in range(_WAL_HEADER_BYTES, len(content), _FRAME_HEADER_BYTES + size):
            page = content[at + _FRAME_HEADER_BYTES : at + _FRAME_HEADER_BYTES + size]
            if content[at + 8 : at + 16] == salts and len(page) == size:
                yield page
        content = _content(file)
        for at in range(0, len(content) - size + 1, size):
            yield content[at : at + size]


def _content(file: Path) -> bytes | mmap.mmap:
    if not file.exists() or not file.stat().st_size:
        return b""
    with file.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def _record(page: bytes, at: int) -> Record:
    _, at = _varint(page, at)
    row_id, at = _varint(page, at)
    row_id -= (row_id & 1 << 63) << 1  # 64 bits with a sign
    header_bytes, head = _varint(page, at)
    end = body = at + header_bytes
    values: list[Value] = []
    while head < end:
        kind, head = _varint(page, head)
        value, body = _value(page, body, kind)
        values.append(value)
    return row_id, values


def _value(page: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind == 0:
        return None, at
    if kind in (8, 9):
        return kind - 8, at
    if kind < _FIRST_BLOB:
        size = _INTEGER_BYTES[kind]
        return _integer(page, at, size, signed=True), at + size
    size = (kind - _FIRST_BLOB) // 2
    if at + size > len(page):
        raise IndexError
    content = page[at : at + size]
    return (content.decode() if kind % 2 else content), at + size


def _varint(page: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(8):
        byte = page[at + index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004  the last byte of a number
            return value, at + index + 1
    return value << 8 | page[at + 8], at + 9


def _integer(page: bytes, at: int, size: int, *, signed: bool = False) -> int:
    if at + size > len(page):
        raise IndexError
    return int.from_bytes(page[at : at + size], signed=signed)
