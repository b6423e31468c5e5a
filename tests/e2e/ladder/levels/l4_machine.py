"""L4: a whole arm64 machine with a kernel of its own, emulated.

What containers cannot show: Debian's arm64 kernel with control groups of version 2, devices that it
made, and a power cut. It is far too slow to show how fast anything is.
"""

from support.waiting import wait_until

from ladder.bench import Bench
from ladder.row import TRIXIE, row
from ladder.sandbox import Lines
from ladder.station import PUBLISHER, VISION
from ladder.virtual_station import PATIENCE_S, VirtualStation, installed

_MEMORY_MAX = 400 * 1024 * 1024
_CAMERA = "/dev/video0"
_PROBE = "edgecam-probe"
_BACKLOG = 30
# Straight to the disk, past the memory of the machine, and without telling it to flush.
_UNFLUSHED = "dd if=/dev/zero of=/root/unflushed bs=4k count=200000 oflag=direct"


@row("L4", TRIXIE, shown="apt installs the package, and after a reboot it starts by itself")
def starts_by_itself(bench: Bench) -> str:
    station = bench.share(installed)
    station.machine.reboot()
    station.wait_up()
    station.wait_events(2, PATIENCE_S)
    groups = station.machine.run(["stat", "--file-system", "--format=%T", "/sys/fs/cgroup"])
    assert groups.stdout == "cgroup2fs\n"
    return station.machine.run(["uname", "-rm"]).stdout.strip()


@row("L4", TRIXIE, shown="edgecam check tries the model; edgecam privacy finds all of it enforced")
def checks(bench: Bench) -> str:
    station = bench.share(installed)
    station.configure()
    station.stop()  # the interpreter is given half a minute, which is ample only for a Pi
    said = station.machine.run(["edgecam", "check"], timeout_s=PATIENCE_S).stdout
    station.restart()
    station.machine.run(["edgecam", "privacy"], timeout_s=PATIENCE_S)
    status = station.machine.run(["cat", f"/proc/{station.pid(VISION)}/status"]).stdout
    assert int(status.partition("VmLck:")[2].split()[0]) > 0, "vision may be swapped out"
    return next(line for line in said.splitlines() if line.startswith("# model:")).split(" on ")[1]


@row("L4", TRIXIE, shown="over its memory limit the half that sees is killed, and starts again")
def memory_limit(bench: Bench) -> None:
    station = bench.share(installed)
    station.restart()
    group = f"/sys/fs/cgroup/system.slice/{VISION}"
    limit = station.machine.run(["cat", f"{group}/memory.max", f"{group}/memory.swap.max"]).stdout
    assert limit.split() == [str(_MEMORY_MAX), "0"]
    publisher, restarts = station.pid(PUBLISHER), station.restarts(VISION)
    station.systemctl("set-property", "--runtime", VISION, "MemoryMax=24M")
    wait_until(lambda: station.restarts(VISION) > restarts, PATIENCE_S, poll_s=1.0)
    station.systemctl("set-property", "--runtime", VISION, f"MemoryMax={_MEMORY_MAX}")
    station.wait_up()
    assert "'oom-kill'" in station.said_by_systemd(VISION)
    assert station.pid(PUBLISHER) == publisher, "the other half was restarted, too"


@row("L4", TRIXIE, shown="a V4L2 camera is for the half that sees alone, by its unit's lines")
def devices(bench: Bench) -> str:
    station = bench.share(installed)
    station.machine.run(["modprobe", "vivid", "n_devs=1", "node_types=0x1"])
    station.machine.run(["udevadm", "settle"])
    units = {name: _lines(station, name) for name in (VISION, PUBLISHER)}
    video = "SupplementaryGroups=video"
    assert _opens(station, units[VISION])
    assert not _opens(station, units[VISION].without(["DeviceAllow=char-video4linux"]))
    as_if_permitted = Lines((*units[PUBLISHER].of, video))
    assert not _opens(station, as_if_permitted)
    assert _opens(station, as_if_permitted.without(["PrivateDevices="]))
    station.restart(camera={"source": "opencv", "fps": 0.5, "opencv": {"source": _CAMERA}})
    _wait_alarm(station, None)
    for lines, alarm in (("DeviceAllow=", "camera_trouble"), ("", None)):
        station.stop()
        station.change_unit(VISION, lines)
        station.start()
        _wait_alarm(station, alarm)
    station.wait_up()
    return station.machine.run(["cat", "/sys/class/video4linux/video0/name"]).stdout.strip()


@row("L4", TRIXIE, shown="a power cut while events are committed loses none of them")
def power_cut(bench: Bench) -> str:
    station = bench.share(installed)
    station.stop()
    station.machine.run(["sh", "-c", "rm /var/lib/edgecam/*"])  # another queue, of another epoch
    station.broker.stop()
    began, heard = len(station.machine.said()), len(station.recorder.events)
    station.configure(
        camera={"source": "stills", "fps": None, "stills": {"hold_s": 0.1}},
        log={"level": "debug"},
    )
    station.start()
    station.machine.run(["systemd-run", "--quiet", *_UNFLUSHED.split()])
    wait_until(lambda: len(_committed(station, began)) >= _BACKLOG, PATIENCE_S, poll_s=0.05)
    came_of_it = station.machine.cut_power()
    assert came_of_it.lost, "a power cut that takes nothing away shows nothing"
    promised = _committed(station, began)
    station.broker.start()
    station.machine.power_on()
    station.recorder.wait_for(
        lambda _: len(_delivered(station, heard)) >= len(promised), PATIENCE_S
    )
    assert _delivered(station, heard)[: len(promised)] == promised
    return (
        f"{len(promised)} committed before; {came_of_it.lost} writes lost, {came_of_it.kept} kept"
    )


def _lines(station: VirtualStation, unit: str) -> Lines:
    return Lines.read(station.machine.run(["systemctl", "cat", unit]).stdout)


def _opens(station: VirtualStation, lines: Lines) -> bool:
    """Whether a program under these lines of a unit may open the camera."""
    program = f"ExecStart=/usr/bin/python3 -c \"open('{_CAMERA}', 'rb+', 0)\""
    text = "\n".join(["[Service]", "Type=oneshot", program, *lines.of, ""])
    station.machine.write(f"/run/systemd/system/{_PROBE}.service", text)
    station.systemctl("daemon-reload")
    station.systemctl("start", _PROBE, check=False)
    (result,) = station.shows(_PROBE, "Result")
    assert result in ("success", "exit-code"), result
    return result == "success"


def _wait_alarm(station: VirtualStation, alarm: str | None) -> None:
    """Wait until `health` comes with this alarm alone, or with none."""
    wanted = [] if alarm is None else [alarm]
    before = len(station.recorder.on("/health"))
    station.recorder.wait_for(
        lambda seen: wanted in [each.json["alarms"] for each in seen.on("/health")[before:]],
        PATIENCE_S,
    )


def _committed(station: VirtualStation, began: int) -> list[str]:
    """The sightings that the publisher has called committed, on the serial port from a line on."""
    said = (line.partition(": event: ") for line in station.machine.said()[began:])
    return [words for _, found, words in said if found and words.split()[0].endswith("appeared")]


def _delivered(station: VirtualStation, heard: int) -> list[str]:
    """The sightings that came to the broker after so many events, in order, in the same words."""
    once = {event["seq"]: event for event in station.recorder.events[heard:]}
    sightings = [once[seq] for seq in sorted(once) if "label" in once[seq]]
    return [f"{each['event_type']} {each['region']} {each['label']}" for each in sightings]
