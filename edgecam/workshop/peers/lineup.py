"""Who takes part, and what each does with a frame."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entrant:
    """A way to run the model."""

    name: str
    """Its requirements are in `requirements/`, its environment is `.venv-peer-<name>`."""
    title: str
    program: str
    """A module in `programs/`."""
    does: str
    """What it does with each frame, in a sentence."""
    needs_onnx: bool = False

    @property
    def module(self) -> str:
        """The program."""
        return f"edgecam.workshop.peers.programs.{self.program}"


BARE = Entrant(
    "bare",
    "bare `invoke()`",
    "bare_invoke",
    "Only runs the model, on the same input each time: no frame, no answer, nobody to tell.",
)
OURS = Entrant(
    "edgecam",
    "**edgecam**, the vision half",
    "vision_half",
    "Everything that `edgecam run vision` does, by the shipped configuration: motion gate, crop and "
    "resize in the capture thread, model, votes and cooldowns of the decision, reporter and wall. "
    "The publisher with its outbox is another process.",
)
ENTRANTS = (
    BARE,
    OURS,
    Entrant(
        "mediapipe",
        "MediaPipe ImageClassifier",
        "mediapipe_classifier",
        "One call of `classify` in image mode, the crop as its region of interest. Its threads "
        "cannot be chosen; it gives the model one.",
    ),
    Entrant(
        "onnxruntime",
        "ONNX Runtime",
        "onnx_runtime",
        "Crop and `cv2.resize`, `run`, `argmax`, on the same int8 model converted by tf2onnx.",
        needs_onnx=True,
    ),
    Entrant(
        "opencv",
        "OpenCV DNN",
        "opencv_dnn",
        "Crop and `cv2.resize`, a blob of floats, `forward`, `argmax`.",
        needs_onnx=True,
    ),
    Entrant(
        "usual_opencv",
        "the usual loop with OpenCV",
        "usual_opencv_loop",
        "Crop and `cv2.resize`, then as below: the loop of examples that have a camera, too.",
    ),
    Entrant(
        "usual",
        "the usual example loop",
        "usual_loop",
        "Crop and resize by Pillow, `set_tensor`, `invoke`, `get_tensor`, `argsort`.",
    ),
)
