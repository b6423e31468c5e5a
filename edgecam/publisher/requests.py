"""Remote commands: a closed list, off by default, and none of them returns or stores a picture.

A request is a message on `request/<command>`; its answer, on `response/<command>`, is
`{status, data, error, transaction}`. A payload that is no request is told what is wrong with it, as
often as there may be requests. Whatever else comes, or one too many, is ignored; both are counted, so
that a flood costs nothing but its counting.
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


def parse(payload: bytes) -> Request | str:
    """The request in a payload, or what is wrong with it; nothing of the payload stands in that."""
    if len(payload) > MAX_REQUEST_BYTES:
        return f"a request has at most {MAX_REQUEST_BYTES} bytes"
    try:
        return msgspec.json.decode(payload or b"{}", type=Request)
    except UnicodeDecodeError:
        return "not UTF-8"
    except msgspec.ValidationError:
        return (
            "nothing but transaction, up to 36 of A-Za-z0-9_.:-, and region, up to 16 characters, "
            "may stand in a request"
        )
    except msgspec.DecodeError:
        return "not JSON; a request is empty, or an object"


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
        # Of its own, so that garbage uses up nothing of what may be asked.
        self._refusals = Rate(REQUESTS_PER_HOUR / HOUR_S, REQUESTS_AT_ONCE)
        self._waiting: dict[int, _Waiting] = {}

    def take(self, command: str, payload: bytes, *, retain: bool) -> Response | None:
        """Do what a message asks for; its answer, where there is one at once."""
        known = next((one for one in self.allowed if one == command), None)
        # What a broker kept from long ago is nobody's wish now; what we have not subscribed to, only
        # a broker that does as it likes brings.
        if known is None or retain:
            self._ignore(command, "retained" if known else "not in remote.commands")
            return None
        request = parse(payload)
        if isinstance(request, str):
            return self._refuse(known, request)
        if not self._rate.allows():
            self._ignore(command, f"more than {REQUESTS_PER_HOUR:g} an hour")
            return None
        _log.info("asked from outside: %s", known)
        return self._do(known, request)

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

    def _do(self, command: Command, request: Request) -> Response | None:
        if command == "why":
            return self._ask(request)
        if command == "report":
            return Response(command, _done(self._report(), request.transaction))
        paused = command == "pause"
        self._control.pause(paused=paused)
        return Response(command, _done(PausedPart(paused=paused), request.transaction))

    def _refuse(self, command: Command, why: str) -> Response | None:
        self._ignore(command, why)
        return Response(command, _failed(why, None)) if self._refusals.allows() else None

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

    def _ignore(self, command: str, why: str) -> None:
        self.ignored += 1
        if self.ignored & (self.ignored - 1) == 0:  # 1st, 2nd, 4th, 8th, …
            _log.warning("request ignored: %.16r: %s (%d so far)", command, why, self.ignored)


def _done(data: ReportPart | WhyPart | PausedPart, transaction: str | None) -> ResponsePayload[Any]:
    return ResponsePayload(status="ok", data=data, error=None, transaction=transaction)


def _failed(why: str, transaction: str | None) -> ResponsePayload[Any]:
    return ResponsePayload(status="error", data=None, error=why, transaction=transaction)
