"""The configuration: `options` says what there is, `reader` turns the file into it."""

from edgecam.config.files import INSTALLATION, INSTALLED, SEARCHED, Loaded, find
from edgecam.config.options import (
    CameraOptions,
    Config,
    DecisionOptions,
    ModelOptions,
    MqttOptions,
    OutboxOptions,
    RegionOptions,
)
from edgecam.config.reader import load

__all__ = [
    "INSTALLATION",
    "INSTALLED",
    "SEARCHED",
    "CameraOptions",
    "Config",
    "DecisionOptions",
    "Loaded",
    "ModelOptions",
    "MqttOptions",
    "OutboxOptions",
    "RegionOptions",
    "find",
    "load",
]
