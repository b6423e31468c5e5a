"""Where log lines go."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.made_journal import stream_of

from edgecam.appliance import log


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def said(capfd: pytest.CaptureFixture[str], half: str = "both") -> str:
    """What a line looks like on standard error."""
    log.set_up("info", half)
    logging.getLogger("edgecam.test").info("hello", extra=log.about("appeared", region="door"))
    return capfd.readouterr().err


def test_standard_error_that_is_no_journal_gets_time_stamps(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for stream in ("", "8:1234"):  # that of a service which started us, and sent us elsewhere
        monkeypatch.setenv("JOURNAL_STREAM", stream)
        assert said(capfd).startswith("20")


def test_the_journal_without_its_socket_or_library_gets_none(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", stream_of(Path("/proc/self/fd/2")))
    monkeypatch.setattr(log, "_SOCKET", tmp_path / "socket")
    assert said(capfd) == "INFO    edgecam.test: hello\n"
    (tmp_path / "socket").touch()
    monkeypatch.setattr(log, "_journal", lambda: None)
    assert said(capfd) == "INFO    edgecam.test: hello\n"


def test_what_there_is_nothing_to_say_of_is_no_field() -> None:
    assert log.about("loss", reason="queue_full") == {
        "EDGECAM_EVENT": "loss",
        "EDGECAM_REASON": "queue_full",
    }
    assert log.about("broker_connected") == {"EDGECAM_EVENT": "broker_connected"}
