"""What changes when the configuration is read again while the appliance runs."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from edgecam.config import Config

# What a running half can take over; everything else waits for a restart.
LIVE_SECTIONS = ("power", "schedule", "decision", "live", "log")


@dataclass(frozen=True)
class InForce:
    """The configuration that is in force, and the sections of the file that are not yet."""

    config: Config
    restart_required: tuple[str, ...] = ()

    def after_reading(self, file: Config) -> "InForce":
        """What is in force once the file has been read again."""
        live = {section: getattr(file, section) for section in LIVE_SECTIONS}
        changed = msgspec.structs.replace(self.config, **live)
        waiting = tuple(
            section
            for section in Config.__struct_fields__
            if getattr(changed, section) != getattr(file, section)
        )
        return InForce(changed, waiting)


def changed(before: msgspec.Struct, after: msgspec.Struct, section: str = "") -> Iterator[str]:
    """The names of the options that are not as before, like `decision.votes`; no values."""
    for name in before.__struct_fields__:
        was, is_ = getattr(before, name), getattr(after, name)
        if isinstance(was, msgspec.Struct) and isinstance(is_, msgspec.Struct):
            yield from changed(was, is_, f"{section}{name}.")
        elif was != is_:
            yield f"{section}{name}"
