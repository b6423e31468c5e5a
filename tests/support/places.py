"""Where things are in the checkout, and which interpreters this Python has."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "efficientnet_lite0_int8.tflite"
SAMPLES = ROOT / "models" / "samples"
ACCEPTED: dict[str, list[str]] = {
    entry["file"]: entry["accept"]
    for entry in json.loads((ROOT / "models" / "samples.json").read_text(encoding="utf-8"))
}

# By version, not by what can be imported: where one is missing, its tests must fail.
RUNTIMES = ("litert", "tflite-runtime") if sys.version_info < (3, 12) else ("litert",)
