"""`edgecam run` as a real process."""

import contextlib
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from support.places import ACCEPTED, MODEL, SAMPLES

# Three photographs that the model is sure of, and what it says of them.
SHOWN = {"bison.jpg": "bison", "castle.jpg": "castle", "panda.jpg": "giant panda"}


def pictures(folder: Path, names: list[str] | None = None) -> Path:
    """A folder with some of the sample photographs."""
    folder.mkdir(exist_ok=True)
    for name in names or list(SHOWN):
        assert name in ACCEPTED
        shutil.copy(SAMPLES / name, folder / name)
    return folder


class Appliance:
    """A configuration in a folder of its own, and the processes that run it."""

    program: tuple[str, ...] = ("-m", "edgecam")

    def __init__(self, folder: Path, broker: str, **sections: dict[str, Any]) -> None:
        """`sections` are merged over a configuration that shows three photographs for ever."""
        self.folder = folder
        self.outbox = folder / "state" / "outbox.db"
        self.config = folder / "config.yaml"
        self.log = folder / "log"
        options: dict[str, Any] = {
            "node": "test",
            "camera": {
                "source": "stills",
                "fps": 20,
                "stills": {"folder": str(pictures(folder / "pictures")), "hold_s": 0.6},
            },
            "model": {"file": str(MODEL)},
            "decision": {"cooldown_s": 0},
            "link": {"socket": str(folder / "wall")},
            "outbox": {"file": str(self.outbox)},
            "mqtt": {"broker": broker, "keepalive_s": 5},
            "health": {"interval_s": 1},
        }
        for name, section in sections.items():
            options[name] = {**options.get(name, {}), **section}
        self.config.write_text(json.dumps(options), encoding="utf-8")  # JSON is YAML
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(
        self,
        *halves: str,
        env: dict[str, str] | None = None,
        under: Sequence[str] = (),
        handed: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Start both halves in one process, or the half that is named.

        `under`: a command that prepares something, and then becomes the one that follows it;
        `handed`: descriptors that it gets.
        """
        run = [sys.executable, *self.program, "run", *halves, "-c", str(self.config)]
        command = [*under, *run]
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, stderr=log, stdout=log, env=env, pass_fds=handed)
        self.processes.append(process)
        return process

    @property
    def said(self) -> str:
        """Everything its processes have logged."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def queued(self) -> list[tuple[int, str, str | None]]:
        """`(seq, event_type, label)` of every event in the queue file, of a process that ended."""
        copy = self.folder / "outbox-copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.outbox.parent, copy)
        with contextlib.closing(sqlite3.connect(copy / self.outbox.name)) as database:
            rows = database.execute("SELECT seq, body FROM events ORDER BY seq").fetchall()
        bodies = [(seq, msgspec.msgpack.decode(body)) for seq, body in rows]
        return [(seq, body["event_type"], body.get("label")) for seq, body in bodies]

    def end(self) -> None:
        """End whatever still runs."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(10.0)


def stop(process: subprocess.Popen[bytes], timeout_s: float = 10.0) -> int:
    """Ask a process to end as systemd does; its exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout_s)
