"""Tries a model file in a process of its own, which may die of it without harm.

A damaged or hostile file can crash an interpreter, hang it, or make it allocate without end. So
whatever reads the content of a file that nobody vouches for runs in `edgecam.vision.trial_child`,
with limits on time and memory, and answers one line. Nothing here loads NumPy or an interpreter.
"""

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from edgecam.config import ModelOptions
from edgecam.config.shown import printable
from edgecam.errors import ModelError
from edgecam.labels import label_problem
from edgecam.model import Model

LIMIT_S = 30.0
"""Of wall-clock time, and of processor time: a slow board takes some seconds for a large model."""
_MAX_ANSWER_BYTES = 8 * 1024 * 1024  # 65,535 labels of 64 bytes and some
_MAX_PROBLEM_CHARS = 1000
_OUT_OF_TIME = (signal.SIGXCPU, signal.SIGALRM)
_SIGNALS = {number.value: number.name for number in signal.Signals}
_CHILD = (sys.executable, "-P", "-m", "edgecam.vision.trial_child")  # -P: see `attempt`
_ADVICE = "the file is damaged or hostile; do not use it"
_SLOW = "this machine is too busy just now, or the file is hostile: try again, then do not use it"
_INNOCENT = {  # deaths that a good file may cause too
    signal.SIGILL.value: "this processor lacks an instruction that it needs; try the other runtime",
    signal.SIGKILL.value: "the machine probably ran out of memory; try a smaller model",
}


class Request(msgspec.Struct, frozen=True):
    """What the child is to try: a pinned file, on a runtime of `edgecam.runtimes.chosen`."""

    options: ModelOptions
    runtime: str


class Trial(msgspec.Struct, frozen=True):
    """A model that an interpreter takes, and how long its look at a grey picture took."""

    model: Model
    invoke_ms: float


class Refusal(msgspec.Struct, frozen=True):
    """Why a model cannot be used, and the option at fault."""

    problem: str
    option: str


class Answer(msgspec.Struct, frozen=True):
    """The child's one line: `trial` or `refusal`."""

    trial: Trial | None = None
    refusal: Refusal | None = None


def attempt(options: ModelOptions, runtime: str) -> Trial:
    """What an interpreter makes of the pinned file.

    Raises ModelError where the file is refused, or the child ends without an answer.
    """
    request = msgspec.json.encode(Request(options, runtime)).decode()
    child = subprocess.Popen(
        [*_CHILD, request],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # The modules of this process and no others, whatever lies in the current folder (-P).
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with child:
        try:
            line = _read(child, time.monotonic() + LIMIT_S)
        finally:
            child.kill()  # does nothing to one that has ended
    return _judged(line, child.returncode, options.file)


def encode(answer: Answer) -> bytes:
    """The child's line."""
    return msgspec.json.encode(answer, enc_hook=str)


def _read(child: subprocess.Popen[bytes], deadline_s: float) -> bytes | None:
    """What the child said before it ended, or too much of it; None where it did not end in time."""
    if child.stdout is None:
        return b""
    descriptor = child.stdout.fileno()
    line = b""
    while True:
        if not select.select([descriptor], [], [], max(0.0, deadline_s - time.monotonic()))[0]:
            return None
        part = os.read(descriptor, 65_536)
        line += part
        if len(line) > _MAX_ANSWER_BYTES:
            return line
        if not part:
            break
    try:
        child.wait(max(0.0, deadline_s - time.monotonic()))
    except subprocess.TimeoutExpired:
        return None
    return line


def _judged(line: bytes | None, code: int, file: str) -> Trial:
    if line is None or -code in _OUT_OF_TIME:
        msg = f"{file}: the interpreter was not done with it in {LIMIT_S:g} s: {_SLOW}"
        raise ModelError(msg)
    if len(line) > _MAX_ANSWER_BYTES:
        msg = f"{file}: the interpreter answered without end: {_ADVICE}"
        raise ModelError(msg)
    if code < 0:
        name = _SIGNALS.get(-code, f"signal {-code}")
        advice = _INNOCENT.get(-code, _ADVICE)
        msg = f"{file}: the interpreter died of it ({name}): {advice}"
        raise ModelError(msg)
    answer = _decoded(line) if code == 0 else Answer()
    if answer.refusal is not None:
        problem = printable(answer.refusal.problem)[:_MAX_PROBLEM_CHARS]
        raise ModelError(problem, option=answer.refusal.option)
    if answer.trial is None:
        msg = f"{file}: the interpreter ended without an answer (exit {code}): {_ADVICE}"
        raise ModelError(msg)
    return answer.trial


def _decoded(line: bytes) -> Answer:
    """The answer in a line; an empty one where it is none, or holds what cannot be shown."""
    try:
        answer = msgspec.json.decode(line, type=Answer, dec_hook=_path)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Answer()
    trial = answer.trial
    shown = (*trial.model.labels, trial.model.name, trial.model.sha256) if trial else ()
    return Answer() if any(map(label_problem, shown)) else answer


def _path(kind: type, value: Any) -> Path:  # noqa: ANN401  whatever the line holds there
    if kind is not Path or not isinstance(value, str):
        msg = "not a path"
        raise msgspec.ValidationError(msg)
    return Path(value)
