"""docs/reliability.md names tests and series that exist."""

import re

from support.places import ROOT

from faults.catalogue import SERIES

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) \|.*\| (.*) \| (.*) ?\|$", PAGE, re.MULTILINE)


def test_every_row_of_the_catalogue_is_there() -> None:
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 47))


def test_every_test_that_the_page_names_exists() -> None:
    named = 0
    for _, cell, _ in ROWS:
        source = ""
        for span in re.findall(r"`([^`]+)`", cell):
            if span.endswith(".py"):
                source = (ROOT / span).read_text(encoding="utf-8")
            elif span.startswith("test_"):
                assert f"def {span}(" in source, span
                named += 1
    assert named > 40


def test_every_series_is_named_where_its_fault_is() -> None:
    named = {span for _, _, cell in ROWS for span in re.findall(r"`([^`]+)`", cell)}
    assert named == {series.name for series in SERIES}
