"""The publisher is away for an hour, scaled: the scene changes so fast that vision's ring overflows.

The vision half keeps the newest 1000 events. What had to go is one `loss` with a count, which must
be the number of counters that never came over the wall.
"""

import itertools
import time
from pathlib import Path

from support.waiting import wait_until

from faults import colours
from faults.rig import Rig, prepared
from faults.series import Result, Trial

RING = 1000  # what the vision half keeps without a publisher
BEYOND = 300
FPS = 200
GENTLE_S = 0.25
DRAIN_S = 120.0  # long enough to be measured where it is too long


def run(trial: Trial) -> Result:
    pictures = trial.folder / "colours"
    pictures.mkdir()
    sections = colours.sections(pictures, fps=FPS, hold_s=0.5 / FPS)
    with prepared(trial.folder, sections) as (rig, _):
        for done in range(trial.count):
            _flicker(rig, pictures)
            rig.start("publisher")
            _change_gently(rig, pictures)
            trial.progress(done + 1)
            if done + 1 < trial.count:
                rig.kill("publisher")
        wait_until(lambda: _told(rig) >= rig.tap.skipped, DRAIN_S)
        return rig.finish(trial.count, *_verdict(rig))


def _flicker(rig: Rig, pictures: Path) -> None:
    """Show another colour in each frame until more events have happened than can be kept."""
    colours.paint_all(pictures)
    if "vision" not in rig.running:
        rig.start("vision")
    before = _facts(rig)
    wait_until(lambda: _facts(rig) - before > RING + BEYOND, 60.0)
    for colour in colours.COLOURS[1:]:
        (pictures / f"{colour}.png").unlink()


def _change_gently(rig: Rig, pictures: Path) -> None:
    """Go on with a scene in which something new happens now and then, until that arrives."""
    deadline_s = time.monotonic() + DRAIN_S
    for colour in itertools.cycle(colours.COLOURS):
        colours.paint(pictures / f"{colours.COLOURS[0]}.png", colour)
        time.sleep(GENTLE_S)
        if rig.judge.recovered() or time.monotonic() > deadline_s:
            return


def _facts(rig: Rig) -> int:
    """How many sightings the vision half has logged."""
    return rig.said("vision").count("appeared (")


def _told(rig: Rig) -> int:
    """How many events the publisher has said were lost before they reached it."""
    counts = {
        (event["epoch"], event["seq"]): event["count"]
        for event in rig.recorder.events
        if event.get("reason") == "vision_full"
    }
    return sum(counts.values())


def _verdict(rig: Rig) -> tuple[str, tuple[str, ...]]:
    """What was said to be lost, held against what never came over the wall."""
    told, skipped = _told(rig), rig.tap.skipped
    figures = f"{told} beyond the ring of {RING}, each counted"
    return figures, () if told == skipped > 0 else (f"{skipped} went, {told} were told of",)
