"""The model at work: a thin shell around the interpreter.

The only file of the daemon that imports an interpreter.
"""

import importlib
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgecam.arrays import Scores
from edgecam.errors import ModelError
from edgecam.model import Model, verified_content
from edgecam.runtimes import RUNTIMES


class UnusableScores(Exception):  # noqa: N818  an answer that is none, for the caller to count
    """The model answered something that is not a number."""


class Classifier:
    """Looks at pictures with one interpreter; for one thread."""

    def __init__(self, model: Model, runtime: str, threads: int) -> None:
        """Load and try the model. `runtime` is a name from `edgecam.runtimes.chosen`.

        Raises ModelError where the interpreter refuses it, or it answers with NaN.
        """
        self.invoke_ns = 0
        """How long the model itself took at the last look."""
        module = _imported(runtime)
        # The very bytes that were checked: the file may have been exchanged since.
        self._content = verified_content(model)
        try:
            interpreter = module.Interpreter(model_content=self._content, num_threads=threads)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            msg = f"{model.file} is refused by {RUNTIMES[runtime][1]}: {_one_line(error)}"
            raise ModelError(msg) from error
        source = _matching(interpreter.get_input_details(), model.input.shape, model)
        target = _matching(interpreter.get_output_details(), model.output.shape, model)
        self.interpreter = interpreter
        self._input = interpreter.tensor(source["index"])
        self._output = interpreter.tensor(target["index"])
        self._only = (0,) * (len(model.output.shape) - 1)  # one answer at a time
        self._signed = model.output.dtype == "int8"
        self._probabilities = model.gives_probabilities
        self._real = _dequantisation(model)
        self._labels = len(model.labels)
        self._try_out(model)

    def blank(self) -> NDArray[Any]:
        """An array of the shape `(height, width, 3)` and the type of the input, to be filled."""
        return np.zeros_like(self._input()[0])

    def no_scores(self) -> Scores:
        """An array of a score for each label, to be filled by `look`."""
        return np.zeros(self._labels, np.float32)

    def look(
        self,
        prepared: NDArray[Any],
        scores: Scores | None = None,
        invoking: Callable[[], None] = lambda: None,
    ) -> Scores:
        """The score of each label, from 0 to 1, for what a `Preprocessor` has filled.

        They are written into `scores` where that is given. `invoking` is called right before
        Python's lock is let go of for the time of `invoke()`. Raises UnusableScores.
        """
        # A view of a tensor must not outlive the call: invoke() refuses while one exists.
        np.copyto(self._input()[0], prepared)
        invoking()
        started_ns = time.monotonic_ns()
        self.interpreter.invoke()
        self.invoke_ns = time.monotonic_ns() - started_ns
        return self._read(self.no_scores() if scores is None else scores)

    def _read(self, scores: Scores) -> Scores:
        stored = self._output()[self._only]
        if self._real is None:
            np.copyto(scores, stored)
            if not np.isfinite(scores).all():
                raise UnusableScores
        else:
            # Not np.take: it would make 8 bytes of each index first.
            cv2.LUT(stored.view(np.uint8) if self._signed else stored, self._real, dst=scores)
        if not self._probabilities:
            softmax(scores)
        return scores

    def _try_out(self, model: Model) -> None:
        """One look at a grey picture: warms the interpreter up and proves that it answers."""
        try:
            self.interpreter.invoke()
            self._input()[...] = model.input.zero_point
            self.interpreter.invoke()
            self._read(self.no_scores())
        except (RuntimeError, UnusableScores) as error:
            problem = _one_line(error) or "it answers with NaN"
            msg = f"{model.file} is of no use: {problem}"
            raise ModelError(msg) from error


def softmax(scores: Scores) -> None:
    """Logits to probabilities, in place: exp(x - max) / sum, so that nothing overflows."""
    scores -= scores.max()
    np.exp(scores, out=scores)
    scores /= scores.sum()


def top_k(scores: Scores, count: int) -> list[tuple[int, float]]:
    """The best `count` labels and their scores, best first; scores of 0 are ties, not answers."""
    best = np.argsort(-scores, kind="stable")[:count]
    return [(int(index), float(scores[index])) for index in best if scores[index] > 0]


def _imported(runtime: str) -> Any:  # noqa: ANN401  a module
    try:
        return importlib.import_module(f"{RUNTIMES[runtime][0]}.interpreter")
    except (ImportError, OSError) as error:
        msg = f"{RUNTIMES[runtime][1]} is installed but cannot be loaded: {_one_line(error)}"
        raise ModelError(msg, option="model.runtime") from error


def _matching(
    details: list[dict[str, Any]], shape: tuple[int, ...], model: Model
) -> dict[str, Any]:
    """The interpreter's view of a tensor, which must be the file's."""
    if len(details) != 1 or tuple(details[0]["shape"]) != shape:
        msg = f"{model.file}: the interpreter sees other tensors than the file declares"
        raise ModelError(msg)
    return details[0]


def _dequantisation(model: Model) -> NDArray[np.float32] | None:
    """`(256,)`: the real number behind each stored byte; None where the output is float.

    Each is finite, so that no answer has to be asked whether it is. Raises ModelError.
    """
    spec = model.output
    if spec.dtype == "float32":
        return None
    stored = np.arange(256, dtype=np.uint8).view(spec.dtype).astype(np.float32)
    with np.errstate(over="ignore"):  # which is said below
        real = np.asarray(spec.scale * (stored - spec.zero_point), np.float32)
    if not np.isfinite(real).all():
        msg = f"{model.file} is of no use: its output has the scale {spec.scale:g}"
        raise ModelError(msg)
    return real


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
