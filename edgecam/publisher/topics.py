"""Where things are published: the topics of one node, as `docs/mqtt.md` lists them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Topics:
    """The topics of one node."""

    node: str

    @property
    def status(self) -> str:
        """Retained, and the will."""
        return f"edgecam/{self.node}/status"

    @property
    def info(self) -> str:
        """Retained."""
        return f"edgecam/{self.node}/info"

    @property
    def health(self) -> str:
        """Retained."""
        return f"edgecam/{self.node}/health"

    @property
    def event(self) -> str:
        """Not retained."""
        return f"edgecam/{self.node}/event"

    def live(self, region: str) -> str:
        """Not retained, QoS 0."""
        return f"edgecam/{self.node}/live/{region}"

    def request(self, command: str) -> str:
        """What others publish and we read."""
        return f"edgecam/{self.node}/request/{command}"

    def response(self, command: str) -> str:
        """Not retained."""
        return f"edgecam/{self.node}/response/{command}"

    def state(self, region: str) -> str:
        """Retained, one for each region."""
        return f"edgecam/{self.node}/state/{region}"
