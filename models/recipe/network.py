"""EfficientNet-Lite0 as a list of layers in the order they run.

Source of the architecture: `efficientnet_lite_builder.py` in
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite (block arguments,
batch-norm epsilon, RELU6 for every activation, no squeeze-and-excitation) and the paper,
https://arxiv.org/abs/1905.11946.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from weights import FloatArray, StateDict

INPUT_SIDE = 224  # pixels
INPUT_SHAPE = (1, INPUT_SIDE, INPUT_SIDE, 3)
INPUT_MEAN, INPUT_STD = 127.0, 128.0  # MEAN_RGB and STDDEV_RGB: a pixel enters as (p - 127) / 128
BATCH_NORM_EPSILON = 1e-3
INPUT, OUTPUT = "input", "probability"


class Op(Enum):
    """The TFLite operators used, by their names in the TFLite schema."""

    CONV_2D = auto()
    DEPTHWISE_CONV_2D = auto()
    ADD = auto()
    MEAN = auto()
    FULLY_CONNECTED = auto()
    SOFTMAX = auto()


@dataclass(frozen=True)
class Layer:
    """One operator and the tensor it makes, which bears the layer's name.

    `shape` is that of the output, batch first and channels last. `weights` are in TFLite's layout:
    (out, height, width, in) for CONV_2D, (1, height, width, channels) for DEPTHWISE_CONV_2D and
    (out, in) for FULLY_CONNECTED; `bias` is (out,). Layers without parameters have neither.
    """

    op: Op
    name: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    weights: FloatArray | None = None
    bias: FloatArray | None = None
    stride: int = 1
    relu6: bool = False


class Stage(NamedTuple):
    """A run of inverted-residual blocks; only the first block strides."""

    blocks: int
    kernel: int
    stride: int
    expansion: int


# _DEFAULT_BLOCKS_ARGS of efficientnet_lite_builder.py; the channel counts are in the weights.
STAGES = (
    Stage(1, 3, 1, 1),
    Stage(2, 3, 2, 6),
    Stage(2, 5, 2, 6),
    Stage(3, 3, 2, 6),
    Stage(3, 5, 1, 6),
    Stage(4, 5, 2, 6),
    Stage(1, 3, 1, 6),
)


def efficientnet_lite0(state: StateDict) -> list[Layer]:
    """Return the layers of EfficientNet-Lite0 with batch normalisation folded into them.

    The input tensor is `INPUT` (`INPUT_SHAPE`, normalised RGB), the output `OUTPUT` (1, 1000).
    """
    network = _Builder(state)
    tensor = network.convolve("_conv_stem", "_bn0", INPUT, stride=2, relu6=True)
    index = 0
    for stage in STAGES:
        for position in range(stage.blocks):
            tensor = network.block(f"_blocks.{index}.", tensor, stage, first=position == 0)
            index += 1
    tensor = network.convolve("_conv_head", "_bn1", tensor, relu6=True)
    network.classify(tensor)
    return network.layers


class _Builder:
    """Appends layers and keeps track of the feature map's side."""

    def __init__(self, state: StateDict) -> None:
        self.layers: list[Layer] = []
        self._state = state
        self._side = INPUT_SIDE

    def block(self, prefix: str, source: str, stage: Stage, *, first: bool) -> str:
        """Append one inverted-residual block and return the name of its output."""
        tensor = source
        if stage.expansion != 1:
            tensor = self.convolve(f"{prefix}_expand_conv", f"{prefix}_bn0", tensor, relu6=True)
        tensor = self._depthwise(prefix, tensor, stage.stride if first else 1, stage.kernel)
        tensor = self.convolve(f"{prefix}_project_conv", f"{prefix}_bn2", tensor)
        if first:  # the first block of a stage changes the number of channels: nothing to add to
            return tensor
        shape = self.layers[-1].shape
        self.layers.append(Layer(Op.ADD, f"{prefix}add", (source, tensor), shape))
        return f"{prefix}add"

    def convolve(
        self, name: str, norm: str, source: str, *, stride: int = 1, relu6: bool = False
    ) -> str:
        """Append a convolution with its batch normalisation and return its name."""
        weights, bias = self._fold(name, norm)
        weights = np.ascontiguousarray(weights.transpose(0, 2, 3, 1))
        shape = self._output_shape(stride, bias.size)
        self.layers.append(Layer(Op.CONV_2D, name, (source,), shape, weights, bias, stride, relu6))
        return name

    def classify(self, source: str) -> None:
        """Append pooling, the dense layer and softmax."""
        weights, bias = self._state["_fc.weight"], self._state["_fc.bias"]
        classes, channels = weights.shape
        self.layers += [
            Layer(Op.MEAN, "pool", (source,), (1, channels)),
            Layer(Op.FULLY_CONNECTED, "logits", ("pool",), (1, classes), weights, bias),
            Layer(Op.SOFTMAX, OUTPUT, ("logits",), (1, classes)),
        ]

    def _depthwise(self, prefix: str, source: str, stride: int, kernel: int) -> str:
        name = f"{prefix}_depthwise_conv"
        weights, bias = self._fold(name, f"{prefix}_bn1")
        weights = np.ascontiguousarray(weights.transpose(1, 2, 3, 0))
        if weights.shape[1:3] != (kernel, kernel):
            raise ValueError(f"{name}: the kernel is not {kernel} by {kernel}")
        shape = self._output_shape(stride, bias.size)
        self.layers.append(
            Layer(Op.DEPTHWISE_CONV_2D, name, (source,), shape, weights, bias, stride, relu6=True)
        )
        return name

    def _output_shape(self, stride: int, channels: int) -> tuple[int, ...]:
        self._side = -(-self._side // stride)  # SAME padding rounds up
        return (1, self._side, self._side, channels)

    def _fold(self, convolution: str, norm: str) -> tuple[FloatArray, FloatArray]:
        """Return weights and bias that compute the convolution and its batch normalisation.

        y = gain * (w*x - mean) + beta, gain = gamma / sqrt(variance + epsilon), is the convolution
        with weights gain * w and bias beta - gain * mean (section 3.2 of
        https://arxiv.org/abs/1712.05877). In float64, so that rounding happens once.
        """
        state = self._state
        variance = state[f"{norm}.running_var"].astype(np.float64)
        gain = state[f"{norm}.weight"].astype(np.float64) / np.sqrt(variance + BATCH_NORM_EPSILON)
        weights = state[f"{convolution}.weight"] * gain.reshape(-1, 1, 1, 1)
        bias = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain
        return weights.astype(np.float32), bias.astype(np.float32)
