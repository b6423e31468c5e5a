"""Remote commands: a closed list, off by default, and none of them returns or stores a picture.

A request is a message on `request/<command>`; its answer, on `response/<command>`, is
`{status, data, error, transaction}`. Whatever is no request, or one too many, is ignored and
counted, so that a flood costs nothing but its counting.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from edgecam.config.options import Command
from edgecam.messages import Explanation
from edgecam.publisher.contract import PausedPart, ReportPart, ResponsePayload, WhyPart
from edgecam.publisher.control import Control
from edgecam.publisher.wall.limits import HOUR_S, Rate

MAX_REQUEST_BYTES = 256
REQUESTS_PER_HOUR = 120.0
REQUESTS_AT_ONCE = 10
ANSWER_TIMEOUT_S = 5.0  # for the vision half to explain itself

_log = logging.getLogger(__name__)


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of a request; an empty one stands for `{}`."""

    transaction: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{0,36}\Z")] | None = None
    region: Annotated[str, Meta(max_length=16)] | None = None


@dataclass(frozen=True)
class Response:
    """An answer, and the command that it belongs to."""

    command: Command
    payload: ResponsePayload[Any]


@dataclass(frozen=True)
class _Waiting:
    """A question to the vision half that has no answer yet."""

    transaction: str | None
    until_s: float


def parse(payload: bytes) -> Request | None:
    """The request in a payload; None for whatever is none."""
    if len(payload) > MAX_REQUEST_BYTES:
        return None
    try:
        return msgspec.json.decode(payload or b"{}", type=Request)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


class Requests:
    """Takes requests and gives the answers that are ready; for one thread."""

    def __init__(
        self,
        *,
        allowed: Sequence[Command],
        regions: Sequence[str],
        control: Control,
        report: Callable[[], ReportPart],
        why: Callable[[Explanation], WhyPart],
    ) -> None:
        """`report` says how things are; `why` puts an explanation into words."""
        self.ignored = 0
        """Messages that were no requests, or too many."""
        self.allowed = tuple(allowed)
        self._regions = tuple(regions)
        self._control = control
        self._report = report
        self._why = why
        self._rate = Rate(REQUESTS_PER_HOUR / HOUR_S, REQUESTS_AT_ONCE)
        self._waiting: dict[int, _Waiting] = {}

    def take(self, command: str, payload: bytes, *, retain: bool) -> Response | None:
        """Do what a message asks for; its answer, where there is one at once."""
        known = next((one for one in self.allowed if one == command), None)
        request = parse(payload)
        problem = self._problem(known, request, retain=retain)
        if known is None or request is None or problem:
            self._ignore(command, problem)
            return None
        _log.info("asked from outside: %s", known)
        if known == "why":
            return self._ask(request)
        if known == "report":
            return Response(known, _done(self._report(), request.transaction))
        self._control.pause(paused=known == "pause")
        return Response(known, _done(PausedPart(paused=known == "pause"), request.transaction))

    def answers(self) -> list[Response]:
        """Answers of the vision half that came meanwhile, and what stands for those that did not."""
        ready = []
        for explanation in self._control.answers():
            waiting = self._waiting.pop(explanation.number, None)
            if waiting is not None:
                payload = _done(self._why(explanation), waiting.transaction)
                ready.append(Response("why", payload))
        now_s = time.monotonic()
        for number, waiting in list(self._waiting.items()):
            if now_s > waiting.until_s:
                del self._waiting[number]
                why = "the vision half does not answer"
                ready.append(Response("why", _failed(why, waiting.transaction)))
        return ready

    def _ask(self, request: Request) -> Response | None:
        region = request.region or self._regions[0]
        if region not in self._regions:
            known = ", ".join(self._regions)
            return Response(
                "why", _failed(f"no such region; there are {known}", request.transaction)
            )
        number = self._control.ask(self._regions.index(region))
        self._waiting[number] = _Waiting(request.transaction, time.monotonic() + ANSWER_TIMEOUT_S)
        return None

    def _problem(self, known: Command | None, request: Request | None, *, retain: bool) -> str:
        """Why a message is ignored; empty where it is not."""
        if known is None:
            return "not in remote.commands"
        if request is None:
            return f"no request of at most {MAX_REQUEST_BYTES} bytes"
        if retain:  # what a broker kept from long ago is nobody's wish now
            return "retained"
        return "" if self._rate.allows() else f"more than {REQUESTS_PER_HOUR:g} an hour"

    def _ignore(self, command: str, why: str) -> None:
        self.ignored += 1
        if self.ignored & (self.ignored - 1) == 0:  # 1st, 2nd, 4th, 8th, …
            _log.warning("request ignored: %.16r: %s (%d so far)", command, why, self.ignored)


def _done(data: ReportPart | WhyPart | PausedPart, transaction: str | None) -> ResponsePayload[Any]:
    return ResponsePayload(status="ok", data=data, error=None, transaction=transaction)


def _failed(why: str, transaction: str | None) -> ResponsePayload[Any]:
    return ResponsePayload(status="error", data=None, error=why, transaction=transaction)
