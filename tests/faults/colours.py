"""A scene that costs next to nothing: pictures of one colour, and a model of a kilobyte for them."""

from pathlib import Path

import cv2
import numpy as np
from support.tiny_models import tiny_model

from faults.rig import Sections

COLOURS = ("blue", "green", "red")
SIDE_PX = 16


def sections(folder: Path, *, fps: float | None, hold_s: float) -> Sections:
    """A configuration for pictures in `folder`, each of which is another label."""
    model = tiny_model(folder.with_name("tiny.tflite"), input_dtype="uint8")
    chosen = {
        "file": str(model.path),
        "sha256": model.sha256,
        "labels": str(model.labels_file),
    }
    stills = {"folder": str(folder), "hold_s": hold_s}
    return {"model": chosen, "camera": {"fps": fps, "stills": stills}}


def paint(file: Path, colour: str) -> None:
    """Write a picture of one colour, whole or not at all."""
    pixels = np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8)
    pixels[:, :, COLOURS.index(colour)] = 255  # OpenCV's order
    encoded = cv2.imencode(".png", pixels)[1].tobytes()
    draft = file.with_name(f".{file.name}")
    draft.write_bytes(encoded)
    draft.replace(file)


def paint_all(folder: Path) -> None:
    """A picture of each colour, named for it."""
    for colour in COLOURS:
        paint(folder / f"{colour}.png", colour)
