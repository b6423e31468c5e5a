"""How well scores become facts: flaps, misses, delay and false matches, ours and others' ways.

Every photograph that comes with edgecam is shown under every condition of
`edgecam.workshop.decision.showings`, ten frames a second, with a scene of nothing after each; the model that
comes with edgecam looks at every frame once, and every decider is given its scores.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

import msgspec
from rich.table import Table

from edgecam import model, runtimes
from edgecam.arrays import Pixels, Scores
from edgecam.config import INSTALLATION, DecisionOptions, ModelOptions
from edgecam.vision.classifier import Classifier
from edgecam.vision.preprocess import WHOLE, Preprocessor
from edgecam.workshop.decision.deciders import BestLabel, Decider, Ours
from edgecam.workshop.decision.outcomes import Outcome, Truth, later_s
from edgecam.workshop.decision.showings import CONDITIONS, FPS, Showing, showings
from edgecam.workshop.paper import paper
from edgecam.workshop.quiet import quiet
from edgecam.workshop.samples import SAMPLES
from edgecam.workshop.scenes import Photograph, photographs

_MODELS = INSTALLATION / "models"
_THRESHOLD = 0.5  # of the others: the least score that makes a label likelier than all the rest
_YARDSTICK = "3 in a row"  # what delays are compared with, showing by showing
_IN_A_ROW = (2, 4, 5, 6)
_VOTES = ((1, 1), (2, 2), (3, 3), (3, 5), (4, 5))


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="scripts/evaluate decision",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--photographs", type=int, default=30, help="how many, at most")
    parser.add_argument(
        "--conditions", nargs="+", choices=tuple(CONDITIONS), default=tuple(CONDITIONS)
    )
    parser.add_argument("--frames", type=int, default=40, help="of each photograph")
    parser.add_argument("--frames-between", type=int, default=20, help="of nothing, after each")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args(argv)
    shown = photographs(SAMPLES)[: options.photographs]
    made = showings(
        shown, options.conditions, frames=options.frames, frames_between=options.frames_between
    )
    with quiet():
        rows = _rows(Trial(shown).run(made))
    if options.json:
        print(json.dumps(rows))
    else:
        _print(rows)
    return 0


def deciders(labels: Sequence[str]) -> dict[str, Decider]:
    """Everything that is compared, by its name in the table."""
    usual = DecisionOptions()
    at_once = msgspec.structs.replace(usual, cooldown_s=0.0)
    compared: dict[str, Decider] = {
        "argmax, whatever it scored": BestLabel(1, 0.0),
        "argmax": BestLabel(1, _THRESHOLD),
        "3 in a row, forced": BestLabel(3, _THRESHOLD, forced=True),
        _YARDSTICK: BestLabel(3, _THRESHOLD),
        "ours": Ours(usual, labels),
        "ours, no cooldown": Ours(at_once, labels),
    }
    for count in _IN_A_ROW:
        compared[f"{count} in a row"] = BestLabel(count, _THRESHOLD)
    for votes, window in _VOTES:
        other = msgspec.structs.replace(at_once, votes=votes, window=window)
        compared[f"ours, no cooldown, {votes} of {window}"] = Ours(other, labels)
    return compared


class Trial:
    """The model and the truth about the photographs."""

    def __init__(self, shown: Sequence[Photograph]) -> None:
        how = ModelOptions(file=str(_MODELS / "efficientnet_lite0_int8.tflite"), runtime="auto")
        found = model.load(how)
        self._labels = found.labels
        self._classifier = Classifier(found, runtimes.chosen("auto"), 1)
        self._preprocessor = Preprocessor(found, how.fit, how.crop, WHOLE)
        self._prepared = self._classifier.blank()
        self._truths = {photograph.name: self._truth(photograph) for photograph in shown}

    def run(self, shown: Iterable[Showing]) -> dict[str, Outcome]:
        """What each decider told of it all."""
        compared = deciders(self._labels)
        outcomes = {name: Outcome(FPS) for name in compared}
        frames = 0
        for number, showing in enumerate(shown):
            print(f"\rpicture {number + 1}", end="", file=sys.stderr, flush=True)
            truth = self._truths[showing.photograph.name]
            if showing.nothing:
                truth = replace(truth, recognisable=False, nothing=True)
            for outcome in outcomes.values():
                outcome.show(truth)
            for shot in showing.shots():
                scores = self._scores(shot.pixels)
                at_ns = round(frames / FPS * 1e9)
                for name, decider in compared.items():
                    outcomes[name].frame(decider.look(scores, at_ns))
                frames += 1
        print(file=sys.stderr)
        return outcomes

    def _scores(self, pixels: Pixels) -> Scores:
        self._preprocessor.fill(pixels, self._prepared)
        return self._classifier.look(self._prepared)

    def _truth(self, photograph: Photograph) -> Truth:
        accepted = frozenset(
            index
            for index, label in enumerate(self._labels)
            if label in _accepted()[photograph.name]
        )
        best = int(self._scores(photograph.pixels).argmax())
        return Truth(accepted, recognisable=best in accepted, nothing=False)


def _accepted() -> Mapping[str, Sequence[str]]:
    """The labels that may be told of each photograph, by the name of its file."""
    entries = json.loads((_MODELS / "samples.json").read_text(encoding="utf-8"))
    return {entry["file"].rpartition(".")[0]: entry["accept"] for entry in entries}


def _rows(outcomes: Mapping[str, Outcome]) -> list[dict[str, str | float | None]]:
    yardstick = outcomes[_YARDSTICK]
    return [
        {
            "decider": name,
            "flaps_per_h": round(outcome.flaps_per_h),
            "missed_percent": round(outcome.missed_percent, 1),
            "false_per_h": round(outcome.false_per_h),
            "held_percent": round(outcome.held_percent, 1),
            "delay_p50_s": _rounded(outcome.delay_s(50)),
            "delay_p95_s": _rounded(outcome.delay_s(95)),
            "later_s": _rounded(later_s(outcome, yardstick)),
        }
        for name, outcome in outcomes.items()
    ]


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)


def _print(rows: Sequence[Mapping[str, str | float | None]]) -> None:
    table = Table("decider")
    for column in islice(rows[0], 1, None):
        table.add_column(column.replace("_", " "), justify="right")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    paper().print(table)
