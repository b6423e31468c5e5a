"""That the bench finds what a frame allocates, wherever in the half that is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.places import ROOT, SAMPLES

from edgecam import model
from edgecam.config import load
from edgecam.vision.motion import MotionGate
from edgecam.vision.trouble.frozen import Repetition
from edgecam.workshop import scenes
from edgecam.workshop.bench import loop, settings
from edgecam.workshop.halves import write_configuration
from edgecam.workshop.quiet import quiet

TAKEN = 200_000  # bytes


def greedy(real: Callable[..., Any]) -> Callable[..., Any]:
    """The same, which takes some memory for a moment."""

    def taking(*given: Any) -> Any:
        bytearray(TAKEN)
        return real(*given)

    return taking


@pytest.mark.parametrize(
    ("owner", "name"),
    [(MotionGate, "worth_a_look"), (Repetition, "look"), (None, "")],
    ids=["gate", "stream", "nowhere"],
)
def test_what_a_part_allocates_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: type | None, name: str
) -> None:
    monkeypatch.setattr(loop, "_TRACED_WINDOWS", 3)
    if owner is not None:
        monkeypatch.setattr(owner, name, greedy(getattr(owner, name)))
    changes = settings.full_rate("mqtt://127.0.0.1:1")  # nobody listens
    config = load(write_configuration(tmp_path, load(ROOT / "config.yaml").config, changes)).config
    with quiet():
        pictures = [scenes.photographs(SAMPLES)[0].pixels]
        measured = loop.Loop(config, model.load(config.model), pictures, None)
        measured.trace()
    assert (measured.figures.alloc_bytes > TAKEN) == (owner is not None)
