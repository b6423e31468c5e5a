"""L2: a boot, on a day on which there is neither a network nor a broker yet."""

from ladder.backlog import backlog
from ladder.bench import Bench
from ladder.row import BOOKWORM, TRIXIE, row
from ladder.station import PUBLISHER, VISION, installed

BACKLOG = 5


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="a reboot without network and broker: starts by itself, what was committed arrives",
)
def boots_without_a_broker(bench: Bench) -> str:
    station = bench.share(installed)
    station.well()
    with backlog(station) as kept:
        kept.grow(BACKLOG)
        try:
            station.machine.reboot()
            for unit in (VISION, PUBLISHER):
                station.wait_state(unit, "active/running")
            kept.grow(BACKLOG)
        finally:
            station.far.plug(station.machine)
    return f"{len(kept.names)} events waited"
