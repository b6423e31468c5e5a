"""Label events of a camera that goes through a variant: sent while it is blind, or lost for nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from edgecam.config.options import TroubleOptions
from edgecam.messages import Frame, Sighting
from edgecam.vision.preprocess import WHOLE
from edgecam.workshop.camera import Camera, Model
from edgecam.workshop.scenes import Shot

FPS = 10  # the default; a frame is looked at well before the watch is due again
_REGIONS = {"": WHOLE}
_SECOND_NS = 10**9


class Labels:
    """What the bundled model and the default decision make of a sequence, at `FPS`.

    Each frame goes the whole way, through gate, watch and mailbox.
    """

    def __init__(self) -> None:
        self.model = Model()

    def sent(self, shots: Iterable[Shot], starts: int, options: TroubleOptions) -> int:
        """The label events told of frames from `starts` on, in which a camera sees nothing."""
        camera = self._camera(options)
        facts = [fact for frame in _frames(shots) for fact in _told(camera, frame)]
        return sum(fact.at_ns >= starts * _SECOND_NS // FPS for fact in facts)

    def lost(self, shots: Iterable[Shot], options: TroubleOptions) -> int:
        """The label events that there are only where nobody watches for trouble."""
        watched, unwatched = self._camera(options), self._camera(TroubleOptions(watch=[]))
        events: Counter[tuple[int, bool]] = Counter()
        events_watched: Counter[tuple[int, bool]] = Counter()
        for frame in _frames(shots):  # by turns, so that the model need not be asked twice
            events.update(_named(_told(unwatched, frame)))
            events_watched.update(_named(_told(watched, frame)))
        return (events - events_watched).total()

    def _camera(self, options: TroubleOptions) -> Camera:
        return Camera(self.model, _REGIONS, options)


def _frames(shots: Iterable[Shot]) -> Iterator[Frame]:
    return (Frame(shot.pixels, at * _SECOND_NS // FPS) for at, shot in enumerate(shots))


def _told(camera: Camera, frame: Frame) -> Sequence[Sighting]:
    (seen,) = camera.see(frame)
    return seen.facts


def _named(facts: Iterable[Sighting]) -> list[tuple[int, bool]]:
    return [(fact.label, fact.appeared) for fact in facts]
