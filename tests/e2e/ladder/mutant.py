"""Packages from which something was taken out: the rows that are about it must fail."""

import contextlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from ladder import package
from ladder.bench import Bench
from ladder.command import run
from ladder.row import Check
from ladder.run import in_a_line


@dataclass(frozen=True)
class Mutant:
    """A package with one change, the row that must notice it, and what that says then."""

    file: str
    """As `dpkg-deb --raw-extract` lays it down: DEBIAN/postinst, usr/lib/..."""
    out: str
    """What is taken out; in the file exactly once."""
    check: Check
    says: str
    """A pattern for what the row fails with, so that it fails for what was taken out."""
    instead: str = ""

    def __str__(self) -> str:
        name = Path(self.file).name
        if self.instead.startswith(self.out):
            return f"{name} with `{self.instead.removeprefix(self.out).strip()}`"
        return f"{name} without `{self.out.strip()}`"


def noticed(bench: Bench, mutant: Mutant) -> str:
    """Runs the mutant's row at a station of its own; what the row failed with.

    Raises AssertionError where it does not fail, or for another reason.
    """
    folder = Path(tempfile.mkdtemp(prefix="mutant-", dir=bench.folder))
    with _built(mutant), contextlib.closing(Bench(bench.release, folder)) as own:
        own.begin(folder / "row")
        try:
            mutant.check(own)
        except Exception as error:  # noqa: BLE001  whatever the row fails with, it is looked at
            own.failed(error)
            said = in_a_line(error)
        else:
            raise AssertionError("the row passes all the same")
        finally:
            own.end()
    assert re.search(mutant.says, said), f"it fails for another reason: {said}"
    return said[:60]


@contextlib.contextmanager
def _built(mutant: Mutant) -> Iterator[None]:
    """Within, the package of this checkout is the mutant; older versions stay as they are."""
    real = package.built
    with tempfile.TemporaryDirectory() as folder:

        def built(release: str, *, version: str = "", **options: str) -> Path:
            whole = real(release, version=version, **options)
            return whole if version else _changed(whole, mutant, Path(folder))

        with patch.object(package, "built", built):
            yield


def _changed(whole: Path, mutant: Mutant, folder: Path) -> Path:
    made = folder / whole.name
    if not made.exists():
        root = folder / made.stem
        run("dpkg-deb", "--raw-extract", whole, root)
        file = root / mutant.file
        text = file.read_text(encoding="utf-8")
        assert text.count(mutant.out) == 1, f"{mutant.file} has changed: mend the mutants"
        file.write_text(text.replace(mutant.out, mutant.instead), encoding="utf-8")
        run("dpkg-deb", "--root-owner-group", "-Znone", "--build", root, made)
    return made
