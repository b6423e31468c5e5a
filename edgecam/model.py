"""The model file, read without an interpreter: both halves need its labels, one has no NumPy.

Field numbers are those of the TFLite schema (tensorflow/lite/schema/schema.fbs) and of the TFLite
metadata schema (metadata_schema.fbs); the files that metadata names lie in a zip archive behind
the FlatBuffer.
"""

import hashlib
import io
import math
import os
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgecam.config import ModelOptions
from edgecam.config.shown import printable, shown
from edgecam.errors import ModelError
from edgecam.flatbuffer import Table
from edgecam.labels import label_problem

MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_LABELS_BYTES = 512 * 1024
MAX_LABELS = 65_535
_MAX_DIMENSIONS = 8
_SHOWN_CHARS = 200  # of what a file says of itself, in an error

# What reading a damaged file raises: our own walk, then zipfile, which has no error of its own.
_DAMAGE = (
    *(ValueError, IndexError, EOFError, NotImplementedError, RuntimeError),
    *(zlib.error, zipfile.BadZipFile),
)

_TYPES = {0: "float32", 3: "uint8", 9: "int8"}  # TensorType
_SOFTMAX, _LOGISTIC = 25, 14  # BuiltinOperator
_PASSING = {6, 22, 43, 114}  # DEQUANTIZE, RESHAPE, SQUEEZE, QUANTIZE: scores go through unchanged
_AXIS_LABELS, _VALUE_LABELS = 2, 3  # AssociatedFileType
_NORMALIZATION = 1  # ProcessUnitOptions


@dataclass(frozen=True)
class Tensor:
    """The model's input or output: `shape`, `dtype` and how integers stand for real numbers.

    real = scale x (stored - zero_point); scale is 0 where the numbers are stored as they are.
    """

    shape: tuple[int, ...]
    dtype: str
    scale: float
    zero_point: int


@dataclass(frozen=True)
class Model:
    """What a model file says of itself, after every check that needs no interpreter.

    `mean` and `std` (one value, or one for each of R, G, B) turn a pixel into the model's number:
    (pixel - mean) / std. Both are None where integers take raw pixels.
    """

    file: Path
    name: str
    sha256: str
    labels: tuple[str, ...]
    input: Tensor
    output: Tensor
    gives_probabilities: bool
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None


def load(options: ModelOptions) -> Model:
    """Read the model file and its labels. Raises ModelError, or ConfigError for what it lacks."""
    file = Path(options.file)
    content = _read(file, MAX_FILE_BYTES, "model.file")
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != options.sha256:
        msg = (
            f"{file} is not the pinned model: its SHA-256 is {sha256}; "
            f"if you trust the file, put that into model.sha256"
        )
        raise ModelError(msg, option="model.sha256")
    if content[4:8] != b"TFL3":
        msg = f"{file} is not a TFLite model"
        raise ModelError(msg)
    try:
        return _inspect(file, sha256, content, options)
    except _DAMAGE as error:
        msg = f"{file} is damaged: {printable(str(error))[:_SHOWN_CHARS]}; get the file again"
        raise ModelError(msg) from error


def digest(file: Path) -> str:
    """The SHA-256 of a file, of which nothing is interpreted. Raises ModelError."""
    return hashlib.sha256(_read(file, MAX_FILE_BYTES, "model.file")).hexdigest()


def verified_content(model: Model) -> bytes:
    """The bytes of a model that was loaded. Raises ModelError where they are others by now."""
    content = _read(model.file, MAX_FILE_BYTES, "model.file")
    if hashlib.sha256(content).hexdigest() != model.sha256:
        msg = f"{model.file} was changed while it was being loaded; start again"
        raise ModelError(msg)
    return content


def _open_at_once(path: str, flags: int) -> int:
    """Without waiting for somebody to write, where the path is a FIFO."""
    return os.open(path, flags | os.O_NONBLOCK)


def _read(file: Path, limit: int, option: str) -> bytes:
    try:
        with open(file, "rb", opener=_open_at_once) as stream:
            content = stream.read(limit + 1) or b""  # None: a FIFO whose writer says nothing
    except OSError as error:
        msg = f"{file} cannot be read: {error.strerror}"
        raise ModelError(msg, option=option) from error
    if len(content) > limit:
        msg = f"{file} is larger than {limit // 1024} kB"
        raise ModelError(msg, option=option)
    return content


def _inspect(file: Path, sha256: str, content: bytes, options: ModelOptions) -> Model:
    root = Table.root(content)
    graph = root.tables(2)[0]
    source, target = _tensor(graph, 1), _tensor(graph, 2)
    _check_shapes(file, source, target)
    metadata = _metadata(root)
    labels = _labels(file, content, metadata, options.labels)
    outputs = target.shape[-1]
    if len(labels) != outputs:
        msg = f"{len(labels)} labels for {outputs} outputs of {file}; there must be one for each"
        raise ModelError(msg, option="model.labels" if options.labels else "model.file")
    mean, std = _normalisation(file, metadata, source, options)
    return Model(
        file=file,
        name=re.sub(r"[^A-Za-z0-9._-]", "-", file.stem)[:24],
        sha256=sha256,
        labels=labels,
        input=source,
        output=target,
        gives_probabilities=_ends_in_probabilities(root, graph),
        mean=mean,
        std=std,
    )


def _tensor(graph: Table, ends_field: int) -> Tensor:
    """The only input (field 1) or output (field 2) of a graph."""
    ends = graph.numbers(ends_field, "i")
    if len(ends) != 1:
        msg = f"it has {len(ends)} {'inputs' if ends_field == 1 else 'outputs'}, not one"
        raise ValueError(msg)
    tensor = graph.tables(0)[ends[0]]
    code = tensor.scalar(1, "b")
    if code not in _TYPES:
        msg = f"its numbers are of TFLite type {code}; uint8, int8 and float32 are understood"
        raise ValueError(msg)
    quantisation = tensor.table(4)
    scales = quantisation.numbers(2, "f") if quantisation else []
    zeros = quantisation.numbers(3, "q") if quantisation else []
    quantised = bool(scales) and code != 0
    scale = float(scales[0]) if quantised else 0.0
    zero_point = int(zeros[0]) if quantised and zeros else 0
    lowest = -128 if _TYPES[code] == "int8" else 0
    # One interpreter ends the process over a scale of NaN.
    if quantised and not (0 < scale < math.inf and lowest <= zero_point <= lowest + 255):
        msg = f"its numbers have the scale {scale} and the zero point {zero_point}"
        raise ValueError(msg)
    shape = tuple(tensor.numbers(0, "i"))
    if len(shape) > _MAX_DIMENSIONS:
        msg = f"one of its tensors has {len(shape)} dimensions"
        raise ValueError(msg)
    return Tensor(
        shape=shape,
        dtype=_TYPES[code],
        scale=scale,
        zero_point=zero_point,
    )


def _check_shapes(file: Path, source: Tensor, target: Tensor) -> None:
    one, height, width, channels = source.shape if len(source.shape) == 4 else (0, 0, 0, 0)  # noqa: PLR2004  NHWC
    if one != 1 or channels != 3 or not (16 <= height <= 2048 and 16 <= width <= 2048):  # noqa: PLR2004  RGB
        msg = f"{file} takes {source.shape}; a classifier takes (1, height, width, 3)"
        raise ModelError(msg)
    if target.shape[:-1] not in ((1,), (1, 1, 1)) or not 2 <= target.shape[-1] <= MAX_LABELS:  # noqa: PLR2004
        msg = f"{file} gives {target.shape}; a classifier gives (1, labels)"
        raise ModelError(msg)
    if target.dtype != "float32" and not target.scale:
        msg = f"{file} gives {target.dtype} without a scale, so its scores mean nothing"
        raise ModelError(msg)


def _metadata(root: Table) -> Table | None:
    """The first graph's part of the TFLite metadata."""
    buffers = root.tables(4)
    for entry in root.tables(6):
        if entry.text(0) == "TFLITE_METADATA":
            content = buffers[entry.scalar(1, "I")].data(0)
            graphs = Table.root(content).tables(3) if content else []
            return graphs[0] if graphs else None
    return None


def _labels(file: Path, content: bytes, metadata: Table | None, own: str | None) -> tuple[str, ...]:
    if own is not None:
        return _parse_labels(_read(Path(own), MAX_LABELS_BYTES, "model.labels"), own)
    names = [
        entry.text(0)
        for output in (metadata.tables(3)[:1] if metadata else [])
        for entry in output.tables(6)
        if entry.scalar(2, "b") in (_AXIS_LABELS, _VALUE_LABELS)
    ]
    if names:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if names[0] not in archive.namelist():
                msg = f"its metadata names {shown(names[0])}, which it does not hold"
                raise ValueError(msg)
            entry = archive.getinfo(names[0])
            # Others unpack with gigabytes of memory, or raise errors of their own.
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                msg = f"its labels are compressed by method {entry.compress_type}, not deflated"
                raise ValueError(msg)
            if entry.file_size > MAX_LABELS_BYTES:
                msg = f"its labels are larger than {MAX_LABELS_BYTES // 1024} kB"
                raise ValueError(msg)
            where = f"{file}/{printable(names[0])[:_SHOWN_CHARS]}"
            return _parse_labels(archive.read(names[0]), where)
    msg = f"{file} holds no labels; name a file with one label a line"
    raise ModelError(msg, option="model.labels")


def _parse_labels(content: bytes, where: str) -> tuple[str, ...]:
    """One label a line. Raises ModelError with the line of the first that cannot be published."""
    labels = []
    for number, line in enumerate(content.rstrip().split(b"\n"), 1):
        problem, label = "", ""
        try:
            label = line.decode("utf-8").strip()
        except UnicodeDecodeError:
            problem = "not UTF-8 text"
        if not problem:
            problem = label_problem(label)
        if problem:
            msg = f"{where}:{number}: {problem}"
            raise ModelError(msg, option="model.labels")
        labels.append(label)
    return tuple(labels)


def _normalisation(
    file: Path, metadata: Table | None, source: Tensor, options: ModelOptions
) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None]:
    if options.mean is not None and options.std is not None:
        return tuple(options.mean), tuple(options.std)
    for unit in (
        unit
        for input_ in (metadata.tables(2)[:1] if metadata else [])
        for unit in input_.tables(4)
        if unit.scalar(0, "B") == _NORMALIZATION
    ):
        how = unit.table(1)
        mean, std = (how.numbers(0, "f"), how.numbers(1, "f")) if how else ([], [])
        if not _usable(mean) or not _usable(std) or 0 in std:
            msg = "its metadata gives a normalisation that makes no sense"
            raise ValueError(msg)
        return tuple(mean), tuple(std)
    if source.dtype == "float32":
        msg = (
            f"{file} does not say how pixels become numbers; set model.mean and model.std "
            f"(often 127.5 and 127.5, or 0 and 255)"
        )
        raise ModelError(msg, option="model.mean")
    return None, None


def _usable(values: Sequence[float]) -> bool:
    return len(values) in (1, 3) and all(abs(value) < 1e6 for value in values)  # noqa: PLR2004  NaN fails too


def _ends_in_probabilities(root: Table, graph: Table) -> bool:
    """Whether softmax or the logistic function has the last word on the scores.

    Followed from the output back through operators that leave scores as they are.
    """
    codes = root.tables(1)
    maker: dict[int, Table] = {
        output: operator for operator in graph.tables(3) for output in operator.numbers(2, "i")
    }
    tensor = graph.numbers(2, "i")[0]
    for _ in range(len(_PASSING)):
        operator = maker.get(tensor)
        if operator is None:
            return False
        code = codes[operator.scalar(0, "I")]
        # Codes above 127 stand in field 3 only; older files have field 0 only.
        builtin = max(code.scalar(3, "i"), code.scalar(0, "b"))
        if builtin in (_SOFTMAX, _LOGISTIC):
            return True
        if builtin not in _PASSING:
            return False
        tensor = operator.numbers(1, "i")[0]
    return False
