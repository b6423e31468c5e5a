"""L2: the life of a package and of its services, as an owner lives it."""

from ladder.bench import Bench
from ladder.row import BOOKWORM, TRIXIE, row
from ladder.station import installed


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="installed without a network, answering nothing; with the broker's address, events arrive",
)
def installs(bench: Bench) -> str:
    station = bench.share(installed)
    return f"{len(station.recorder.events)} events"
