"""The broker hangs with its connections open (half-open TCP)."""

import time

from support.waiting import wait_until

from faults.broker import Broker
from faults.rig import Rig, lively
from faults.series import Result, Trial

NOTICED_S = 45.0
_NOTICED = "events are kept, trying again"


def run(trial: Trial) -> Result:
    slowest_s = 0.0
    with lively(trial.folder) as (rig, broker):
        for done in range(trial.count):
            rig.judge.wait_recovered()
            slowest_s = max(slowest_s, _freeze(rig, broker))
            time.sleep(trial.random.uniform(0, 3.0))
            broker.thaw()
            rig.judge.healed()
            trial.progress(done + 1)
        return rig.finish(trial.count, f"noticed within {slowest_s:.0f} s at a keepalive of 5 s")


def _freeze(rig: Rig, broker: Broker) -> float:
    """Freeze the broker until the publisher says so; how long that took, in seconds."""
    before = rig.said("publisher").count(_NOTICED)
    began_s = time.monotonic()
    broker.freeze()
    wait_until(lambda: rig.said("publisher").count(_NOTICED) > before, NOTICED_S)
    return time.monotonic() - began_s
