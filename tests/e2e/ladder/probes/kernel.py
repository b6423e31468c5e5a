"""The kernel's calls for which Python has no words."""

import ctypes
import os
import platform
from collections.abc import Callable

libc = ctypes.CDLL(None, use_errno=True)

_MACHINE = platform.machine()
_NUMBERS = {
    "x86_64": {"init_module": 175, "bpf": 321},
    "aarch64": {"init_module": 105, "bpf": 280},
}


class Refused(Exception):  # noqa: N818  what came of it, in a word, is not always an error
    """It did not get what it wanted; the text says what it got instead, in a word or two."""


def must(result: int) -> int:
    """What a call gave back. Raises OSError where it failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def system_call(name: str, *arguments: object) -> int:
    """A call for which libc has no function. Raises OSError where it failed."""
    return must(libc.syscall(_NUMBERS[_MACHINE][name], *arguments))


def past(call: Callable[[], object], *numbers: int) -> None:
    """Succeeds also where the kernel only says, by one of these numbers, that it makes no sense.

    So much can be tried without doing it: permission is asked for first.
    """
    try:
        call()
    except OSError as error:
        if error.errno not in numbers:
            raise
