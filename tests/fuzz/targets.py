"""The borders: for each, a function that may raise nothing that its parser does not promise.

To add one: a function from bytes to None, its seeds (real values), and a line in `TARGETS`.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from edgecam import config, link, model
from edgecam.appliance import clock
from edgecam.config import ModelOptions
from edgecam.config.reader import MAX_PROBLEMS
from edgecam.config.rules import broker_problem
from edgecam.errors import ConfigError, LinkError, ModelError
from edgecam.labels import label_problem
from edgecam.link import FromPublisher, Numbered, Tables
from edgecam.messages import Explanation, Look
from edgecam.publisher import contract, payloads, requests, stored_event
from fuzz import seeds

DEADLINE_S = 5.0
"""No border may think for longer about one input."""

TABLES = Tables(("door", "yard"), ("ant", "bee", "cat"), frozenset({0, 2}), "0" * 16)


@dataclass(frozen=True)
class Target:
    """One border: `read` takes any bytes; `seeds` gives real ones to start from."""

    read: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    max_bytes: int


@contextmanager
def file_of(content: bytes) -> Iterator[Path]:
    """A file in memory."""
    descriptor = os.memfd_create("fuzz")
    try:
        with open(descriptor, "wb", closefd=False) as stream:
            stream.write(content)
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def read_configuration(content: bytes) -> None:
    """A configuration, or lines that can be printed and that name the file."""
    with file_of(content) as file:
        try:
            config.load(file)
        except ConfigError as error:
            lines = str(error).split("\n")
            _check_lines(lines, str(file))


def read_model(content: bytes) -> None:
    """A model that is fit for a classifier, or one printable line."""
    with file_of(content) as file:
        options = ModelOptions(file=str(file), sha256=hashlib.sha256(content).hexdigest())
        _load(options)


def read_labels(content: bytes) -> None:
    """As many labels as the model has outputs, each fit for a payload, or one printable line."""
    with file_of(seeds.MODEL) as file, file_of(content) as labels:
        options = ModelOptions(file=str(file), sha256=seeds.MODEL_SHA256, labels=str(labels))
        _load(options)


def _load(options: ModelOptions) -> None:
    try:
        found = model.load(options)
    except ModelError as error:
        _check_lines([str(error)])
        return
    assert len(found.labels) == found.output.shape[-1]
    assert not any(map(label_problem, found.labels))
    assert (found.mean is None) == (found.std is None)


def _check_lines(lines: list[str], start: str = "") -> None:
    """What is told to people is short, names its file, and cannot steer their terminal."""
    assert len(lines) <= MAX_PROBLEMS + 1
    for line in lines:
        assert line.isprintable()
        assert line.startswith(start)
        assert len(line) <= 1000


def read_archive(content: bytes) -> None:
    """What stands behind a model's tables: the zip archive that holds its labels."""
    read_model(seeds.MODEL_WITHOUT_ARCHIVE + content)


def read_from_vision(packet: bytes) -> None:
    """A record that comes back as it was, with indices that stand for something or not."""
    try:
        record = link.decode_from_vision(packet)
    except LinkError:
        return
    assert link.decode_from_vision(link.encode(record)) == record
    if isinstance(record, Numbered):
        TABLES.hold(record.event)
    elif isinstance(record, Look | Explanation):
        TABLES.hold(record)


def read_from_publisher(packet: bytes) -> None:
    """A record that comes back as it was."""
    try:
        record: FromPublisher = link.decode_from_publisher(packet)
    except LinkError:
        return
    assert link.decode_from_publisher(link.encode(record)) == record


def read_request(payload: bytes) -> None:
    """What is asked for, which can be echoed in a small answer, or what is wrong with it."""
    request = requests.parse(payload)
    if not isinstance(request, str):
        answer = contract.ResponsePayload[None](
            status="ok", data=None, error=None, transaction=request.transaction
        )
        assert len(contract.encode(answer)) < payloads.ENVELOPE_BYTES


def read_queued(body: bytes) -> None:
    """An event of the queue, whose time can be told and which can be one of those lost."""
    event = stored_event.decode(body)
    if event is None:
        return
    assert stored_event.decode(stored_event.encode(event)) == event
    clock.iso(event.at_wall_ns)
    lost = stored_event.loss_of([(1, event), (2, event)], "queue_full")
    assert stored_event.decode(stored_event.encode(lost)) == lost


def read_broker(address: bytes) -> None:
    """An address that can be connected to, as far as its text tells, or what is wrong with it."""
    text = address.decode("utf-8", "replace")
    if broker_problem(text) == "":
        parts = urlsplit(text)
        assert parts.hostname
        assert parts.port != 0
        parts.hostname.encode("idna")  # as the resolver does


TARGETS = {
    "configuration": Target(read_configuration, seeds.configurations, 8192),
    "model": Target(read_model, seeds.models, 65_536),
    "archive": Target(read_archive, seeds.archives, 4096),
    "labels": Target(read_labels, seeds.labels, 4096),
    "wall-from-vision": Target(read_from_vision, seeds.records_of_vision, 300),
    "wall-from-publisher": Target(read_from_publisher, seeds.records_of_publisher, 300),
    "request": Target(read_request, seeds.requests, 300),
    "queue": Target(read_queued, seeds.queued, 1024),
    "broker": Target(read_broker, seeds.brokers, 300),
}
