"""A root folder like a Raspberry Pi's, with what its kernel tells of the board."""

from pathlib import Path

PI_4 = "devices/platform/soc/soc:firmware"
PI_5 = "devices/platform/soc@107c000000/soc@107c000000:firmware"


class MadeBoard:
    """Files that `Board(root)` reads; each is there only once it was written."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def zone(self, number: int, kind: str, temp: str) -> None:
        """A thermal zone."""
        folder = f"sys/class/thermal/thermal_zone{number}"
        self.write(f"{folder}/type", f"{kind}\n")
        self.write(f"{folder}/temp", temp)

    def is_at(self, temperature_c: float) -> None:
        """The processor's temperature; another zone, the first, is always cool."""
        self.zone(0, "other-thermal", "20000\n")
        self.zone(1, "cpu-thermal", f"{round(temperature_c * 1000)}\n")

    def throttled(self, text: str, device: str = PI_4) -> None:
        """What the firmware says, as Raspberry Pi's kernel shows it."""
        self.write(f"sys/{device}/get_throttled", text)
        driver = self.root / "sys/bus/platform/drivers/raspberrypi-firmware"
        driver.mkdir(parents=True, exist_ok=True)
        link = driver / Path(device).name
        if not link.exists():
            link.symlink_to(self.root / "sys" / device)

    def voltage_alarm(self, text: str) -> None:
        """What any kernel shows of it, beside a monitor of something else."""
        self.write("sys/class/hwmon/hwmon0/name", "cpu_thermal\n")
        self.write("sys/class/hwmon/hwmon0/in0_lcrit_alarm", "7\n")
        self.write("sys/class/hwmon/hwmon1/name", "rpi_volt\n")
        self.write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", text)

    def memory(self, text: str) -> None:
        """Lines of /proc/meminfo."""
        self.write("proc/meminfo", text)

    def model(self, text: str) -> None:
        """The device tree's, whose strings end in a zero byte."""
        self.write("sys/firmware/devicetree/base/model", f"{text}\0")

    def write(self, name: str, text: str) -> None:
        """A file of any content."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
