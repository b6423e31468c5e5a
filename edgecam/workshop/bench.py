"""How much of the model's own speed the vision half keeps.

The same interpreter, model and threads in one process: bare `invoke()` in a loop, and the whole
vision half (stills camera unpaced, so that a frame is always ready) with a publisher that commits
to a real outbox. They take turns, round by round, because a machine's speed drifts; the figures
are medians over the rounds, and the ratio is what counts.
"""

import argparse
import json
import logging
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgecam import link, model, runtimes
from edgecam.appliance.board import Board
from edgecam.config import (
    INSTALLATION,
    CameraOptions,
    DecisionOptions,
    ModelOptions,
    OutboxOptions,
)
from edgecam.config.options import LinkOptions, LiveOptions, ScheduleOptions, StillsOptions
from edgecam.link import Tables
from edgecam.model import Model
from edgecam.publisher.control import Control
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.outbox import Outbox
from edgecam.publisher.vocabulary import Vocabulary
from edgecam.publisher.wall.limits import Limits
from edgecam.publisher.wall.receiver import Receiver
from edgecam.subjects import choose
from edgecam.vision.camera.stills import StillsCamera
from edgecam.vision.classifier import Classifier
from edgecam.vision.decision import Decision, Rules
from edgecam.vision.governor import Governor
from edgecam.vision.preprocess import Preprocessor
from edgecam.vision.region import Region
from edgecam.vision.schedule import Schedule
from edgecam.vision.service import VisionService

_MODELS = INSTALLATION / "models"
_WARM_FRAMES = 20
_WHOLE = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Round:
    """Frames a second, bare and whole, one after the other."""

    bare_fps: float
    whole_fps: float


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--rounds", type=_positive, default=7, help="how often both take turns")
    parser.add_argument("--seconds", type=_positive, default=2, help="of each half of a round")
    parser.add_argument("--threads", type=_positive, default=1, help="of the interpreter")
    parser.add_argument(
        "--runtime", choices=("auto", *runtimes.RUNTIMES), default="auto", help="the interpreter"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args(argv)
    logging.disable(logging.WARNING)
    how = ModelOptions(
        file=str(_MODELS / "efficientnet_lite0_int8.tflite"),
        runtime=options.runtime,
        threads=options.threads,
    )
    found = model.load(how)
    runtime = runtimes.chosen(how.runtime)
    rounds = []
    for number in range(options.rounds):
        bare = _bare_fps(found, runtime, options.threads, options.seconds)
        whole = _whole_fps(found, runtime, options.threads, options.seconds)
        rounds.append(Round(bare, whole))
        print(f"\rround {number + 1} of {options.rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    _report(rounds, runtime, options.threads, as_json=options.json)
    return 0


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        msg = f"expected a whole number of at least 1, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _bare_fps(found: Model, runtime: str, threads: int, seconds: float) -> float:
    """Only `invoke()`, as fast as it goes."""
    interpreter: Any = Classifier(found, runtime, threads).interpreter
    for _ in range(_WARM_FRAMES):
        interpreter.invoke()
    count, started_s = 0, time.perf_counter()
    while time.perf_counter() - started_s < seconds:
        interpreter.invoke()
        count += 1
    return count / (time.perf_counter() - started_s)


def _whole_fps(found: Model, runtime: str, threads: int, seconds: float) -> float:
    """The vision half with a publisher behind a real wall and outbox, but no broker."""
    vocabulary = Vocabulary.build(
        DecisionOptions(), found, regions=("scene",), fps=None, runtime=runtime, os_name=""
    )
    ours, theirs = link.pair()
    with tempfile.TemporaryDirectory() as folder:
        outbox = Outbox(
            Path(folder) / "outbox.db",
            max_events=OutboxOptions().max_events,
            max_mb=OutboxOptions().max_mb,
            max_age_days=OutboxOptions().max_age_days,
        )
        receiver = Receiver(
            listener=None,
            wall=theirs,
            outbox=outbox,
            monitor=VisionMonitor(1, 30.0),
            control=Control(paused=False),
            limits=Limits(LinkOptions().events_per_hour, 30.0),
            vocabulary=vocabulary,
            on_news=lambda: None,
        )
        vision = _vision(found, Classifier(found, runtime, threads), vocabulary.tables, ours)
        receiver.start(lambda: None)
        vision.start(lambda: None)
        fps = _measured(vision, seconds)
        vision.stop()
        receiver.stop()
        receiver.join(5.0)
        outbox.close()
    return fps


def _vision(
    found: Model, classifier: Classifier, tables: Tables, wall: socket.socket
) -> VisionService:
    rules = Rules.build(DecisionOptions(), choose(DecisionOptions(), found.labels))
    samples = StillsOptions(folder=str(_MODELS / "samples"), hold_s=1.0)
    scene = Region(
        "scene",
        Preprocessor(found, "crop", 0.875, _WHOLE),
        None,
        Decision(rules, 0),
    )
    governor = Governor(Board(), None, CameraOptions().stall_s)
    return VisionService(
        camera=StillsCamera(CameraOptions(fps=None, stills=samples), governor.pace),
        classifier=classifier,
        regions=[scene],
        tables=tables,
        connect=lambda: wall,
        governor=governor,
        power="performance",
        schedule=Schedule(ScheduleOptions()),
        stall_s=10.0,
        health_interval_s=30.0,
        live=LiveOptions(),
    )


def _measured(vision: VisionService, seconds: float) -> float:
    while vision.frames < _WARM_FRAMES:
        vision.check()
        time.sleep(0.01)
    first, started_s = vision.frames, time.perf_counter()
    time.sleep(seconds)
    count, elapsed_s = vision.frames - first, time.perf_counter() - started_s
    vision.check()
    return count / elapsed_s


def _report(rounds: list[Round], runtime: str, threads: int, *, as_json: bool) -> None:
    ratios = [item.whole_fps / item.bare_fps for item in rounds]
    result = {
        "ratio_to_bare": round(statistics.median(ratios), 3),
        "ratio_min": round(min(ratios), 3),
        "ratio_max": round(max(ratios), 3),
        "bare_fps": round(statistics.median(item.bare_fps for item in rounds), 1),
        "vision_fps": round(statistics.median(item.whole_fps for item in rounds), 1),
        "rounds": len(rounds),
        "runtime": runtimes.version(runtime),
        "threads": threads,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}",
        "commit": _commit(),
    }
    if as_json:
        print(json.dumps({**result, "all": [asdict(item) for item in rounds]}))
        return
    for name, value in result.items():
        print(f"{name:14} {value}")


def _commit() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
        cwd=_MODELS,
    )
    return found.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
