"""The FlatBuffer reader: what it finds, and that it never leaves the buffer."""

import struct
from collections.abc import Callable
from typing import Any

import flatbuffers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgecam.flatbuffer import MAX_ITEMS, Table


def built() -> bytes:
    """A table with a number, a text, numbers, bytes, a table, and a vector of two tables."""
    builder = flatbuffers.Builder(128)

    def inner(value: int) -> int:
        builder.StartObject(1)
        builder.PrependInt32Slot(0, value, 0)
        return int(builder.EndObject())

    text = builder.CreateString("grün")
    builder.StartVector(8, 3, 8)
    for number in (-3, 2**40, 1):
        builder.PrependInt64(number)
    numbers = builder.EndVector()
    data = builder.CreateByteVector(b"\xff\x00\x01")
    single, first, second = inner(7), inner(8), inner(9)
    builder.StartVector(4, 2, 4)
    builder.PrependUOffsetTRelative(second)
    builder.PrependUOffsetTRelative(first)
    tables = builder.EndVector()
    builder.StartObject(7)
    builder.PrependInt16Slot(0, -5, 0)
    for field, offset in enumerate((text, numbers, data, single, tables), 1):
        builder.PrependUOffsetTRelativeSlot(field, offset, 0)
    builder.Finish(builder.EndObject())
    return bytes(builder.Output())


def read_everything(table: Table) -> None:
    """Read each field in each way, as far as it can be read."""
    for field in range(8):
        for code in "bBiIq":
            for read in (table.scalar, table.numbers):
                attempt(read, field, code)
        attempt(table.text, field)
        attempt(table.data, field)
        attempt(table.table, field)
        attempt(table.tables, field)


def attempt(read: Callable[..., Any], *arguments: object) -> None:
    """Call it; the one thing that may go wrong is ValueError."""
    try:
        read(*arguments)
    except ValueError:
        pass


def test_every_kind_of_field_is_read() -> None:
    root = Table.root(built())
    single = root.table(4)

    assert root.scalar(0, "h") == -5
    assert root.text(1) == "grün"
    assert root.numbers(2, "q") == [1, 2**40, -3]
    assert root.data(3) == b"\xff\x00\x01"
    assert single is not None
    assert single.scalar(0, "i") == 7
    assert [table.scalar(0, "i") for table in root.tables(5)] == [8, 9]


@pytest.mark.parametrize("field", [6, 7, 1000])  # left out, and beyond what the table knows
def test_a_field_that_is_absent_has_its_default(field: int) -> None:
    root = Table.root(built())

    assert root.scalar(field, "i") == 0
    assert root.scalar(field, "i", 42) == 42
    assert root.text(field) == ""
    assert root.data(field) == b""
    assert root.numbers(field, "i") == []
    assert root.tables(field) == []
    assert root.table(field) is None


def test_text_that_is_not_utf_8_is_replaced() -> None:
    assert Table.root(built()).text(3) == "\ufffd\x00\x01"


@pytest.mark.parametrize(
    "buffer", [b"", b"\x01\x00", struct.pack("<I", 4), struct.pack("<I", 2**31)]
)
def test_a_root_outside_the_buffer(buffer: bytes) -> None:
    with pytest.raises(ValueError, match="an offset points outside the file"):
        Table.root(buffer).scalar(0, "i")


@pytest.mark.parametrize("distance", [2**31 - 1, -(2**31), -100, 9])
def test_a_vtable_outside_the_buffer(distance: int) -> None:
    buffer = struct.pack("<Ii", 4, distance)

    with pytest.raises(ValueError, match="an offset points outside the file"):
        Table.root(buffer).scalar(0, "i")


def one_field(value: bytes) -> bytes:
    """A buffer: the root's place, a vtable of one field, the table, and the field's value."""
    vtable = struct.pack("<HHH", 6, 8, 4) + b"\0\0"
    return struct.pack("<I", 12) + vtable + struct.pack("<i", 8) + value


def test_the_handmade_buffer_is_read() -> None:
    vector = struct.pack("<IIii", 4, 2, 5, 6)

    assert Table.root(one_field(vector)).numbers(0, "i") == [5, 6]


@pytest.mark.parametrize("count", [3, 2**30, 2**32 - 1])
def test_a_vector_that_reaches_past_the_end(count: int) -> None:
    table = Table.root(one_field(struct.pack("<IIii", 4, count, 5, 6)))

    with pytest.raises(ValueError, match="a vector reaches past the end of the file"):
        table.tables(0)
    with pytest.raises(ValueError, match="a vector reaches past the end of the file"):
        table.numbers(0, "i")


def test_bytes_are_counted_as_bytes() -> None:
    value = struct.pack("<II", 4, 8) + b"12345678"

    assert Table.root(one_field(value)).data(0) == b"12345678"
    with pytest.raises(ValueError, match="a vector reaches past the end of the file"):
        Table.root(one_field(value[:-1])).data(0)


def test_vectors_that_share_their_bytes_are_counted_each() -> None:
    count = 1000
    table = Table.root(one_field(struct.pack("<II", 4, count) + bytes(4 * count)))
    for _ in range(MAX_ITEMS // count):
        assert len(table.numbers(0, "i")) == count

    with pytest.raises(ValueError, match="its vectors come to more than 200000 items"):
        table.numbers(0, "i")


def test_texts_are_counted_by_their_bytes() -> None:
    size = MAX_ITEMS // 2 + 1
    table = Table.root(one_field(struct.pack("<II", 4, size) + b"x" * size))
    assert len(table.text(0)) == size

    with pytest.raises(ValueError, match="its vectors come to more than"):
        table.text(0)


@pytest.mark.parametrize("offset", [100, 2**32 - 1])
def test_an_offset_past_the_end(offset: int) -> None:
    table = Table.root(one_field(struct.pack("<I", offset)))

    with pytest.raises(ValueError, match="an offset points outside the file"):
        table.text(0)
    inner = table.table(0)
    assert inner is not None
    with pytest.raises(ValueError, match="an offset points outside the file"):
        inner.scalar(0, "i")


@settings(max_examples=300, database=None)
@given(buffer=st.binary(max_size=80))
def test_any_bytes_raise_nothing_but_value_error(buffer: bytes) -> None:
    attempt(lambda: read_everything(Table.root(buffer)))


@settings(max_examples=300, database=None)
@given(
    place=st.integers(0, len(built()) - 1), value=st.integers(0, 255), length=st.integers(0, 400)
)
def test_damage_raises_nothing_but_value_error(place: int, value: int, length: int) -> None:
    buffer = bytearray(built())
    buffer[place] = value
    attempt(lambda: read_everything(Table.root(bytes(buffer[:length]))))
