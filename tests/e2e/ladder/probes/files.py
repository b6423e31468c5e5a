"""Files to leave something in, and files of others."""

import errno
import os
import tempfile
from pathlib import Path

from .kernel import Refused, past
from .outside import CAMERA, CONTROL, DISK, HOMES, MODULES, NOTES, SET_UID, SHARED_MEMORY, TEMPORARY

PASSWORD = Path("/etc/edgecam/mqtt-password")
STATE = Path("/var/lib/edgecam")
_SYSTEM = ("/", "/boot", "/etc", "/etc/edgecam", "/media", "/opt", "/opt/edgecam", "/srv", "/usr")
_MUCH_BYTES = 20 * 2**20
_NO_FOLDERS = {Path("/proc"), Path("/sys")}  # the kernel's own; see those below


def write_anywhere() -> None:
    """Make a file in any folder, but in its state, and in temporary folders of its own."""
    own = {STATE, *(place for place, note in NOTES.items() if not _is_there(note))}
    for path, names, _ in os.walk("/"):
        folder = Path(path)
        names[:] = [name for name in names if folder / name not in (_NO_FOLDERS | own)]
        if folder not in own and _writable(folder):
            return
    raise Refused("nowhere")


def write_system() -> None:
    """Make a file in a folder of the system."""
    for folder in map(Path, _SYSTEM):
        if _writable(folder):
            return
    raise Refused("nowhere")


def write_run() -> None:
    """Make a file among those of running services."""
    made = Path("/run", f"edgecam-probe-{os.getpid()}")
    made.touch()
    made.unlink()


def write_home() -> None:
    """Make a file in a folder of people."""
    made = Path("/home", f"edgecam-probe-{os.getpid()}")
    made.touch()
    made.unlink()


def write_state() -> None:
    """Make a file in the queue's folder."""
    made = STATE / f"edgecam-probe-{os.getpid()}"
    made.touch()
    made.unlink()


def write_kernel_setting() -> None:
    """Open a setting of the kernel for writing."""
    os.close(os.open("/proc/sys/net/core/somaxconn", os.O_WRONLY))


def write_control_group() -> None:
    """Make a control group of its own."""
    group = _control_group() / "own"
    group.mkdir()
    group.rmdir()


def read_password() -> None:
    """Read the file with the broker's password."""
    PASSWORD.read_bytes()


def read_handed_password() -> None:
    """Read the password that systemd hands over."""
    handed = os.environ.get("CREDENTIALS_DIRECTORY")
    # The file is empty here; an empty line is what SetCredential= gives where there is no file.
    if handed is None or Path(handed, "mqtt-password").read_bytes() == b"\n":
        raise Refused("nothing handed over")


def read_password_of_publisher() -> None:
    """Read the password that systemd has handed to the half that talks."""
    Path("/run/credentials/edgecam-publisher.service/mqtt-password").read_bytes()


def read_queue() -> None:
    """Look into the queue's folder."""
    next(STATE.iterdir(), None)


def read_home() -> None:
    """Read a file in the folders of people."""
    NOTES[HOMES].read_bytes()


def read_temporary_files() -> None:
    """Read a temporary file of somebody else."""
    NOTES[TEMPORARY].read_bytes()


def read_shared_memory_files() -> None:
    """Read a file of somebody else in shared memory."""
    NOTES[SHARED_MEMORY].read_bytes()


def fill_temporary_files() -> None:
    """Take more memory than a half has any use for, by a temporary file."""
    with tempfile.TemporaryFile(dir=TEMPORARY) as file:
        os.posix_fallocate(file.fileno(), 0, _MUCH_BYTES)


def list_modules() -> None:
    """Look into the folder of the kernel's modules."""
    next(MODULES.iterdir(), None)


def open_disk() -> None:
    """Open the machine's disk, past its file system."""
    os.close(os.open(DISK, os.O_RDONLY))


def open_control() -> None:
    """Open a device that is no camera."""
    os.close(os.open(CONTROL, os.O_RDONLY))


def open_camera() -> None:
    """Open a camera. Where there is no driver, only who may open the node is told so."""
    past(lambda: os.close(os.open(CAMERA, os.O_RDWR)), errno.ENXIO, errno.ENODEV)


def open_kernel_log() -> None:
    """Open the kernel's log."""
    os.close(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK))


def change_owner() -> None:
    """Give a file an owner: the one that it has."""
    with tempfile.NamedTemporaryFile() as file:
        os.chown(file.name, os.geteuid(), os.getegid())


def make_set_uid() -> None:
    """Make a program that runs as its user, whoever starts it."""
    with tempfile.NamedTemporaryFile() as program:
        Path(program.name).chmod(0o4755)


def gain_user() -> None:
    """Become root by a program that runs as root, whoever starts it."""
    with os.popen(f"{SET_UID} -u") as said:  # noqa: S605  a constant
        user = said.read().strip()
    if user != "0":
        raise Refused("stays who it is")


def leave_readable() -> None:
    """Make a file that others may read."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "made")
        made.touch()
        if not made.stat().st_mode & 0o077:
            raise Refused("for its user alone")


def _control_group() -> Path:
    """Our own: cgroups(7) has systemd's of version 1 by name, and that of version 2 without one."""
    lines = Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()
    places = dict(line.split(":", 2)[1:] for line in lines)
    if "name=systemd" in places:
        return Path(f"/sys/fs/cgroup/systemd{places['name=systemd']}")
    return Path(f"/sys/fs/cgroup{places['']}")


def _is_there(file: Path) -> bool:
    try:
        file.stat()
    except OSError:
        return False
    return True


def _writable(folder: Path) -> bool:
    made = folder / f"edgecam-probe-{os.getpid()}"
    try:
        made.touch()
    except OSError:
        return False
    made.unlink()
    return True
