"""Picture files as the model's input: decoded, centre-cropped, resized."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from network import INPUT_SIDE

if TYPE_CHECKING:
    from pathlib import Path

# CROP_FRACTION of the short side: how the network's authors crop before they measure accuracy,
# https://github.com/tensorflow/tpu/blob/master/models/official/efficientnet/preprocessing.py.
CENTRE_CROP = 0.875


def read_picture(path: Path) -> npt.NDArray[np.uint8]:
    """Return the centre of a picture file as (224, 224, 3) uint8 RGB.

    Raises `ValueError` if the file is not a picture.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{path}: not a picture")
    height, width = picture.shape[:2]
    side = round(min(height, width) * CENTRE_CROP)
    top, left = (height - side) // 2, (width - side) // 2
    centre = picture[top : top + side, left : left + side]
    resized = cv2.resize(centre, (INPUT_SIDE, INPUT_SIDE), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.cvtColor(resized, cv2.COLOR_BGR2RGB), np.uint8)
