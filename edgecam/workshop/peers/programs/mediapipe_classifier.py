"""MediaPipe's ImageClassifier, a task of its Python package, in image mode."""

from typing import Any

import mediapipe
from mediapipe.tasks import python as tasks
from mediapipe.tasks.python import vision
from mediapipe.tasks.python.components.containers.rect import RectF

from edgecam.workshop.peers.programs.turns import Array, Peer, Settings, serve


class MediapipeClassifier(Peer):
    """The task does everything: crop, resize, model, best label.

    Its threads cannot be chosen. It gives the model one on Linux (`GetXnnpackDefaultNumThreads` in
    mediapipe/calculators/tensor/inference_calculator_utils.cc).
    """

    packages = ("mediapipe",)

    def __init__(self, settings: Settings, frames: Array) -> None:
        super().__init__(frames)
        options = vision.ImageClassifierOptions(
            base_options=tasks.BaseOptions(model_asset_path=settings.model), max_results=1
        )
        self._classifier: Any = vision.ImageClassifier.create_from_options(options)
        height, width, _ = settings.shape
        left, top, right, bottom = settings.box
        region = RectF(
            left=left / width, top=top / height, right=right / width, bottom=bottom / height
        )
        self._how = vision.ImageProcessingOptions(region_of_interest=region)

    def look(self, frame: Array) -> int:
        """One call of `classify`."""
        picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=frame)
        result = self._classifier.classify(picture, self._how)
        return int(result.classifications[0].categories[0].index)

    def close(self) -> None:
        """End its threads."""
        self._classifier.close()


if __name__ == "__main__":
    serve(MediapipeClassifier)
