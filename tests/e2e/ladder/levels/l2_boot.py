"""L2: a boot, on a day on which there is neither a network nor a broker yet."""

from support.waiting import wait_until

from ladder.bench import Bench
from ladder.row import BOOKWORM, TRIXIE, row
from ladder.station import PUBLISHER, VISION, Station, installed

BACKLOG = 5


@row(
    "L2",
    BOOKWORM,
    TRIXIE,
    shown="a reboot without network and broker: starts by itself, nothing seen is lost",
)
def boots_without_a_broker(bench: Bench) -> str:
    station = bench.share(installed)
    station.well()
    station.far.broker.stop()
    try:
        station.machine.reboot()
        for unit in (VISION, PUBLISHER):
            station.wait_state(unit, "active/running")
        before = appearances(station)
        wait_until(lambda: appearances(station) >= before + BACKLOG, 60.0, poll_s=0.5)
    finally:
        station.far.start()
        station.far.plug(station.machine)
    heard = len(station.recorder.events)
    station.wait_seen()
    assert not station.gaps()
    return f"{len(station.recorder.events) - heard} events came afterwards"


def appearances(station: Station) -> int:
    """How often the half that sees has said that something appeared."""
    return len(station.logged(" appeared"))
