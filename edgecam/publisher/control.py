"""What is asked of the vision half, and what it answers; between the publisher's two threads."""

import itertools
import threading
from collections import deque

from edgecam.link import Ask
from edgecam.messages import Explanation
from edgecam.worker import Wakeup

MAX_ASKED = 8  # questions without an answer; older ones are given up


class Control:
    """Delivery asks, the receiver passes it on over the wall and brings the answers back."""

    def __init__(self, *, paused: bool) -> None:
        self.wakeup = Wakeup()
        """Set where there is something to pass on."""
        self._lock = threading.Lock()
        self._paused = paused
        self._numbers = itertools.count(1)
        self._to_ask: deque[Ask] = deque(maxlen=MAX_ASKED)
        self._asked: deque[Ask] = deque(maxlen=MAX_ASKED)
        self._answers: deque[Explanation] = deque(maxlen=MAX_ASKED)

    @property
    def paused(self) -> bool:
        """Whether the vision half is to look at nothing."""
        return self._paused

    def pause(self, *, paused: bool) -> None:
        """Look no more, or look again."""
        self._paused = paused
        self.wakeup.set()

    def ask(self, region: int) -> int:
        """Have a region's decision explained; the question's number."""
        with self._lock:
            question = Ask(next(self._numbers), region)
            self._to_ask.append(question)
        self.wakeup.set()
        return question.number

    def questions(self) -> list[Ask]:
        """What is to be asked now; it counts as asked."""
        with self._lock:
            asked = list(self._to_ask)
            self._to_ask.clear()
            self._asked.extend(asked)
            return asked

    def answer(self, explanation: Explanation) -> bool:
        """Take in an answer; whether it was asked for."""
        with self._lock:
            for question in self._asked:
                if (question.number, question.region) == (explanation.number, explanation.region):
                    self._asked.remove(question)
                    self._answers.append(explanation)
                    return True
        return False

    def answers(self) -> list[Explanation]:
        """The answers that came since the last call."""
        with self._lock:
            answers = list(self._answers)
            self._answers.clear()
            return answers
