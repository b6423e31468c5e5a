"""Series that live beside the tests of their part, told in the words of the table."""

import importlib
from typing import Any

from faults.series import Result, Trial


def power_cut(trial: Trial) -> Result:
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
    result = _part("mutated_models").run(trial.count, trial.progress)
    problems = (f"the command itself failed {result.failed} times",) if result.failed else ()
    return Result(
        tried=result.tried,
        figures=f"{result.accepted} accepted, {result.refused} refused, {result.died} died in the child",
        problems=problems,
    )


def write_cost(trial: Trial) -> Result:
    raise NotImplementedError


def _part(name: str) -> Any:
    return importlib.import_module(f"faults.{name}")
