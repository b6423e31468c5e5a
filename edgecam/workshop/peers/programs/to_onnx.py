"""Makes ONNX files of the model, for the peers that read nothing else.

    python to_onnx.py MODEL RECIPE FOLDER

tf2onnx turns the int8 TFLite file into `int8.onnx`; RECIPE (models/recipe) builds the float32 model
that it was made of, which becomes `float32.onnx`.
"""

import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Write both into FOLDER."""
    model, recipe, folder = map(Path, sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    build = [sys.executable, str(recipe / "build.py"), "--out", str(folder)]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    _convert(model, folder / "int8.onnx")
    _convert(folder / "efficientnet_lite0_float32.tflite", folder / "float32.onnx")


def _convert(source: Path, target: Path) -> None:
    tool = [sys.executable, "-m", "tf2onnx.convert", "--tflite", str(source)]
    subprocess.run([*tool, "--output", str(target)], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
