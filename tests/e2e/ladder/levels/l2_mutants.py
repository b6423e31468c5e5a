"""L2: the rows of packages, faults and claims fail where what they are about is taken out.

Each row of the table is one mutant, with a machine of its own; only with `--mutations`. For the
lines of the sandbox `l2_wall` does the same each time, since there it takes no more than seconds.
"""

from functools import partial

from ladder.levels import l2_faults, l2_halves, l2_install, l2_refused, l2_wall
from ladder.mutant import Mutant, noticed
from ladder.row import BOOKWORM, TRIXIE, row

_VISION = "usr/lib/systemd/system/edgecam.service"
_PUBLISHER = "usr/lib/systemd/system/edgecam-publisher.service"
_SOCKET = "usr/lib/systemd/system/edgecam-publisher.socket"
_VISION_ENDED = "edgecam.service was not restarted"
_PUBLISHER_ENDED = "edgecam-publisher.service was not restarted"
# systemd.exec(5): that of a process that could not be given the privileges its unit asks for.
_NO_START = "edgecam.service does not start: .*status=218/CAPABILITIES"
# There are dpkg's own complaints, and none of the package's that a person could do something about.
_NO_LINE = "^0 lines say '{}"

_ENABLE = "    enable_unit\n"

MUTANTS = (
    Mutant(
        "DEBIAN/postinst",
        "systemd-sysusers edgecam.conf",
        l2_install.installs,
        "^getent passwd",
        "true",
    ),
    Mutant(
        "DEBIAN/postinst",
        _ENABLE,
        l2_install.upgrades,
        "the queue has lost|never came",
        f"{_ENABLE}    rm -f /var/lib/edgecam/outbox.db*\n",
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
        "/opt/edgecam/bin/edgecam check --offline --elsewhere -c $CONFIG >/dev/null",
        l2_install.broken_configuration,
        "^no line names the error",
        "true",
    ),
    Mutant(
        "DEBIAN/conffiles",
        "/etc/edgecam/config.yaml\n",
        l2_install.upgrades,
        "the configuration was changed",
    ),
    Mutant(
        "DEBIAN/preinst", "    check_release\n", l2_refused.wrong_release, _NO_LINE.format("for ")
    ),
    Mutant("DEBIAN/preinst", "    check_memory\n", l2_refused.little_memory, "it was installed"),
    Mutant("DEBIAN/preinst", "    check_disk\n", l2_refused.full_disk, _NO_LINE.format("free")),
    Mutant(
        "DEBIAN/preinst", "    check_users\n", l2_refused.person_called_edgecam, "it was installed"
    ),
    Mutant(
        "DEBIAN/prerm",
        "deb-systemd-invoke stop",
        l2_install.removes_and_purges,
        "^still running",
        "true",
    ),
    Mutant("DEBIAN/postrm", " /var/lib/edgecam", l2_install.removes_and_purges, "/var/lib/edgecam"),
    Mutant("DEBIAN/postrm", "userdel $user", l2_install.removes_and_purges, "still there", "true"),
    Mutant(_VISION, "WatchdogSec=30\n", l2_faults.watchdog, _VISION_ENDED),
    Mutant(_PUBLISHER, "WatchdogSec=60\n", l2_faults.watchdog, _PUBLISHER_ENDED),
    Mutant(_VISION, "WatchdogSignal=SIGKILL\n", l2_faults.watchdog, "status=6/ABRT|core-dump"),
    Mutant(_VISION, "Restart=always\n", l2_faults.kill_nine, _VISION_ENDED),
    Mutant(_PUBLISHER, "Restart=always\n", l2_faults.kill_nine, _PUBLISHER_ENDED),
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
