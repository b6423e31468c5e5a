"""Everybody takes turns, round by round, because a machine's speed drifts."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgecam.config import Config
from edgecam.workshop import ending, scenes
from edgecam.workshop.halves import HalfProcess, write_configuration
from edgecam.workshop.peers.contender import Contender, PeerFailedError
from edgecam.workshop.peers.lineup import BARE, OURS, Entrant

_READY_TIMEOUT_S = 30.0
# Nobody listens there: the publisher keeps its events in the outbox, as behind a broken network.
_NO_BROKER = {"mqtt": {"broker": "mqtt://127.0.0.1:1"}}


@dataclass(frozen=True)
class Turn:
    """One turn of a peer."""

    frames: int
    wall_s: float
    cpu_s: float

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self.frames / self.wall_s

    @property
    def cpu_ms(self) -> float:
        """Processor time a frame, of all threads of the process."""
        return self.cpu_s / self.frames * 1000


@dataclass
class Played:
    """What came out for one peer; `failure` is empty where it took every turn."""

    entrant: Entrant
    versions: dict[str, str] = field(default_factory=dict)
    note: str = ""
    turns: list[Turn] = field(default_factory=list)
    peak_mb: float = 0.0
    """At most, less the frames, which every process holds."""
    pss_mb: float | None = None
    """In the end, less the frames, with what is shared divided among those who share it."""
    labels: list[int] | None = None
    failure: str = ""


class _Match:
    """Those who play, and the programs that run for them."""

    def __init__(self, entrants: Sequence[Entrant]) -> None:
        self.everybody = [Played(entrant) for entrant in entrants]
        self._contenders: dict[str, Contender] = {}

    def start(
        self, python: Callable[[Entrant], Path], settings: dict[str, Any], ends: ExitStack
    ) -> None:
        """Start everybody, until `ends` does."""
        folder = ends.enter_context(ending.workplace("edgecam-peers-"))

        def start(played: Played) -> None:
            entrant = played.entrant
            contender = Contender(entrant, python(entrant), settings, folder)
            self._contenders[entrant.name] = ends.enter_context(contender)
            played.versions, played.note = contender.versions, contender.note

        self._each(start)

    def round(self, seconds: float) -> None:
        """A turn of everybody."""
        self._each(
            lambda played: played.turns.append(Turn(**self._ask(played, "turn", seconds=seconds)))
        )

    def finish(self) -> None:
        """Ask what everybody holds and answers."""

        def finish(played: Played) -> None:
            memory = self._ask(played, "memory")
            played.peak_mb, played.pss_mb = memory["peak_mb"], memory["pss_mb"]
            played.labels = self._ask(played, "answers")["labels"]

        self._each(finish)

    def _ask(self, played: Played, do: str, **how: float) -> dict[str, Any]:
        return self._contenders[played.entrant.name].ask(do, **how)

    def _each(self, do: Callable[[Played], None]) -> None:
        """Of those who still play."""
        for played in self.everybody:
            if played.failure:
                continue
            try:
                do(played)
            except PeerFailedError as error:
                if played.entrant in (BARE, OURS):
                    msg = f"{played.entrant.name}: {error}"
                    raise PeerFailedError(msg) from error
                played.failure = str(error)


def play(
    entrants: Sequence[Entrant],
    python: Callable[[Entrant], Path],
    settings: dict[str, Any],
    *,
    rounds: int,
    seconds: float,
    on_round: Callable[[int], None],
) -> list[Played]:
    """Start all, let them take turns, ask for memory and answers.

    The first turn of each is not counted: it warms up. Raises PeerFailedError where the bare model
    or edgecam fails; what happens to another stands in its `failure`.
    """
    match = _Match(entrants)
    with ExitStack() as ends:
        match.start(python, settings, ends)
        for number in range(rounds + 1):
            match.round(seconds)
            on_round(number)
        match.finish()
    for played in match.everybody:
        del played.turns[:1]
    return match.everybody


@contextmanager
def surroundings(config: Config, samples: Path, converted: Path) -> Iterator[dict[str, Any]]:
    """What the peers are given: frames from photographs, and a publisher that listens for ours."""
    with ending.workplace("edgecam-peers-") as folder:
        photographs = scenes.photographs(samples)
        frames = folder / "frames.rgb"
        with frames.open("wb") as file:
            for photograph in photographs:
                file.write(photograph.pixels.tobytes())
        configuration = write_configuration(folder, config, _NO_BROKER)
        with HalfProcess("publisher", configuration) as publisher:
            publisher.wait_until_ready(_READY_TIMEOUT_S)
            yield {
                "model": config.model.file,
                "converted": str(converted),
                "configuration": str(configuration),
                "frames": str(frames),
                "shape": photographs[0].pixels.shape,
                "box": _middle(config.model.crop),
            }


def _middle(part: float) -> tuple[int, int, int, int]:
    """The middle square of a frame with `part` of its height: left, top, right, bottom."""
    side = round(part * scenes.HEIGHT)
    left, top = (scenes.WIDTH - side) // 2, (scenes.HEIGHT - side) // 2
    return left, top, left + side, top + side
