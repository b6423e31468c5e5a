"""The block of docs/performance.md that the last comparison wrote."""

from pathlib import Path

from edgecam.errors import EdgecamError

BEGIN = "<!-- scripts/bench --peers --write writes from here -->"
END = "<!-- to here -->"


def write(page: Path, block: str) -> None:
    """Put `block` between the two marks, in place of what is there. Raises EdgecamError."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        msg = f"{page}: the marks of the table are missing: {BEGIN} and {END}"
        raise EdgecamError(msg)
    page.write_text(f"{before}{BEGIN}\n{block.strip()}\n{END}{after}", encoding="utf-8")
