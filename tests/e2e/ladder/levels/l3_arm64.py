"""L3: the arm64 packages' own files, emulated in user mode on both releases.

Times mean nothing here. Nor can confinement be shown: the emulator has a thread of its own in every
process, and edgecam confines only a process that has one thread. So `edgecam run` is run without,
and `edgecam check`, which tries the model in a confined process, is for L4.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from support.appliance import SHOWN, pictures
from support.mosquitto import Mosquitto
from support.places import ACCEPTED, ROOT, SAMPLES
from support.recorder import Recorder
from support.waiting import wait_until

from ladder.bench import Bench
from ladder.row import BOOKWORM, TRIXIE, row
from ladder.unpacked import Unpacked, unpacked

_EDGECAM = "/opt/edgecam/bin/edgecam"
_PYTHON = "/opt/edgecam/bin/python"
_AARCH64 = 183  # e_machine, elf(5)
_BEST = 5
_RUN_S = 180.0

# Everything in the package and all that it takes from apt; and where it came from.
_IMPORT_ALL = """
import edgecam, importlib, json, pkgutil, site
carried = [each.name for each in pkgutil.iter_modules(site.getsitepackages()[:1])]
ours = [each.name for each in pkgutil.walk_packages(edgecam.__path__, "edgecam.")]
apt = ["numpy", "seccomp", "systemd.daemon", "systemd.journal"]
names = [*carried, *ours, *apt, "ai_edge_litert.interpreter", "paho.mqtt.client"]
names.remove("edgecam.__main__")
modules = [importlib.import_module(name) for name in names]
print(json.dumps({module.__name__: module.__file__ for module in modules}))
"""

_RUN_UNCONFINED = """
import sys
from edgecam import cli
from edgecam.appliance import confinement
confinement.confine = confinement.Confinement
sys.exit(cli.main(["run", "-c", "/run/config.yaml"]))
"""


@row("L3", BOOKWORM, TRIXIE, shown="the package's programs are arm64's, and run by emulation only")
def runs_emulated(bench: Bench) -> str:
    files = bench.share(unpacked)
    machine = [_PYTHON, "-c", "import platform; print(platform.machine())"]
    assert files.run(*machine).stdout == "aarch64\n"
    # A namespace of users may have its own list of formats to run; an empty one hides ours.
    alone = 'mount -t binfmt_misc none /proc/sys/fs/binfmt_misc && exec chroot "$@"'
    inside = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", alone, "sh")
    refused = subprocess.run(
        [*inside, files.root, *machine], capture_output=True, text=True, check=False
    )
    assert "Exec format error" in refused.stderr, f"it runs without the emulator: {refused}"
    machines = [_machine(file) for file in (files.root / "opt" / "edgecam").rglob("*")]
    libraries = [each for each in machines if each is not None]
    assert set(libraries) == {_AARCH64}, f"other machines' files: {libraries}"
    return f"{len(libraries)} libraries"


@row("L3", BOOKWORM, TRIXIE, shown="every module of the package imports, NumPy from Debian")
def imports(bench: Bench) -> str:
    files = bench.share(unpacked)
    found: dict[str, str | None] = json.loads(
        files.run(_PYTHON, "-", stdin=_IMPORT_ALL).stdout.splitlines()[-1]
    )
    from_apt = sorted(
        name
        for name, file in found.items()
        if (file or "").startswith("/usr/lib/python3/dist-packages/")
    )
    assert from_apt == ["numpy", "seccomp", "systemd.daemon", "systemd.journal"], from_apt
    version = files.run(
        _PYTHON, "-c", "import numpy, sys; print(sys.version[:4], numpy.__version__)"
    )
    python, numpy = version.stdout.split()
    return f"{len(found)} modules, Python {python}, NumPy {numpy}"


@row("L3", BOOKWORM, TRIXIE, shown="edgecam classify names what is on the bundled photographs")
def classifies(bench: Bench) -> str:
    files = bench.share(unpacked)
    samples = [f"/opt/edgecam/share/edgecam/models/samples/{name}" for name in sorted(ACCEPTED)]
    command = ["classify", "--json", "-k", str(_BEST)]
    said = _labels(files.run(_EDGECAM, *command, *samples).stdout)
    assert said.keys() == ACCEPTED.keys(), "not every photograph was classified"
    wrong = {
        name: said[name] for name, accepted in ACCEPTED.items() if not {*accepted} & {*said[name]}
    }
    assert not wrong, f"none of the labels that were expected: {wrong}"
    first = sum(said[name][0] in accepted for name, accepted in ACCEPTED.items())
    here = [sys.executable, "-m", "edgecam", *command, "-c", str(ROOT / "config.yaml")]
    native = _labels(
        subprocess.run(
            [*here, *(str(SAMPLES / name) for name in sorted(ACCEPTED))],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    same = sum(said[name][0] == native[name][0] for name in ACCEPTED)
    return f"{len(said)} of {len(said)} in the best {_BEST}, {first} first; {same} with the same first label as here"


@row("L3", BOOKWORM, TRIXIE, shown="edgecam run sends what it sees to a broker, and says goodbye")
def runs(bench: Bench) -> str:
    files = bench.share(unpacked)
    with _broker(bench.folder) as broker, contextlib.closing(Recorder(broker.port)) as recorder:
        _configure(files, broker.url)
        with (bench.folder / "edgecam.log").open("wb") as log:
            command = [*files.within, _PYTHON, "-c", _RUN_UNCONFINED]
            running = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            expected = {("appeared", label) for label in SHOWN.values()}
            recorder.wait_for(lambda seen: expected <= set(seen.sightings), _RUN_S)
            (child,) = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
            os.kill(int(child), signal.SIGTERM)
            assert running.wait(_RUN_S) == 0, "it ended with a failure"
            wait_until(lambda: recorder.statuses[-1] == "stopped", _RUN_S)
        finally:
            running.kill()
            running.wait()
        return f"{len(recorder.events)} events"


def _machine(file: Path) -> int | None:
    """For which machine a file was compiled, as elf(5) has it; None for other files."""
    if file.is_symlink() or not file.is_file():
        return None
    with file.open("rb") as content:
        header = content.read(20)
    return int.from_bytes(header[18:20], "little") if header.startswith(b"\x7fELF") else None


def _labels(lines: str) -> dict[str, list[str]]:
    """What `edgecam classify --json` said, by the pictures' names, the best first."""
    answers = [json.loads(line) for line in lines.splitlines()]
    return {Path(each["image"]).name: [top["label"] for top in each["top"]] for each in answers}


def _configure(files: Unpacked, broker: str) -> None:
    shutil.rmtree(files.root / "run" / "pictures", ignore_errors=True)
    pictures(files.root / "run" / "pictures")
    options = {
        "node": "test",
        "camera": {"source": "stills", "stills": {"folder": "/run/pictures", "hold_s": 1}},
        "decision": {"votes": 1, "window": 1, "cooldown_s": 0},
        "outbox": {"file": "/run/outbox.db"},
        "mqtt": {"broker": broker},
    }
    (files.root / "run" / "config.yaml").write_text(json.dumps(options), encoding="utf-8")


@contextlib.contextmanager
def _broker(folder: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
