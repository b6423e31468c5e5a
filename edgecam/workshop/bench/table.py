"""A result for people: what has a budget, and what else was found."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from edgecam.workshop import company
from edgecam.workshop.bench import budgets
from edgecam.workshop.bench.result import Battery, Energy, Result

_MARKS = {True: "[green]✓[/]", False: "[red]✗[/]", None: "?"}
_BUSY_MARKS = {True: "[yellow]✓?[/]", False: "[yellow]✗?[/]", None: "?"}


def show(result: Result, console: Console) -> None:
    """Print it."""
    console.print(f"{result.model} on {result.runtime}, {result.machine}", markup=False)
    console.print(speed(result), markup=False)
    warning = company.in_words(result.company)
    if warning:
        console.print(warning, style="bold yellow", markup=False)
    judged = Table("", "here", "budget", "")
    for one in budgets.judged(result):
        marks = _BUSY_MARKS if one.busy else _MARKS
        judged.add_row(one.budget.name, one.figure, one.promised, marks[one.holds])
    console.print(judged)
    stages = Table("a look, ms", "p50", "p95", "p99")
    for name, stage in result.stages.items():
        figures = (stage.p50_ms, stage.p95_ms, stage.p99_ms)
        stages.add_row(name, *(f"{value:.3f}" for value in figures))
    console.print(stages)
    rest = Table("", "", show_header=False)
    for name, value in rest_of(result):
        rest.add_row(name, value)
    console.print(rest)
    for note in result.notes:
        console.print(f"note: {note}", markup=False)


def speed(result: Result) -> str:
    """What all times here are to be seen against."""
    return (
        f"bare invoke() takes {result.bare_ms:.2f} ms here, {result.threads} thread(s): "
        f"all times below grow and shrink with it"
    )


def rest_of(result: Result) -> list[tuple[str, str]]:
    """What has no budget, in words."""
    camera = "not measured" if result.fps is None else f"{result.fps:g}"
    low, high = result.ratio_min, result.ratio_max
    lines = [
        (f"frames a second of the camera ({result.camera})", camera),
        ("frames a second of the loop", f"{result.vision_fps:g}"),
        ("calls a second of bare invoke()", f"{result.bare_fps:g}"),
        ("ratio of the two, round by round", f"{low:.3f} to {high:.3f}"),
        ("processor time outside invoke(), of a look", _milliseconds(result.overhead_cpu_ms)),
        ("work outside invoke(), live at 10 a second", _milliseconds(result.overhead_live_ms_p50)),
        ("processor time of a frame from memory", _milliseconds(result.cpu_ms_per_frame)),
        ("of a frame of the camera, with its work", _milliseconds(result.camera_cpu_ms_per_frame)),
        ("a region beyond its invoke(), of 1, 2, 4", _each(result.region_extra_ms)),
        ("a frame in the motion gate, still, moving", _each(result.gate_ms)),
        ("highest memory, vision and publisher", _peaks(result)),
        ("memory with what is shared divided (Pss)", _shares(result)),
        ("messages timed, and their broker", f"{result.events}, {result.broker}"),
        ("energy of a look", energy_in_words(result.energy)),
    ]
    if result.battery is not None:
        lines.append((f"a battery of {result.battery.wh:g} Wh lasts", _hours(result.battery)))
    lines += [
        ("other programs meanwhile, load before", _company(result)),
        ("threads, regions, rounds", f"{result.threads}, {result.regions}, {result.rounds}"),
        ("commit or version, date", f"{result.commit}, {result.date}"),
    ]
    return lines


def energy_in_words(energy: Energy) -> str:
    """With where it comes from, and whether it was only estimated."""
    if energy.joules_per_look is None or energy.idle_w is None:
        return "not known"
    how = "estimated from processor time and" if energy.estimated else "measured by"
    return (
        f"{energy.joules_per_look * 1000:.1f} mJ above {energy.idle_w:.2f} W idle, "
        f"{how} {energy.source}"
    )


def _hours(battery: Battery) -> str:
    each = ", ".join(f"{hours:g} h in {mode}" for mode, hours in battery.hours.items())
    return (
        f"{each}: an estimate, supposing that something moves {battery.moving_share:.0%} of the "
        f"time; {battery.every_frame_h:g} h if every frame is looked at"
    )


def _company(result: Result) -> str:
    seen = result.company
    return (
        f"{seen.others_share:.1%} of the processors, {seen.stolen_share:.1%} stolen by the "
        f"hypervisor; {seen.load_before:g}"
    )


def _milliseconds(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2f} ms"


def _each(values_ms: Mapping[Any, float]) -> str:
    return ", ".join(f"{value:.3f} ms" for value in values_ms.values())


def _shares(result: Result) -> str:
    both = (result.vision_pss_mb, result.publisher_pss_mb)
    return " and ".join("not readable" if mb is None else f"{mb:.0f} MB" for mb in both)


def _peaks(result: Result) -> str:
    return f"{result.vision_peak_mb:.0f} and {result.publisher_peak_mb:.0f} MB"
