"""Series that live beside the tests of their part, told in the words of the table.

Each is imported when it is run, so that what only it needs keeps no other series from running.
"""

import importlib
from typing import Any

from faults.series import Result, Trial

MAX_EVENT_BYTES = 15_000  # what an event may cost the SD card


def power_cut(trial: Trial) -> Result:
    """The disk as it was at some moment, against what had been acknowledged by then."""
    result = _part("power_cut").run(trial.count, trial.progress)
    problems = (f"{result.corrupt} queue files were corrupt",) if result.corrupt else ()
    return Result(
        tried=result.cuts,
        committed=result.acknowledged,
        lost=result.lost,
        figures=f"{result.corrupt} files corrupt",
        problems=problems,
    )


def mutated_models(trial: Trial) -> Result:
    """Whatever the file, only the child that tries it may die."""
    result = _part("mutated_models").run(trial.count, trial.progress)
    problems = (f"the command itself failed {result.failed} times",) if result.failed else ()
    figures = (
        f"{result.accepted} accepted, {result.refused} refused, "
        f"{result.died} ended the child, slowest {result.slowest_s:.1f} s"
    )
    return Result(tried=result.tried, figures=figures, problems=problems)


def write_cost(trial: Trial) -> Result:
    """What the block device was given, in a burst and where events come one by one."""
    cost = _part("write_cost").measure(trial.count)
    trial.progress(trial.count)
    dearest = max(cost.burst, cost.one_by_one)
    problems = (f"more than {MAX_EVENT_BYTES:,} bytes",) if dearest > MAX_EVENT_BYTES else ()
    figures = f"{cost.burst:,.0f} bytes in a burst, {cost.one_by_one:,.0f} one by one"
    return Result(tried=trial.count, figures=figures, problems=problems)


def _part(name: str) -> Any:
    return importlib.import_module(f"faults.{name}")
