"""The half behind a reporter, which does as it is told and remembers that."""

from edgecam.link import Ask
from edgecam.messages import Explanation, VisionHealth


class QuietHalf:
    """Has nothing to say of itself, unless the test gives it something."""

    def __init__(self) -> None:
        self.told_health: VisionHealth | None = None
        self.asked_health = 0
        self.explanation: Explanation | None = None
        self.pauses: list[bool] = []
        self.asks: list[Ask] = []

    def pause(self, *, paused: bool) -> None:
        self.pauses.append(paused)

    def explain(self, ask: Ask) -> Explanation | None:
        self.asks.append(ask)
        return self.explanation

    def health(self) -> VisionHealth | None:
        self.asked_health += 1
        return self.told_health
