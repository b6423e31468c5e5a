"""The rows, level by level.

To add rows, add functions with the decorator `row` to a file here, or add a file; every file of
this folder is loaded. A row takes the `Bench` of its group, shows what it says, and raises
(AssertionError, mostly) where that does not hold:

    @row("L2", BOOKWORM, TRIXIE, shown="the publisher comes back after kill -9")
    def publisher_comes_back(bench: Bench) -> str | None:
        station = bench.share(installed)
        ...

Things that are dear to set up come from `bench.share` (once for all rows of a level and release)
or `bench.own` (for this row alone); both are taken down whatever happens, and heard as witnesses
where a row fails. A row leaves what it shares as it found it, and must hold when it is run alone
(`--only`). Rows run in the order in which they stand, files in the order of their names.
"""

import importlib
import pkgutil


def load() -> None:
    """Register every row, by importing every file of this folder."""
    for module in sorted(each.name for each in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
