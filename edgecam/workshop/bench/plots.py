"""Plots as SVG, drawn by hand: a page that needs no script and no network. Colours are the page's."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

# Small enough for a phone to show its letters, which grow and shrink with the picture.
_WIDTH, _HEIGHT = 480, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 26, 40
_BINS = 40
_FIGURES_WIDTH = 120  # beside a whisker
_HEADROOM = 1.25  # above the highest value: for names
_TICKS = 5
_LONG_S = 600  # from here on time is told in minutes


@dataclass(frozen=True)
class Line:
    """One curve; `colour` is a number of the page's palette, from 1 on."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: int


@dataclass(frozen=True)
class Bar:
    """One stage: from 0 to its median, with a whisker to its 95th percentile."""

    name: str
    median: float
    high: float


def histogram(name: str, values: Sequence[float], unit: str, marks: dict[str, float]) -> str:
    """How often each value occurred, and some values marked by name."""
    top = max(*values, *marks.values())
    counts, edges = np.histogram(values, bins=_BINS, range=(0, top * 1.02))
    axes = _Axes((0, float(edges[-1])), (0, float(counts.max()) * _HEADROOM))
    drawn = [axes.frame(unit, "how often")]
    for count, start, end in zip(counts.tolist(), edges[:-1], edges[1:], strict=True):
        x, y = axes.x(float(start)), axes.y(count)
        width, height = axes.x(float(end)) - x - 1, axes.y(0) - y
        drawn.append(f'<rect class="c1" {_at(x=x, y=y, width=width, height=height)}/>')
    for place, (label, value) in enumerate(marks.items()):
        x, y = axes.x(value), _TOP + 10 + 14 * place
        drawn.append(f'<line class="mark" {_at(x1=x, x2=x, y1=_TOP, y2=axes.y(0))}/>')
        right = x > _WIDTH / 2
        anchor = "end" if right else "start"
        drawn.append(_text(x + (-5 if right else 5), y, label, anchor=anchor))
    return _svg(name, drawn, _HEIGHT)


def bars(name: str, stages: Sequence[Bar], unit: str) -> str:
    """One bar beside the name of each stage."""
    row, left = 34, 70
    height = row * len(stages) + _BOTTOM
    most = max(*(stage.high for stage in stages), 1e-9)
    scale = (_WIDTH - left - _FIGURES_WIDTH) / most
    drawn = []
    for place, stage in enumerate(stages):
        y = place * row + 8
        end, whisker = left + stage.median * scale, left + stage.high * scale
        drawn += [
            _text(left - 8, y + 15, stage.name, anchor="end"),
            f'<rect class="c1" {_at(x=left, y=y, width=max(end - left, 1), height=20)}/>',
            f'<line class="mark" {_at(x1=end, x2=whisker, y1=y + 10, y2=y + 10)}/>',
            f'<line class="mark" {_at(x1=whisker, x2=whisker, y1=y + 4, y2=y + 16)}/>',
            _text(whisker + 6, y + 15, f"{stage.median:.2f} … {stage.high:.2f}"),
        ]
    drawn.append(_text(left, height - 12, f"{unit}: bar to p50, line to p95"))
    return _svg(name, drawn, height)


def lines(
    name: str, curves: Sequence[Line], unit: str, shaded: Sequence[tuple[float, float]] = ()
) -> str:
    """Curves over time, given in seconds; `shaded` spans of it lie behind them."""
    last_s = max(x for curve in curves for x, _ in curve.points)
    most = max(y for curve in curves for _, y in curve.points)
    name_of_time, length_s = ("minutes", 60) if last_s > _LONG_S else ("seconds", 1)
    axes = _Axes((0, last_s / length_s), (0, most * _HEADROOM))
    drawn = [axes.frame(name_of_time, unit)]
    for start, end in shaded:
        x = axes.x(start / length_s)
        width = max(axes.x(end / length_s) - x, 2)
        drawn.append(
            f'<rect class="shaded" {_at(x=x, y=_TOP, width=width, height=axes.y(0) - _TOP)}/>'
        )
    for place, curve in enumerate(curves):
        path = " ".join(f"{axes.x(x / length_s):.1f},{axes.y(y):.1f}" for x, y in curve.points)
        drawn.append(f'<polyline class="l{curve.colour}" points="{path}"/>')
        x = _LEFT + 10 + 150 * place
        drawn.append(f'<rect class="c{curve.colour}" {_at(x=x, y=_TOP, width=10, height=10)}/>')
        drawn.append(_text(x + 15, _TOP + 10, curve.name))
    return _svg(name, drawn, _HEIGHT)


class _Axes:
    """Where values lie in the picture."""

    def __init__(self, across: tuple[float, float], up: tuple[float, float]) -> None:
        self._across = across if across[1] > across[0] else (across[0], across[0] + 1)
        self._up = up if up[1] > up[0] else (up[0], up[0] + 1)

    def x(self, value: float) -> float:
        low, high = self._across
        return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        low, high = self._up
        return _HEIGHT - _BOTTOM - (value - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    def frame(self, across: str, up: str) -> str:
        """Both axes with their ticks and names."""
        floor = _HEIGHT - _BOTTOM
        drawn = []
        for value in _ticks(*self._up):
            y = self.y(value)
            drawn.append(f'<line class="grid" {_at(x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y)}/>')
            drawn.append(_text(_LEFT - 6, y + 4, f"{value:g}", anchor="end"))
        drawn += [
            _text(self.x(value), floor + 16, f"{value:g}", anchor="middle")
            for value in _ticks(*self._across)
        ]
        drawn.append(_text(_WIDTH - _RIGHT, _HEIGHT - 6, across, anchor="end"))
        drawn.append(_text(4, 12, up))
        return "".join(drawn)


def _ticks(low: float, high: float) -> list[float]:
    """A few round numbers in a range: multiples of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough)
    first = math.ceil(low / step)
    return [round(n * step, 10) for n in range(first, math.floor(high / step) + 1)]


def _at(**places: float) -> str:
    return " ".join(f'{name}="{value:.1f}"' for name, value in places.items())


def _text(x: float, y: float, text: str, *, anchor: str = "start") -> str:
    return f'<text {_at(x=x, y=y)} text-anchor="{anchor}">{escape(text)}</text>'


def _svg(name: str, drawn: Sequence[str], height: int) -> str:
    label = escape(name, quote=True)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label}">'
        f"<title>{escape(name)}</title>{''.join(drawn)}</svg>"
    )
