"""The command that prints the tables: how it ends."""

import signal
import subprocess
import sys

import pytest
from support.waiting import wait_until


@pytest.mark.parametrize("table", ["gate", "trouble", "decision", "power"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_without_a_traceback(table: str, number: signal.Signals) -> None:
    command = (sys.executable, "-m", "edgecam.workshop.evaluate", table)
    said: list[str] = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        try:
            said.append(process.stderr.read(1).decode())  # its progress: it is at work
            process.send_signal(number)
            wait_until(lambda: process.poll() is not None, 30)
        finally:
            process.kill()
        said.append(process.stderr.read().decode())
        printed = process.stdout.read()

    assert process.returncode == 130
    assert "Traceback" not in "".join(said)
    assert not printed


@pytest.mark.parametrize(
    "arguments",
    [
        ("gate", "--clip", "none"),
        ("trouble", "--folder", "/nowhere"),
        ("trouble", "--folder", "/dev"),
    ],
)
def test_bad_arguments_end_it_as_bad_arguments(arguments: tuple[str, ...]) -> None:
    command = (sys.executable, "-m", "edgecam.workshop.evaluate", *arguments)

    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2
    assert f"scripts/evaluate {arguments[0]}: error:" in done.stderr
