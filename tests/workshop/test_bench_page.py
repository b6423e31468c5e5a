"""The page and the table of the bench, from a made run: well formed, whole, and on their own."""

import dataclasses
import io
import re
import xml.etree.ElementTree as ET

import msgspec
import pytest
from rich.console import Console
from support.made_bench import MEASURED, RESULT, SAMPLES

from edgecam.workshop.bench import budgets, page, plots, table
from edgecam.workshop.bench.result import Energy

SVG = {
    "From frame to message",
    "Stages of a look",
    "Memory over time",
    "Temperature and throttling over time",
}


def parsed(text: str) -> ET.Element:
    """It is written so that an XML parser takes it, too: nothing unclosed, nothing unescaped."""
    return ET.fromstring(text.removeprefix("<!DOCTYPE html>\n"))  # noqa: S314  our own


def plots_of(root: ET.Element) -> dict[str, ET.Element]:
    return {svg.attrib["aria-label"]: svg for svg in root.iter("svg")}


def test_the_page_has_every_plot_and_says_what_was_measured() -> None:
    root = parsed(page.page(MEASURED))
    found = plots_of(root)
    assert set(found) == SVG
    histogram = found["From frame to message"]
    assert sum(rect.attrib["class"] == "c1" for rect in histogram.iter("rect")) == 40
    assert len(list(found["Memory over time"].iter("polyline"))) == 2
    heat = found["Temperature and throttling over time"]
    assert sum(rect.attrib["class"] == "shaded" for rect in heat.iter("rect")) == 1
    text = " ".join(root.itertext())
    for wanted in ("0.960", "model & <co>", "a <made> machine", "no <broker>", "17.2 h"):
        assert wanted in text
    assert "slowed down (throttled)" in text


def test_the_page_asks_for_nothing_from_anywhere() -> None:
    text = page.page(MEASURED)
    assert not re.search(r"https?:|src=|href=|@import|url\(|<script", text)
    assert "prefers-color-scheme: dark" in text
    assert "width=device-width" in text


def test_what_was_not_measured_is_said_and_not_drawn() -> None:
    cold = [dataclasses.replace(one, temp_c=None, throttled=None) for one in SAMPLES]
    result = msgspec.structs.replace(RESULT, event_latency_ms_p50=None, event_latency_ms_p99=None)
    root = parsed(page.page(dataclasses.replace(MEASURED, result=result, samples=cold)))
    assert set(plots_of(root)) == {"Stages of a look", "Memory over time"}
    text = " ".join(root.itertext())
    assert "Not measured." in text
    assert "does not tell its temperature" in text


def test_a_span_of_throttling_is_one_however_many_samples_it_has() -> None:
    assert page.throttled_spans(SAMPLES) == [(10.0, 30.0)]
    assert page.throttled_spans(SAMPLES[:2]) == []


@pytest.mark.parametrize("values", [[0.0, 0.0], [5.0] * 3, [0.001, 1e6]])
def test_a_plot_of_odd_values_stays_inside_its_picture(values: list[float]) -> None:
    curve = plots.Line("odd", list(enumerate(values)), 1)
    drawn = plots.lines("odd", [curve], "MB") + plots.histogram("odd", values, "ms", {"p": 1.0})
    places = [float(n) for n in re.findall(r' (?:x|y|x1|x2|y1|y2)="([^"]+)"', drawn)]
    assert places
    assert all(0 <= place <= 480 for place in places)


def test_a_budget_holds_or_not_and_one_that_was_not_measured_does_neither() -> None:
    holds = {one.name: one.holds for one in budgets.judged(RESULT)}
    assert holds == {
        "frames a second, of bare invoke()": True,
        "work outside invoke(), p50": True,
        "new memory a frame, at most": True,
        "a region beyond its invoke(), at most": True,
        "memory of the vision half": True,
        "memory of the publisher half": False,
        "start to ready": True,
        "frame to message, p50": True,  # one invoke + 5 ms
        "frame to message, p99": False,  # one invoke + 20 ms
        "processor time with the motion gate, still scene": True,
    }


def test_the_table_shows_every_figure_with_its_mark() -> None:
    written = io.StringIO()
    table.show(RESULT, Console(file=written, width=120))
    text = written.getvalue()
    assert text.count("✓") == 8
    assert text.count("✗") == 2
    assert "20.0 mJ above 2.70 W idle, estimated from processor time" in text
    assert "note: no <broker>" in text


def test_energy_says_how_it_is_known() -> None:
    measured = Energy(0.01, 3.0, "RAPL, the processor's package", estimated=False)
    assert "measured by RAPL" in table.energy_in_words(measured)
    assert table.energy_in_words(Energy(None, None, "", estimated=True)) == "not known"
