"""`edgecam` with parts that a test breaks while it runs: `python rigged_edgecam.py FOLDER run ...`.

Each part looks into a file of its name in FOLDER for what to do; `limit_s` is the limit of a step
from the start on. Waits of a minute take less than a second here.
"""

import sys
from pathlib import Path

from edgecam import cli, model
from edgecam.config import ModelOptions
from edgecam.model import Model

_load = model.load


def rig_and_load(options: ModelOptions) -> Model:
    """Put the switches in once the process has confined itself, which no thread may precede."""
    from support.rigged_parts import Switches, rig  # noqa: PLC0415  its libraries start threads

    rig(Switches(Path(sys.argv[1])))
    return _load(options)


if __name__ == "__main__":
    model.load = rig_and_load
    sys.exit(cli.main(sys.argv[2:]))
