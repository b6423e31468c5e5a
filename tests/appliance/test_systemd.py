"""systemd's environment, as it is and as it is not."""

import os
from pathlib import Path

import pytest

from edgecam.appliance import systemd
from edgecam.errors import ConfigError
from systemd import daemon


@pytest.mark.parametrize(
    ("text", "seconds"), [(None, None), ("", None), ("0", None), ("many", None), ("30000000", 15.0)]
)
def test_the_watchdog_is_fed_twice_in_its_time(
    monkeypatch: pytest.MonkeyPatch, text: str | None, seconds: float | None
) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    if text is not None:
        monkeypatch.setenv("WATCHDOG_USEC", text)
    assert systemd.watchdog_interval_s() == seconds


def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    systemd.notify("READY=1")
    monkeypatch.setattr(systemd, "_daemon", None)
    systemd.notify("READY=1")
    assert systemd.watchdog_interval_s() is None


def test_what_does_not_arrive_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody-listens"))
    with pytest.raises(OSError, match="No such file"):  # so there is something to pass over
        daemon.notify("READY=1")
    systemd.notify("READY=1")


@pytest.mark.parametrize("count", ["1", ""])
def test_a_socket_for_another_process_is_not_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, count: str
) -> None:
    """It would be, without its process number: one that took it would close what is not its own."""
    names = {"LISTEN_FDS": count, "LISTEN_PID": "1", "LISTEN_FDNAMES": "wall"}
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    assert systemd.handed_listener(str(tmp_path / "wall")) is None
    assert not names.keys() & os.environ.keys()


def test_what_is_handed_over_is_taken_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LISTEN_FDS", "2")
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    with pytest.raises(ConfigError, match="hands over 2 sockets"):
        systemd.handed_listener(str(tmp_path / "wall"))
    assert systemd.handed_listener(str(tmp_path / "wall")) is None
