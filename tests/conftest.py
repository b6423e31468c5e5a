"""What every test may use, and the house rule that no test is skipped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.appliance import Appliance
from support.mosquitto import Mosquitto
from support.recorder import Recorder


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A skipped test is a failed run: a broker that is missing must not pass for a broker."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == 0 and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("a test was skipped: that counts as a failure here", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running broker."""
    mosquitto = Mosquitto(tmp_path)
    mosquitto.start()
    yield mosquitto
    mosquitto.stop()


@pytest.fixture
def recorder(broker: Mosquitto) -> Iterator[Recorder]:
    """A subscriber of that broker."""
    subscriber = Recorder(broker.port)
    yield subscriber
    subscriber.close()


@pytest.fixture
def appliance(tmp_path: Path, broker: Mosquitto) -> Iterator[Appliance]:
    """An appliance that is set up for that broker; ended whatever happens."""
    made = Appliance(tmp_path, broker.url)
    yield made
    made.end()
