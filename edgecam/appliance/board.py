"""How the board is doing, from what an unprivileged, sandboxed process may read.

What a machine does not have is left out, never invented.
"""

import os
import shutil
from pathlib import Path

# Bits of the firmware's get_throttled, as the Raspberry Pi documentation of vcgencmd names them;
# 16 to 19 say the same "since boot".
_THROTTLED = {0: "under_voltage", 1: "frequency_capped", 2: "throttled", 3: "soft_temp_limit"}
_SINCE_BOOT_BIT = 16
_THROTTLED_FILE = "sys/devices/platform/soc/soc:firmware/get_throttled"
_TEMPERATURE_FILE = "sys/class/thermal/thermal_zone0/temp"


class Board:
    """The machine under a root folder (`/`; tests use a made one)."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    def cpu_temp_c(self) -> float | None:
        """The processor's temperature in degrees Celsius."""
        text = self._text(_TEMPERATURE_FILE)
        try:
            return round(int(text) / 1000, 1) if text else None
        except ValueError:
            return None

    def throttled(self) -> list[str] | None:
        """What slows the processor now (`throttled`) or did since boot (`throttled_since_boot`)."""
        text = self._text(_THROTTLED_FILE)
        try:
            bits = int(text, 16) if text else None
        except ValueError:
            return None
        if bits is None:
            return None
        now = [name for bit, name in _THROTTLED.items() if bits >> bit & 1]
        past = [
            f"{name}_since_boot"
            for bit, name in _THROTTLED.items()
            if bits >> (bit + _SINCE_BOOT_BIT) & 1
        ]
        return now + [name for name in past if name.removesuffix("_since_boot") not in now]

    def available_memory_mb(self) -> int | None:
        """Memory that programs can still get, in MB (MemAvailable)."""
        for line in self._text("proc/meminfo").splitlines():
            name, _, rest = line.partition(":")
            if name == "MemAvailable":
                return int(rest.split()[0]) // 1024
        return None

    def _text(self, path: str) -> str:
        try:
            return (self._root / path).read_text(encoding="ascii").strip()
        except OSError:
            return ""


def disk_free_mb(folder: Path) -> int | None:
    """Space left for us on a folder's file system, in MB."""
    try:
        return shutil.disk_usage(folder).free // 10**6
    except OSError:
        return None


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
