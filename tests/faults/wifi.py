"""Wi-Fi flaps: the appliance in one network namespace, the broker in another, the link down and up."""

import contextlib
import time

from support.recorder import Recorder

from faults.broker import Broker
from faults.network import ADDRESSES, Cable
from faults.rig import CLIENT_ID, Rig
from faults.series import Result, Trial

PORT = 1883
AWAY_S = (0.2, 8.0)  # some are over before the keepalive notices, some are not


def run(trial: Trial) -> Result:
    with contextlib.ExitStack() as stack:
        cable = Cable()
        stack.callback(cable.remove)
        cable.make()
        broker = Broker(trial.folder, f"listener {PORT} {ADDRESSES['broker']}\n")
        stack.callback(broker.stop)
        with cable.inside("broker"):
            broker.start()
            recorder = Recorder(broker.port)
        stack.callback(recorder.close)
        url = f"mqtt://{ADDRESSES['broker']}:{PORT}"
        rig = Rig(trial.folder, url, recorder, place=lambda: cable.inside("appliance"))
        stack.callback(rig.close)
        rig.start("publisher", "vision")
        _flap(trial, cable, rig)
        return _verdict(trial, broker, rig)


def _flap(trial: Trial, cable: Cable, rig: Rig) -> None:
    for done in range(trial.count):
        rig.judge.wait_recovered()
        time.sleep(trial.random.uniform(0, 1.0))
        side = trial.random.choice(sorted(ADDRESSES))
        cable.unplug(side)
        time.sleep(trial.random.uniform(*AWAY_S))
        cable.plug(side)
        rig.judge.healed()
        trial.progress(done + 1)


def _verdict(trial: Trial, broker: Broker, rig: Rig) -> Result:
    # At most one new connection and one line in the log for each time the link went.
    problems = []
    connections = broker.connections(CLIENT_ID)
    if connections > trial.count + 1:
        problems.append(f"{connections} connections: a storm")
    lines = rig.said("publisher").count(" WARNING ")
    if lines > trial.count:
        problems.append(f"{lines} warnings: a flood")
    figures = f"{connections} connections, {lines} warnings"
    return rig.finish(trial.count, figures, tuple(problems))
