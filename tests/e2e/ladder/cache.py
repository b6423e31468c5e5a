"""Things that take long to make are made once, and kept outside the checkout."""

import fcntl
import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_KEPT_S = 7 * 86_400.0


def folder() -> Path:
    """Where they are kept; may be removed at any time when no ladder is being climbed."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "edgecam-e2e")


def kept(name: str, made_from: str, make: Callable[[Path], None], *, one_by_one: str = "") -> Path:
    """The file or folder that `make` makes at the path it is given; never to be modified.

    `made_from`: all that decides what comes out (package lists, scripts, versions). It is made anew
    where that has changed. A name appears only once it is whole; who comes meanwhile waits.
    `one_by_one`: what must not be made at the same time as others of that name.
    """
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    wanted = place / f"{name}-{hashlib.sha256(made_from.encode()).hexdigest()[:12]}"
    with (place / f"{one_by_one or name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not wanted.exists():
            print(f"  making {wanted.name} (once) ...", file=sys.stderr, flush=True)
            _make(wanted, make)
        os.utime(wanted)  # when it was used last: what was unpacked has times of its own
        _forget(place, name)
    return wanted


def _make(wanted: Path, make: Callable[[Path], None]) -> None:
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=wanted.parent))
    try:
        make(draft / wanted.name)
        (draft / wanted.name).rename(wanted)
    finally:
        shutil.rmtree(draft)


def _forget(place: Path, name: str) -> None:
    """Remove what has this name and was not used for long: it is made from something else by now."""
    for old in place.iterdir():
        long_ago = time.time() - old.stat().st_mtime > _KEPT_S
        if long_ago and re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{12}}", old.name):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
