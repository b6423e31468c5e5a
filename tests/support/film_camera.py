"""A clip before the lens, played so that each frame is prepared while the one before is judged."""

from collections.abc import Iterator
from typing import Any

from edgecam.arrays import Scores
from edgecam.messages import Frame
from edgecam.model import Model
from edgecam.vision.camera import EndOfFrames
from edgecam.vision.classifier import Classifier
from edgecam.vision.mailbox import Mailbox
from edgecam.vision.preparation import Prepared
from edgecam.workshop.gate.judge import at_ns
from edgecam.workshop.scenes import Shot
from support.places import RUNTIMES
from support.vision_half import VisionHalf
from support.waiting import wait_until

LIMIT_S = 20.0  # for a look, on a machine that is busy


class FilmCamera:
    """Gives a frame once the one before the last has been judged and the last has been taken."""

    live = True
    coded = False
    unreadable = 0

    def __init__(self, shots: Iterator[Shot]) -> None:
        self.asked = 0
        self.over = False
        self.sent: list[int] = []
        """The numbers of the frames that went into the mailbox."""
        self._shots = shots
        self._half: VisionHalf | None = None

    def show(self, half: VisionHalf) -> None:
        """Begin, with a half that is not started yet."""
        self._half = half
        mailbox: Mailbox[Prepared] = half.service._mailbox
        put = mailbox.put

        def counted(filled: Prepared) -> None:
            self.sent.append(self.asked - 1)
            assert mailbox.empty  # so that the numbers of sent and of taken frames are the same
            put(filled)

        setattr(mailbox, "put", counted)  # noqa: B010  mypy lets nobody assign to a method
        half.service.start(half.woken.set)

    def capture(self, timeout_s: float) -> Frame | None:
        """The next frame, at the times of the clip."""
        del timeout_s
        number = self.asked
        self.asked += 1
        wait_until(lambda: self._is_judged(number - 2), LIMIT_S)
        shot = next(self._shots, None)
        if shot is None:
            self.over = True
            raise EndOfFrames
        return Frame(shot.pixels, at_ns(number))

    @property
    def judged(self) -> int:
        """The number of the frame that was taken out of the mailbox last."""
        assert self._half is not None
        return self.sent[self._half.service._mailbox.taken - 1]

    def _is_judged(self, number: int) -> bool:
        assert self._half is not None
        service = self._half.service
        earlier = sum(sent <= number for sent in self.sent)
        return service._mailbox.empty and service._inference.done >= earlier

    def open(self) -> None:
        pass

    def rest(self) -> None:
        pass

    def wake(self) -> None:
        pass

    def close(self) -> None:
        pass


class OverlappedClassifier(Classifier):
    """Answers about a frame when the next one has been prepared, and not before."""

    def __init__(self, found: Model, camera: FilmCamera) -> None:
        super().__init__(found, RUNTIMES[0], 1)
        self.overlapped = 0
        self._camera = camera

    def look(self, *given: Any) -> Scores:
        """As ever, but later."""
        camera, judged = self._camera, self._camera.judged
        wait_until(lambda: camera.asked > judged + 2 or camera.over, LIMIT_S)
        self.overlapped += not camera.over
        return super().look(*given)
