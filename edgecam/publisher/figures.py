"""Figures that the vision half says of itself: the publisher tells no more than two digits of one.

The rest could be anything it liked.
"""

ROUGH_DIGITS = 2


def rough(amount: int) -> int:
    """A figure to two digits, the others 0."""
    step: int = 10 ** max(len(str(amount)) - ROUGH_DIGITS, 0)
    return amount // step * step


def rough_or_none(amount: int | None) -> int | None:
    """A figure to two digits, where there is one."""
    return None if amount is None else rough(amount)


def from_thousandths(amount: int | None) -> float | None:
    """A figure that is counted in thousandths, to two digits, where there is one."""
    return None if amount is None else rough(amount) / 1000
