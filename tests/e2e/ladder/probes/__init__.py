"""What a half that was taken over would try: each file has attempts, each attempt is a function.

They run inside a machine, in place of the program, so that nothing but the unit's lines stands in
their way: `python3 -m probes network.udp_socket ...` prints one line of JSON for each.

An attempt that comes back has succeeded. It raises OSError as the kernel refused it, or `Refused`
with a word for what it got instead. It needs nothing but Python, changes nothing that outlasts it,
and must succeed outside of the sandbox: that is tried, too.
"""

from collections.abc import Callable


def name(attempt: Callable[[], None]) -> str:
    """How an attempt is named on the command line."""
    return f"{attempt.__module__.rpartition('.')[2]}.{attempt.__name__}"
