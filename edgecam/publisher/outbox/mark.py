"""A mark outside the database: how far its numbers had got, should its -wal lose its end.

It is an extended attribute of the file. A file of its own would cost a block (4 kB) for each event
that comes alone; an attribute lies in the inode, which ext4 writes anyway. Nothing waits for it to
be on disk: after a power cut it may be behind, never ahead of what is durable. Where it is missing
or not to be read (a copied file, a file system without attributes), nothing is known, and that is
no error.
"""

import os
import re
from pathlib import Path

_ATTRIBUTE = "user.edgecam.mark"
_PATTERN = re.compile(rb"([0-9a-f]{8}) ([0-9]{1,16})")


def write(file: Path, epoch: str, seq: int) -> None:
    """Note the last number that is committed."""
    try:
        os.setxattr(file, _ATTRIBUTE, f"{epoch} {seq}".encode())
    except OSError:
        pass  # a file system without attributes


def read(file: Path) -> tuple[str, int]:
    """The epoch and the last number that was committed in it; `("", 0)` where nothing is known."""
    try:
        found = _PATTERN.fullmatch(os.getxattr(file, _ATTRIBUTE))
    except OSError:
        return "", 0
    return (found[1].decode(), int(found[2])) if found else ("", 0)
