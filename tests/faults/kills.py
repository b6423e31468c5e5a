"""kill -9 of either half, or of both, at random moments; also while they start."""

import time

from faults.rig import lively
from faults.series import Result, Trial

# As often as not a half is killed before it has recovered from the kill before.
PATIENCE = 0.5
LATEST_S = 1.0


def vision(trial: Trial) -> Result:
    return _kill(trial, "vision")


def publisher(trial: Trial) -> Result:
    return _kill(trial, "publisher")


def both(trial: Trial) -> Result:
    return _kill(trial, "vision", "publisher")


def _kill(trial: Trial, *victims: str) -> Result:
    with lively(trial.folder) as (rig, _):
        for done in range(trial.count):
            if trial.random.random() < PATIENCE:
                rig.judge.wait_recovered()
            time.sleep(trial.random.uniform(0, LATEST_S))
            rig.kill(*victims)
            rig.start(*victims)
            trial.progress(done + 1)
        return rig.finish(trial.count)
