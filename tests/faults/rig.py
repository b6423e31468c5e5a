"""The appliance as its two halves, a tap between them, a broker, a recorder and the judge."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from support.appliance import Appliance
from support.recorder import Recorder

from faults.broker import Broker
from faults.judge import Judge
from faults.series import Result
from faults.tap import Tap

STOP_S = 10.0  # a half that is asked to end does so in this time
CLIENT_ID = "edgecam-test"

Sections = dict[str, dict[str, Any]]

# Eight events a second: fast, and still below what the publisher takes in for long.
HOLD_S = 0.25
LIVELY: Sections = {
    "camera": {"fps": 20},
    "decision": {"votes": 1, "window": 1, "cooldown_s": 0},
    "link": {"events_per_hour": 3_600_000},
}


class Rig:
    """Starts, kills and stops the halves; both are told to meet at the tap."""

    def __init__(
        self,
        folder: Path,
        url: str,
        recorder: Recorder,
        *,
        sections: Sections | None = None,
        place: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """`sections` stand in both halves' configurations.

        `place` is entered while a half is started (a network namespace).
        """
        self.recorder = recorder
        self.tap = Tap(folder / "tap", folder / "wall")
        self.judge = Judge(recorder.messages, self.tap.committed)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.appliances: dict[str, Appliance] = {}
        self._place = place
        self._problems: list[str] = []
        for half, meeting in (("publisher", "wall"), ("vision", "tap")):
            own = folder / half
            own.mkdir()
            self.appliances[half] = _appliance(own, url, folder / meeting, sections or {})

    def start(self, *halves: str) -> None:
        """Start halves; from then on a fresh event is waited for."""
        with self._place():
            for half in halves:
                self.running[half] = self.appliances[half].start(half)
        self.judge.healed()

    def kill(self, *halves: str) -> None:
        """kill -9."""
        for half in halves:
            self.running[half].kill()
        for half in halves:
            self.running.pop(half).wait(STOP_S)

    def stop(self, *halves: str) -> None:
        """SIGTERM; who takes too long, or says that it failed, is a problem."""
        asked_s = time.monotonic()
        for half in halves:
            self.running[half].send_signal(signal.SIGTERM)
        for half in halves:
            process = self.running.pop(half)
            try:
                code = process.wait(STOP_S - (time.monotonic() - asked_s))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_S)
                self._problems.append(f"{half} did not end within {STOP_S:g} s")
                continue
            if code != 0:
                self._problems.append(f"{half} ended with exit code {code}")

    def said(self, half: str) -> str:
        """The log of a half."""
        return self.appliances[half].said

    def finish(self, tried: int, figures: str = "", problems: tuple[str, ...] = ()) -> Result:
        """See that all is well again, end both halves in good order, and ask the judge."""
        with contextlib.suppress(AssertionError):  # the judge says so
            self.judge.wait_recovered()
        self.stop("vision")
        self.stop("publisher")
        self.judge.wait_settled()
        left = len(self.appliances["publisher"].queued())
        if left:
            self._problems.append(f"{left} events are still in the queue file")
        for half in self.appliances:
            if "Traceback" in self.said(half):
                self._problems.append(f"a traceback in the log of {half}")
        return self.judge.result(tried, figures, [*problems, *self._problems, *self.tap.problems])

    def close(self) -> None:
        """End whatever still runs."""
        for appliance in self.appliances.values():
            appliance.end()
        self.tap.close()


def _appliance(folder: Path, url: str, meeting: Path, sections: Sections) -> Appliance:
    merged = {
        name: {**LIVELY.get(name, {}), **sections.get(name, {})} for name in LIVELY | sections
    }
    merged["link"]["socket"] = str(meeting)
    stills = {"folder": str(folder / "pictures"), "hold_s": HOLD_S}
    merged["camera"].setdefault("stills", stills)
    return Appliance(folder, url, **merged)


@contextlib.contextmanager
def prepared(folder: Path, sections: Sections | None = None) -> Iterator[tuple[Rig, Broker]]:
    """A rig with a broker and a recorder, of which no half runs yet; ended whatever happens."""
    broker = Broker(folder)
    with contextlib.ExitStack() as stack:
        stack.callback(broker.stop)
        broker.start()
        recorder = Recorder(broker.port)
        stack.callback(recorder.close)
        rig = Rig(folder, broker.url, recorder, sections=sections)
        stack.callback(rig.close)
        yield rig, broker


@contextlib.contextmanager
def lively(folder: Path) -> Iterator[tuple[Rig, Broker]]:
    """The same, with both halves at work on three photographs."""
    with prepared(folder) as (rig, broker):
        rig.start("publisher", "vision")
        rig.judge.wait_recovered()
        yield rig, broker
