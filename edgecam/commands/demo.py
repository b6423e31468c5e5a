"""`edgecam demo`: the whole appliance on the sample pictures, with a broker of its own.

Broker, appliance and subscriber are as real as elsewhere: amqtt on a free loopback port,
`edgecam run` as a process of its own, and a subscriber that shows what it receives.
"""

import contextlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from edgecam.commands import arguments
from edgecam.commands.views import View
from edgecam.commands.watch import follow, view_for
from edgecam.config import MqttOptions
from edgecam.errors import EXIT_FAILURE, EdgecamError
from edgecam.publisher.broker.mqtt import Message
from edgecam.workshop import ending
from edgecam.workshop.broker import embedded
from edgecam.workshop.samples import SAMPLES

HOLD_S = 2.0
HEALTH_S = 5.0
_EXAMPLE = """\
  edgecam demo
  edgecam demo --seconds 20 --json | grep '"edgecam/demo/event"'"""


def main(argv: Sequence[str]) -> int:
    """Run the demonstration; 1 where no event arrived."""
    parser = arguments.parser(
        "demo",
        "Runs the appliance on the sample pictures and shows what a subscriber receives from a\n"
        "real broker, until Ctrl-C. Needs no camera, no broker and no configuration.",
        _EXAMPLE,
    )
    parser.add_argument(
        "--seconds",
        type=arguments.above_0,
        metavar="N",
        help="stop after so long (default: at Ctrl-C)",
    )
    parser.add_argument("--json", action="store_true", help='{"topic": …, "payload": …} a line')
    options = parser.parse_args(argv)
    ending.on_any_signal()
    deadline_s = time.monotonic() + options.seconds if options.seconds else None
    view = _Counting(view_for(as_json=options.json))
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(ending.workplace("edgecam-demo-"))
        stack.callback(view.close)
        count = len(list(SAMPLES.glob("*.jpg")))
        view.tell(f"{count} photographs, {HOLD_S:g} s each, in order of name; not sure is unknown")
        port = stack.enter_context(embedded())
        _show(folder, port, view, deadline_s)
    if not view.events:
        print("no event arrived", file=sys.stderr)
        return EXIT_FAILURE
    return 0


class _Counting:
    """A view that counts events."""

    def __init__(self, inner: View) -> None:
        self.events = 0
        self.tell, self.refresh, self.close = inner.tell, inner.refresh, inner.close
        self._inner = inner

    def show(self, message: Message) -> None:
        self.events += message.topic.endswith("/event")
        self._inner.show(message)


def _show(folder: Path, port: int, view: View, deadline_s: float | None) -> None:
    """Subscribe first, then run the appliance; afterwards stay until it has said `stopped`."""
    appliance = _Appliance(folder, port)
    stopped_by_s: list[float] = []

    def go_on() -> bool:
        if stopped_by_s:
            return appliance.running and time.monotonic() < stopped_by_s[0]
        appliance.check()
        if deadline_s is not None and time.monotonic() >= deadline_s:
            appliance.stop()
            stopped_by_s.append(time.monotonic() + ending.TIMEOUT_S)
        return True

    broker = MqttOptions(broker=f"mqtt://127.0.0.1:{port}", protocol="3.1.1")
    try:
        follow(broker, "+", _Starting(view, appliance.start), go_on)
    except KeyboardInterrupt:
        pass  # how one leaves
    finally:
        appliance.end()


class _Starting:
    """A view that starts the appliance once the subscriber is connected."""

    def __init__(self, inner: View, start: Callable[[], None]) -> None:
        self.show, self.refresh, self.close = inner.show, inner.refresh, inner.close
        self._tell = inner.tell
        self._start = start

    def tell(self, text: str) -> None:
        self._tell(text)
        self._start()


class _Appliance:
    """`edgecam run` in a process of its own, its log kept to be shown if it fails."""

    def __init__(self, folder: Path, port: int) -> None:
        self._config = folder / "config.yaml"
        self._log = folder / "log"
        self._process: ending.Process | None = None
        self._config.write_text(json.dumps(_configuration(folder, port)), encoding="utf-8")

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.exit_code is None

    def start(self) -> None:
        if self._process is None:
            command = [sys.executable, "-m", "edgecam", "run", "-c", str(self._config)]
            with self._log.open("wb") as log:
                self._process = ending.Process(command, stderr=log)

    def check(self) -> None:
        """Raises EdgecamError where it has ended by itself."""
        if self._process is not None and not self.running:
            log = self._log.read_text(encoding="utf-8", errors="replace").strip()
            msg = f"the appliance ended with exit code {self._process.exit_code}:\n{log}"
            raise EdgecamError(msg)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def end(self) -> None:
        if self._process is not None:
            self._process.end()


def _configuration(folder: Path, port: int) -> dict[str, object]:
    """What differs from the defaults (JSON is YAML)."""
    return {
        "node": "demo",
        "camera": {"source": "stills", "stills": {"folder": str(SAMPLES), "hold_s": HOLD_S}},
        "outbox": {"file": str(folder / "outbox.db")},
        # A picture every few seconds for as long as somebody watches is no usual scene.
        "link": {"events_per_hour": 36_000},
        # amqtt leaves an MQTT 5 client that has a will waiting: no need to find that out here.
        "mqtt": {"broker": f"mqtt://127.0.0.1:{port}", "protocol": "3.1.1"},
        "health": {"interval_s": HEALTH_S},
    }
