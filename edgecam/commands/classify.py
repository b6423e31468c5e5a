"""`edgecam classify`: what the model says of pictures, one look each, without any decision."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from edgecam import model, runtimes
from edgecam.commands import arguments
from edgecam.errors import EXIT_FAILURE
from edgecam.vision.camera.stills import read_picture
from edgecam.vision.classifier import Classifier, UnusableScores, top_k
from edgecam.vision.preprocess import Preprocessor

_EXAMPLE = """\
  edgecam classify -k 3 photos/*.jpg
  edgecam classify --json door.jpg | jq '.top[0].label'"""
_SHOWN = 0.005  # what would not be 0.00 with two digits
_WHOLE = (0.0, 0.0, 1.0, 1.0)


class Answer(msgspec.Struct):
    """One label and its score."""

    label: str
    confidence: float


class Answers(msgspec.Struct):
    """The best labels of one picture, best first."""

    image: str
    top: list[Answer]


def main(argv: Sequence[str]) -> int:
    """Classify each picture; 1 where one could not be read."""
    parser = arguments.parser(
        "classify",
        "Says what the configured model sees on pictures: one look at the whole of each, without\n"
        "votes or thresholds. Labels that scored 0 are left out.",
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
    options = parser.parse_args(argv)
    loaded = arguments.load(options.config)
    how = loaded.config.model
    with loaded.blamed():
        found = model.load(how)
        runtime = runtimes.chosen(options.runtime or how.runtime)
        classifier = Classifier(found, runtime, how.threads)
    preprocessor = Preprocessor(found, how.fit, how.crop, _WHOLE)
    failures = 0
    for image in options.images:
        answers = _classify(image, classifier, preprocessor, found.labels, options.k)
        if answers is None:
            print(f"{image}: {_problem(image)}", file=sys.stderr)
            failures += 1
        else:
            print(msgspec.json.encode(answers).decode() if options.json else _line(answers))
    return EXIT_FAILURE if failures else 0


def _classify(
    image: Path,
    classifier: Classifier,
    preprocessor: Preprocessor,
    labels: Sequence[str],
    count: int,
) -> Answers | None:
    pixels = read_picture(image)
    if pixels is None:
        return None
    prepared = classifier.blank()
    preprocessor.fill(pixels, prepared)
    try:
        scores = classifier.look(prepared)
    except UnusableScores:
        return None
    top = [Answer(labels[index], round(score, 4)) for index, score in top_k(scores, count)]
    return Answers(os.fsencode(image).decode("utf-8", "replace"), top)


def _problem(image: Path) -> str:
    if image.is_dir():
        return f"a folder; name its pictures: {image}/*.jpg"
    return "not a picture that can be read" if image.exists() else "no such file"


def _line(answers: Answers) -> str:
    best = ", ".join(
        f"{answer.label} {answer.confidence:.2f}"
        for answer in answers.top
        if answer.confidence >= _SHOWN
    )
    return f"{answers.image}: {best or 'nothing scored above 0'}"
