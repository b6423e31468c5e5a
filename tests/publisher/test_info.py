"""Info: small whatever is in it, and what it says of the appliance."""

import json
from pathlib import Path

import pytest
from msgspec import UNSET
from support.publisher import MODEL

from edgecam.appliance.reload import LIVE_SECTIONS
from edgecam.config import Config, DecisionOptions
from edgecam.config.options import ScheduleOptions
from edgecam.labels import MAX_LABEL_BYTES
from edgecam.model import Model, Tensor
from edgecam.publisher import contract, info
from edgecam.publisher.vocabulary import Vocabulary

REGIONS = tuple(f"region-name-{n:04}" for n in range(8))
WAIT_FOR_A_RESTART = tuple(s for s in Config.__struct_fields__ if s not in LIVE_SECTIONS)
LABELS = ("tabby cat", "x" * MAX_LABEL_BYTES)


@pytest.mark.parametrize("hours", [0, 1, 16])
@pytest.mark.parametrize("restart_required", [(), WAIT_FOR_A_RESTART])
def test_the_largest_info_fits(restart_required: tuple[str, ...], hours: int) -> None:
    active_hours = ["sunrise-120min-sunset+120min"] * hours
    tensor = Tensor((1, 2048, 2048, 3), "float32", 0.0, 0)
    model = Model(
        file=Path("model.tflite"),
        name="m" * 24,
        sha256="f" * 64,
        labels=LABELS,
        input=tensor,
        output=tensor,
        gives_probabilities=True,
        mean=None,
        std=None,
    )
    told = info.payload(
        model,
        runtime="tflite-runtime 99.999.99.post1234567890",
        os_name='Raspberry Pi OS GNU/Linux 13 (trixie) with a long name "quoted"',
        board_model="Raspberry Pi Compute Module 4 Rev 1.1 with a long name",
        regions=REGIONS,
        fps=29.970029970029970,
        power="performance",
        active_hours=active_hours,
        decision=DecisionOptions(appear=0.123456, disappear=0.0123, cooldown_s=86399.875),
        restart_required=restart_required,
    )
    assert len(contract.encode(told)) <= contract.MAX_PAYLOAD_BYTES
    assert told.regions == list(REGIONS)
    assert set(told.restart_required) <= set(restart_required)
    assert bool(told.restart_required) is bool(restart_required)
    assert told.options.active_hours in (active_hours, UNSET)  # none of them, or all


def test_info_says_how_much_and_when_it_looks() -> None:
    told = info.payload(
        MODEL,
        runtime="ai-edge-litert 2.3.0",
        os_name="debian 12",
        board_model="Raspberry Pi 4 Model B Rev 1.4",
        regions=("door", "yard"),
        fps=10.0,
        power="eco",
        active_hours=["07:00-12:30", "sunset-30min-23:00"],
        decision=DecisionOptions(),
        restart_required=(),
    )
    assert told.runtime
    assert told.options.power == "eco"
    assert told.options.active_hours == ["07:00-12:30", "sunset-30min-23:00"]


@pytest.mark.parametrize("board_model", ["Raspberry Pi Zero 2 W Rev 1.0", None])
def test_info_names_the_board_where_it_has_a_name(board_model: str | None) -> None:
    words = Vocabulary.build(
        DecisionOptions(),
        MODEL,
        regions=("door",),
        fps=None,
        power="balanced",
        schedule=ScheduleOptions(),
        runtime="r",
        os_name="o",
        board_model=board_model,
    )
    assert json.loads(contract.encode(words.info)).get("board") == board_model
