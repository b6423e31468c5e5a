"""Builds TFLite classifiers of a kilobyte, whose scores can be computed by hand.

The network: [DEQUANTIZE] → MEAN over the picture → FULLY_CONNECTED → [SOFTMAX or LOGISTIC] →
[RESHAPE] → [QUANTIZE]. Label `i` listens to channel `i % 3` with weight 1, and `BIAS * i` is
taken off, so its logit is `mean of that channel - BIAS * i`.
"""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from edgecam import model
from edgecam.config import ModelOptions
from edgecam.model import Model

BIAS = 0.25
LABELS_NAME = "labels.txt"
_OPERATORS = {  # what of the schema is used here
    "CUSTOM": schema.BuiltinOperator.CUSTOM,
    "DEQUANTIZE": schema.BuiltinOperator.DEQUANTIZE,
    "FULLY_CONNECTED": schema.BuiltinOperator.FULLY_CONNECTED,
    "LOGISTIC": schema.BuiltinOperator.LOGISTIC,
    "MEAN": schema.BuiltinOperator.MEAN,
    "QUANTIZE": schema.BuiltinOperator.QUANTIZE,
    "RESHAPE": schema.BuiltinOperator.RESHAPE,
    "SOFTMAX": schema.BuiltinOperator.SOFTMAX,
}
_TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "int16": schema.TensorType.INT16,
    "int32": schema.TensorType.INT32,
    "int8": schema.TensorType.INT8,
    "uint8": schema.TensorType.UINT8,
}


@dataclass(frozen=True)
class TinyModel:
    """A model file, its digest, and a file with its labels (`label 0`, `label 1`, ...)."""

    path: Path
    sha256: str
    labels_file: Path

    def options(self, **changes: Any) -> ModelOptions:
        """The section `model` of a configuration for this file."""
        given = {"file": str(self.path), "sha256": self.sha256, "labels": str(self.labels_file)}
        return ModelOptions(**(given | changes))

    def load(self, **changes: Any) -> Model:
        """What `edgecam.model` makes of it."""
        return model.load(self.options(**changes))


def tiny_model(
    path: Path,
    *,
    height: int = 16,
    width: int = 16,
    channels: int = 3,
    inputs: int = 1,
    labels_count: int = 4,
    input_dtype: str = "float32",
    input_scale: float = 1.0,
    input_zero: int = 0,
    output_dtype: str = "float32",
    output_scale: float | None = 1 / 256,
    output_zero: int = 0,
    ending: str | None = "SOFTMAX",
    reshaped: bool = False,
    bias: Sequence[float] | None = None,
    unknown_operator: bool = False,
    old_codes: bool = False,
    metadata: bytes | None = None,
    labels_inside: bytes | None = None,
) -> TinyModel:
    """Write a model to `path`. `ending`: what makes probabilities of the logits, None: nothing.

    `bias` replaces the logits' `-BIAS * i`; `labels_inside` is put into the file's zip archive;
    `output_scale` None leaves the output without one; `old_codes` writes operators as old files do.
    """
    graph = _Graph(old_codes=old_codes)
    pixels = graph.tensor("float32", (1, height, width, channels))
    source = pixels
    if input_dtype != "float32":
        source = graph.tensor(
            input_dtype, (1, height, width, channels), scale=input_scale, zero=input_zero
        )
        graph.operator("DEQUANTIZE", [source], pixels)
    means = graph.tensor("float32", (1, channels))
    axes = graph.tensor("int32", (2,), values=np.array([1, 2], np.int32))
    graph.operator("MEAN", [pixels, axes], means)
    weights = np.eye(channels, dtype=np.float32)[np.arange(labels_count) % channels]
    biases = [-BIAS * i for i in range(labels_count)] if bias is None else bias
    scores = graph.tensor("float32", (1, labels_count))
    graph.operator(
        "FULLY_CONNECTED",
        [
            means,
            graph.tensor("float32", weights.shape, values=weights),
            graph.tensor("float32", (labels_count,), values=np.array(biases, np.float32)),
        ],
        scores,
    )
    if ending is not None:
        scores = graph.then(ending, scores, "float32", (1, labels_count))
    if unknown_operator:
        scores = graph.then("CUSTOM", scores, "float32", (1, labels_count))
    if reshaped:
        scores = graph.then("RESHAPE", scores, "float32", (1, 1, 1, labels_count))
    if output_dtype != "float32":
        shape = (1, 1, 1, labels_count) if reshaped else (1, labels_count)
        scores = graph.then(
            "QUANTIZE", scores, output_dtype, shape, scale=output_scale, zero=output_zero
        )
    content = graph.finish([source] * inputs, scores, metadata)
    if labels_inside is not None:
        content = _with_archive(content, labels_inside)
    path.write_bytes(content)
    labels_file = path.with_suffix(".labels")
    labels_file.write_text("".join(f"label {i}\n" for i in range(labels_count)), encoding="utf-8")
    return TinyModel(path, hashlib.sha256(content).hexdigest(), labels_file)


def described(
    *,
    mean: Sequence[float] | None = None,
    std: Sequence[float] = (1.0,),
    labels_name: str | None = None,
) -> bytes:
    """TFLite metadata with a normalisation and the name of a file of labels, where given.

    Numbers of fields and enumerators are those of metadata_schema.fbs.
    """
    builder = flatbuffers.Builder(256)

    def table(offsets: dict[int, int], kinds: dict[int, int] | None = None) -> int:
        builder.StartObject(8)
        for field, offset in offsets.items():
            builder.PrependUOffsetTRelativeSlot(field, offset, 0)
        for field, kind in (kinds or {}).items():
            builder.PrependUint8Slot(field, kind, 0)
        return int(builder.EndObject())

    def tables(*offsets: int) -> int:
        builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            builder.PrependUOffsetTRelative(offset)
        return int(builder.EndVector())

    def floats(values: Sequence[float]) -> int:
        builder.StartVector(4, len(values), 4)
        for value in reversed(values):
            builder.PrependFloat32(value)
        return int(builder.EndVector())

    image, scores = table({}), table({})
    if mean is not None:
        normalisation = table({0: floats(mean), 1: floats(std)})
        image = table({4: tables(table({1: normalisation}, {0: 1}))})
    if labels_name is not None:
        scores = table({6: tables(table({0: int(builder.CreateString(labels_name))}, {2: 2}))})
    graph = table({2: tables(image), 3: tables(scores)})
    builder.Finish(table({3: tables(graph)}), b"M001")
    return bytes(builder.Output())


def _with_archive(content: bytes, labels: bytes) -> bytes:
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(LABELS_NAME, (2020, 1, 1, 0, 0, 0)), labels)
    return file.getvalue()


class _Graph:
    """A model under construction; tensors are known by their index."""

    def __init__(self, *, old_codes: bool) -> None:
        self._old_codes = old_codes
        self._graph: Any = schema.SubGraphT()
        self._graph.name, self._graph.tensors, self._graph.operators = "main", [], []
        self._model: Any = schema.ModelT()
        self._model.version, self._model.subgraphs = 3, [self._graph]
        self._model.operatorCodes, self._model.metadata = [], []
        self._model.buffers = [schema.BufferT()]  # buffer 0 stands for "no data"

    def tensor(
        self,
        dtype: str,
        shape: Sequence[int],
        *,
        values: NDArray[Any] | None = None,
        scale: float | None = None,
        zero: int = 0,
    ) -> int:
        tensor: Any = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = "t", list(shape), _TYPES[dtype]
        tensor.buffer = 0 if values is None else self._buffer(values.tobytes())
        if scale is not None:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale, tensor.quantization.zeroPoint = [scale], [zero]
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def operator(self, name: str, inputs: list[int], output: int) -> None:
        code: Any = schema.OperatorCodeT()
        # Twice: interpreters older than the 32-bit field read the deprecated one.
        code.deprecatedBuiltinCode = _OPERATORS[name]
        code.builtinCode = 0 if self._old_codes else _OPERATORS[name]
        code.version = 2 if name == "DEQUANTIZE" else 1  # from 2 on: int8
        code.customCode = "NoSuchOperator" if name == "CUSTOM" else None
        self._model.operatorCodes.append(code)
        operator: Any = schema.OperatorT()
        operator.opcodeIndex = len(self._model.operatorCodes) - 1
        operator.inputs, operator.outputs = inputs, [output]
        if name == "SOFTMAX":
            operator.builtinOptionsType = schema.BuiltinOptions.SoftmaxOptions
            operator.builtinOptions = schema.SoftmaxOptionsT()
            operator.builtinOptions.beta = 1.0
        elif name == "RESHAPE":
            operator.builtinOptionsType = schema.BuiltinOptions.ReshapeOptions
            operator.builtinOptions = schema.ReshapeOptionsT()
            operator.builtinOptions.newShape = self._graph.tensors[output].shape
        elif name in ("FULLY_CONNECTED", "MEAN"):
            options = "FullyConnectedOptions" if name == "FULLY_CONNECTED" else "ReducerOptions"
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            operator.builtinOptions = getattr(schema, f"{options}T")()
        self._graph.operators.append(operator)

    def then(self, name: str, before: int, dtype: str, shape: Sequence[int], **how: Any) -> int:
        after = self.tensor(dtype, shape, **how)
        self.operator(name, [before], after)
        return after

    def finish(self, sources: list[int], target: int, metadata: bytes | None) -> bytes:
        self._graph.inputs, self._graph.outputs = sources, [target]
        if metadata is not None:
            entry: Any = schema.MetadataT()
            entry.name, entry.buffer = "TFLITE_METADATA", self._buffer(metadata)
            self._model.metadata.append(entry)
        builder = flatbuffers.Builder(1024)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _buffer(self, data: bytes) -> int:
        buffer: Any = schema.BufferT()
        buffer.data = np.frombuffer(data, np.uint8)
        self._model.buffers.append(buffer)
        return len(self._model.buffers) - 1
