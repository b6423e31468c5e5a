"""The search for the picture in all that was let out.

Thresholds were set between what honest runs give and what mutants give; see `likeness` and `runs`.
What it cannot find, and what nothing could: a picture that is encrypted, or told by the times at
which messages come. How many bits those hold is what `edgecam privacy` bounds.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from canary import layers
from canary.evidence import SHORT_BYTES, Evidence
from canary.likeness import SEGMENT, Likeness, Numbers, Pool
from canary.runs import Runs


class Search:
    """Knows the picture; can be asked about many runs."""

    def __init__(self) -> None:
        self._runs = Runs()
        self._likeness = Likeness()

    def findings(self, evidence: Evidence) -> Iterator[str]:
        """One line for each place where something of the picture is, or may be."""
        yield from evidence.strays
        over_time, in_one = Pool(), Pool()
        for name, values in evidence.series.items():
            for part in _parts(np.array(values)):
                over_time.add(f"{name}, over {len(values)} messages", part)
        yield from self._alike(over_time)
        for place, layer in _layers(evidence.contents):
            what = layers.mark(layer) or self._runs.find(layer)
            if what:
                yield f"{place}: {what}"
            for sequence in _sequences(layer):
                in_one.add(place, sequence)
        yield from self._alike(in_one)

    def _alike(self, pool: Pool) -> Iterator[str]:
        """The first likeness in each place."""
        said = set()
        for at, what in self._likeness.find(pool.values):
            place = pool.place(at)
            if place not in said:
                said.add(place)
                yield f"{place}: {what}"


def _layers(contents: dict[bytes, str]) -> Iterator[tuple[str, bytes]]:
    """Each content and what it stands for, with its place; what comes again only once."""
    seen: set[bytes] = set()
    for content, place in contents.items():
        for how, layer in layers.layers(content):
            if layer not in seen:
                seen.add(layer)
                yield place + how, layer


def _sequences(content: bytes) -> Iterator[NDArray[Any]]:
    """The sequences of numbers that bytes can be read as."""
    values = np.frombuffer(content, np.uint8)
    yield values
    yield layers.numbers(content)
    if len(content) <= SHORT_BYTES:
        yield np.stack([values >> 4, values & 15], axis=1).ravel()
        for channel in range(3):  # of colours side by side
            yield values[channel::3]


def _parts(values: Numbers) -> Iterator[Numbers]:
    """A sequence as it is, and what may be hidden in a part of each number."""
    if len(values) < SEGMENT:
        return
    # Of a fraction the digits count: 0.388 is 388 thousandths.
    whole = np.rint(values * (1 if np.all(values == np.rint(values)) else 1000))
    low = np.mod(whole, 256)
    yield from (values, low, np.mod(low, 16), np.diff(values), values[::2], values[1::2])
