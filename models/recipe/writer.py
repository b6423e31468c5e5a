"""Write a TFLite model file, tensor by tensor and operator by operator.

The file format is a flatbuffer of the schema `tensorflow/lite/schema/schema.fbs`; ai-edge-litert
ships the classes generated from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from quantize import Quantization

SCHEMA_VERSION = 3
FILE_IDENTIFIER = b"TFL3"
MIN_RUNTIME_VERSION = b"2.5.0"
RUNTIME_VERSION_BYTES = 16  # kByteStringSize in TensorFlow's flatbuffer_export.cc
SIGNATURE = "serving_default"
IMAGE_NAME, SCORES_NAME = "image", "probability"  # as callers of the signature name them

_TENSOR_TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.int32): schema.TensorType.INT32,
    np.dtype(np.int8): schema.TensorType.INT8,
    np.dtype(np.uint8): schema.TensorType.UINT8,
}


class GraphWriter:
    """One model under construction. Tensors are known by their names."""

    def __init__(self, description: str, operator_versions: Mapping[str, int]) -> None:
        """Begin a model; an operator absent from `operator_versions` is written as version 1."""
        self._operator_versions = operator_versions
        self._tensor_indices: dict[str, int] = {}
        self._operator_codes: dict[str, int] = {}
        self._graph = schema.SubGraphT()
        self._graph.name = "main"
        self._graph.tensors, self._graph.operators = [], []
        self._model = schema.ModelT()
        self._model.version = SCHEMA_VERSION
        self._model.description = description
        self._model.subgraphs = [self._graph]
        self._model.operatorCodes = []
        self._model.buffers = [schema.BufferT()]  # buffer 0 stands for "no data"
        self._model.metadata = []

    def activation(
        self,
        name: str,
        shape: Sequence[int],
        dtype: npt.DTypeLike,
        quantization: Quantization | None = None,
    ) -> None:
        """Add a tensor that the interpreter fills."""
        self._add_tensor(name, shape, np.dtype(dtype), quantization)

    def constant(
        self, name: str, values: npt.NDArray[Any], quantization: Quantization | None = None
    ) -> None:
        """Add a tensor whose values are part of the file."""
        tensor = self._add_tensor(name, values.shape, values.dtype, quantization)
        tensor.buffer = self._add_buffer(values.tobytes())

    def operator(
        self,
        op: str,
        inputs: Sequence[str],
        output: str,
        options: Any,  # noqa: ANN401 - generated
    ) -> None:
        """Add an operator; `op` and the class of `options` are named as in the schema."""
        operator = schema.OperatorT()
        operator.opcodeIndex = self._operator_code(op)
        operator.inputs = [self._tensor_indices[name] for name in inputs]
        operator.outputs = [self._tensor_indices[output]]
        options_name = type(options).__name__.removesuffix("T")  # "AddOptionsT" -> "AddOptions"
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, options_name)
        operator.builtinOptions = options
        self._graph.operators.append(operator)

    def finish(self, image: str, scores: str, metadata: bytes) -> bytes:
        """Return the model file with `image` in, `scores` out and `metadata` embedded."""
        inputs, outputs = self._tensor_indices[image], self._tensor_indices[scores]
        self._graph.inputs, self._graph.outputs = [inputs], [outputs]
        signature = schema.SignatureDefT()
        signature.signatureKey = SIGNATURE
        signature.subgraphIndex = 0
        signature.inputs = [_named(IMAGE_NAME, inputs)]
        signature.outputs = [_named(SCORES_NAME, outputs)]
        self._model.signatureDefs = [signature]
        self._add_metadata(
            "min_runtime_version", MIN_RUNTIME_VERSION.ljust(RUNTIME_VERSION_BYTES, b"\0")
        )
        self._add_metadata("TFLITE_METADATA", metadata)
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self._model.Pack(builder), FILE_IDENTIFIER)
        return bytes(builder.Output())

    def _add_tensor(
        self,
        name: str,
        shape: Sequence[int],
        dtype: np.dtype[Any],
        quantization: Quantization | None,
    ) -> Any:  # noqa: ANN401 - a generated class
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = name, list(shape), _TENSOR_TYPES[dtype]
        tensor.buffer = 0
        if quantization is not None:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = quantization.scale
            tensor.quantization.zeroPoint = quantization.zero_point
            tensor.quantization.quantizedDimension = quantization.axis
        self._tensor_indices[name] = len(self._graph.tensors)
        self._graph.tensors.append(tensor)
        return tensor

    def _add_buffer(self, data: bytes) -> int:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(data, np.uint8)
        self._model.buffers.append(buffer)
        return len(self._model.buffers) - 1

    def _add_metadata(self, name: str, data: bytes) -> None:
        entry = schema.MetadataT()
        entry.name, entry.buffer = name, self._add_buffer(data)
        self._model.metadata.append(entry)

    def _operator_code(self, op: str) -> int:
        if op not in self._operator_codes:
            code = schema.OperatorCodeT()
            # Twice: interpreters older than the 32-bit field read the deprecated one.
            code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, op)
            code.version = self._operator_versions.get(op, 1)
            self._operator_codes[op] = len(self._model.operatorCodes)
            self._model.operatorCodes.append(code)
        return self._operator_codes[op]


def _named(name: str, index: int) -> Any:  # noqa: ANN401 - a generated class
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, index
    return entry
