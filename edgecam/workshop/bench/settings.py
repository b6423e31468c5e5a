"""What is changed in the user's configuration, so that the appliance shows what it can do."""

from collections.abc import Mapping
from typing import Any

# Whatever looks less often, or not at all, would be measured in place of the loop.
_AT_FULL_RATE = {
    "motion": {"enabled": False},
    "power": "performance",
    "schedule": {"active_hours": []},
}
_RARELY_S = 3600.0


def full_rate(broker: str) -> dict[str, Any]:
    """Every frame is looked at, at any hour; events go to a broker of ours; nothing is reported."""
    return {**_AT_FULL_RATE, "mqtt": mqtt(broker), "health": {"interval_s": _RARELY_S}}


def mqtt(broker: str) -> dict[str, Any]:
    """A broker on the loopback interface, in place of all that is set for the real one."""
    return {
        "broker": broker,
        "fallback_brokers": [],
        # What amqtt speaks, too: with the same for both their figures can be compared.
        "protocol": "3.1.1",
        "client_id": None,
        "username": None,
        "password_file": None,
        "tls": {},
    }


def stills(folder: str, fps: float | None, hold_s: float) -> Mapping[str, Any]:
    """A folder of pictures in place of the camera, upright."""
    return {
        "source": "stills",
        "fps": fps,
        "rotation": 0,
        "hflip": False,
        "vflip": False,
        "stills": {"folder": folder, "hold_s": hold_s, "loop": True},
    }
