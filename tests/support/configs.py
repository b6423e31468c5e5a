"""Configurations as text, and what the reader says of them."""

from pathlib import Path

import pytest

from edgecam.config import Loaded, load
from edgecam.errors import ConfigError


def load_text(folder: Path, text: str | bytes) -> Loaded:
    """Write `text` to `config.yaml` in a folder, and load it."""
    file = folder / "config.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(file)


def problems(folder: Path, text: str | bytes) -> list[str]:
    """The lines of the error that a text is refused with, without the folder's name."""
    with pytest.raises(ConfigError) as caught:
        load_text(folder, text)
    return str(caught.value).replace(f"{folder}/", "").splitlines()
