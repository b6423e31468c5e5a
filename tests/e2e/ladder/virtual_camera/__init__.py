"""A camera for machines that have none: picamera2 on libcamera's `virtual` camera, in Trixie.

picamera2 is PyPI's, unchanged; libcamera is Debian's. The camera shows photographs, one after the
other, as NV12 and in one size, whatever is asked for. What else it is not, and how picamera2
is helped over it, is told in guest/virtual_camera.py. Debian's libcamera of Bookworm has no `virtual`.
"""

import sys
from pathlib import Path

import cv2
from support.appliance import SHOWN
from support.places import SAMPLES

from ladder import cache, rootfs
from ladder.command import run
from ladder.container import Machine

PACKAGES = (
    *("python3-libcamera", "libcamera-ipa"),
    # What picamera2 imports, without what it does only for recordings and cameras with a network.
    *("python3-pil", "python3-piexif", "python3-prctl"),
)
RECIPE = rootfs.Recipe("trixie", (*rootfs.MACHINE, *rootfs.DEPENDENCIES, *PACKAGES))
WIDTH, HEIGHT = 320, 240  # as in guest/virtual.yaml
LIBRARIES = "/usr/local/lib/python3.13/dist-packages"  # seen by every Python of the machine
HELD = 4  # times that each photograph is shown in turn; libcamera 0.4 shows each file four times

_HERE = Path(__file__).parent
FRAMES = "/opt/virtual-camera/frames"
PROBE = ("/opt/edgecam/bin/python", "-I", "/opt/virtual-camera/probe.py", FRAMES)
"""The command that guest/probe.py is; it fails where something is otherwise than it says."""
_WITHHELD = "/opt/virtual-camera/withheld"
_YAML = "/usr/share/libcamera/pipeline/virtual/virtual.yaml"


def fit(machine: Machine) -> None:
    """Give a machine made from `RECIPE` the camera."""
    furnish(machine.root)
    machine.run(["python3", "-m", "compileall", "-q", LIBRARIES])  # a unit may not write there


def furnish(root: Path, architecture: str = rootfs.HOST_ARCHITECTURE) -> None:
    """Put picamera2 and the camera, with three photographs, among a system's files."""
    libraries = root / LIBRARIES.lstrip("/")
    libraries.mkdir(parents=True, exist_ok=True)
    run("cp", "-r", f"{_picamera2(architecture)}/.", libraries)
    for name in ("virtual_camera.py", "virtual_camera.pth"):
        (libraries / name).write_text(_guest(name), encoding="utf-8")
    frames = root / FRAMES.lstrip("/")
    frames.mkdir(parents=True)
    (frames.parent / "probe.py").write_text(_guest("probe.py"), encoding="utf-8")
    for number, name in enumerate(SHOWN):
        picture = _framed(SAMPLES / name)
        for time in range(HELD):
            (frames / f"{number}-{time}.jpg").write_bytes(picture)
    camera = root / _YAML.lstrip("/")
    camera.parent.mkdir(parents=True)
    camera.write_text(_guest("virtual.yaml"), encoding="utf-8")


def plug(machine: Machine) -> None:
    """Put the camera there, for programs that start from now on."""
    machine.write(_YAML, _guest("virtual.yaml"))


def unplug(machine: Machine) -> None:
    """Take it away again."""
    machine.path(_YAML).unlink()


def withhold(machine: Machine) -> None:
    """No frame is finished any more, as with a cable that has come loose."""
    machine.write(_WITHHELD, "")


def release(machine: Machine) -> None:
    """Frames are finished again."""
    machine.path(_WITHHELD).unlink()


def _guest(name: str) -> str:
    return (_HERE / "guest" / name).read_text(encoding="utf-8")


def _picamera2(architecture: str) -> Path:
    """picamera2 and what of its dependencies Debian does not have, as PyPI's wheels hold them."""
    lock = _HERE / "requirements.lock"
    machine = {"amd64": "x86_64", "arm64": "aarch64"}[architecture]

    def make(folder: Path) -> None:
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps")
        target = (
            *("--python-version=3.13", "--implementation=cp", "--only-binary=:all:"),
            *("--abi=cp313", "--abi=none", f"--platform=manylinux_2_28_{machine}"),
        )
        run(*pip, *target, "--require-hashes", f"--requirement={lock}", f"--target={folder}")

    made_from = f"{machine} {lock.read_text(encoding='utf-8')}"
    return cache.kept(f"picamera2-{machine}", made_from, make)


def _framed(photograph: Path) -> bytes:
    """The middle of a photograph as a JPEG of the camera's own size.

    libcamera would scale it, but it writes past the end of its memory where a side is odd.
    """
    pixels = cv2.imread(str(photograph))
    assert pixels is not None, photograph
    height, width = pixels.shape[:2]
    scale = min(width / WIDTH, height / HEIGHT)
    across, down = round(WIDTH * scale), round(HEIGHT * scale)
    left, top = (width - across) // 2, (height - down) // 2
    middle = pixels[top : top + down, left : left + across]
    framed = cv2.resize(middle, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", framed, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
