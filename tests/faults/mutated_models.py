"""Row 11 of the fault catalogue: damaged model files, each to the trial that `edgecam model` makes.

Half of them are copies of the model that is shipped, half of one so small that nearly every byte
means something to somebody. Only the child that tries a file may die of it.
"""

import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from support.places import MODEL
from support.tiny_models import LABELS_NAME, described, tiny_model

from edgecam import model
from edgecam.config import ModelOptions
from edgecam.errors import ModelError
from edgecam.vision import trial

SEED = 11
_TABLES_BYTES = 544 * 1024  # at the end of the real model; before them lie most of its weights
_WORDS = (0, 1, 2, 3, 4, 7, 8, 255, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)
_ENDED_BADLY = ("died of it", "was not done with it", "ended without an answer", "without end")
_PARENT_MAY_TAKE_S = 5.0  # beyond what it gives the child


@dataclass
class Mutated:
    """What became of the files: `died` are those that a child died of, `failed` must be 0."""

    tried: int = 0
    accepted: int = 0
    refused: int = 0
    died: int = 0
    failed: int = 0
    slowest_s: float = 0.0


def run(count: int, progress: Callable[[int], None], runtime: str = "litert") -> Mutated:
    """Try `count` damaged files, the same ones each time; `progress` is told how many are done."""
    dice = random.Random(SEED)  # noqa: S311  damage, not secrets
    result = Mutated()
    with tempfile.TemporaryDirectory() as folder:
        originals = (MODEL.read_bytes(), _small(Path(folder)))
        file = Path(folder) / "mutated.tflite"
        for index in range(count):
            file.write_bytes(damaged(originals[index % 2], dice))
            _try(file, runtime, result)
            progress(index + 1)
    return result


def damaged(content: bytes, dice: random.Random) -> bytes:
    """A copy with one bit turned, bytes replaced, a piece moved or zeroed, or its end cut off."""
    copy = bytearray(content)
    place = _place(len(copy), dice)
    size = min(dice.choice((1, 4, 16, 256)), len(copy) - place)
    match dice.choice(("bit", "words", "words", "words", "moved", "zeroed", "cut")):
        case "bit":
            copy[place] ^= 1 << dice.randrange(8)
        case "words":
            for _ in range(dice.choice((1, 1, 2, 4))):
                word = _place(len(copy) - 4, dice) & ~3  # where offsets and counts stand
                copy[word : word + 4] = dice.choice(_WORDS).to_bytes(4, "little")
        case "moved":
            source = _place(len(copy) - size, dice)
            copy[place : place + size] = copy[source : source + size]
        case "zeroed":
            copy[place : place + size] = bytes(size)
        case _:
            del copy[place:]
    return bytes(copy)


def _place(length: int, dice: random.Random) -> int:
    """Where to do damage: mostly among the tables."""
    if length > _TABLES_BYTES and dice.random() < 0.9:
        return length - dice.randint(1, _TABLES_BYTES)
    return dice.randrange(length)


def _small(folder: Path) -> bytes:
    metadata = described(mean=[127.0], std=[128.0], labels_name=LABELS_NAME)
    made = tiny_model(
        folder / "tiny.tflite",
        input_dtype="uint8",
        output_dtype="uint8",
        metadata=metadata,
        labels_inside=b"a\nb\nc\nd\n",
    )
    return made.path.read_bytes()


def _try(file: Path, runtime: str, result: Mutated) -> None:
    result.tried += 1
    started_s = time.monotonic()
    try:
        trial.attempt(ModelOptions(file=str(file), sha256=model.digest(file)), runtime)
        result.accepted += 1
    except ModelError as error:
        if not (str(error).isprintable() and str(file) in str(error)):
            result.failed += 1
        elif any(words in str(error) for words in _ENDED_BADLY):
            result.died += 1
        else:
            result.refused += 1
    except Exception:  # noqa: BLE001  whatever it is, it would have been a traceback
        result.failed += 1
    took_s = time.monotonic() - started_s
    result.slowest_s = max(result.slowest_s, took_s)
    if took_s > trial.LIMIT_S + _PARENT_MAY_TAKE_S:
        result.failed += 1
