"""What bytes stand for: what they are the text of, what they unpack to, and so on within.

And the marks of the formats that pictures are kept in.
"""

import base64
import binascii
import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEPTH = 3  # a thumbnail, compressed, as text, as text
_UNPACKED_BYTES = 1 << 22
_SHORTEST_BYTES = 24  # less holds no thumbnail, and no run that could be told from chance

# JPEG's third marker byte is one that begins a file; BMP's and TIFF's second words are sizes that
# can be. Without that, two bytes in a megabyte of anything would raise an alarm.
_MARKS = {
    "core dump": rb"\x7fELF[\x01\x02][\x01\x02]\x01.{9}(\x04\0|\0\x04)",
    "JPEG": rb"\xff\xd8\xff[\xc0\xc2\xc4\xdb\xdd\xe0-\xef\xfe]",
    "JPEG 2000": rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  \r\n",
    "JPEG XL": rb"\0\0\0\x0cJXL \r\n\x87\n|\A\xff\x0a",
    "PNG": rb"\x89PNG\r\n|IHDR|IDAT",
    "WebP": rb"RIFF....WEBP",
    "BMP": rb"BM...\0\0\0\0\0[\x1a-\x8a]\0\0\0[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0",
    "TIFF": rb"II\*\0[\x08-\xff]...|MM\0\*...[\x08-\xff]",
    "GIF": rb"GIF8[79]a",
    "AVIF or HEIC": rb"ftyp(avi[fs]|hei[cxms]|hev[cx]|mif1|msf1)",
    "PNM": rb"P[1-7]\s+\d+\s+\d+\s+\d+\s",
    "QOI": rb"qoif",
    "NumPy": rb"\x93NUMPY|dtype=u?int8|array\(\[\[|\[\[\[ *\d+ +\d+ +\d+\]",
    "Zstandard or LZ4": rb"\x28\xb5\x2f\xfd|\x04\x22\x4d\x18",
}
_MARKED = {name: re.compile(pattern, re.DOTALL) for name, pattern in _MARKS.items()}


@dataclass(frozen=True)
class _Text:
    """A way to write bytes as text: how its runs look, and how many characters belong together."""

    name: str
    runs: re.Pattern[bytes]
    group: int
    decode: Callable[[bytes], bytes]


@dataclass(frozen=True)
class _Packed:
    """A way to compress: how it begins, and what undoes it as far as it goes."""

    name: str
    starts: re.Pattern[bytes]
    unpack: Callable[[bytes], bytes]


_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")


def _listed(run: bytes) -> bytes:
    """Small numbers one behind the other, as programs print arrays."""
    return bytes(min(int(number), 255) for number in re.findall(rb"\d+", run))


_TEXTS = (
    _Text("base64", re.compile(rb"[A-Za-z0-9+/]{32,}"), 4, base64.b64decode),
    _Text("base64url", re.compile(rb"[A-Za-z0-9_-]{32,}"), 4, base64.urlsafe_b64decode),
    _Text("hex", re.compile(rb"[0-9a-fA-F]{48,}"), 2, binascii.unhexlify),
    _Text("base32", re.compile(rb"[A-Z2-7]{40,}"), 8, base64.b32decode),
    _Text("base85", re.compile(rb"[0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]{40,}"), 5, base64.b85decode),
    _Text("list", re.compile(rb"(?:\d{1,3}[^0-9A-Za-z.]{1,4}){24,}"), 1, _listed),
    _Text("Ascii85", re.compile(rb"[!-uz]{40,}"), 5, base64.a85decode),
)
_PACKED = (
    _Packed("zlib", re.compile(rb"\x78[\x01\x5e\x9c\xda]"), lambda at: _inflated(at, 15)),
    _Packed("gzip", re.compile(rb"\x1f\x8b\x08"), lambda at: _inflated(at, 31)),
    _Packed(
        "bzip2",
        re.compile(rb"BZh[1-9]1AY&SY"),
        lambda at: bz2.BZ2Decompressor().decompress(at, _UNPACKED_BYTES),
    ),
    _Packed(
        "xz",
        re.compile(rb"\xfd7zXZ\0|\x5d\0\0"),
        lambda at: lzma.LZMADecompressor().decompress(at, _UNPACKED_BYTES),
    ),
)


def mark(content: bytes) -> str:
    """The first format of pictures of which the mark is in some bytes; "": none."""
    for name, pattern in _MARKED.items():
        if pattern.search(content):
            return f"the mark of {name}"
    return ""


def layers(content: bytes, depth: int = DEPTH) -> Iterator[tuple[str, bytes]]:
    """The bytes themselves and all that they stand for, each with how it is got."""
    yield "", content
    if depth == 0:
        return
    for how, inner in _within(content):
        if len(inner) >= _SHORTEST_BYTES:
            for deeper, bytes_ in layers(inner, depth - 1):
                yield f" {how}{deeper}", bytes_


def numbers(content: bytes) -> NDArray[np.float64]:
    """The numbers that stand as text in some bytes, in their order."""
    return np.array([float(found[:20]) for found in _NUMBER.findall(content)], np.float64)


def _within(content: bytes) -> Iterator[tuple[str, bytes]]:
    for text in _TEXTS:
        for run in text.runs.findall(content):
            yield from _decoded(text, run)
    for packed in _PACKED:
        for start in packed.starts.finditer(content):
            try:
                yield packed.name, packed.unpack(content[start.start() :])
            except (zlib.error, lzma.LZMAError, OSError, EOFError):
                pass  # two bytes that looked like it


def _decoded(text: _Text, run: bytes) -> Iterator[tuple[str, bytes]]:
    """A run may begin with what does not belong to it, so each start is tried."""
    for skipped in range(text.group):
        whole = (len(run) - skipped) // text.group * text.group
        try:
            yield text.name, text.decode(run[skipped : skipped + whole])
        except (ValueError, binascii.Error):
            pass  # it only looked like it


def _inflated(content: bytes, window_bits: int) -> bytes:
    """What there is of a compressed stream, whether or not its end is there."""
    stream, unpacked = zlib.decompressobj(window_bits), b""
    for at in range(0, len(content), 64):
        try:
            unpacked += stream.decompress(content[at : at + 64], _UNPACKED_BYTES)
        except zlib.error:
            break
        if stream.eof or len(unpacked) > _UNPACKED_BYTES:
            break
    return unpacked
