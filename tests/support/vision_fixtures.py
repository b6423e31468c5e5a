"""Fixtures of the tests of the whole vision half; tests/conftest.py loads them."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from edgecam.model import Model
from edgecam.vision.camera import Camera
from edgecam.vision.classifier import Classifier
from support.schedules import SetZone
from support.vision_half import Start, VisionHalf, load_classifier, load_model


@pytest.fixture(scope="session")
def found() -> Model:
    return load_model()


@pytest.fixture
def classifier(found: Model) -> Classifier:
    return load_classifier(found)


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers notice a stop sooner than in 0.5 s."""
    for module in ("capture", "inference", "reporter"):
        monkeypatch.setattr(f"edgecam.vision.{module}._SLICE_S", 0.05)


@pytest.fixture
def start(found: Model, classifier: Classifier) -> Iterator[Start]:
    """Starts vision halves, and ends them with the test."""
    made: list[VisionHalf] = []

    def begin(camera: Camera, **options: Any) -> VisionHalf:
        made.append(VisionHalf(camera, **{"found": found, "classifier": classifier, **options}))
        return made[-1]

    yield begin
    for half in made:
        half.end()


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetZone]:
    """Sets this process's time zone; afterwards it is what it was."""

    def set_zone(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield set_zone
    monkeypatch.undo()
    time.tzset()
