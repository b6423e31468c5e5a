"""Energy that this machine measures by itself; nothing here needs more than an ordinary user's rights.

Intel and AMD processors count what their package takes (RAPL); since Linux 5.10 only root may read
it. The Raspberry Pi 5's power chip tells current and voltage of each rail.
"""

import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Protocol

# Documentation/power/powercap/powercap.rst of the kernel.
_RAPL = Path("sys/class/powercap/intel-rapl:0")
_VCGENCMD_TIMEOUT_S = 5.0
_SAMPLED_EVERY_S = 0.2


class Meter(Protocol):
    """Counts energy between `start` and `stop`."""

    source: str
    """What it measures, in words."""

    def start(self) -> None:
        """Count from now on."""

    def stop(self) -> float | None:
        """Joules since `start`; None where they could not be read."""


def here(root: Path = Path("/")) -> Meter | None:
    """The meter of this machine; None where it has none, or none that we may read."""
    rapl = Rapl(root / _RAPL)
    if rapl.microjoules() is not None:
        return rapl
    return Pmic() if rails_w(_pmic_says()) is not None else None


class Rapl:
    """The processor's package: cores, caches, memory controller; not the rest of the machine."""

    source = "RAPL, the processor's package"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before: int | None = None

    def start(self) -> None:
        """Count from now on."""
        self._before = self.microjoules()

    def stop(self) -> float | None:
        """Joules since `start`."""
        now, before = self.microjoules(), self._before
        if now is None or before is None:
            return None
        if now < before:  # the counter has begun again
            now += self._number("max_energy_range_uj") or 0
        return (now - before) / 1e6

    def microjoules(self) -> int | None:
        """The counter; None where there is none, or it is not for us to read."""
        return self._number("energy_uj")

    def _number(self, name: str) -> int | None:
        try:
            return int((self._folder / name).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None


class Pmic:
    """The Raspberry Pi 5's rails, sampled: all that the power chip supplies, without its losses."""

    source = "the power chip's rails (vcgencmd pmic_read_adc)"

    def __init__(self) -> None:
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        self._watts: list[float] = []
        self._started_s = 0.0

    def start(self) -> None:
        """Count from now on."""
        self._done.clear()
        self._watts = []
        self._started_s = time.monotonic()
        self._thread = threading.Thread(target=self._sample, name="pmic", daemon=True)
        self._thread.start()

    def stop(self) -> float | None:
        """Joules since `start`: the mean of the samples times the time."""
        seconds = time.monotonic() - self._started_s
        self._done.set()
        if self._thread is not None:
            self._thread.join()
        return sum(self._watts) / len(self._watts) * seconds if self._watts else None

    def _sample(self) -> None:
        while not self._done.wait(_SAMPLED_EVERY_S):
            watts = rails_w(_pmic_says())
            if watts is not None:
                self._watts.append(watts)


def rails_w(said: str) -> float | None:
    """The power of all rails in what `vcgencmd pmic_read_adc` says; None where it says none.

    Its lines: ` VDD_CORE_A current(7)=1.00000000A` and ` VDD_CORE_V volt(15)=0.80000000V`, or, by
    other firmware, `VDD_CORE_A=1.0A`.
    """
    rails: dict[str, dict[str, float]] = {"A": {}, "V": {}}
    for line in said.splitlines():
        name, _, number = line.strip().partition("=")
        rail, _, unit = name.partition(" ")[0].rpartition("_")
        try:
            rails[unit][rail] = float(number.rstrip("AV"))
        except (KeyError, ValueError):
            continue
    both = rails["A"].keys() & rails["V"].keys()
    return sum(rails["A"][rail] * rails["V"][rail] for rail in both) if both else None


def _pmic_says() -> str:
    program = shutil.which("vcgencmd")
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, "pmic_read_adc"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_VCGENCMD_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
