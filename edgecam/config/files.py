"""The configuration file: where it is looked for, its text, and where in it an option stands."""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edgecam.config.options import Config
from edgecam.errors import ConfigError

SEARCHED = (Path("config.yaml"), Path("/etc/edgecam/config.yaml"))
# The units start edgecam with this one, each half as a user of its own.
INSTALLED = SEARCHED[-1]
MAX_BYTES = 64 * 1024


def _installation() -> Path:
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file():
        return checkout
    return Path(sys.prefix) / "share" / "edgecam"


# What is not written in a file cannot count from its folder: the model and the sample pictures that
# come with edgecam lie in the checkout that it runs from, or else where its wheel puts them.
INSTALLATION = _installation()


@dataclass(frozen=True)
class Loaded:
    """A configuration and where each option of it stands."""

    config: Config
    file: Path
    lines: dict[str, int] = field(default_factory=dict)

    def locate(self, option: str) -> str:
        """`config.yaml:12: camera.fps`; the nearest section's line where it is not written."""
        return located(self.file, self.lines, option)

    @contextlib.contextmanager
    def blamed(self) -> Iterator[None]:
        """Errors about an option that are raised inside get its place in the file."""
        try:
            yield
        except ConfigError as error:
            if not error.option:
                raise
            msg = f"{self.locate(error.option)}: {error}"
            raise ConfigError(msg) from error


def find() -> Path:
    """The first of `SEARCHED` that exists. Raises ConfigError where none does."""
    for path in SEARCHED:
        if path.exists():
            return path
    places = " nor ".join(str(path) for path in SEARCHED)
    msg = (
        f"no configuration: neither {places} exists; name one with -c FILE, or "
        f"start from {INSTALLATION / 'config.yaml'}"
    )
    raise ConfigError(msg)


def text_of(path: Path) -> str:
    """What stands in a file. Raises ConfigError where that cannot be read, or is no such text."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise ConfigError(msg) from error
    if len(content) > MAX_BYTES:
        msg = f"{path}: larger than {MAX_BYTES // 1024} kB; a configuration is not"
        raise ConfigError(msg)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        msg = f"{path}:{line}: not UTF-8 text"
        raise ConfigError(msg) from error


def located(file: Path, lines: dict[str, int], option: str) -> str:
    """The place of an option, and its name: what stands before the words about it."""
    line = nearest_line(lines, option)
    place = f"{file}:{line}" if line else str(file)
    return f"{place}: {option}" if option else place


def nearest_line(lines: dict[str, int], option: str) -> int:
    """The line of an option, or of the section it belongs to; 0 where neither is written."""
    while option and option not in lines:
        option = option[: max(option.rfind("."), option.rfind("["), 0)]
    return lines.get(option, 0)
