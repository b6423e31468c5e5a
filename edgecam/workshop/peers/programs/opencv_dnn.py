"""OpenCV's own networks: the int8 model where it takes it, else the float32 one it is made of."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edgecam.workshop.peers.programs.turns import Array, Peer, Settings, serve

_SIDE = 224
_MEAN, _STD = 127.0, 128.0  # models/README.md: zero point and scale of the model's input


class OpencvDnn(Peer):
    """OpenCV for the picture and for the model."""

    packages = ("opencv-python-headless", "numpy")

    def __init__(self, settings: Settings, frames: Array) -> None:
        super().__init__(frames)
        cv2.setNumThreads(1)
        left, top, right, bottom = settings.box
        self._rows, self._columns = slice(top, bottom), slice(left, right)
        try:
            self._net = self._loaded(cv2.dnn.readNetFromTFLite(settings.model))
        except cv2.error as error:
            self.note = f"float32, a different model file: the int8 one is refused ({_why(error)})"
            model = Path(settings.converted) / "float32.onnx"
            self._net = self._loaded(cv2.dnn.readNetFromONNX(str(model)))

    def look(self, frame: Array) -> int:
        """Crop, resize and scale the frame into a blob of floats, run the network."""
        picture = cv2.resize(frame[self._rows, self._columns], (_SIDE, _SIDE))
        blob = (picture[None].astype(np.float32) - _MEAN) / _STD
        self._net.setInput(blob)
        return int(self._net.forward().argmax())

    @staticmethod
    def _loaded(net: Any) -> Any:  # noqa: ANN401  OpenCV's types do not say that it may be None
        """A network that answers: some say only at the first picture what they cannot do."""
        net.setInput(np.zeros((1, _SIDE, _SIDE, 3), np.float32))
        net.forward()
        return net


def _why(error: Exception) -> str:
    """The sentence in OpenCV's report, without its places in the source."""
    return (
        str(error).rpartition("error: ")[2].partition(")")[2].partition(" in function")[0].strip()
    )


if __name__ == "__main__":
    serve(OpencvDnn)
