"""`edgecam privacy`: what could leave at worst, and whether the running system keeps its word."""

from collections.abc import Iterator, Sequence

import msgspec

from edgecam.commands import arguments, verdict
from edgecam.commands.verdict import Judged, Report
from edgecam.errors import EXIT_FAILURE
from edgecam.publisher.wall import channel

_EXAMPLE = """\
  sudo edgecam privacy -c config.yaml         only root sees all of another user's process
  edgecam privacy --json | jq .bits_per_hour"""

_MINUTE_S = 60
_HOUR_S = 3600


def main(argv: Sequence[str]) -> int:
    """Print the bound and the verdict; a failure where what is claimed does not hold."""
    parser = arguments.parser(
        "privacy",
        "Prints what can leave the vision half at worst, from the configuration in force, and\n"
        "looks at the processes that run with it: which may open a camera, which the network, and\n"
        "what enforces that. Exit 1 where an installed system does not enforce what it claims; what\n"
        "cannot be seen without root is called unknown, and `enforced` is null in JSON then.",
        _EXAMPLE,
    )
    arguments.add_config(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    report = verdict.report(arguments.load(options.config))
    print(msgspec.json.encode(report).decode() if options.json else "\n".join(_text(report)))
    return EXIT_FAILURE if report.broken else 0


def _text(report: Report) -> Iterator[str]:
    yield f"What can leave at worst, with {report.config}:"
    yield ""
    yield from _figures(report)
    yield ""
    yield (
        f"A picture of 32 x 32 pixels in 16 greys ({channel.PICTURE_BITS} bits) would need "
        f"{_duration(report.picture_s)} of all of it."
    )
    yield ""
    halves = [
        (half, "yes" if access.camera else "no", "yes" if access.network else "no")
        for half, access in report.halves.items()
    ]
    yield from _table("lll", [("as two processes, may open", "camera", "network"), *halves])
    yield ""
    for process in report.processes:
        yield from _process(process)
        yield ""
    yield from (f"note: {note}" for note in report.notes)
    yield from (f"NOT ENFORCED: {line}" for line in report.broken)
    if report.enforced:
        yield "Everything that is claimed is enforced."


def _figures(report: Report) -> Iterator[str]:
    rows = [
        (
            flow.topic,
            f"{flow.messages_per_hour:,.0f}",
            f"{flow.bits_per_message:,.1f}",
            f"{flow.bits_per_hour:,.0f}",
            flow.note,
        )
        for flow in report.topics
    ]
    total = ("total", "", "", f"{report.bits_per_hour:,.0f}", "")
    titles = ("topic", "messages/hour", "bits each", "bits/hour", "that carry")
    return _table("lrrrl", [titles, *rows, total])


def _process(process: Judged) -> Iterator[str]:
    name = "both halves" if process.half == "both" else process.half
    yield f"{name}, pid {process.pid}, uid {process.uid}:"
    rows = [(claim.answer, claim.claim, claim.enforced_by) for claim in process.claims]
    yield from (f"  {line}" for line in _table("lll", rows))


def _table(sides: str, rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Lines with aligned columns; `sides` has an `l` or an `r` for each."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if side == "r" else cell.ljust(width)
            for side, cell, width in zip(sides, row, widths, strict=True)
        ]
        yield "  ".join(cells).rstrip()


def _duration(seconds: float) -> str:
    if seconds < 2 * _MINUTE_S:
        return f"{seconds:.1f} s"
    if seconds < 2 * _HOUR_S:
        return f"{seconds / _MINUTE_S:.1f} min"
    return f"{seconds / _HOUR_S:.1f} h"
