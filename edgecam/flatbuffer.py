"""Walks a FlatBuffer by field number, with every offset checked.

Layout: https://flatbuffers.dev/internals/. Only what model files need: tables, vectors, strings
and scalars. Anything that points outside the buffer raises ValueError, and so does a buffer whose
vectors, which may share their bytes, come to more than `MAX_ITEMS`.
"""

import struct
from typing import Any

MAX_ITEMS = 200_000  # a large classifier has some thousand tensors and operators


class _Budget:
    """How many items of vectors may still be read; shared by all tables of a buffer."""

    def __init__(self) -> None:
        self._left = MAX_ITEMS

    def spend(self, items: int) -> None:
        self._left -= items
        if self._left < 0:
            msg = f"its vectors come to more than {MAX_ITEMS} items"
            raise ValueError(msg)


class Table:
    """One table of a FlatBuffer, at a position in its bytes."""

    def __init__(self, buffer: bytes, position: int, budget: _Budget) -> None:
        self._buffer = buffer
        self._position = position
        self._budget = budget

    @classmethod
    def root(cls, buffer: bytes) -> "Table":
        """The table that the buffer begins with."""
        return cls(buffer, _read(buffer, "I", 0), _Budget())

    def scalar(self, field: int, code: str, default: int = 0) -> Any:  # noqa: ANN401  int or float
        """A number, by its `struct` code."""
        place = self._field(field)
        return _read(self._buffer, code, place) if place else default

    def table(self, field: int) -> "Table | None":
        """A table that this one points to."""
        place = self._field(field)
        return self._at(self._target(place)) if place else None

    def tables(self, field: int) -> list["Table"]:
        """A vector of tables."""
        start, count = self._vector(field, 4)
        self._budget.spend(count)
        places = (start + 4 * index for index in range(count))
        return [self._at(self._target(place)) for place in places]

    def numbers(self, field: int, code: str) -> list[Any]:
        """A vector of numbers, by the `struct` code of each."""
        start, count = self._vector(field, struct.calcsize(f"<{code}"))
        self._budget.spend(count)
        return list(struct.unpack_from(f"<{count}{code}", self._buffer, start))

    def data(self, field: int) -> bytes:
        """A vector of bytes."""
        start, count = self._vector(field, 1)
        return self._buffer[start : start + count]

    def text(self, field: int) -> str:
        """A string; empty where absent."""
        start, count = self._vector(field, 1)
        self._budget.spend(count)
        return self._buffer[start : start + count].decode("utf-8", "replace")

    def _at(self, position: int) -> "Table":
        return Table(self._buffer, position, self._budget)

    def _field(self, field: int) -> int:
        """The position of a field, 0 where the table does not hold it."""
        vtable = self._position - _read(self._buffer, "i", self._position)
        entry = 4 + 2 * field
        if entry >= _read(self._buffer, "H", vtable):
            return 0
        offset = _read(self._buffer, "H", vtable + entry)
        return self._position + offset if offset else 0

    def _target(self, place: int) -> int:
        return place + int(_read(self._buffer, "I", place))

    def _vector(self, field: int, item_bytes: int) -> tuple[int, int]:
        place = self._field(field)
        if not place:
            return 0, 0
        start = self._target(place)
        count = _read(self._buffer, "I", start)
        if start + 4 + count * item_bytes > len(self._buffer):
            msg = "a vector reaches past the end of the file"
            raise ValueError(msg)
        return start + 4, count


def _read(buffer: bytes, code: str, place: int) -> Any:  # noqa: ANN401  int or float
    size = struct.calcsize(f"<{code}")
    if place < 0 or place + size > len(buffer):
        msg = "an offset points outside the file"
        raise ValueError(msg)
    return struct.unpack_from(f"<{code}", buffer, place)[0]
