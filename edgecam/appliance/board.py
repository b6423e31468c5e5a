"""How the board is doing, from what an unprivileged, sandboxed process may read.

What a machine does not have, and what cannot be true, is left out, never invented.
"""

import os
import shutil
import time
from pathlib import Path

HOTTEST_C = 150
"""More than any processor survives: what says more is broken."""
MOST_MB = 10**7

# What stands in the `type` of a thermal zone (kernel's Documentation/ABI/testing/sysfs-class-thermal)
# that is the processor's: of Raspberry Pis by the name in their device tree, with a dash or, in
# older kernels, an underscore; of PCs by the driver x86_pkg_temp_thermal.
_CPU_ZONES = ("cpu-thermal", "cpu_thermal", "x86_pkg_temp")
# Raspberry Pi's kernel has this file, for each user to read, below a device that is called
# soc:firmware up to the Pi 4 and soc@107c000000:firmware on the Pi 5: drivers/firmware/raspberrypi.c.
_THROTTLED = "sys/bus/platform/drivers/raspberrypi-firmware/*/get_throttled"
# Bits of the firmware's get_throttled, as the Raspberry Pi documentation of vcgencmd names them;
# 16 to 19 say the same of the past.
_THROTTLED_BITS = {0: "under_voltage", 1: "frequency_capped", 2: "throttled", 3: "soft_temp_limit"}
_SINCE_BOOT_BIT = 16
_MOST_BITS = 2**32 - 1
# Other kernels only know this alarm: Documentation/hwmon/raspberrypi-hwmon.rst.
_HWMON, _VOLTAGE_MONITOR = "sys/class/hwmon/hwmon*", "rpi_volt"
_MODEL = "sys/firmware/devicetree/base/model"
_MOST_OF_A_FILE = 8192


class Board:
    """The machine under a root folder (`/`; tests use a made one)."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    def cpu_temp_c(self) -> float | None:
        """The processor's temperature in degrees Celsius; nothing below 0 is believed."""
        for zone in self._found("sys/class/thermal/thermal_zone*"):
            if _text(zone / "type") in _CPU_ZONES:
                thousandths = _number(_text(zone / "temp"), HOTTEST_C * 1000)
                return None if thousandths is None else round(thousandths / 1000, 1)
        return None

    def throttled(self) -> list[str] | None:
        """What slows the processor now (`throttled`) or did before (`throttled_since_boot`)."""
        for file in self._found(_THROTTLED):
            bits = _number(_text(file), _MOST_BITS, base=16)
            if bits is not None:
                return _names(bits)
        for monitor in self._found(_HWMON):
            if _text(monitor / "name") == _VOLTAGE_MONITOR:
                low = _number(_text(monitor / "in0_lcrit_alarm"), 1)
                return None if low is None else _names(low)
        return None

    def available_memory_mb(self) -> int | None:
        """Memory that programs can still get, in MB (MemAvailable)."""
        return self._memory_mb("MemAvailable")

    def total_memory_mb(self) -> int | None:
        """Memory that the kernel has to give, in MB (MemTotal): less than what is built in."""
        return self._memory_mb("MemTotal")

    def model(self) -> str | None:
        """`Raspberry Pi Zero 2 W Rev 1.0`: what the device tree says; PCs have none."""
        text = _text(self._root / _MODEL).rstrip("\0")
        return text if text.isascii() and text.isprintable() and text else None

    def _found(self, pattern: str) -> list[Path]:
        try:
            return sorted(self._root.glob(pattern))
        except OSError:  # no descriptors left to look with
            return []

    def _memory_mb(self, wanted: str) -> int | None:
        for line in _text(self._root / "proc/meminfo").splitlines():
            name, _, rest = line.partition(":")
            if name == wanted:
                kilobytes = _number(rest.removesuffix(" kB"), MOST_MB * 1024)
                return None if kilobytes is None else kilobytes // 1024
        return None


def disk_free_mb(folder: Path) -> int | None:
    """Space left for us on a folder's file system, in MB."""
    try:
        return shutil.disk_usage(folder).free // 10**6
    except OSError:
        return None


def uptime_s() -> int:
    """How long the machine has been running, whatever its clock was set to since."""
    return int(time.clock_gettime(time.CLOCK_BOOTTIME))


def os_name() -> str:
    """`debian 12`, `raspbian 13`: ID and VERSION_ID of os-release, or the kernel's name."""
    found: dict[str, str] = {}
    try:
        for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            found[name] = value.strip().strip('"')
    except OSError:
        pass  # a machine without it still has a kernel
    return " ".join(filter(None, (found.get("ID"), found.get("VERSION_ID")))) or os.uname().sysname


def _names(bits: int) -> list[str]:
    now = [name for bit, name in _THROTTLED_BITS.items() if bits >> bit & 1]
    past = [name for bit, name in _THROTTLED_BITS.items() if bits >> (bit + _SINCE_BOOT_BIT) & 1]
    return now + [f"{name}_since_boot" for name in past if name not in now]


def _text(file: Path) -> str:
    """What a file holds; empty where it is not there, or not to be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(_MOST_OF_A_FILE).decode("ascii", "replace").strip()
    except OSError:
        return ""


def _number(text: str, most: int, base: int = 10) -> int | None:
    """A number from 0 to `most`; None for anything else."""
    try:
        number = int(text, base)
    except ValueError:
        return None
    return number if 0 <= number <= most else None
