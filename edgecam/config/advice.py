"""What to say of a value that YAML reads in another way than people write it."""

from edgecam.config.kinds import Kind
from edgecam.config.shown import shown


def as_read(written: str, value: object) -> str:
    """A value for a message: YAML 1.1 has words and numbers that nobody takes for such."""
    got = shown(value)
    is_word = isinstance(value, bool) and written.lower() not in ("true", "false")
    if is_word or _is_base_60(written, value):
        return f"{written}, which YAML reads as {got}"
    return got


def advice(written: str, value: object, kind: Kind) -> str:
    """How to write what was most likely meant; empty where nobody knows."""
    if kind.fits(written) or _is_base_60(written, value):
        return "; put it in quotes"
    if kind.items is not None and kind.items.fits(value):
        return f"; write it as a list: [{shown(value)}]"
    return ""


def _is_base_60(written: str, value: object) -> bool:
    """Whether it is written like a time of day: 22:00 is 22 * 60."""
    return isinstance(value, int | float) and ":" in written
