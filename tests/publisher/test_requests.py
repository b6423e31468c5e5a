"""Remote commands: what is answered, and what is ignored and counted."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgecam.config.options import Command
from edgecam.link import Ask
from edgecam.messages import Explanation
from edgecam.publisher import contract
from edgecam.publisher import requests as module
from edgecam.publisher.contract import PausedPart, ReportPart, WhyPart
from edgecam.publisher.control import Control
from edgecam.publisher.requests import MAX_REQUEST_BYTES, REQUESTS_AT_ONCE, Requests

COMMANDS: tuple[Command, ...] = ("pause", "resume", "report", "why")
REPORT = ReportPart(version="1", up=True, paused=False, asleep=False, queued=3, lost=0)


def why(explanation: Explanation) -> WhyPart:
    return WhyPart(
        region=f"region {explanation.region}",
        looks=explanation.looks,
        votes=3,
        window=5,
        cooldown_s=0.0,
        paused=False,
        asleep=False,
        model_sha256="f" * 12,
        top=[],
    )


class Asked:
    """Requests, and the other side of their control."""

    def __init__(self, allowed: tuple[Command, ...] = COMMANDS) -> None:
        self.control = Control(paused=False)
        self.requests = Requests(
            allowed=allowed,
            regions=("door", "yard"),
            control=self.control,
            report=lambda: REPORT,
            why=why,
        )

    def take(self, command: str, payload: bytes = b"", *, retain: bool = False) -> Any:
        """The answer's payload, as it is published; None where there is none."""
        response = self.requests.take(command, payload, retain=retain)
        if response is None:
            return None
        assert response.command == command
        return msgspec.json.decode(contract.encode(response.payload))

    def answers(self) -> list[Any]:
        """What is answered later."""
        ready = self.requests.answers()
        assert all(response.command == "why" for response in ready)
        return [msgspec.json.decode(contract.encode(response.payload)) for response in ready]


@pytest.fixture
def asked() -> Asked:
    return Asked()


def done(data: object, transaction: str | None = None) -> dict[str, object]:
    encoded = msgspec.to_builtins(data)
    return {"status": "ok", "data": encoded, "error": None, "transaction": transaction}


def test_pause_and_resume_say_what_is_now(asked: Asked) -> None:
    assert asked.take("pause") == done(PausedPart(paused=True))
    assert asked.control.paused
    assert asked.take("pause") == done(PausedPart(paused=True))
    assert asked.take("resume") == done(PausedPart(paused=False))
    assert not asked.control.paused


def test_report_says_how_things_are(asked: Asked) -> None:
    assert asked.take("report", b"{}") == done(REPORT)


@pytest.mark.parametrize("command", COMMANDS[:3])
def test_a_transaction_comes_back_as_it_was(asked: Asked, command: str) -> None:
    answer = asked.take(command, b'{"transaction": "a-B_9.:x"}')
    assert answer["transaction"] == "a-B_9.:x"


@pytest.mark.parametrize(("payload", "region"), [(b"", 0), (b'{"region": "yard"}', 1)])
def test_why_is_answered_when_vision_has_answered(
    asked: Asked, payload: bytes, region: int
) -> None:
    assert asked.take("why", payload) is None
    assert asked.answers() == []
    (question,) = asked.control.questions()
    assert question.region == region
    explanation = Explanation(question.number, region, 4, ())
    assert asked.control.answer(explanation)
    assert asked.answers() == [done(why(explanation))]
    assert asked.answers() == []
    assert asked.requests.ignored == 0


def test_each_why_gets_the_answer_to_its_own_question(asked: Asked) -> None:
    asked.take("why", b'{"transaction": "1", "region": "door"}')
    asked.take("why", b'{"transaction": "2", "region": "yard"}')
    for question in reversed(asked.control.questions()):
        asked.control.answer(Explanation(question.number, question.region, 0, ()))
    answers = {answer["transaction"]: answer["data"]["region"] for answer in asked.answers()}
    assert answers == {"1": "region 0", "2": "region 1"}


def test_why_of_an_unknown_region_says_which_there_are(asked: Asked) -> None:
    answer = asked.take("why", b'{"region": "cellar", "transaction": "t"}')
    assert answer == {
        "status": "error",
        "data": None,
        "error": "no such region; there are door, yard",
        "transaction": "t",
    }
    assert asked.control.questions() == []


def test_a_vision_half_that_does_not_answer_is_said_to(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_TIMEOUT_S", -1.0)
    asked.take("why", b'{"transaction": "t"}')
    (answer,) = asked.answers()
    assert (answer["status"], answer["transaction"]) == ("error", "t")
    assert answer["error"] == "the vision half does not answer"
    (question,) = asked.control.questions()
    asked.control.answer(Explanation(question.number, question.region, 0, ()))
    assert asked.answers() == []  # it is too late now


NO_JSON = "not JSON; a request is empty, or an object"
TOO_LONG = f"a request has at most {MAX_REQUEST_BYTES} bytes"
OTHER_FIELDS = (
    "nothing but transaction, up to 36 of A-Za-z0-9_.:-, and region, up to 16 characters, "
    "may stand in a request"
)
NOT_REQUESTS = {
    "too long": (b'{"transaction": "' + b"t" * MAX_REQUEST_BYTES + b'"}', TOO_LONG),
    "a megabyte": (b" " * 1_000_000, TOO_LONG),
    "no JSON": (b"pause, please", NO_JSON),
    "not UTF-8": (b'{"region": "\xff"}', "not UTF-8"),
    "half": (b'{"region": ', NO_JSON),
    "a list": (b"[]", OTHER_FIELDS),
    "null": (b"null", OTHER_FIELDS),
    "an unknown field": (b'{"path": "/etc/passwd"}', OTHER_FIELDS),
    "a number": (b'{"transaction": 1}', OTHER_FIELDS),
    "a transaction of other characters": (b'{"transaction": "a b"}', OTHER_FIELDS),
    "a transaction with a line's end": (b'{"transaction": "a\\n"}', OTHER_FIELDS),
    "a long transaction": (b'{"transaction": "' + b"t" * 37 + b'"}', OTHER_FIELDS),
    "a long region": (b'{"region": "' + b"r" * 17 + b'"}', OTHER_FIELDS),
    "zeros": (b"\0" * 100, NO_JSON),
    "deep": (b"[" * 200, OTHER_FIELDS),
}


@pytest.mark.parametrize(("payload", "problem"), NOT_REQUESTS.values(), ids=NOT_REQUESTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_request_is_told_why_and_counted(
    asked: Asked, command: str, payload: bytes, problem: str
) -> None:
    assert asked.take(command, payload) == {
        "status": "error",
        "data": None,
        "error": problem,
        "transaction": None,
    }
    assert asked.requests.ignored == 1
    assert not asked.control.paused
    assert asked.control.questions() == []


def test_not_all_garbage_is_told_so(asked: Asked) -> None:
    answers = [asked.take("pause", b"garbage") for _ in range(1000)]
    assert len([answer for answer in answers if answer]) == REQUESTS_AT_ONCE
    assert asked.requests.ignored == 1000


def test_garbage_that_a_broker_kept_gets_no_answer(asked: Asked) -> None:
    assert asked.take("pause", b"garbage", retain=True) is None
    assert asked.take("reboot", b"garbage") is None
    assert asked.requests.ignored == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_broker_kept_is_nobodys_wish(asked: Asked, command: str) -> None:
    assert asked.take(command, b"", retain=True) is None
    assert asked.requests.ignored == 1
    assert not asked.control.paused
    assert asked.control.questions() == []


@pytest.mark.parametrize("command", ["reboot", "", "Pause", "pause ", "../pause", "x" * 60_000])
def test_commands_that_there_are_not_are_ignored(asked: Asked, command: str) -> None:
    assert asked.take(command) is None
    assert asked.requests.ignored == 1


def test_only_what_is_allowed_is_done() -> None:
    asked = Asked(allowed=("report",))
    assert [asked.take(command) for command in ("pause", "resume", "why")] == [None] * 3
    assert asked.requests.ignored == 3
    assert asked.take("report") == done(REPORT)
    assert Asked(allowed=()).take("report") is None


def test_of_too_many_the_rest_is_ignored_counted_and_said_now_and_then(
    asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [asked.take("report") for _ in range(1000)]
    assert len([answer for answer in answers if answer]) == REQUESTS_AT_ONCE
    assert asked.requests.ignored == 1000 - REQUESTS_AT_ONCE
    assert 1 <= caplog.text.count("request ignored") <= 11


def test_garbage_does_not_use_up_what_may_be_asked(asked: Asked) -> None:
    for _ in range(1000):
        asked.take("report", b"garbage")
        asked.take("reboot")
        asked.take("report", retain=True)
    assert asked.take("report") == done(REPORT)
    assert asked.requests.ignored == 3000


def test_a_command_is_said_shortly_and_harmlessly_in_the_log(
    asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    asked.take("evil\nline" + "x" * 1000)
    (said,) = caplog.messages
    assert "\n" not in said
    assert len(said) < 80


@given(st.text(max_size=20), st.binary(max_size=300), st.booleans())
def test_whatever_comes_nothing_but_the_four_is_done(
    command: str,
    payload: bytes,
    retain: bool,  # noqa: FBT001  of the parameters
) -> None:
    asked = Asked()
    response = asked.requests.take(command, payload, retain=retain)
    waits = len(asked.control.questions())
    refused = response is not None and response.payload.status == "error"
    # Only the region of a good request can be told as wrong without being counted.
    done = response is not None and not (refused and asked.requests.ignored)
    assert done + waits + asked.requests.ignored == 1
    if command not in COMMANDS or retain:
        assert asked.requests.ignored == 1


def test_questions_are_of_the_regions_in_their_order(asked: Asked) -> None:
    asked.take("why", b'{"region": "yard"}')
    asked.take("why", b'{"region": "door"}')
    assert asked.control.questions() == [Ask(1, 1), Ask(2, 0)]
