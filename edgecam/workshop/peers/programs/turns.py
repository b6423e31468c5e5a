"""What the programs of all peers have in common: they take turns over frames when told to.

One JSON object a line: questions come on standard input, answers go to standard output.

    {"do": "turn", "seconds": 2.0}  {"frames": 431, "wall_s": 2.0, "cpu_s": 1.9}
    {"do": "memory"}                {"peak_mb": 61.3, "pss_mb": 42.0}, the latter now or null
    {"do": "answers"}               {"labels": [284, …]}, or null from one that names nothing

The first answer, before any question, says what is loaded. A program ends with its input.
It runs in an environment of the peer's own, so that NumPy is all that may be needed in here.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_BYTES_PER_MB = 2**20


@dataclass(frozen=True)
class Settings:
    """What every peer is given. Each uses one thread for the model."""

    model: str
    """The int8 model, a TFLite file."""
    converted: str
    """The folder that `to_onnx.py` wrote."""
    configuration: str
    """A config.yaml of edgecam, for edgecam."""
    frames: str
    """A file of frames, one after the other."""
    shape: tuple[int, int, int]
    """Of a frame: height, width, 3; uint8 RGB."""
    box: tuple[int, int, int, int]
    """The part of a frame that the model is to see: left, top, right, bottom in pixels."""


class Peer:
    """One way to run the model. A frame is `(height, width, 3)` uint8 RGB."""

    packages: tuple[str, ...] = ()
    """What does the work, by the names of the distributions."""
    note = ""
    """What is different here from what was wanted, in a few words."""

    def __init__(self, frames: Array) -> None:
        """`frames` is `(count, height, width, 3)`."""
        self.frames = frames

    def look(self, frame: Array) -> int:
        """The index of the label that is named first."""
        raise NotImplementedError

    def turn(self, seconds: float) -> dict[str, float]:
        """Look at frame after frame for so long."""
        count, cpu_s, began_s = 0, time.process_time(), time.perf_counter()
        while time.perf_counter() - began_s < seconds:
            self.look(self.frames[count % len(self.frames)])
            count += 1
        wall_s = time.perf_counter() - began_s
        return {"frames": count, "wall_s": wall_s, "cpu_s": time.process_time() - cpu_s}

    def answers(self) -> list[int] | None:
        """The label of each frame; None where none is named."""
        return [self.look(frame) for frame in self.frames]

    def close(self) -> None:
        """Let go of what is held."""


def serve(peer: Callable[[Settings, Array], Peer]) -> None:
    """Load it, then answer until the input ends."""
    # Libraries print, too. What is printed goes to standard error; only answers go out.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    given = json.loads(sys.argv[1])
    settings = Settings(**{**given, "shape": tuple(given["shape"]), "box": tuple(given["box"])})
    # Before anything else, so that the peak of the memory always includes them.
    frames = np.fromfile(settings.frames, np.uint8).reshape(-1, *settings.shape)
    loaded = peer(settings, frames)
    versions = {name: version(name) for name in loaded.packages}
    print(json.dumps({"versions": versions, "note": loaded.note}), file=answers)
    for line in sys.stdin:
        print(json.dumps(_answer(loaded, json.loads(line))), file=answers)
    loaded.close()


def _answer(peer: Peer, question: dict[str, Any]) -> dict[str, Any]:
    if question["do"] == "turn":
        return peer.turn(question["seconds"])
    if question["do"] == "memory":
        frames_mb, pss_mb = peer.frames.nbytes / _BYTES_PER_MB, _pss_mb()
        shares = None if pss_mb is None else pss_mb - frames_mb
        return {"peak_mb": _peak_mb() - frames_mb, "pss_mb": shares}
    return {"labels": peer.answers()}


def _peak_mb() -> float:
    """The most memory that this process has held, in MB of 2**20 bytes: VmHWM of proc(5)."""
    return _megabytes("/proc/self/status", "VmHWM:")


def _pss_mb() -> float | None:
    """What it holds now, where what is shared is divided among those who share it: Pss of proc(5).

    None where the kernel does not tell.
    """
    try:
        return _megabytes("/proc/self/smaps_rollup", "Pss:")
    except OSError:
        return None


def _megabytes(file: str, name: str) -> float:
    text = Path(file).read_text(encoding="ascii")
    return int(text.partition(name)[2].split()[0]) * 1024 / _BYTES_PER_MB
