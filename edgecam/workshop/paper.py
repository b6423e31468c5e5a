"""Where tables are printed: a terminal, or what stands for one."""

import sys

from rich.console import Console

_WIDTH = 150  # of a file, in which any table of ours has room


def paper() -> Console:
    """As wide as the terminal; a file is as wide as it takes."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH)
