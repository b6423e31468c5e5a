"""`edgecam check`: everything that can be known before the appliance runs."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from edgecam import runtimes
from edgecam.commands import arguments
from edgecam.config import Config
from edgecam.config.shown import without_password
from edgecam.model import Model
from edgecam.publisher.broker import credentials
from edgecam.subjects import choose
from edgecam.vision import trial

_EXAMPLE = """\
  edgecam check -c config.yaml && edgecam run -c config.yaml"""


def main(argv: Sequence[str]) -> int:
    """Print the configuration in force, or every error in it."""
    parser = arguments.parser(
        "check",
        "Checks a configuration, the model, its labels and the password file, and prints every\n"
        "option that is in force as YAML. What only this machine lacks (a camera, a folder) is a\n"
        "warning, so that a configuration can be checked elsewhere than where it is to run.",
        _EXAMPLE,
    )
    arguments.add_config(parser)
    loaded = arguments.load(parser.parse_args(argv).config)
    config = loaded.config
    with loaded.blamed():
        runtime = runtimes.chosen(config.model.runtime)
        found = trial.attempt(config.model, runtime).model
        choose(config.decision, found.labels)
        credentials.password(config.mqtt)
        credentials.tls_context(config.mqtt)
    warnings = list(_missing_here(config))
    for option, problem in warnings:
        print(f"warning: {loaded.locate(option)}: {problem}", file=sys.stderr)
    print(_effective(config, found, runtime))
    print(f"# {loaded.file} is right" + (", but see the warnings" if warnings else ""))
    return 0


def _effective(config: Config, found: Model, runtime: str) -> str:
    """The configuration as YAML that could be used again, and what it comes to as comments."""
    _, height, width, _ = found.input.shape
    text = without_password(msgspec.yaml.encode(config).decode())
    return (
        f"{text}# model: {found.name}, {len(found.labels)} labels, "
        f"{width}x{height} {found.input.dtype}, on {runtimes.version(runtime)}"
    )


def _missing_here(config: Config) -> Iterator[tuple[str, str]]:
    source = config.camera.source
    if source == "pi" and not runtimes.is_installed("picamera2"):
        advice = "on Raspberry Pi OS: sudo apt install python3-picamera2"
        yield "camera.source", f"picamera2 is not installed on this machine; {advice}"
    if source == "opencv" and "://" not in config.camera.opencv.source:
        file = Path(config.camera.opencv.source)
        if not file.exists():
            yield "camera.opencv.source", f"{file} does not exist on this machine"
    if source == "stills":
        folder = Path(config.camera.stills.folder)
        if not (folder.is_dir() and any(folder.iterdir())):
            yield "camera.stills.folder", f"{folder} is no folder with pictures in it"
    folder = Path(config.outbox.file).parent
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        yield "outbox.file", f"{folder} cannot be written by this user"
