"""Whatever ends a command ends what it started: with real processes and real signals."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from support.waiting import wait_until

from edgecam.workshop import ending
from edgecam.workshop.ending import Process

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LASTING = ("sleep", "60")
DEAF = ("sh", "-c", "trap '' TERM; echo; while :; do sleep 0.01; done")
# Asked to end, it interrupts who asked, and takes its time.
TELLING = (
    "sh",
    "-c",
    "trap 'kill -HUP $PPID; sleep 0.5; exit' TERM; echo; while :; do sleep 0.01; done",
)
# Asked to end, it interrupts who asked twice, and does not end.
INSISTING = (
    *("sh", "-c"),
    "trap 'kill -HUP $PPID; sleep 0.2; kill -HUP $PPID' TERM; echo; while :; do sleep 0.01; done",
)


def trapped(command: Sequence[str]) -> Process:
    """Started, and it has said that its trap is set."""
    ours, theirs = os.pipe()
    process = Process(command, stdout=theirs)
    os.close(theirs)
    with os.fdopen(ours) as said:
        said.readline()
    return process


def runs(process: Process) -> bool:
    return process.exit_code is None


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """As in a command; pytest has its own."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    ending.on_any_signal()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_an_interrupt_at_the_moment_of_a_start_loses_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Interrupted(subprocess.Popen[bytes]):
        """Runs, and nobody has its name yet."""

        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)  # type: ignore[call-overload]
            started.append(self)
            os.kill(os.getpid(), number)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt), ending.workplace("at-", str(tmp_path)):
        Process(LASTING)
    (process,) = started
    assert process.poll() == -signal.SIGTERM
    assert not list(tmp_path.iterdir())


def test_an_interrupt_while_an_end_is_waited_for_does_not_end_the_waiting(tmp_path: Path) -> None:
    started: list[Process] = []

    def interrupted() -> None:
        with ending.workplace("at-", str(tmp_path)):
            started.append(trapped(TELLING))
            started[0].end()

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert started[0].exit_code is not None
    assert not list(tmp_path.iterdir())


def test_another_interrupt_says_that_nobody_wants_to_wait() -> None:
    started: list[Process] = []

    def interrupted() -> None:
        with ending.workplace("at-"):
            started.append(trapped(INSISTING))
            started[0].end()

    started_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert time.monotonic() - started_s < ending.TIMEOUT_S
    assert started[0].exit_code == -signal.SIGKILL


def test_interrupts_at_any_instruction_leave_it_as_endable_as_before() -> None:
    """A look at whether it runs takes a lock of subprocess, which an interrupt must not keep."""
    process = Process(LASTING)
    alarm = signal.signal(signal.SIGALRM, signal.getsignal(signal.SIGHUP))

    def look_until_interrupted(after_s: float) -> None:
        signal.setitimer(signal.ITIMER_REAL, after_s)
        while process.exit_code is None:
            pass

    for number in range(300):
        with pytest.raises(KeyboardInterrupt):
            look_until_interrupted(0.001 + number * 1e-6)
    signal.signal(signal.SIGALRM, alarm)
    process.end(10.0)
    assert process.exit_code == -signal.SIGTERM


def test_one_that_does_not_end_is_killed() -> None:
    process = trapped(DEAF)
    process.end(0.2)
    assert process.exit_code == -signal.SIGKILL


def test_a_workplace_ends_what_was_started_in_it_and_nothing_else() -> None:
    with ending.workplace("outer-") as outer:
        first = Process(LASTING)
        with ending.workplace("inner-") as inner:
            second = Process(LASTING)
            assert inner.is_dir()
        assert second.exit_code == -signal.SIGTERM
        assert runs(first)
        assert not inner.exists()
    assert first.exit_code == -signal.SIGTERM
    assert not outer.exists()


def test_what_no_workplace_has_ended_ends_with_the_program() -> None:
    script = (
        f"from edgecam.workshop.ending import Process\nprint(Process({LASTING!r}).pid, flush=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    folder = Path("/proc", done.stdout.strip())
    # It was the child of one that has ended, and whoever has it now may have to reap it yet.
    wait_until(lambda: not folder.exists() or "State:\tZ" in (folder / "status").read_text())


def test_what_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ending.on_any_signal()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    os.kill(os.getpid(), signal.SIGHUP)
