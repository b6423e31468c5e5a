"""Puts the vision half together from a configuration."""

import socket
from collections.abc import Callable

from edgecam import runtimes
from edgecam.appliance.board import Board
from edgecam.appliance.schedule import Schedule
from edgecam.config import Config
from edgecam.link import Tables
from edgecam.model import Model
from edgecam.subjects import choose
from edgecam.vision import camera
from edgecam.vision.camera import Camera
from edgecam.vision.classifier import Classifier
from edgecam.vision.decision import Decision
from edgecam.vision.governor import Governor
from edgecam.vision.motion import MotionGate
from edgecam.vision.preprocess import Preprocessor, frame_wanted
from edgecam.vision.region import Region
from edgecam.vision.rules import Rules
from edgecam.vision.service import VisionService


def build(
    config: Config,
    found: Model,
    connect: Callable[[], socket.socket],
    *,
    source: Camera | None = None,
    classifier: Classifier | None = None,
    governor: Governor | None = None,
) -> VisionService:
    """The half; `connect` gives a wall to the publisher, or raises LinkError.

    `source` takes the place of the configured camera, `classifier` that of one of its own, and
    `governor` too: a live source asks its pace. Raises ConfigError, ModelError.
    """
    how = config.model
    rules, tables = _decided(config, found)
    wanted = frame_wanted(found, how.fit, how.crop, [region.box for region in config.regions])
    governor = governor or Governor(Board(), config.camera.fps, config.camera.stall_s)
    return VisionService(
        camera=source or camera.build(config.camera, wanted, governor.pace),
        classifier=classifier or Classifier(found, runtimes.chosen(how.runtime), how.threads),
        regions=[
            Region(
                region.name,
                Preprocessor(found, how.fit, how.crop, region.box),
                MotionGate(config.motion.max_idle_s, rules.window)
                if config.motion.enabled
                else None,
                Decision(rules, index),
            )
            for index, region in enumerate(config.regions)
        ],
        tables=tables,
        connect=connect,
        governor=governor,
        power=config.power,
        schedule=Schedule(config.schedule),
        stall_s=config.camera.stall_s,
        health_interval_s=config.health.interval_s,
        live=config.live,
        trouble=config.trouble,
    )


def change(service: VisionService, config: Config, found: Model) -> Callable[[], None]:
    """What lets a half that runs follow another configuration. Raises ConfigError."""
    rules, tables = _decided(config, found)
    schedule = Schedule(config.schedule)
    return lambda: service.reload(rules, tables, config.live, config.power, schedule)


def _decided(config: Config, found: Model) -> tuple[Rules, Tables]:
    rules = Rules.build(config.decision, choose(config.decision, found.labels))
    return rules, Tables.build(found, [region.name for region in config.regions], config.decision)
