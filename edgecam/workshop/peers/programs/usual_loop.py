"""The loop that most examples of the TFLite interpreter show, with Pillow for the picture.

As in `label_image.py` of TensorFlow Lite's examples: resize, `set_tensor`, `invoke`, `get_tensor`,
`argsort` for the five best.
"""

from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from edgecam.workshop.peers.programs.turns import Array, Peer, Settings, serve


class UsualLoop(Peer):
    """Pillow, then the interpreter, with an array made for each step."""

    packages = ("ai-edge-litert", "pillow", "numpy")

    def __init__(self, settings: Settings, frames: Array) -> None:
        super().__init__(frames)
        self._box = settings.box
        self._interpreter: Any = Interpreter(settings.model, num_threads=1)
        self._interpreter.allocate_tensors()
        source = self._interpreter.get_input_details()[0]
        _, height, width, _ = source["shape"]
        self._size = (int(width), int(height))
        self._input: int = source["index"]
        self._output: int = self._interpreter.get_output_details()[0]["index"]

    def look(self, frame: Array) -> int:
        """Crop and resize the frame, judge it, sort all scores."""
        picture = Image.fromarray(frame).crop(self._box).resize(self._size)
        self._interpreter.set_tensor(self._input, np.expand_dims(picture, axis=0))
        self._interpreter.invoke()
        scores = np.squeeze(self._interpreter.get_tensor(self._output))
        return int(scores.argsort()[-5:][::-1][0])


if __name__ == "__main__":
    serve(UsualLoop)
