"""`edgecam classify`: what the model says of pictures, one look each, without any decision."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import UNSET, UnsetType

from edgecam import model, runtimes
from edgecam.arrays import Scores
from edgecam.commands import arguments
from edgecam.commands.greeting import without_greeting
from edgecam.config import DecisionOptions
from edgecam.errors import EXIT_FAILURE
from edgecam.subjects import Subject, choose
from edgecam.vision.camera.stills import read_picture
from edgecam.vision.classifier import Classifier, UnusableScores, top_k
from edgecam.vision.preprocess import WHOLE, Preprocessor

_EXAMPLE = """\
  edgecam classify -k 3 photos/*.jpg
  edgecam classify --json door.jpg | jq '.top[0].label'"""
_SHOWN = 0.005  # what would not be 0.00 with two digits


class Answer(msgspec.Struct):
    """One label or group, and its score."""

    label: str
    confidence: float


class Answers(msgspec.Struct):
    """The best labels of one picture, best first, and its groups where `decision.groups` has any."""

    image: str
    top: list[Answer]
    groups: list[Answer] | UnsetType = UNSET


def main(argv: Sequence[str]) -> int:
    """Classify each picture; 1 where one could not be read."""
    options = _parser().parse_args(argv)
    loaded = arguments.load_or_reference(options.config)
    how = loaded.config.model
    with loaded.blamed():
        found = model.load(how)
        groups = _groups(loaded.config.decision, found.labels)
        runtime = runtimes.chosen(options.runtime or how.runtime)
        with without_greeting():
            classifier = Classifier(found, runtime, how.threads)
    preprocessor = Preprocessor(found, how.fit, how.crop, WHOLE)
    failures = 0
    for image in options.images:
        scores = _scores(image, classifier, preprocessor)
        if scores is None:
            print(f"{image}: {_problem(image)}", file=sys.stderr)
            failures += 1
        else:
            answers = _answers(image, scores, found.labels, groups, options.k)
            print(msgspec.json.encode(answers).decode() if options.json else _line(answers))
    return EXIT_FAILURE if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = arguments.parser(
        "classify",
        "Says what the configured model sees on pictures: one look at the whole of each, without\n"
        "votes or thresholds. Labels that scored 0 are left out; of decision.groups all are said.\n"
        "Without a configuration, the model that comes with edgecam is used.",
        _EXAMPLE,
    )
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="a picture file")
    parser.add_argument("-k", type=arguments.count, default=5, help="how many labels (default: 5)")
    parser.add_argument("--json", action="store_true", help="one JSON object a picture")
    parser.add_argument(
        "--runtime",
        choices=("auto", *runtimes.RUNTIMES),
        help="the interpreter, in place of model.runtime",
    )
    arguments.add_config(parser)
    return parser


def _groups(decision: DecisionOptions, labels: Sequence[str]) -> list[Subject]:
    """The groups of a configuration, whether `only` and `ignore` let them be reported or not."""
    choose(decision, labels)  # for what is wrong in the rest
    alone = DecisionOptions(groups=decision.groups)
    return [one for one in choose(alone, labels) if one.index >= len(labels)]


def _scores(image: Path, classifier: Classifier, preprocessor: Preprocessor) -> Scores | None:
    pixels = read_picture(image)
    if pixels is None:
        return None
    prepared = classifier.blank()
    preprocessor.fill(pixels, prepared)
    try:
        return classifier.look(prepared)
    except UnusableScores:
        return None


def _answers(
    image: Path, scores: Scores, labels: Sequence[str], groups: Sequence[Subject], count: int
) -> Answers:
    sums = [Answer(one.name, _sum(scores, one)) for one in groups]
    return Answers(
        os.fsencode(image).decode("utf-8", "replace"),
        [Answer(labels[index], round(score, 4)) for index, score in top_k(scores, count)],
        sorted(sums, key=lambda answer: -answer.confidence) if groups else UNSET,
    )


def _sum(scores: Scores, group: Subject) -> float:
    """What a group scored; scores that were stored as bytes may add up to a little over 1."""
    return round(min(1.0, float(scores[list(group.members)].sum())), 4)


def _problem(image: Path) -> str:
    if image.is_dir():
        return f"a folder; name its pictures: {image}/*.jpg"
    return "not a picture that can be read" if image.exists() else "no such file"


def _line(answers: Answers) -> str:
    best = _named(answers.top) or "nothing scored above 0"
    if not isinstance(answers.groups, list):
        return f"{answers.image}: {best}"
    return f"{answers.image}: {best}; groups: {_named(answers.groups) or 'none scored above 0'}"


def _named(answers: Sequence[Answer]) -> str:
    return ", ".join(
        f"{answer.label} {answer.confidence:.2f}"
        for answer in answers
        if answer.confidence >= _SHOWN
    )
