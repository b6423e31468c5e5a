"""What every test may use, and the house rule that no test is skipped."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.appliance import Appliance
from support.mosquitto import Mosquitto
from support.publisher import Make, Publisher
from support.recorder import Recorder
from support.rigged_appliance import RiggedAppliance

from edgecam.config import MqttOptions

pytest_plugins = ["support.vision_fixtures"]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A skipped test is a failed run: a broker that is missing must not pass for a broker."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == 0 and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("a test was skipped: that counts as a failure here", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def new_broker(tmp_path: Path) -> Iterator[Callable[[str], Mosquitto]]:
    """Makes brokers with options of their own, not started yet; stopped whatever happens."""
    made: list[Mosquitto] = []

    def make(options: str) -> Mosquitto:
        made.append(Mosquitto(tmp_path, options))
        return made[-1]

    yield make
    for mosquitto in made:
        mosquitto.stop()


@pytest.fixture
def broker(new_broker: Callable[[str], Mosquitto]) -> Mosquitto:
    """A running broker that lets everybody in."""
    mosquitto = new_broker("allow_anonymous true\n")
    mosquitto.start()
    return mosquitto


@pytest.fixture
def recorder(broker: Mosquitto) -> Iterator[Recorder]:
    """A subscriber of that broker."""
    subscriber = Recorder(broker.port)
    yield subscriber
    subscriber.close()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes publishers, each with a queue of its own, not started yet; ended whatever happens."""
    made: list[Publisher] = []

    def publisher(options: MqttOptions, secret: str | None = None, **more: Any) -> Publisher:
        made.append(Publisher(tmp_path / f"publisher-{len(made)}", options, secret, **more))
        return made[-1]

    yield publisher
    for one in made:
        one.close()


@pytest.fixture
def appliance(tmp_path: Path, broker: Mosquitto) -> Iterator[Appliance]:
    """An appliance that is set up for that broker; ended whatever happens."""
    made = Appliance(tmp_path, broker.url)
    yield made
    made.end()


@pytest.fixture
def rigged(tmp_path: Path, broker: Mosquitto) -> Iterator[RiggedAppliance]:
    """An appliance whose parts can be broken; ended whatever happens."""
    made = RiggedAppliance(tmp_path, broker.url)
    yield made
    made.end()
