"""The picture that must not get out: a photograph of strong structure with a block of noise.

The noise makes its bytes unmistakable; the structure survives being made small.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from support.vision_half import load_model, photograph

from edgecam.arrays import Pixels
from edgecam.config import ModelOptions
from edgecam.vision.preprocess import Preprocessor

HEIGHT, WIDTH = 480, 640
LABEL = "giant panda"  # with a score of 0.98, in both regions, noise and all
WHOLE = (0.0, 0.0, 1.0, 1.0)
DOOR = (0.25, 0.1, 1.0, 0.9)  # a second region, which is looked at by itself
REGIONS = {"scene": WHOLE, "door": DOOR}
CROP = ModelOptions().crop


def canary() -> Pixels:
    """The picture, `(480, 640, 3)` uint8 RGB, the same in every process."""
    photo = cv2.resize(photograph("panda.jpg"), (721, HEIGHT), interpolation=cv2.INTER_CUBIC)
    frame = np.ascontiguousarray(photo[:, 40 : 40 + WIDTH])
    noise = np.random.default_rng(1).integers(0, 256, (96, 96, 3), np.uint8)
    frame[352:448, 480:576] = noise
    return frame


def show(folder: Path) -> Path:
    """A stills folder with the canary and with grey, of which there is nothing to say.

    They take turns, so that the canary's label appears and disappears. PNG loses nothing: these
    two files, which the appliance only reads, are the only place where the picture may be.
    """
    folder.mkdir()
    grey = np.full((HEIGHT, WIDTH, 3), 127, np.uint8)
    grey[:20], grey[-20:] = 40, 40  # outlines: plain grey is a covered lens, which decides nothing
    for name, pixels in (("a-canary.png", canary()), ("b-grey.png", grey)):
        assert cv2.imwrite(str(folder / name), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return folder


def renderings() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of the picture in every form in which a program would hold it."""
    frame = canary()
    yield from _orders("frame", frame)
    yield "frame I420", cv2.cvtColor(frame, cv2.COLOR_RGB2YUV_I420).tobytes()
    for region, seen in zip(REGIONS, model_inputs(), strict=True):
        yield from _orders(region, seen)
        yield f"{region} int8", (seen ^ 0x80).tobytes()
        yield f"{region} float32", ((seen.astype(np.float32) - 127) / 128).tobytes()


def model_inputs() -> list[Pixels]:
    """What the model gets of each region: `(224, 224, 3)` uint8 RGB."""
    model = load_model()
    _, height, width, _ = model.input.shape
    inputs = []
    for box in REGIONS.values():
        seen = np.zeros((height, width, 3), np.uint8)
        Preprocessor(model, "crop", CROP, box).fill(canary(), seen)
        inputs.append(seen)
    return inputs


def views() -> list[Pixels]:
    """What somebody would make a thumbnail of: the frame, its middle square, the model's inputs."""
    frame = canary()
    margin = (WIDTH - HEIGHT) // 2
    return [frame, frame[:, margin:-margin], *model_inputs()]


def _orders(name: str, pixels: Pixels) -> Iterator[tuple[str, bytes]]:
    yield f"{name} RGB", pixels.tobytes()
    yield f"{name} BGR", pixels[..., ::-1].tobytes()
    yield f"{name} planes", pixels.transpose(2, 0, 1).tobytes()
    yield f"{name} grey", cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).tobytes()
