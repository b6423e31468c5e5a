"""Everything that the publisher's words are taken from; none of it comes over the wall."""

from collections.abc import Mapping
from dataclasses import dataclass

from edgecam.appliance import clock
from edgecam.appliance.schedule import Schedule
from edgecam.config import DecisionOptions
from edgecam.config.options import Power, ScheduleOptions
from edgecam.link import Tables
from edgecam.messages import Explanation
from edgecam.model import Model
from edgecam.publisher import info, payloads
from edgecam.publisher.contract import InfoPayload, WhyPart
from edgecam.subjects import Subject, choose


@dataclass(frozen=True)
class Vocabulary:
    """The model, and what one configuration makes of it; a reload brings another."""

    decision: DecisionOptions
    model: Model
    tables: Tables
    subjects: Mapping[int, Subject]  # by their index in the table of labels
    info: InfoPayload
    schedule: Schedule

    @classmethod
    def build(
        cls,
        decision: DecisionOptions,
        model: Model,
        *,
        regions: tuple[str, ...],
        fps: float | None,
        power: Power,
        schedule: ScheduleOptions,
        runtime: str,
        os_name: str,
        board_model: str | None = None,
        restart_required: tuple[str, ...] = (),
    ) -> "Vocabulary":
        """The words of a configuration. Raises ConfigError for labels that nothing knows."""
        tables = Tables.build(model, regions, decision)
        return cls(
            decision=decision,
            model=model,
            tables=tables,
            subjects={one.index: one for one in choose(decision, model.labels)},
            info=info.payload(
                model,
                runtime=runtime,
                os_name=os_name,
                board_model=board_model,
                regions=regions,
                fps=fps,
                power=power,
                active_hours=schedule.active_hours,
                decision=decision,
                restart_required=restart_required,
            ),
            schedule=Schedule(schedule),
        )

    def wakes_at(self) -> str | None:
        """When the sleep of now ends, ISO 8601 in UTC; None where nobody sleeps by these hours.

        By the minute: a sunrise to the millisecond would tell the place to a metre.
        """
        wakes_s = self.schedule.wakes_s()
        return None if wakes_s is None else clock.iso(round(wakes_s / 60) * 60 * 10**9)

    def why(self, explanation: Explanation, *, paused: bool, asleep: bool) -> WhyPart:
        """What the vision half explains, in our words."""
        return payloads.why(
            explanation,
            self.tables,
            self.decision,
            self.subjects,
            sha256=self.model.sha256,
            paused=paused,
            asleep=asleep,
        )
