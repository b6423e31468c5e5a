"""Standard error while an interpreter is made: its greeting goes, everything else arrives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.commands import environment
from support.descriptors import descriptors
from support.places import RUNTIMES
from support.tiny_models import tiny_model

from edgecam.commands.greeting import without_greeting

GREETING = "INFO: Created TensorFlow Lite XNNPACK delegate for CPU."
MADE = """
import importlib, os, sys
from edgecam.commands.greeting import without_greeting
module = importlib.import_module(sys.argv[1] + ".interpreter")
def make():
    os.write(2, b"before\\n")
    module.Interpreter(model_path=sys.argv[2]).allocate_tensors()
    print("after, without a line's end", end="", file=sys.stderr)
if sys.argv[3] == "held":
    with without_greeting():
        make()
else:
    make()
"""


def said(folder: Path, runtime: str, how: str) -> list[str]:
    module = {"litert": "ai_edge_litert", "tflite-runtime": "tflite_runtime"}[runtime]
    model = tiny_model(folder / "tiny.tflite").path  # of floats: tflite-runtime greets no bytes
    done = subprocess.run(
        [sys.executable, "-c", MADE, module, model, how],
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stderr.splitlines()


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_only_the_greeting_is_taken_out(tmp_path: Path, runtime: str) -> None:
    assert GREETING in said(tmp_path, runtime, "as it is")
    assert said(tmp_path, runtime, "held") == ["before", "after, without a line's end"]


def test_what_was_said_before_an_error_arrives(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        os.write(2, b"a warning of a library\n")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), without_greeting():
        fail()
    os.write(2, b"and later\n")
    assert capfd.readouterr().err == "a warning of a library\nand later\n"


def test_no_descriptor_is_left() -> None:
    before = descriptors()
    with without_greeting():
        pass
    assert descriptors() == before


def test_a_flood_blocks_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    def flood() -> None:
        for _ in range(3000):
            os.write(2, b"x" * 99 + b"\n")

    with without_greeting(), pytest.raises(BlockingIOError):
        flood()
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) > 500
    assert set(lines[:-1]) == {"x" * 99}
