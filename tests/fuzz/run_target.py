"""`python -m fuzz.run_target NAME NOTE LIBFUZZER_OPTION...`: fuzzes one target until stopped.

Everything that is imported while targets are is instrumented, so that the fuzzer sees which lines
an input reaches. The slowest run, in seconds, is kept in the file NOTE.
"""

import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["edgecam", "yaml", "zipfile", "urllib"]):
    from fuzz.targets import TARGETS


def main() -> None:
    """Fuzz; does not return."""
    name, note = sys.argv[1], Path(sys.argv[2])
    read = TARGETS[name].read
    slowest_s = 0.0

    def timed(content: bytes) -> None:
        nonlocal slowest_s
        started_s = time.perf_counter()
        read(content)
        took_s = time.perf_counter() - started_s
        if took_s > slowest_s:
            slowest_s = took_s
            note.write_text(f"{took_s:.4f}", encoding="ascii")

    atheris.Setup([sys.argv[0], *sys.argv[3:]], timed)
    atheris.Fuzz()


main()
