"""Releases side by side: each in a process of its own, since most rows mostly wait."""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Generator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import cast

from ladder.report import Result
from ladder.row import Row
from ladder.run import run

_fork = multiprocessing.get_context("fork")


class LaneError(Exception):
    """A lane has ended before its rows, and will not say what came of them."""


def climb(rows: Sequence[Row]) -> Generator[Result]:
    """Run the rows, those of a release in their order; each result comes as soon as it is there.

    Where the caller stops asking, everything that was started is ended in good order.
    Raises LaneError where a lane has ended before its rows.
    """
    lanes: dict[Connection, tuple[ForkProcess, int]] = {}
    try:
        for release in sorted({row.release for row in rows}):
            mine = [row for row in rows if row.release == release]
            results, process = _start(mine)
            lanes[results] = (process, len(mine))
        while lanes:
            for ready in wait(list(lanes)):
                results = cast("Connection", ready)
                process, left = lanes[results]
                try:
                    yield results.recv()
                except EOFError:
                    process.join()
                    msg = f"a lane has ended with {process.exitcode}, {left} rows before its end"
                    raise LaneError(msg) from None
                lanes[results] = (process, left - 1)
                if left == 1:
                    process.join()
                    del lanes[results]
    finally:
        for process, _ in lanes.values():
            if process.is_alive() and process.pid is not None:
                os.kill(process.pid, signal.SIGINT)
        for process, _ in lanes.values():
            process.join()


def _start(rows: Sequence[Row]) -> tuple[Connection, ForkProcess]:
    results, told = _fork.Pipe(duplex=False)
    process = _fork.Process(target=_lane, args=(rows, told))
    process.start()
    told.close()  # the end of the lane is the end of the pipe
    return results, process


def _lane(rows: Sequence[Row], told: Connection) -> None:
    os.setsid()  # Ctrl-C is for the ladder, which then asks each lane once
    with contextlib.suppress(KeyboardInterrupt), contextlib.closing(run(rows)) as running:
        for result in running:
            told.send(result)
