"""Every series, in the order they are run; the numbers are those of the reliability table."""

from faults import (
    backlog,
    borrowed,
    broker_frozen,
    broker_restarts,
    frames,
    kills,
    publisher_away,
    sigterm,
    wifi,
)
from faults.series import Series

SERIES = (
    Series("kill-vision", "kill -9 of the vision half", 500, 5, kills.vision),
    Series("kill-publisher", "kill -9 of the publisher", 500, 5, kills.publisher),
    Series("kill-both", "kill -9 of both halves at once", 100, 2, kills.both),
    Series("sigterm", "SIGTERM in the middle of a commit", 500, 5, sigterm.run),
    Series("power-cut", "power cut", 200, 3, borrowed.cut_power),
    Series("wifi", "Wi-Fi goes and comes back", 60, 4, wifi.run),
    Series(
        "broker-restarts", "broker restarts, with and without memory", 20, 2, broker_restarts.run
    ),
    Series("broker-frozen", "broker hangs, connections open", 5, 1, broker_frozen.run),
    Series("backlog", "broker away for a day: events queued", 100_000, 2_000, backlog.run),
    Series("publisher-away", "publisher away for an hour", 5, 1, publisher_away.run),
    Series("frames-tiny", "memory: frames, tiny model", 1_000_000, 20_000, frames.tiny_model),
    Series("frames-real", "memory: frames, the real model", 20_000, 400, frames.real_model),
    Series("mutated-models", "damaged model files", 1_000, 10, borrowed.mutate_models),
    Series("write-cost", "bytes written for an event", 300, 30, borrowed.measure_writes),
)
