"""What the motion gate saves, what it misses and what it costs, clip by clip.

Every clip goes through the bundled model with the default settings at 10 frames a second, with the
gate and the watch for camera trouble, and without both. The clips are made of the bundled photographs.
`blind`: frames that were not judged, because the watch took the camera for blind; `saved`: looks, of one
at each other frame; `late`: by how many frames the latest appearance was late; `chance`: appearances not told, or late, that most cameras without a gate
but with other noise do not tell within a frame either (each is named below); `again`: the part of the
appearances that such a camera tells within a frame, where one had to be asked; `unseen`: cuts that the model did not look at at once, though the
camera did not count as blind; `gated`: flaps with the gate.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

import cv2
from rich.table import Table

from edgecam.workshop import scenes
from edgecam.workshop.camera import Model
from edgecam.workshop.gate import costs, hovering
from edgecam.workshop.gate.clips import CLIPS
from edgecam.workshop.gate.costs import Cost
from edgecam.workshop.gate.hovering import Hovering
from edgecam.workshop.gate.judge import OTHERS, Chance, Outcome, judge
from edgecam.workshop.paper import paper
from edgecam.workshop.quiet import quiet
from edgecam.workshop.samples import SAMPLES

_FRAMES = 12  # that each photograph is shown: 1.2 seconds
_LEAST, _ALL = 6, 30
_HEADINGS = (
    *("frames", "blind", "saved", "appear", "missed", "late", "chance", "again", "extra"),
    *("cuts", "unseen", "flaps", "gated"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the clips and print."""
    parser = argparse.ArgumentParser(prog="scripts/evaluate gate", description=__doc__)
    parser.add_argument(
        "--clip", action="append", choices=list(CLIPS), help="only this one; may be repeated"
    )
    parser.add_argument(
        *("--photographs", "-n"),
        type=int,
        choices=range(_LEAST, _ALL + 1),
        default=_ALL,
        metavar="N",
        help=f"of the bundled ones, {_LEAST} to {_ALL}",
    )
    parser.add_argument(
        "--hovering", action="store_true", help="in place of the clips: labels that hover"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args(argv)
    if options.hovering and options.clip:
        parser.error("--hovering has no clips to choose from: leave out --clip")
    pictures = scenes.photographs(SAMPLES)[: options.photographs]
    cv2.setNumThreads(1)  # as the appliance does
    seeing = Model()
    if options.hovering:
        _tell_of_hovering(hovering.measured(pictures, seeing), json_wanted=options.json)
        return 0
    outcomes: list[Outcome] = []
    with quiet():
        for name in options.clip or CLIPS:
            print(name, file=sys.stderr, flush=True)
            outcomes += judge(name, CLIPS[name], pictures, _FRAMES, seeing)
    cost = costs.measured(pictures, seeing)
    if options.json:
        print(json.dumps({"clips": [asdict(one) for one in outcomes], "cost": asdict(cost)}))
    else:
        _print(outcomes, cost)
    return 0


def _tell_of_hovering(found: Hovering, *, json_wanted: bool) -> None:
    if json_wanted:
        print(json.dumps(asdict(found)))
    else:
        hovering.show(found)


def _print(outcomes: Sequence[Outcome], cost: Cost) -> None:
    table = Table(title="The motion gate, with the default settings at 10 frames a second")
    table.add_column("clip", no_wrap=True)
    for heading in _HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    for one in outcomes:
        again = "" if one.told_again is None else f"{one.told_again:.0%}"
        figures = (one.appearances, one.missed, one.late_frames, len(one.chances), again)
        shown = (*figures, one.extra, one.cuts, one.cuts_unseen, one.flaps, one.flaps_gated)
        table.add_row(
            _name(one),
            *(str(one.frames), str(one.blind), f"{one.saved:.1%}", *map(str, shown)),
        )
    console = paper()
    console.print(table)
    for one in outcomes:
        for chance in one.chances:
            console.print(f"By chance in {_name(one)}: {_described(chance)}")
    look_us = cost.prepare_us + cost.invoke_us
    console.print(
        f"A frame of 640x480 takes {cost.gate_us:.0f} µs of processor time in the gate, and "
        f"{look_us:.0f} µs where it is looked at (prepare {cost.prepare_us:.0f}, "
        f"invoke {cost.invoke_us:.0f}): {cost.gate_us / look_us:.1%}."
    )


def _name(outcome: Outcome) -> str:
    return outcome.clip if outcome.region == "scene" else f"{outcome.clip}: {outcome.region}"


def _described(chance: Chance) -> str:
    late = chance.late_frames
    how = "not told" if late is None else f"told {late} frames late"
    told_by = f"{chance.told_by} of {OTHERS} others told it within a frame"
    return f"{chance.label}, frame {chance.frame}, {how}; {told_by}."
