"""What an appliance of two processes goes through in its life, step by step.

A new feature is one more step in `STEPS`; whatever it lets out is searched without further ado.
"""

import signal
from collections.abc import Callable
from pathlib import Path

from support.waiting import wait_until

from canary.mutants import CRASHING, build
from canary.picture import LABEL
from canary.world import COMMANDS, World


class Life:
    """Both halves at work in a world."""

    def __init__(self, world: World, crashing: Path) -> None:
        """`crashing`: the folder for a build whose model fails after a while."""
        self.world = world
        self.crashing = build(crashing, CRASHING)
        self.publisher = world.run("publisher")
        self.vision = world.run("vision")

    def wait_for_news(self) -> None:
        """Wait until the broker has something that happened from now on."""
        recorder = self.world.recorder
        known = len(recorder.sightings)
        recorder.wait_for(lambda seen: len(seen.sightings) >= known + 2, 20.0)

    def wait_for_sightings(self) -> None:
        """Wait until the vision half has seen something, whether or not anybody is told."""
        known = self.seen
        wait_until(lambda: self.seen >= known + 4, 20.0)

    @property
    def seen(self) -> int:
        """How often the label appeared or disappeared, by the log."""
        return self.world.said.count(f": {LABEL} ")


def everything_is_said(life: Life) -> None:
    """Every topic, a few times."""
    recorder = life.world.recorder
    recorder.wait_for(lambda seen: len(seen.sightings) >= 4 and len(seen.on("/health")) >= 3, 40.0)


def the_broker_restarts(life: Life) -> None:
    life.world.broker.stop()
    life.wait_for_sightings()
    life.world.broker.start()
    life.wait_for_news()


def commands_come(life: Life) -> None:
    for command in COMMANDS:
        life.world.request(command)
    life.wait_for_news()


def the_configuration_changes(life: Life) -> None:
    life.world.options["decision"]["votes"] = 2
    life.world.options["decision"]["window"] = 2
    life.world.write_config()
    said = life.world.said.count("the configuration was")
    for half in (life.publisher, life.vision):
        half.send_signal(signal.SIGHUP)
    wait_until(lambda: life.world.said.count("the configuration was") == said + 2, 20.0)
    life.wait_for_news()


def vision_crashes(life: Life) -> None:
    for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL):
        # Python writes down where each thread was while the others run on. It may follow a frame
        # that is just being left, so that any crash may end as a segmentation fault.
        assert life.world.end(life.vision, number) in {-number, -signal.SIGSEGV}
        life.vision = life.world.run("vision")
        life.wait_for_news()


def the_model_fails(life: Life) -> None:
    """An exception in the inference worker, of which --debug shows where it came from."""
    assert life.world.end(life.vision) == 0
    broken = life.world.run("vision", package=life.crashing)
    assert life.world.wait(broken) == 1
    assert "the model broke" in life.world.said
    life.vision = life.world.run("vision")
    life.wait_for_news()


def the_publisher_is_killed(life: Life) -> None:
    life.world.end(life.publisher, signal.SIGKILL)
    life.wait_for_sightings()
    life.publisher = life.world.run("publisher")
    life.wait_for_news()


def the_disk_is_full(life: Life) -> None:
    filler = life.world.state / "filler"
    with filler.open("wb", buffering=0) as stream:
        try:
            while stream.write(bytes(4096)):
                pass
        except OSError:
            pass  # now it is
    life.wait_for_sightings()
    filler.unlink()
    life.world.end(life.publisher, signal.SIGKILL)
    life.publisher = life.world.run("publisher")
    life.wait_for_news()


def somebody_looks_around(life: Life) -> None:
    """The commands that see a picture or a configuration."""
    config = ("-c", str(life.world.config), "--debug")
    picture = str(life.world.picture)
    for arguments in (
        ("check", *config),
        ("privacy", *config),
        ("classify", picture, *config),
        ("classify", "--json", picture, *config),
        ("classify", f"{life.world.config}", *config),
    ):
        life.world.wait(life.world.command(*arguments))


def it_is_stopped(life: Life) -> None:
    assert life.world.end(life.vision) == 0
    assert life.world.end(life.publisher) == 0
    life.publisher, life.vision = (life.world.run(half) for half in ("publisher", "vision"))
    life.wait_for_news()


def the_power_goes_while_the_broker_is_away(life: Life) -> None:
    """What waits in the queue stays there, for the search to read."""
    life.world.broker.stop()
    life.wait_for_sightings()
    for half in (life.vision, life.publisher):
        life.world.end(half, signal.SIGKILL)


STEPS: tuple[Callable[[Life], None], ...] = (
    everything_is_said,
    the_broker_restarts,
    commands_come,
    the_configuration_changes,
    vision_crashes,
    the_model_fails,
    the_publisher_is_killed,
    the_disk_is_full,
    somebody_looks_around,
    it_is_stopped,
    the_power_goes_while_the_broker_is_away,
)
