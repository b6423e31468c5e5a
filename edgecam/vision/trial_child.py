"""`python -m edgecam.vision.trial_child REQUEST`: tries one model file, and may die of it.

Reads the file, has an interpreter load it and judge a grey picture, and prints one line of JSON
(`edgecam.vision.trial.Answer`). Run by `edgecam.vision.trial.attempt`, never by people.
"""

import os
import resource
import signal
import sys
from pathlib import Path

import msgspec

from edgecam import model
from edgecam.appliance import confinement
from edgecam.errors import ConfigError, ModelError
from edgecam.vision import trial
from edgecam.vision.trial import Answer, Refusal, Request, Trial

# Both interpreters come to 0.6 GB with the model that is shipped, most of it never touched.
_MEMORY_BYTES = 1536 * 1024 * 1024
_GREY = 127


def main() -> None:
    """Answer the request that stands in the arguments."""
    request = msgspec.json.decode(sys.argv[1], type=Request)
    _limit()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not stand in the answer
    with answers:
        answers.write(trial.encode(_answer(request)))


def _limit() -> None:
    """Give up what trying a model does not need, before reading a byte of it."""
    try:  # where the whole machine runs out of memory, this is the process that has to go
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    except OSError:
        pass  # a sandbox around us may not let us say so
    seconds = round(trial.LIMIT_S)
    signal.alarm(seconds)  # whoever waits for us may be gone by then
    for kind, value in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hardest = resource.getrlimit(kind)
        limit = value if hardest == resource.RLIM_INFINITY else min(value, hardest)
        resource.setrlimit(kind, (limit, limit))
    confinement.confine(network_for="")


def _answer(request: Request) -> Answer:
    try:
        return Answer(trial=_tried(request))
    except ConfigError as error:
        return Answer(refusal=Refusal(str(error), error.option))
    except MemoryError:
        problem = f"{request.options.file} needs more than {_MEMORY_BYTES // 1024**2} MB of memory"
        return Answer(refusal=Refusal(problem, "model.file"))


def _tried(request: Request) -> Trial:
    # NumPy starts threads as it is loaded, and a process is confined before it has a second one.
    import numpy as np  # noqa: PLC0415

    from edgecam.vision.classifier import Classifier, UnusableScores  # noqa: PLC0415
    from edgecam.vision.preprocess import WHOLE, Preprocessor  # noqa: PLC0415

    options = request.options
    found = model.load(options)
    classifier = Classifier(found, request.runtime, options.threads)
    _, height, width, _ = found.input.shape
    grey, prepared = np.full((height, width, 3), _GREY, np.uint8), classifier.blank()
    Preprocessor(found, options.fit, options.crop, WHOLE).fill(grey, prepared)
    try:
        classifier.look(prepared)
    except (RuntimeError, UnusableScores) as error:
        msg = f"{options.file} is of no use: it cannot judge a grey picture"
        raise ModelError(msg) from error
    return Trial(found, classifier.invoke_ns / 1e6)


if __name__ == "__main__":
    main()
