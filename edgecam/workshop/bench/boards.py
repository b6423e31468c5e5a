"""What boards draw, for an estimate where nothing can be measured. Nothing here was measured by us.

Sources:
PiDramble   pidramble.com/wiki/benchmarks/power-consumption (idle, and `stress --cpu 4`)
CNX         cnx-software.com/2021/12/09/raspberry-pi-zero-2-w-power-consumption (idle)
CCF         cloudcarbonfootprint.org/docs/methodology, averages of a server's virtual core:
            0.74 W idle, 3.5 W busy
"""

import os
from dataclasses import dataclass

_CORES = 4


@dataclass(frozen=True)
class Power:
    """What a board draws idle, and more for each core that is busy."""

    idle_w: float
    core_w: float
    source: str


# By the beginning of the device tree's model; the first that fits, so the longer name comes first.
_BOARDS = (
    ("Raspberry Pi 4 Model B", Power(2.7, (6.4 - 2.7) / _CORES, "PiDramble")),
    ("Raspberry Pi 3 Model B Plus", Power(1.9, (5.1 - 1.9) / _CORES, "PiDramble")),
    ("Raspberry Pi 3 Model B", Power(1.4, (3.7 - 1.4) / _CORES, "PiDramble")),
    # It has the Pi 3's processor, at 1.0 instead of 1.2 GHz; no figure of its own under load.
    (
        "Raspberry Pi Zero 2",
        Power(0.6, (3.7 - 1.4) / _CORES, "CNX idle, the Pi 3 B's cores from PiDramble"),
    ),
)


def power_of(model: str | None, cores: int | None = None) -> Power | None:
    """What a machine of this model draws; None where nobody is known to have measured it.

    No model: a PC or a server, of which only the processor counts.
    """
    if model is None:
        busy_w, idle_w = 3.5, 0.74
        count = cores or os.cpu_count() or 1
        return Power(idle_w * count, busy_w - idle_w, "CCF's average of a server's processor")
    return next((power for name, power in _BOARDS if model.startswith(name)), None)
