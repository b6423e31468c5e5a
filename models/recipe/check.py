"""Compare two models on the sample photographs, in the interpreter that is installed.

    python models/recipe/check.py REFERENCE.tflite CANDIDATE.tflite

A converted model that loads may still be wrong, and wrong on one interpreter only, so a conversion
is judged by known pictures: run this once with each interpreter (`--runtime`).
"""

from __future__ import annotations

import argparse
import importlib
import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from network import INPUT_MEAN, INPUT_STD
from pictures import read_picture

if TYPE_CHECKING:
    import numpy.typing as npt

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
RUNTIMES = ("ai_edge_litert", "tflite_runtime")
TOP_K = 5


def main() -> None:
    """Print how often each model names an accepted label, and how far the two agree."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs=2, type=Path, metavar="MODEL.tflite")
    parser.add_argument(
        "--runtime",
        choices=RUNTIMES,
        default=next((name for name in RUNTIMES if find_spec(name)), RUNTIMES[0]),
    )
    options = parser.parse_args()
    paths: list[Path] = options.models
    runtime: str = options.runtime
    samples = json.loads(SAMPLES.with_suffix(".json").read_text(encoding="utf-8"))
    pictures = [read_picture(SAMPLES / sample["file"]) for sample in samples]
    accepted = [set(sample["accept_ids"]) for sample in samples]
    print(f"{runtime}, {len(samples)} photographs")
    reference, candidate = (_probabilities(runtime, path, pictures) for path in paths)
    for path, scores in zip(paths, (reference, candidate), strict=True):
        print(
            f"{path}: accepted label first {_accepted(scores, accepted, 1)}, "
            f"in the first {TOP_K} {_accepted(scores, accepted, TOP_K)}"
        )
    best = reference.argmax(axis=1)
    rows = np.arange(len(samples))
    change = np.abs(candidate[rows, best] - reference[rows, best])
    print(
        f"same first label {int((candidate.argmax(axis=1) == best).sum())}, "
        f"mean |change| of its probability {change.mean():.4f}, largest {change.max():.4f}"
    )


def _probabilities(
    runtime: str, path: Path, pictures: list[npt.NDArray[np.uint8]]
) -> npt.NDArray[np.float64]:
    """Return (pictures, classes) probabilities."""
    module: Any = importlib.import_module(f"{runtime}.interpreter")
    interpreter = module.Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    (image,), (scores,) = interpreter.get_input_details(), interpreter.get_output_details()
    rows = []
    for picture in pictures:
        pixels = picture[np.newaxis]
        if image["dtype"] is np.float32:
            pixels = ((pixels - INPUT_MEAN) / INPUT_STD).astype(np.float32)
        interpreter.set_tensor(image["index"], pixels)
        interpreter.invoke()
        rows.append(interpreter.get_tensor(scores["index"])[0])
    scale, _zero_point = scores["quantization"]  # scale 0 means not quantized
    return np.asarray(rows, np.float64) * (scale or 1.0)


def _accepted(scores: npt.NDArray[np.float64], accepted: list[set[int]], count: int) -> int:
    """Return how many pictures have an accepted class among their `count` best above zero.

    An int8 score below 1/256 is 0, and the order of zeros means nothing.
    """
    best = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return sum(
        any(index in classes for index in row if probabilities[index] > 0)
        for row, probabilities, classes in zip(best, scores, accepted, strict=True)
    )


if __name__ == "__main__":
    main()
