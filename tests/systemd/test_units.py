"""The unit files: what systemd says of them, and that they and the code speak of the same things.

What they do is shown on real machines: tests/e2e/ladder.
"""

import shutil
import subprocess
from pathlib import Path

import pytest
from support.unit_files import UNITS, Option, options, value

from edgecam.config import Config
from edgecam.config.state import STATE
from edgecam.errors import EXIT_CONFIG
from edgecam.publisher import service as publisher
from edgecam.publisher.broker import credentials
from edgecam.vision import service as vision

VISION, PUBLISHER = "edgecam.service", "edgecam-publisher.service"
SOCKET, FOLLOW = "edgecam-publisher.socket", "edgecam-publisher-follow@.service"
ALL = sorted(unit.name for unit in UNITS.iterdir())
MOST_EXPOSURE = {VISION: 1.0, PUBLISHER: 1.5}

# Options that set up the service and take nothing away from it.
_PLAIN = {
    *("Type", "NotifyAccess", "ExecStart", "ExecReload", "User", "Group"),
    *("Restart", "RestartSec", "WantedBy", "Description", "ListenSequentialPacket"),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small system: our units, the programs that they start, and what every unit leans on."""
    units = tmp_path / "usr/lib/systemd/system"
    units.mkdir(parents=True)
    for unit in UNITS.iterdir():
        shutil.copy(unit, units)
    for name in ("sysinit", "basic", "shutdown", "sockets", "multi-user"):
        (units / f"{name}.target").write_text("[Unit]\n")
    for program in ("opt/edgecam/bin/edgecam", "bin/sh"):
        place = tmp_path / program
        place.parent.mkdir(parents=True)
        shutil.copy("/bin/true", place)
    return tmp_path


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def verify(root: Path, unit: str) -> str:
    """What systemd has to say of a unit."""
    done = analyze("verify", "--man=no", "--recursive-errors=yes", f"--root={root}", unit)
    return done.stderr + done.stdout


@pytest.mark.parametrize("unit", [VISION, PUBLISHER, SOCKET, FOLLOW])
def test_systemd_understands_every_line(root: Path, unit: str) -> None:
    assert not verify(root, unit)


def test_systemd_says_what_it_does_not_understand(root: Path) -> None:
    place = root / "usr/lib/systemd/system" / VISION
    place.write_text(place.read_text().replace("ProtectSystem=", "ProtectSystems="))
    assert "'ProtectSystems'" in verify(root, VISION)


@pytest.mark.parametrize("unit", [VISION, PUBLISHER])
def test_little_is_exposed(unit: str) -> None:
    assert _exposed(UNITS / unit, MOST_EXPOSURE[unit]).returncode == 0


def test_a_unit_without_its_hardening_is_exposed(tmp_path: Path) -> None:
    bare = tmp_path / VISION
    bare.write_text("[Service]\nExecStart=/opt/edgecam/bin/edgecam run vision\nUser=edgecam\n")
    assert _exposed(bare, MOST_EXPOSURE[PUBLISHER]).returncode == 1


def _exposed(unit: Path, most: float) -> subprocess.CompletedProcess[str]:
    threshold = f"--threshold={round(most * 10)}"
    return analyze("security", "--offline=true", threshold, str(unit))


@pytest.mark.parametrize("unit", ALL)
def test_every_line_says_why_it_is_there(unit: str) -> None:
    unexplained = [
        option.name for option in options(unit) if not option.reason and option.name not in _PLAIN
    ]
    assert not unexplained


def test_a_reason_holds_until_the_next_blank_line() -> None:
    text = "[Service]\n# Because.\nA=1\nB=2\n\nC=3\n"
    assert [option.reason for option in Option.read(text)] == ["Because.", "Because.", ""]


def test_the_units_mean_the_files_that_the_configuration_means() -> None:
    assert value(SOCKET, "ListenSequentialPacket") == Config().link.socket
    assert Path("/var/lib") / value(PUBLISHER, "StateDirectory") == STATE
    assert value(PUBLISHER, "LoadCredential") == f"{credentials.CREDENTIAL}:{credentials.LOADED}"
    assert value(PUBLISHER, "SetCredential") == rf"{credentials.CREDENTIAL}:\n"


def test_the_owners_mistakes_are_not_tried_again() -> None:
    for unit in (VISION, PUBLISHER):
        assert value(unit, "RestartPreventExitStatus") == str(EXIT_CONFIG)
    assert f'"$EXIT_STATUS" != {EXIT_CONFIG}' in value(PUBLISHER, "ExecStopPost")


def test_there_is_time_to_stop() -> None:
    needed_s = 3 * vision.STOP_TIMEOUT_S + vision.FLUSH_TIMEOUT_S
    assert int(value(VISION, "TimeoutStopSec")) > needed_s
    assert int(value(PUBLISHER, "TimeoutStopSec")) > 2 * publisher.STOP_TIMEOUT_S


def test_the_two_users_are_made_and_cannot_log_in(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    done = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", str(UNITS / "edgecam.sysusers")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "etc/passwd").read_text().splitlines()
    users = {name: (uid, shell) for name, _, uid, *_, shell in (one.split(":") for one in lines)}
    made = [users[value(unit, "User")] for unit in (VISION, PUBLISHER)]
    assert made[0][0] != made[1][0]
    assert {shell for _, shell in made} == {"/usr/sbin/nologin"}
