"""Runs rows, one after the other, whatever becomes of those before."""

import contextlib
import linecache
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Generator, Sequence
from itertools import groupby
from pathlib import Path

from ladder.bench import Bench
from ladder.report import Result
from ladder.row import Row


def run(rows: Sequence[Row]) -> Generator[Result]:
    """Run the rows group by group; each result comes as soon as it is there.

    What a group had is taken down before the next one starts, and where the caller stops asking.
    """
    folder = Path(tempfile.mkdtemp(prefix="edgecam-e2e-"))
    failed = False
    try:
        for (level, release), group in groupby(rows, key=lambda row: row.group):
            place = folder / f"{level}-{release or 'host'}"
            place.mkdir()
            with contextlib.closing(Bench(release, place)) as bench:
                for number, row in enumerate(group):
                    result = _run(row, bench, place / f"{number:02}")
                    failed |= not result.passed
                    yield result
    finally:
        if not failed:
            shutil.rmtree(folder)


def _run(row: Row, bench: Bench, folder: Path) -> Result:
    print(f"{row} ...", file=sys.stderr, flush=True)
    began_s = time.monotonic()
    figures = failure = ""
    bench.begin(folder)
    try:
        figures = row.check(bench) or ""
    except Exception as error:  # noqa: BLE001  one row must not keep the others from running
        failure = in_a_line(error)
        bench.failed(error)
    finally:
        bench.end()
    took_s = time.monotonic() - began_s
    if failure:
        print(f"{row} FAILED: {failure}", file=sys.stderr, flush=True)
    else:
        shutil.rmtree(folder)
    return Result(row, took_s, figures, failure, folder if failure else None)


def in_a_line(error: Exception) -> str:
    """The error in one line of a table; an assertion without words says what it asserted."""
    said = " ".join(str(error).split())
    if not said:
        where = traceback.extract_tb(error.__traceback__)[-1]
        said = linecache.getline(where.filename, where.lineno or 0).strip()
    name = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
    return f"{name}{said}"[:300]
