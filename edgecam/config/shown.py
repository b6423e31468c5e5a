"""What may be shown of a value: in an error, in a log, by `edgecam check`."""

import json
import re

_SHOWN_CHARS = 60
# Greedy on purpose: a password may hold any character, and hiding too much does no harm.
_USER_INFO = re.compile(r"(?<=://).*@")
_LOOKS_LIKE_USER_INFO = re.compile(r"(://|:).*@")


def shown(value: object) -> str:
    """A value from the file as it may stand in an error message: short, on one line."""
    if isinstance(value, dict):
        return "a section"
    try:
        text = _text(value)
    except ValueError:  # Python refuses to write so many digits out
        return "a number of very many digits"
    text = _LOOKS_LIKE_USER_INFO.sub(r"\1…@", printable(text))  # before it is cut
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"


def _text(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except TypeError:  # a date, say
        return str(value)


def printable(text: str) -> str:
    """The text with everything escaped that could break a line or steer a terminal."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def without_password(text: str) -> str:
    """The text with `user:password@` taken out of every address in it."""
    return _USER_INFO.sub("…@", text)
