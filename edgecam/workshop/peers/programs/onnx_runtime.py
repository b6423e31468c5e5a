"""ONNX Runtime with the int8 model that tf2onnx made of ours."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime

from edgecam.workshop.peers.programs.turns import Array, Peer, Settings, serve


class OnnxRuntime(Peer):
    """OpenCV for the picture, which is cheaper than Pillow, and a session of one thread."""

    packages = ("onnxruntime", "opencv-python-headless", "numpy")

    def __init__(self, settings: Settings, frames: Array) -> None:
        super().__init__(frames)
        cv2.setNumThreads(1)
        left, top, right, bottom = settings.box
        self._rows, self._columns = slice(top, bottom), slice(left, right)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        model = Path(settings.converted) / "int8.onnx"
        providers = ["CPUExecutionProvider"]
        self._session: Any = onnxruntime.InferenceSession(str(model), options, providers=providers)
        source = self._session.get_inputs()[0]
        _, height, width, _ = source.shape
        self._input: str = source.name
        self._size = (width, height)

    def look(self, frame: Array) -> int:
        """Crop and resize the frame, run the session."""
        picture = cv2.resize(frame[self._rows, self._columns], self._size)
        (scores,) = self._session.run(None, {self._input: picture[None]})
        return int(np.argmax(scores))


if __name__ == "__main__":
    serve(OnnxRuntime)
