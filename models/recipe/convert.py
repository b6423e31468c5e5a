"""Turn the list of layers into a TFLite model: float32, or int8 with uint8 at both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from network import INPUT, INPUT_SHAPE, OUTPUT, Layer, Op
from quantize import IMAGE, SCORES, Ranges, as_int8, quantize_activations, quantize_parameters
from writer import GraphWriter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quantize import Quantization

IMAGE_TENSOR, SCORES_TENSOR = "image", "scores"  # the uint8 ends of the int8 model
POOLED_AXES = np.array([1, 2], np.int32)  # height and width

# The version of each operator that takes int8, as in TensorFlow's
# tensorflow/lite/tools/versioning/op_version.cc; an interpreter that lacks it refuses the model.
INT8_OPERATOR_VERSIONS = {
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 3,
    "ADD": 2,
    "MEAN": 2,
    "FULLY_CONNECTED": 4,
    "SOFTMAX": 2,
}


def float32_model(layers: Sequence[Layer], metadata: bytes) -> bytes:
    """Return a model that takes `INPUT_SHAPE` float32, (pixel - 127) / 128, and gives (1, 1000)."""
    graph = GraphWriter("EfficientNet-Lite0 float", operator_versions={})
    graph.activation(INPUT, INPUT_SHAPE, np.float32)
    for layer in layers:
        inputs = list(layer.inputs)
        if layer.weights is not None and layer.bias is not None:
            graph.constant(f"{layer.name}/b", layer.bias)
            graph.constant(f"{layer.name}/w", layer.weights)
            inputs += [f"{layer.name}/w", f"{layer.name}/b"]
        inputs += _pooled_axes(graph, layer)
        graph.activation(layer.name, layer.shape, np.float32)
        graph.operator(layer.op.name, inputs, layer.name, _options(layer))
    return graph.finish(INPUT, OUTPUT, metadata)


def int8_model(layers: Sequence[Layer], ranges: Ranges, metadata: bytes) -> bytes:
    """Return a model that takes `INPUT_SHAPE` uint8 RGB and gives (1, 1000) uint8, in 1/256ths."""
    quantization = {INPUT: as_int8(IMAGE), **quantize_activations(layers, ranges)}
    graph = GraphWriter("EfficientNet-Lite0 int8", INT8_OPERATOR_VERSIONS)
    graph.activation(IMAGE_TENSOR, INPUT_SHAPE, np.uint8, IMAGE)
    graph.activation(INPUT, INPUT_SHAPE, np.int8, quantization[INPUT])
    graph.operator("QUANTIZE", [IMAGE_TENSOR], INPUT, schema.QuantizeOptionsT())
    for layer in layers:
        inputs = [*layer.inputs, *_int8_parameters(graph, layer, quantization[layer.inputs[0]])]
        inputs += _pooled_axes(graph, layer)
        graph.activation(layer.name, layer.shape, np.int8, quantization[layer.name])
        graph.operator(layer.op.name, inputs, layer.name, _options(layer))
    graph.activation(SCORES_TENSOR, layers[-1].shape, np.uint8, SCORES)
    graph.operator("QUANTIZE", [OUTPUT], SCORES_TENSOR, schema.QuantizeOptionsT())
    return graph.finish(IMAGE_TENSOR, SCORES_TENSOR, metadata)


def _int8_parameters(graph: GraphWriter, layer: Layer, source: Quantization) -> list[str]:
    if layer.weights is None or layer.bias is None:
        return []
    names = [f"{layer.name}/w", f"{layer.name}/b"]
    parameters = quantize_parameters(layer, layer.weights, layer.bias, source)
    graph.constant(names[0], parameters.weights, parameters.weights_quantization)
    graph.constant(names[1], parameters.bias, parameters.bias_quantization)
    return names


def _pooled_axes(graph: GraphWriter, layer: Layer) -> list[str]:
    if layer.op is not Op.MEAN:
        return []
    graph.constant("axes", POOLED_AXES)
    return ["axes"]


def _options(layer: Layer) -> Any:  # noqa: ANN401 - a generated class
    """Return the schema's options for a layer."""
    match layer.op:
        case Op.CONV_2D:
            return _convolution_options(schema.Conv2DOptionsT(), layer)
        case Op.DEPTHWISE_CONV_2D:
            options = _convolution_options(schema.DepthwiseConv2DOptionsT(), layer)
            options.depthMultiplier = 1
            return options
        case Op.ADD:
            return schema.AddOptionsT()
        case Op.MEAN:
            return schema.ReducerOptionsT()
        case Op.FULLY_CONNECTED:
            return schema.FullyConnectedOptionsT()
        case Op.SOFTMAX:
            options = schema.SoftmaxOptionsT()
            options.beta = 1.0
            return options


def _convolution_options(options: Any, layer: Layer) -> Any:  # noqa: ANN401 - generated classes
    options.padding = schema.Padding.SAME
    options.strideH = options.strideW = layer.stride
    options.dilationHFactor = options.dilationWFactor = 1
    if layer.relu6:
        options.fusedActivationFunction = schema.ActivationFunctionType.RELU6
    return options
