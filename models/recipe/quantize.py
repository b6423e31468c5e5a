"""The arithmetic of int8: which real number each integer stands for.

real = scale * (integer - zero point), as laid down by TFLite's 8-bit quantization specification,
https://www.tensorflow.org/lite/performance/quantization_spec.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from network import INPUT_MEAN, INPUT_STD, OUTPUT, Layer, Op

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from weights import FloatArray

INT8_MIN, INT8_MAX = -128, 127
UINT8_ZERO = 128  # an int8 tensor and its uint8 twin differ by this much in zero point
BIAS_LIMIT = 2**31 - 1
SMALLEST_SCALE = 1e-9  # for a channel of zeros, which would otherwise get scale 0

Ranges = dict[str, tuple[float, float]]
"""Tensor name -> the smallest and the largest value it took."""


@dataclass(frozen=True)
class Quantization:
    """Scale and zero point: one of each, or one per slice along `axis`."""

    scale: FloatArray
    zero_point: npt.NDArray[np.int64]
    axis: int = 0

    @classmethod
    def per_tensor(cls, scale: float, zero_point: int) -> Quantization:
        """Return one scale and zero point for the whole tensor."""
        return cls(np.array([scale], np.float32), np.array([zero_point], np.int64))


@dataclass(frozen=True)
class QuantizedParameters:
    """The int8 weights and int32 bias of a layer."""

    weights: npt.NDArray[np.int8]
    weights_quantization: Quantization
    bias: npt.NDArray[np.int32]
    bias_quantization: Quantization


# With these two, the integers of an image tensor are its RGB bytes and those of the scores are
# 1/256ths. The specification fixes the second for SOFTMAX.
IMAGE = Quantization.per_tensor(1 / INPUT_STD, int(INPUT_MEAN))
SCORES = Quantization.per_tensor(1 / 256, 0)


def as_int8(quantization: Quantization) -> Quantization:
    """Return the int8 form of a uint8 tensor's quantization: the same reals, shifted integers."""
    return Quantization(quantization.scale, quantization.zero_point - UINT8_ZERO)


def quantize_activations(layers: Sequence[Layer], ranges: Ranges) -> dict[str, Quantization]:
    """Return the quantization of each layer's output; softmax's is fixed, the rest from `ranges`.

    Raises `KeyError` if a layer has no range.
    """
    outputs = {layer.name: _cover(*ranges[layer.name]) for layer in layers if layer.name != OUTPUT}
    return {**outputs, OUTPUT: as_int8(SCORES)}


def _cover(low: float, high: float) -> Quantization:
    """Spread the 256 integers over [low, high], widened to hold 0 (padding must be exact)."""
    low, high = min(0.0, low), max(0.0, high)
    scale = float(np.float32((high - low) / (INT8_MAX - INT8_MIN)))
    zero_point = min(max(round(INT8_MIN - low / scale), INT8_MIN), INT8_MAX)
    return Quantization.per_tensor(scale, zero_point)


# The axis of the output channels in each kind of weights. The dense layer gets one scale for all
# its weights: one per class is allowed, costs 24 kB and brought nothing measurable (README.md).
_CHANNEL_AXIS: Mapping[Op, int] = {Op.CONV_2D: 0, Op.DEPTHWISE_CONV_2D: 3}


def quantize_parameters(
    layer: Layer, weights: FloatArray, bias: FloatArray, inputs: Quantization
) -> QuantizedParameters:
    """Return `weights` as int8 and `bias` as int32 for a layer fed with `inputs`.

    Symmetric, zero point 0, in [-127, 127]; the bias has scale input * weights, so that it can be
    added to the int32 sum of products as it is (both: the specification).
    """
    axis = _CHANNEL_AXIS.get(layer.op)
    others = None if axis is None else tuple(i for i in range(weights.ndim) if i != axis)
    peaks = np.abs(weights).max(axis=others, keepdims=True)
    scale = np.maximum(peaks / np.float32(INT8_MAX), np.float32(SMALLEST_SCALE))
    integers = np.clip(np.round(weights / scale), -INT8_MAX, INT8_MAX).astype(np.int8)
    # The product in float64: its float32 form is what the file keeps, the exact one what divides.
    bias_scale = np.float64(inputs.scale[0]) * scale.ravel().astype(np.float64)
    bias_integers = np.clip(np.round(bias / bias_scale), -BIAS_LIMIT, BIAS_LIMIT)
    zeros = np.zeros(scale.size, np.int64)
    return QuantizedParameters(
        integers,
        Quantization(scale.ravel(), zeros, axis or 0),
        bias_integers.astype(np.int32),
        Quantization(bias_scale.astype(np.float32), zeros),
    )
