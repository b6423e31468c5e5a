"""A result as one page that stands alone: no script, no network, light or dark as the reader's."""

import itertools
from collections.abc import Sequence
from html import escape

from edgecam.workshop import company
from edgecam.workshop.bench import budgets, plots, table
from edgecam.workshop.bench.plots import Bar, Line
from edgecam.workshop.bench.result import Measured, Result, Sample

_MARKS = {True: "✓", False: "✗", None: "?"}
_CLASSES = {True: "good", False: "bad", None: ""}
_DOUBTFUL = "doubtful"  # on a busy machine nothing is green
_FEWEST = 2  # samples that make a curve
_MOST_SPANS = 10  # that are told in words
_STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1c2128; --faint: #d8dde3;
  --c1: #2f6fb0; --c2: #c2571a; --good: #1a7f37; --bad: #b42318; --shade: #f6c9b0; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181d; --ink: #e2e7ec; --faint: #343c46;
  --c1: #6fb1f2; --c2: #f0965a; --good: #56d364; --bad: #ff7b72; --shade: #5a3222; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 42rem; background: var(--ground);
  color: var(--ink); font: 16px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
td, th { padding: .3rem .5rem .3rem 0; border-bottom: 1px solid var(--faint); text-align: left;
  vertical-align: top; }
td:first-child { width: 45%; }
td.n { white-space: nowrap; font-variant-numeric: tabular-nums; }
.good { color: var(--good); } .bad { color: var(--bad); }
.doubtful { color: var(--c2); } p.doubtful { border-left: 4px solid; padding-left: .6rem; }
svg { width: 100%; height: auto; display: block; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.c1 { fill: var(--c1); } .c2 { fill: var(--c2); } .shaded { fill: var(--shade); }
.l1, .l2 { fill: none; stroke-width: 2; } .l1 { stroke: var(--c1); } .l2 { stroke: var(--c2); }
.grid { stroke: var(--faint); } .mark { stroke: var(--ink); stroke-width: 1.5; }
"""


def page(measured: Measured) -> str:
    """The whole document."""
    result = measured.result
    title = f"edgecam bench: {result.model}"
    sections = [
        _budgets(measured),
        _latency(measured),
        _section("Stages of a look", _stages(measured)),
        _memory(measured.samples),
        _heat(measured.samples),
        _section("The rest", _rows(table.rest_of(result))),
        *(f"<p>Note: {escape(note)}</p>" for note in result.notes),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>"
        f"<h1>{escape(title)}</h1><p>{escape(result.machine)}<br/>{escape(result.runtime)}, "
        f"commit or version {escape(result.commit)}, {escape(result.date)}</p>\n"
        f"<p>{escape(table.speed(result))}.</p>{_warning(result)}\n"
        + "\n".join(sections)
        + "\n</body></html>\n"
    )


def _warning(result: Result) -> str:
    said = company.in_words(result.company)
    return f'<p class="{_DOUBTFUL}">{escape(said)}.</p>' if said else ""


def _section(name: str, content: str) -> str:
    return f"<h2>{escape(name)}</h2>{content}"


def _budgets(measured: Measured) -> str:
    rows = "".join(
        f'<tr><td>{escape(one.budget.name)}</td><td class="n">{escape(one.figure)}</td>'
        f'<td class="n">{escape(one.promised)}</td>'
        f'<td class="{_DOUBTFUL if one.busy else _CLASSES[one.holds]}">'
        f"{_MARKS[one.holds]}{'?' if one.busy else ''}</td></tr>"
        for one in budgets.judged(measured.result)
    )
    head = "<tr><th></th><th>here</th><th>budget</th><th></th></tr>"
    return _section("Budgets", f"<table>{head}{rows}</table>")


def _rows(lines: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(text)}</td></tr>" for name, text in lines
    )
    return f"<table>{rows}</table>"


def _latency(measured: Measured) -> str:
    result, name = measured.result, "From frame to message"
    p50, p99 = result.event_latency_ms_p50, result.event_latency_ms_p99
    if p50 is None or p99 is None:
        return _section(name, "<p>Not measured.</p>")
    marks = {f"p50 {p50:g} ms": p50, f"p99 {p99:g} ms": p99}
    return _section(name, plots.histogram(name, measured.event_latencies_ms, "milliseconds", marks))


def _stages(measured: Measured) -> str:
    stages = measured.result.stages.items()
    shown = [Bar(name, stage.p50_ms, stage.p95_ms) for name, stage in stages]
    return plots.bars("Stages of a look", shown, "milliseconds")


def _memory(samples: Sequence[Sample]) -> str:
    name = "Memory over time"
    curves = [
        Line("vision", [(one.at_s, one.vision_rss_mb) for one in samples], 1),
        Line("publisher", [(one.at_s, one.publisher_rss_mb) for one in samples], 2),
    ]
    return _section(name, plots.lines(name, curves, "MB resident"))


def _heat(samples: Sequence[Sample]) -> str:
    """Temperature, with the time behind it in which the processor was slowed down."""
    name = "Temperature and throttling over time"
    points = [(one.at_s, one.temp_c) for one in samples if one.temp_c is not None]
    plot = "<p>This machine does not tell its temperature.</p>"
    if len(points) >= _FEWEST:
        plot = plots.lines(name, [Line("processor", points, 2)], "°C", throttled_spans(samples))
    return _section(name, f"{plot}<p>{escape(_slowed(samples))}</p>")


def _slowed(samples: Sequence[Sample]) -> str:
    if all(one.throttled is None for one in samples):
        return "It does not tell whether it slows down."
    spans = throttled_spans(samples)
    if not spans:
        return "It was never slowed down."
    reasons = ", ".join(sorted({reason for one in samples for reason in _now(one)}))
    times = ", ".join(f"{start:.0f} to {end:.0f} s" for start, end in spans[:_MOST_SPANS])
    more = " and more" if len(spans) > _MOST_SPANS else ""
    return f"It was slowed down ({reasons}) from {times}{more}."


def throttled_spans(samples: Sequence[Sample]) -> list[tuple[float, float]]:
    """From when to when something slowed the processor."""
    spans: list[tuple[float, float]] = []
    for before, after in itertools.pairwise(samples):
        if not _now(after):
            continue
        start = before.at_s
        if spans and spans[-1][1] == start:
            start = spans.pop()[0]
        spans.append((start, after.at_s))
    return spans


def _now(sample: Sample) -> list[str]:
    """What slows it at that time, not what did before."""
    return [reason for reason in sample.throttled or () if not reason.endswith("_since_boot")]
