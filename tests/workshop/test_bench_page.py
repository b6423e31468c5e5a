"""The page and the table of the bench, from a made run: well formed, whole, and on their own."""

import dataclasses
import io
import re
import xml.etree.ElementTree as ET
from typing import Any

import msgspec
import pytest
from rich.console import Console
from support.made_bench import MEASURED, RESULT, SAMPLES
from support.places import ROOT

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
    for wanted in (
        "0.960",
        "model & <co>",
        "a <made> machine",
        "no <broker>",
        "17.2 h in performance",
    ):
        assert wanted in text
    assert "slowed down (throttled) from 10 to 30 s." in text


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
    assert "does not tell whether it slows down" in text


def test_a_board_without_a_thermometer_still_tells_that_it_was_slowed_down() -> None:
    unknown = [dataclasses.replace(one, temp_c=None) for one in SAMPLES]
    text = page.page(dataclasses.replace(MEASURED, samples=unknown))
    assert "does not tell its temperature" in text
    assert "slowed down (throttled) from 10 to 30 s." in text
    calm = page.page(dataclasses.replace(MEASURED, samples=SAMPLES[:2]))
    assert "never slowed down" in calm


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
    holds = {one.budget.name: one.holds for one in budgets.judged(RESULT)}
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
        "a frame in the motion gate, at most": True,
    }


BUSY = msgspec.structs.replace(
    RESULT.company, others_share=0.61, busy=["other programs took 61% of the processors"]
)


def test_a_check_says_of_each_budget_whether_it_is_met_and_by_how_much_not() -> None:
    unknown = msgspec.structs.replace(RESULT, event_latency_ms_p99=None)
    lines = budgets.judged(unknown)
    sentences = {line.budget.key: line.sentence for line in lines}
    assert len(sentences) == len(budgets.BUDGETS) == 11
    assert sentences["ratio_to_bare"] == "met          ratio_to_bare: 0.960, budget ≥ 0.950"
    missed = "missed       publisher_rss_mb: 46 MB, budget ≤ 45 MB, by 1 MB"
    assert sentences["publisher_rss_mb"] == missed
    assert sentences["gate_cpu_ratio"] == "met          gate_cpu_ratio: 0.090, budget ≤ 0.100"
    assert sentences["event_latency_ms_p99"].startswith("not measured event_latency_ms_p99")
    assert not budgets.all_met(lines)


@pytest.mark.parametrize(
    ("changed", "met"),
    [
        ({}, True),
        ({"ratio_to_bare": 0.949}, False),
        ({"region_extra_ms": {1: 0.1, 2: 0.31, 4: 0.2}}, False),
        ({"gate_ms": {"still": 0.15, "moving": 0.21}}, False),
        ({"event_latency_ms_p50": None}, False),
    ],
)
def test_all_budgets_are_met_or_one_is_not_known_to_be(changed: dict[str, Any], met: bool) -> None:  # noqa: FBT001  a row
    good = msgspec.structs.replace(RESULT, publisher_rss_mb=44.0, event_latency_ms_p99=20.0)
    assert budgets.all_met(budgets.judged(msgspec.structs.replace(good, **changed))) is met


def test_each_budget_is_promised_in_the_page_with_its_number() -> None:
    page_text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    promises = " ".join(page_text.split())
    for budget in budgets.BUDGETS:
        beyond = "one invoke + " if budget.beyond_invoke else ""
        assert f"`{budget.key}` {budget.sign} {beyond}{budget.limit:,g}" in promises


def test_figures_of_a_busy_machine_do_not_look_like_good_ones() -> None:
    busy = msgspec.structs.replace(RESULT, company=BUSY)
    written = io.StringIO()
    table.show(busy, Console(file=written, width=160))
    shown = written.getvalue()
    assert (shown.count("✓?"), shown.count("✓")) == (9, 9)
    assert "measured on a busy machine (other programs took 61% of the processors)" in shown
    assert all("?" in line.sentence[:13] for line in budgets.judged(busy))
    html = page.page(dataclasses.replace(MEASURED, result=busy))
    assert 'class="good"' not in html
    assert "measured on a busy machine" in html
    quiet = page.page(MEASURED)
    assert 'class="good"' in quiet
    assert "busy" not in quiet


def test_a_soak_is_told_in_minutes() -> None:
    long = plots.lines("long", [plots.Line("m", [(0, 1.0), (3600, 2.0)], 1)], "MB", [(600, 1200)])
    assert ">minutes<" in long
    assert ">60<" in long
    assert ">seconds<" in plots.lines("short", [plots.Line("m", [(0, 1.0), (60, 2.0)], 1)], "MB")


def test_the_table_shows_every_figure_with_its_mark() -> None:
    written = io.StringIO()
    table.show(RESULT, Console(file=written, width=200))
    text = written.getvalue()
    assert text.count("✓") == 9
    assert text.count("✗") == 2
    assert "bare invoke() takes 4.17 ms" in text
    assert "70 MB and not readable" in text
    assert "0.150 ms, 0.190 ms" in text
    assert "0.65 ms" in text  # live
    assert "0.31 ms" in text  # of processor time
    assert "18.1 h in eco: an estimate, supposing that something moves 10%" in text
    assert "20.0 mJ above 2.70 W idle, estimated from processor time" in text
    assert "note: no <broker>" in text


def test_energy_says_how_it_is_known() -> None:
    measured = Energy(0.01, 3.0, "RAPL, the processor's package", estimated=False)
    assert "measured by RAPL" in table.energy_in_words(measured)
    assert table.energy_in_words(Energy(None, None, "", estimated=True)) == "not known"
