"""Series that live beside the tests of their part, told in the words of the table."""

from faults import mutated_models, power_cut, write_cost
from faults.series import Result, Trial

MAX_EVENT_BYTES = 15_000  # what an event may cost the card
EXT4_BYTES = 16_384  # what ext4 itself adds to one that comes alone, for the file's time


def cut_power(trial: Trial) -> Result:
    """The disk as it was at some moment, against what had been acknowledged by then."""
    result = power_cut.run(trial.count, trial.progress)
    problems = (f"{result.corrupt} queue files were corrupt",) if result.corrupt else ()
    return Result(
        tried=result.cuts,
        committed=result.acknowledged,
        lost=result.lost,
        figures=f"{result.corrupt} files corrupt",
        problems=problems,
    )


def mutate_models(trial: Trial) -> Result:
    """Whatever the file, only the child that tries it may die."""
    result = mutated_models.run(trial.count, trial.progress)
    problems = (f"the command itself failed {result.failed} times",) if result.failed else ()
    figures = (
        f"{result.accepted} accepted, {result.refused} refused, "
        f"{result.died} ended the child, slowest {result.slowest_s:.1f} s"
    )
    return Result(tried=result.tried, figures=figures, problems=problems)


def measure_writes(trial: Trial) -> Result:
    """What the block device was given, in a burst and where events come one by one."""
    cost = write_cost.measure(trial.count)
    trial.progress(trial.count)
    problems = []
    if cost.burst > MAX_EVENT_BYTES:
        problems.append(f"more than {MAX_EVENT_BYTES:,} bytes in a burst")
    if cost.one_by_one > MAX_EVENT_BYTES + EXT4_BYTES:
        problems.append(f"more than {MAX_EVENT_BYTES + EXT4_BYTES:,} bytes one by one")
    figures = f"{cost.burst:,.0f} bytes in a burst, {cost.one_by_one:,.0f} one by one"
    return Result(tried=trial.count, figures=figures, problems=tuple(problems))
