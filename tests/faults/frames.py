"""A million frames: does the memory of either half grow?"""

import subprocess
import sys

from faults import colours
from faults.memory import Marks
from faults.rig import Rig, Sections, prepared
from faults.series import Result, Trial

HOLD_S = 0.5
_STEPS = 100


def tiny_model(trial: Trial) -> Result:
    """As fast as a model of a kilobyte can be asked."""
    pictures = trial.folder / "colours"
    pictures.mkdir()
    colours.paint_all(pictures)
    return _watch(trial, colours.sections(pictures, fps=None, hold_s=HOLD_S))


def real_model(trial: Trial) -> Result:
    """As fast as the model that comes with edgecam can be asked."""
    return _watch(trial, {"camera": {"fps": None}})


def _watch(trial: Trial, sections: Sections) -> Result:
    with prepared(trial.folder, sections) as (rig, _):
        rig.start("publisher")
        every = max(trial.count // _STEPS, 1)
        vision = _start_counted(rig, every)
        marks = Marks({half: process.pid for half, process in rig.running.items()}, trial.count)
        for line in vision.stdout or ():
            marks.pass_by(int(line))
            trial.progress(min(int(line), trial.count))
            if int(line) >= trial.count:
                break
        rig.judge.wait_recovered()
        return rig.finish(trial.count, marks.figures, marks.problems)


def _start_counted(rig: Rig, every: int) -> subprocess.Popen[bytes]:
    appliance = rig.appliances["vision"]
    command = [
        sys.executable,
        "-m",
        "faults.counted_vision",
        str(every),
        "-c",
        str(appliance.config),
    ]
    with appliance.log.open("ab") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
    appliance.processes.append(process)
    rig.running["vision"] = process
    return process
