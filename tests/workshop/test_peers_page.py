"""The table gets to its place in the page, and nothing else of the page changes."""

from pathlib import Path

import pytest
from support.places import ROOT

from edgecam.errors import EdgecamError
from edgecam.workshop.peers import page


def test_the_block_between_the_marks_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"before\n{page.BEGIN}\nold\n{page.END}\nafter\n")
    page.write(file, "new\n")
    page.write(file, "newer\n")
    assert file.read_text() == f"before\n{page.BEGIN}\nnewer\n{page.END}\nafter\n"


@pytest.mark.parametrize("text", ["", page.BEGIN, f"{page.END}\n{page.BEGIN}"])
def test_a_page_without_marks_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    file = tmp_path / "page.md"
    file.write_text(text)
    with pytest.raises(EdgecamError, match=r"page\.md.*marks"):
        page.write(file, "new")
    assert file.read_text() == text


def test_the_page_has_the_marks_once_and_in_order() -> None:
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert text.count(page.BEGIN) == text.count(page.END) == 1
    assert text.index(page.BEGIN) < text.index(page.END)
