"""From the moment a frame was taken to the moment a subscriber has the message about it.

Frames alternate between two photographs, and one look decides: so each frame is an event. It goes
the whole way: two processes, the wall, the queue on disk, a broker, at the configured rate. A
frame's time stands in the message, in milliseconds of the clock that the subscriber reads, too.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from edgecam import runtimes
from edgecam.config import Config
from edgecam.model import Model
from edgecam.publisher.contract import EventPayload
from edgecam.vision.camera.stills import read_picture
from edgecam.vision.classifier import Classifier
from edgecam.vision.preprocess import WHOLE, Preprocessor
from edgecam.workshop.bench import settings
from edgecam.workshop.bench.appliance import READY_TIMEOUT_S
from edgecam.workshop.bench.subscriber import Subscriber
from edgecam.workshop.halves import HalfProcess, write_configuration
from edgecam.workshop.samples import SAMPLES

_USUAL_FPS = 10.0  # where the configuration sets no rate: a saturated loop would measure its queue
_EVERY_FRAME_S = 0.001
_MOST_EVENTS_PER_HOUR = 3_600_000
_LEAST_DIFFERENCE = 0.1  # of two scores, to be told apart in every look
_SLICE_S = 1.0
_WARM_S = 1.0


@dataclass(frozen=True)
class Pair:
    """Two photographs, one of which shows a label that the other does not."""

    shown: Path
    other: Path
    label: str
    threshold: float


def choose_pair(config: Config, found: Model) -> Pair | None:
    """The sample photographs that the model tells apart best; None where it hardly does."""
    how = config.model
    classifier = Classifier(found, runtimes.chosen(how.runtime), how.threads)
    preprocessor = Preprocessor(found, how.fit, how.crop, WHOLE)
    prepared, scores = classifier.blank(), {}
    for file in sorted(SAMPLES.iterdir()):
        pixels = read_picture(file)
        if pixels is not None:
            preprocessor.fill(pixels, prepared)
            scores[file] = classifier.look(prepared)
    shown = max(scores, key=lambda file: float(scores[file].max()))
    label = int(scores[shown].argmax())
    other = min(scores, key=lambda file: float(scores[file][label]))
    high, low = float(scores[shown][label]), float(scores[other][label])
    if high - low < _LEAST_DIFFERENCE:
        return None
    return Pair(shown, other, found.labels[label], round((high + low) / 2, 3))


def measure(
    folder: Path,
    config: Config,
    pair: Pair,
    broker: str,
    *,
    seconds: float,
    advance: Callable[[float], None],
) -> list[float]:
    """Milliseconds from frame to message, of every event in so many seconds."""
    file = write_configuration(folder, config, _changes(folder, config, pair, broker))
    latencies_ms = []
    with Subscriber(broker) as subscriber, HalfProcess("publisher", file) as publisher:
        publisher.wait_until_ready(READY_TIMEOUT_S)
        with HalfProcess("vision", file) as vision:
            vision.wait_until_ready(READY_TIMEOUT_S)
            subscriber.receive(_WARM_S)
            for _ in range(max(1, round(seconds / _SLICE_S))):
                for received_ns, message in subscriber.receive(_SLICE_S):
                    if message.topic.endswith("/event"):
                        event = msgspec.json.decode(message.payload, type=EventPayload)
                        latencies_ms.append(received_ns / 1e6 - event.monotonic_s * 1000)
                vision.check()
                publisher.check()
                advance(_SLICE_S)
    return latencies_ms


def _changes(folder: Path, config: Config, pair: Pair, broker: str) -> dict[str, Any]:
    pictures = folder / "pictures"
    pictures.mkdir()
    for number, picture in enumerate((pair.shown, pair.other)):
        shutil.copy(picture, pictures / f"{number}{picture.suffix}")
    fps = config.camera.fps or _USUAL_FPS
    return {
        **settings.full_rate(broker),
        "camera": settings.stills(str(pictures), fps, _EVERY_FRAME_S),
        "regions": [{"name": "scene", "box": list(WHOLE)}],
        "decision": {
            "appear": pair.threshold,
            "disappear": pair.threshold,
            "votes": 1,
            "window": 1,
            "cooldown_s": 0,
            "only": [pair.label],
            "ignore": [],
            "groups": {},
            "labels": {},
        },
        "link": {"events_per_hour": _MOST_EVENTS_PER_HOUR},
        "live": {"enabled": False},
        # Two pictures by turns are no sound camera, and a blind one tells of no labels.
        "trouble": {"watch": []},
    }
