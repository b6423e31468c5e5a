"""What a row works with: a folder, a log, and things that are taken down again whatever happens."""

import contextlib
import traceback
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Protocol, TypeVar


class Witness(Protocol):
    """Something that rows use, and that has something to say when one of them fails."""

    def testify(self, folder: Path) -> None:
        """Write what it knows into a folder."""


Thing = TypeVar("Thing", bound=Witness)
Make = Callable[["Bench"], AbstractContextManager[Thing]]


class Bench:
    """One for each group of rows."""

    def __init__(self, release: str, folder: Path) -> None:
        self.release = release
        self.group_folder = folder
        """For what outlives a row."""
        self.folder = folder
        """The present row's own; kept where the row fails."""
        self._group = ExitStack()
        self._row = ExitStack()
        self._shared: dict[Hashable, Witness] = {}
        self._missing: dict[Hashable, str] = {}
        self._own: list[Witness] = []

    def share(self, make: Make[Thing]) -> Thing:
        """What `make` makes, made once for the group and taken down after its last row.

        Raises AssertionError where it could not be made for an earlier row: it is not tried again.
        """
        assert make not in self._missing, f"as before: {self._missing[make]}"
        if make not in self._shared:
            try:
                self._shared[make] = self._group.enter_context(make(self))
            except Exception as error:
                self._missing[make] = str(error)
                raise
        return self._shared[make]  # type: ignore[return-value]  # the key is what made it

    def own(self, make: Make[Thing]) -> Thing:
        """What `make` makes, for the present row alone."""
        made = self._row.enter_context(make(self))
        self._own.append(made)
        return made

    def log(self, text: str) -> None:
        """Add to the row's log."""
        with (self.folder / "log").open("a", encoding="utf-8") as log:
            log.write(text.rstrip("\n") + "\n")

    def begin(self, folder: Path) -> None:
        """A row begins."""
        folder.mkdir()
        self.folder = folder

    def failed(self, error: BaseException) -> None:
        """The row has failed: every witness is heard, before what it saw is taken down."""
        self.log("".join(traceback.format_exception(error)))
        for witness in [*self._shared.values(), *self._own]:
            # One that cannot speak must not hide why the row failed.
            with contextlib.suppress(Exception):
                witness.testify(self.folder)

    def end(self) -> None:
        """The row is over."""
        self._own.clear()
        self._row.close()

    def close(self) -> None:
        """The group is over."""
        self._row.close()
        self._group.close()
