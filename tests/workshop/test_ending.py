"""Whatever ends a command ends what it started: with real processes and real signals."""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from edgecam.workshop import ending

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LASTING = ("sleep", "60")
DEAF = ("sh", "-c", "trap '' TERM; echo; while :; do sleep 0.01; done")
# Asked to end, it interrupts who asked, and takes its time.
TELLING = (
    "sh",
    "-c",
    "trap 'kill -HUP $PPID; sleep 0.5; exit' TERM; echo; while :; do sleep 0.01; done",
)


def trapped(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Started, and it has said that its trap is set."""
    process = ending.start(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
    return process


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
        ending.start(LASTING)
    (process,) = started
    assert process.poll() == -signal.SIGTERM
    assert not list(tmp_path.iterdir())


def test_an_interrupt_while_an_end_is_waited_for_does_not_end_the_waiting(tmp_path: Path) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def interrupted() -> None:
        with ending.workplace("at-", str(tmp_path)):
            started.append(trapped(TELLING))
            ending.end(started[0])

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert started[0].poll() is not None
    assert not list(tmp_path.iterdir())


def test_one_that_does_not_end_is_killed() -> None:
    process = trapped(DEAF)
    ending.end(process, 0.2)
    assert process.poll() == -signal.SIGKILL


def test_a_workplace_ends_what_was_started_in_it_and_nothing_else() -> None:
    with ending.workplace("outer-") as outer:
        first = ending.start(LASTING)
        with ending.workplace("inner-") as inner:
            second = ending.start(LASTING)
            assert inner.is_dir()
        assert second.poll() == -signal.SIGTERM
        assert first.poll() is None
        assert not inner.exists()
    assert first.poll() == -signal.SIGTERM
    assert not outer.exists()
