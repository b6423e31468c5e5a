"""What `info` says: what this appliance is, without anything secret."""

import platform
from collections.abc import Sequence

import msgspec
from msgspec import UNSET

from edgecam import __version__
from edgecam.config import DecisionOptions
from edgecam.config.options import Power
from edgecam.model import Model
from edgecam.publisher import contract
from edgecam.publisher.contract import InfoPayload, ModelPart, OptionsPart, known


def payload(
    model: Model,
    *,
    runtime: str,
    os_name: str,
    board_model: str | None,
    regions: tuple[str, ...],
    fps: float | None,
    power: Power,
    active_hours: Sequence[str],
    decision: DecisionOptions,
    restart_required: tuple[str, ...],
) -> InfoPayload:
    """What this appliance is, without anything secret."""
    _, height, width, _ = model.input.shape
    told = InfoPayload(
        version=__version__,
        model=ModelPart(
            name=model.name,
            sha256=model.sha256,
            input=f"{width}x{height} {model.input.dtype}",
            labels=len(model.labels),
        ),
        runtime=runtime[:24],
        python=platform.python_version()[:12],
        os="".join(char for char in os_name if char.isalnum() or char in " ._-")[:20],
        board=known(None if board_model is None else board_model[:40]),
        regions=list(regions),
        options=OptionsPart(
            power=power,
            active_hours=list(active_hours),
            fps=None if fps is None else round(fps, 2),
            appear=round(decision.appear, 3),
            disappear=round(decision.disappear, 3),
            votes=decision.votes,
            window=decision.window,
        ),
        restart_required=list(restart_required),
    )
    # Many regions of long names, and much to restart for: what it runs on matters less.
    if len(contract.encode(told)) > contract.MAX_PAYLOAD_BYTES:
        told = msgspec.structs.replace(told, runtime="", python="", os="", board=UNSET)
    # Some of the hours would be other hours.
    if len(contract.encode(told)) > contract.MAX_PAYLOAD_BYTES:
        without_hours = msgspec.structs.replace(told.options, active_hours=UNSET)
        told = msgspec.structs.replace(told, options=without_hours)
    while len(contract.encode(told)) > contract.MAX_PAYLOAD_BYTES:
        told.restart_required.pop()
    return told
