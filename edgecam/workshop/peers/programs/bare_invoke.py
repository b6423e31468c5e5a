"""Nothing but `invoke()`, over and over on the same input: what the model itself costs."""

from typing import Any

from ai_edge_litert.interpreter import Interpreter

from edgecam.workshop.peers.programs.turns import Array, Peer, Settings, serve


class BareInvoke(Peer):
    """The interpreter alone: no frame goes in, and no answer comes out."""

    packages = ("ai-edge-litert", "numpy")

    def __init__(self, settings: Settings, frames: Array) -> None:
        super().__init__(frames)
        self._interpreter: Any = Interpreter(settings.model, num_threads=1)
        self._interpreter.allocate_tensors()

    def look(self, frame: Array) -> int:  # noqa: ARG002  it is bare
        """Run the model on whatever its input holds."""
        self._interpreter.invoke()
        return -1

    def answers(self) -> None:
        """None: it has not seen the frames."""


if __name__ == "__main__":
    serve(BareInvoke)
