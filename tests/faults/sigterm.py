"""SIGTERM while the publisher commits: right after an event has passed on the wall."""

import time

from faults.rig import lively
from faults.series import Result, Trial

# The publisher takes a packet in and commits it within a few milliseconds.
COMMIT_S = 0.01
BOTH_EVERY = 5  # times, the vision half is asked to end at the same moment


def run(trial: Trial) -> Result:
    slowest_s = 0.0
    with lively(trial.folder) as (rig, _):
        for done in range(trial.count):
            rig.tap.wait_event()
            time.sleep(trial.random.uniform(0, COMMIT_S))
            halves = ("vision", "publisher") if done % BOTH_EVERY == 0 else ("publisher",)
            began_s = time.monotonic()
            rig.stop(*halves)
            slowest_s = max(slowest_s, time.monotonic() - began_s)
            rig.start(*halves)
            trial.progress(done + 1)
        return rig.finish(trial.count, f"slowest exit {slowest_s:.1f} s")
