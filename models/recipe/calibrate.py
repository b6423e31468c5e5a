"""Find the range of values each tensor takes, which int8 has to cover."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from network import INPUT_MEAN, INPUT_STD
from pictures import read_picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from quantize import Ranges


def measure_ranges(model: bytes, tensors: Sequence[str], pictures: Iterable[Path]) -> Ranges:
    """Run the float32 `model` over `pictures` and return each tensor's extremes."""
    interpreter = Interpreter(
        model_content=model,
        # With more threads sums are split differently, and the last bits of a range change.
        num_threads=1,
        # Both are needed to read a tensor inside the graph: its memory is otherwise reused, and
        # a delegate such as XNNPACK would swallow the operators whole.
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    indices = {detail["name"]: detail["index"] for detail in interpreter.get_tensor_details()}
    image = interpreter.get_input_details()[0]["index"]
    ranges: Ranges = dict.fromkeys(tensors, (np.inf, -np.inf))
    for picture in pictures:
        pixels = read_picture(picture).astype(np.float32)
        interpreter.set_tensor(image, (pixels[np.newaxis] - INPUT_MEAN) / INPUT_STD)
        interpreter.invoke()
        for name, (low, high) in ranges.items():
            values = interpreter.get_tensor(indices[name])
            ranges[name] = (min(low, float(values.min())), max(high, float(values.max())))
    return ranges


def read_ranges(path: Path) -> Ranges:
    """Read ranges that `write_ranges` wrote."""
    return {name: (low, high) for name, (low, high) in json.loads(path.read_text()).items()}


def write_ranges(path: Path, ranges: Ranges) -> None:
    """Write ranges as JSON, one tensor a line, every digit kept."""
    lines = (f"  {json.dumps(name)}: [{low}, {high}]" for name, (low, high) in ranges.items())
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
