"""`edgecam model`: what a model file is, found out without trusting it."""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from edgecam import model, runtimes
from edgecam.commands import arguments
from edgecam.config import INSTALLATION, ModelOptions, rules
from edgecam.config.options import DEFAULT_MODEL
from edgecam.model import Model, Tensor
from edgecam.vision import trial
from edgecam.vision.trial import Trial

_EXAMPLE = """\
  edgecam model inspect mobilenet.tflite
  edgecam model inspect teachable.tflite --labels labels.txt --mean 127.5 --std 127.5"""
_FEW = 5


class Report(msgspec.Struct):
    """What `--json` prints. `mean` and `std` are null where the model takes pixels as they are."""

    file: str
    sha256: str
    input: Tensor
    output: Tensor
    gives_probabilities: bool
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None
    labels: int
    first_labels: tuple[str, ...]
    repeated_labels: list[str]
    runtime: str
    invoke_ms: float


def main(argv: Sequence[str]) -> int:
    """Print what a file is; ModelError where it is of no use."""
    parser = _parser()
    given = parser.parse_intermixed_args(argv)  # FILE may come after options
    file = given.file.absolute()
    options = ModelOptions(
        file=str(file),
        sha256=model.digest(file),
        labels=str(given.labels.absolute()) if given.labels else None,
        runtime=given.runtime,
        mean=given.mean,
        std=given.std,
    )
    for option, problem in rules.normalisation(options):
        parser.error(f"--{option.rpartition('.')[2]}: {problem}")
    runtime = runtimes.chosen(options.runtime)
    tried = trial.attempt(options, runtime)
    report = _report(tried, runtimes.version(runtime))
    if given.json:
        print(msgspec.json.encode(report).decode())
    elif given.list:
        print("\n".join(tried.model.labels))
    else:
        print(_commented(report))
        print(_section(options), end="")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = arguments.parser(
        "model",
        "Says what a TFLite file is: shapes, labels, how pixels become numbers, and what the\n"
        "interpreter makes of it; then the section `model` for config.yaml. The file is read in a\n"
        "process of its own, so one that is damaged or hostile does no harm.",
        _EXAMPLE,
    )
    parser.add_argument("act", choices=("inspect",), metavar="inspect", help="what to do")
    parser.add_argument(
        "file",
        type=_path,
        nargs="?",
        default=INSTALLATION / DEFAULT_MODEL,
        metavar="FILE",
        help="a TFLite model (default: the one that comes with edgecam)",
    )
    parser.add_argument("--labels", type=_path, metavar="FILE", help="a file: one label a line")
    for name in ("mean", "std"):
        parser.add_argument(
            f"--{name}", type=_numbers, metavar="N", help=f"model.{name}: one number, or R,G,B"
        )
    parser.add_argument(
        "--runtime",
        choices=("auto", *runtimes.RUNTIMES),
        default="auto",
        help="the interpreter (default: the first that is installed)",
    )
    parser.add_argument("--list", action="store_true", help="only the labels, one a line")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser


def _report(tried: Trial, runtime: str) -> Report:
    found = tried.model
    return Report(
        file=str(found.file),
        sha256=found.sha256,
        input=found.input,
        output=found.output,
        gives_probabilities=found.gives_probabilities,
        mean=found.mean,
        std=found.std,
        labels=len(found.labels),
        first_labels=found.labels[:_FEW],
        repeated_labels=_repeated(found),
        runtime=runtime,
        invoke_ms=round(tried.invoke_ms, 2),
    )


def _repeated(found: Model) -> list[str]:
    return [label for label, times in Counter(found.labels).items() if times > 1]


def _commented(report: Report) -> str:
    """The report as comments of YAML, so that all that is printed can go into config.yaml."""
    shown = {
        "sha256": report.sha256,
        "input": _tensor(report.input),
        "output": _tensor(report.output)
        + (", probabilities" if report.gives_probabilities else ", logits: softmax is applied"),
        "pixels": _normalisation(report),
        "labels": f"{report.labels}: {', '.join(report.first_labels)}"
        + (", …" if report.labels > _FEW else ""),
        "runtime": f"{report.runtime} takes it: a grey picture in {report.invoke_ms:g} ms",
    }
    if report.repeated_labels:
        shown["repeated"] = ", ".join(report.repeated_labels[:_FEW])
    return "\n".join(f"# {name:9} {text}" for name, text in shown.items())


def _tensor(tensor: Tensor) -> str:
    shape = "x".join(map(str, tensor.shape))
    stored = f", scale {tensor.scale:g}, zero point {tensor.zero_point}" if tensor.scale else ""
    return f"{shape} {tensor.dtype}{stored}"


def _normalisation(report: Report) -> str:
    if report.mean is None or report.std is None:
        return "as they are"
    mean, std = (
        ", ".join(f"{value:g}" for value in values) for values in (report.mean, report.std)
    )
    return f"(pixel - {mean}) / {std}"


def _section(options: ModelOptions) -> str:
    """The section `model`, with what differs from the defaults."""
    section: dict[str, Any] = {"file": options.file, "sha256": options.sha256}
    for name in ("labels", "mean", "std"):
        if getattr(options, name) is not None:
            section[name] = getattr(options, name)
    if options.runtime != "auto":
        section["runtime"] = options.runtime
    return msgspec.yaml.encode({"model": section}).decode()


def _path(text: str) -> Path:
    if not text.isprintable():
        msg = f"{text!r} cannot stand in a configuration; rename the file"
        raise argparse.ArgumentTypeError(msg)
    return Path(text)


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        msg = f"expected one number, or three as R,G,B, got {text!r}"
        raise argparse.ArgumentTypeError(msg) from error
