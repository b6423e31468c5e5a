"""The usual loop as examples with a camera have it: OpenCV, which takes the frame, resizes it, too.

As in `examples/lite/examples/image_classification/raspberry_pi` of TensorFlow's examples, whose
frames come from OpenCV; after that as in `usual_loop.py`.
"""

from typing import Any

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from edgecam.workshop.peers.programs.turns import Array, Peer, Settings, serve


class UsualOpencvLoop(Peer):
    """OpenCV, then the interpreter, with an array made for each step."""

    packages = ("ai-edge-litert", "opencv-python-headless", "numpy")

    def __init__(self, settings: Settings, frames: Array) -> None:
        super().__init__(frames)
        cv2.setNumThreads(1)
        left, top, right, bottom = settings.box
        self._rows, self._columns = slice(top, bottom), slice(left, right)
        self._interpreter: Any = Interpreter(settings.model, num_threads=1)
        self._interpreter.allocate_tensors()
        source = self._interpreter.get_input_details()[0]
        _, height, width, _ = source["shape"]
        self._size = (int(width), int(height))
        self._input: int = source["index"]
        self._output: int = self._interpreter.get_output_details()[0]["index"]

    def look(self, frame: Array) -> int:
        """Crop and resize the frame, judge it, sort all scores."""
        picture = cv2.resize(frame[self._rows, self._columns], self._size)
        self._interpreter.set_tensor(self._input, np.expand_dims(picture, axis=0))
        self._interpreter.invoke()
        scores = np.squeeze(self._interpreter.get_tensor(self._output))
        return int(scores.argsort()[-5:][::-1][0])


if __name__ == "__main__":
    serve(UsualOpencvLoop)
