"""A result for people: what has a budget, and what else was found."""

from rich.console import Console
from rich.table import Table

from edgecam.workshop.bench import budgets
from edgecam.workshop.bench.result import Energy, Result

_MARKS = {True: "[green]✓[/]", False: "[red]✗[/]", None: "?"}


def show(result: Result, console: Console) -> None:
    """Print it."""
    console.print(f"{result.model} on {result.runtime}, {result.machine}", markup=False)
    judged = Table("", "here", "budget", "")
    for one in budgets.judged(result):
        judged.add_row(one.name, one.figure, one.budget, _MARKS[one.holds])
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


def rest_of(result: Result) -> list[tuple[str, str]]:
    """What has no budget, in words."""
    camera = "not measured" if result.fps is None else f"{result.fps:g}"
    low, high = result.ratio_min, result.ratio_max
    lines = [
        (f"frames a second of the camera ({result.camera})", camera),
        ("frames a second of the loop", f"{result.vision_fps:g}"),
        ("calls a second of bare invoke()", f"{result.bare_fps:g}"),
        ("ratio of the two, round by round", f"{low:.3f} to {high:.3f}"),
        ("processor time of a frame", f"{result.cpu_ms_per_frame:.2f} ms"),
        ("highest memory, vision and publisher", _peaks(result)),
        ("messages timed, and their broker", f"{result.events}, {result.broker}"),
        ("energy of a look", energy_in_words(result.energy)),
    ]
    if result.battery_wh is not None:
        hours = "not known" if result.battery_h is None else f"{result.battery_h:g} h"
        lines.append((f"a battery of {result.battery_wh:g} Wh lasts", hours))
    lines += [
        ("threads, regions, rounds", f"{result.threads}, {result.regions}, {result.rounds}"),
        ("commit, date", f"{result.commit}, {result.date}"),
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


def _peaks(result: Result) -> str:
    return f"{result.vision_peak_mb:.0f} and {result.publisher_peak_mb:.0f} MB"
