"""Programs that start another with fewer rights, and end as that one does."""

import os
from collections.abc import Sequence
from pathlib import Path

NOBODY = 65534 if os.geteuid() == 0 else os.geteuid()
"""The user that `AS_NOBODY` leads to: where no root runs the tests, that is who runs them."""

_IS_ROOT = os.geteuid() == 0

# An interpreter may lie where only root may look, so reading is left to nobody, and nothing else.
AS_NOBODY: Sequence[str] = (
    (
        "setpriv",
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
        "--inh-caps=-all,+dac_read_search",
        "--ambient-caps=-all,+dac_read_search",
    )
    if _IS_ROOT
    else ()
)
ALONE: Sequence[str] = (
    ("unshare", "--net") if _IS_ROOT else ("unshare", "--map-current-user", "--net")
)
WITH_CORES: Sequence[str] = ("prlimit", "--core=unlimited:unlimited")


def give_to_nobody(folder: Path) -> None:
    """Make a folder and all that is in it nobody's."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, -1)
