"""The broker ends and comes back, in turn with and without its memory.

A broker that forgets its sessions forgets the recorder's too, so there the publisher is held still
until the recorder has subscribed again: otherwise the judge would miss what the broker had taken.
"""

import signal
import time

from support.waiting import wait_until

from faults.broker import Broker
from faults.rig import Rig, lively
from faults.series import Result, Trial

AWAY_S = (0.1, 3.0)
# A broker that hangs up three times, each time within half a minute of letting us in, is taken for
# one where another client uses our id, and is then left alone for 30 s and more.
HELD_S = 31.0


def run(trial: Trial) -> Result:
    with lively(trial.folder) as (rig, broker):
        for done in range(trial.count):
            rig.judge.wait_recovered()
            time.sleep(trial.random.uniform(0, 1.0) + (HELD_S if done else 0.0))
            away_s = trial.random.uniform(*AWAY_S)
            if done % 2 == 0:
                _restart(broker, away_s)
            else:
                _forget(rig, broker, away_s)
            rig.judge.healed()
            trial.progress(done + 1)
        return rig.finish(trial.count)


def _restart(broker: Broker, away_s: float) -> None:
    broker.stop()
    time.sleep(away_s)
    broker.start()


def _forget(rig: Rig, broker: Broker, away_s: float) -> None:
    broker.crash()
    time.sleep(away_s)
    publisher = rig.running["publisher"]
    publisher.send_signal(signal.SIGSTOP)
    try:
        wait_until(lambda: not rig.recorder.subscribed)
        broker.start()
        wait_until(lambda: rig.recorder.subscribed, 10.0)
    finally:
        publisher.send_signal(signal.SIGCONT)
