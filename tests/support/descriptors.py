"""How many files and sockets this process holds open."""

from pathlib import Path


def descriptors() -> int:
    """The number of open descriptors, without the one that this needs itself."""
    return len(list(Path("/proc/self/fd").iterdir())) - 1
