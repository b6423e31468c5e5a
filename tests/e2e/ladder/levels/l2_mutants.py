"""L2: the rows of packages, faults and claims fail where what they are about is taken out.

Each row of the table is one mutant, with a machine of its own; only with `--mutations`. For the
lines of the sandbox `l2_wall` does the same each time, since there it takes no more than seconds.
"""

from functools import partial

from ladder.levels import l2_faults, l2_halves, l2_install, l2_wall
from ladder.mutant import Mutant, noticed
from ladder.row import BOOKWORM, TRIXIE, row

_VISION = "usr/lib/systemd/system/edgecam.service"
_PUBLISHER = "usr/lib/systemd/system/edgecam-publisher.service"
_SOCKET = "usr/lib/systemd/system/edgecam-publisher.socket"
_NOT_IN_TIME = "not true within"
# What still runs, or a socket without its unit, which keeps the next installation from starting.
_NO_START = "systemctl restart edgecam"
_LEFT = f"still running|{_NO_START}"
# dpkg's own complaints, and none of the package's that a person could do something about.
_NO_LINE = "not enough values to unpack"

MUTANTS = (
    Mutant(
        "DEBIAN/postinst", "systemd-sysusers edgecam.conf", l2_install.installs, _NO_START, "true"
    ),
    Mutant(
        "DEBIAN/postinst",
        "systemctl --no-block restart",
        l2_install.upgrades,
        "as it was before the upgrade",
        "true",
    ),
    Mutant(
        "DEBIAN/postinst",
        "deb-systemd-helper update-state",
        l2_install.stays_disabled,
        "is-enabled",
        "systemctl enable",
    ),
    Mutant(
        "DEBIAN/postinst",
        "edgecam check -c $CONFIG >/dev/null",
        l2_install.broken_configuration,
        "^Reading package lists",  # what apt said, and no line in it that names the error
        "true",
    ),
    Mutant(
        "DEBIAN/conffiles",
        "/etc/edgecam/config.yaml\n",
        l2_install.upgrades,
        "changed|edgecam.service is",
    ),
    Mutant("DEBIAN/preinst", "    check_release\n", l2_install.wrong_release, _NO_LINE),
    Mutant("DEBIAN/preinst", "    check_memory\n", l2_install.little_memory, "it was installed"),
    Mutant("DEBIAN/preinst", "    check_disk\n", l2_install.full_disk, _NO_LINE),
    Mutant("DEBIAN/prerm", "deb-systemd-invoke stop", l2_install.removes_and_purges, _LEFT, "true"),
    Mutant("DEBIAN/postrm", " /var/lib/edgecam", l2_install.removes_and_purges, "/var/lib/edgecam"),
    Mutant("DEBIAN/postrm", "userdel $user", l2_install.removes_and_purges, "still there", "true"),
    Mutant(_VISION, "WatchdogSec=30\n", l2_faults.watchdog, _NOT_IN_TIME),
    Mutant(_PUBLISHER, "WatchdogSec=60\n", l2_faults.watchdog, _NOT_IN_TIME),
    Mutant(_VISION, "WatchdogSignal=SIGKILL\n", l2_faults.watchdog, "status=6/ABRT|core-dump"),
    Mutant(_VISION, "Restart=always\n", l2_faults.kill_nine, _NOT_IN_TIME),
    Mutant(_PUBLISHER, "Restart=always\n", l2_faults.kill_nine, _NOT_IN_TIME),
    Mutant(_VISION, "TemporaryFileSystem=/run:ro\n", l2_halves.claims_hold, "/run/dbus"),
    Mutant(_SOCKET, "SocketMode=0660\n", l2_wall.another_user, "Find the socket"),
    # On 257 it inherits capabilities then, which the unit's filter lets it not drop: it does not start.
    Mutant(_VISION, "CapabilityBoundingSet=\n", l2_halves.kernel_agrees, f"CapBnd|{_NO_START}"),
    Mutant(_VISION, "PrivateNetwork=yes\n", l2_halves.kernel_agrees, "vision != system"),
)


def _register() -> None:
    for mutant in MUTANTS:
        row("L2", BOOKWORM, TRIXIE, shown=f"mutant: {mutant} is noticed", mutation=True)(
            partial(noticed, mutant=mutant)
        )


_register()
