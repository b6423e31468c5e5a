"""Takes the interpreter's greeting off standard error, and nothing else.

Both interpreters write `INFO: Created TensorFlow Lite XNNPACK delegate for CPU.` to descriptor 2
whenever one is made, past Python and past TF_CPP_MIN_LOG_LEVEL. Only C++ can lower that level, and
ai-edge-litert 2.3.0 does not export the function for it.
"""

import contextlib
import os
import sys
from collections.abc import Iterator

_GREETING = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU."


@contextlib.contextmanager
def without_greeting() -> Iterator[None]:
    """What is written to standard error meanwhile comes at the end, without the greeting.

    For commands that run for a person: if the process dies of a signal inside, the lines since the
    beginning are lost, which a service must not risk. So is what comes after the first 64 kB, all
    that a pipe holds (pipe(7)); a full one must not block who writes. It waits for processes that
    were started inside and still have standard error: give them another.
    """
    sys.stderr.flush()
    with contextlib.ExitStack() as stack:
        ours = os.dup(2)
        stack.callback(os.close, ours)
        held, end = os.pipe()
        stack.callback(_pass_on, held, ours)
        os.set_blocking(end, False)
        os.dup2(end, 2)
        os.close(end)
        stack.callback(os.dup2, ours, 2)  # which closes the pipe's end, so that reading it ends
        stack.callback(sys.stderr.flush)
        yield


def _pass_on(held: int, to: int) -> None:
    with open(held, "rb") as lines:
        for line in lines:
            if line.rstrip() != _GREETING:
                os.write(to, line)
