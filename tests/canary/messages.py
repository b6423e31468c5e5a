"""What flowed in messages: MQTT's out of a client's stream, and each number of them over time."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

_CONNECT, _PUBLISH = 1, 3
_LOG_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def published(stream: bytes) -> Iterator[tuple[str, bytes]]:
    """Topic and payload of each message in the stream of one client's connection."""
    version = 0
    for kind, flags, body in _packets(stream):
        if kind == _CONNECT:
            version = body[6]
        elif kind == _PUBLISH:
            length = int.from_bytes(body[:2], "big")
            topic, rest = body[2 : 2 + length], body[2 + length :]
            rest = rest[2:] if flags & 6 else rest  # with a quality of service comes a number
            if version == 5:
                size, used = _varint(rest, 0)
                rest = rest[used + size :]
            yield topic.decode(), rest


def numbers_over_time(messages: Iterable[tuple[str, bytes]]) -> dict[str, list[float]]:
    """Each number of some messages (their channel and content) as it changes from one to the next.

    By channel and place in the message, and once more by the words that stand beside it, so that
    what takes turns is told apart. The length of a message is a number of it, too.
    """
    series: dict[str, list[float]] = defaultdict(list)
    for channel, content in messages:
        places, words = _leaves(content)
        for place, number in [("length", float(len(content))), *places]:
            series[f"{channel} {place}"].append(number)
            series[f"{channel} {place} {words}"].append(number)
    return dict(series)


def _packets(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at < len(stream):
        try:
            length, used = _varint(stream, at + 1)
        except IndexError:
            return  # cut off by the end of the connection
        begin = at + 1 + used
        yield stream[at] >> 4, stream[at] & 15, stream[begin : begin + length]
        at = begin + length


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """MQTT's variable byte integer, and how many bytes it takes."""
    value = used = 0
    while True:
        byte = content[at + used]
        value |= (byte & 127) << (7 * used)
        used += 1
        if byte < 128:
            return value, used


def _leaves(content: bytes) -> tuple[list[tuple[str, float]], str]:
    """The numbers of a message with their places, and its words."""
    for decode in (json.loads, msgspec.msgpack.decode):
        try:
            value = decode(content)
        except (ValueError, msgspec.DecodeError):
            continue
        if isinstance(value, dict | list):
            leaves = list(_walk(value, ""))
            words = " ".join(str(leaf) for _, leaf in leaves if isinstance(leaf, str | bool))
            found = [(place, float(leaf)) for place, leaf in leaves if type(leaf) in (int, float)]
            return found, words
    text = content.decode(errors="replace")
    found = [(str(n), float(each[:20])) for n, each in enumerate(_LOG_NUMBER.findall(text))]
    return found, re.sub(r"[^A-Za-z ]", "", text)


def _walk(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, f"{place}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(inner, f"{place}[{index}]")
    else:
        yield place, value
