"""The queue of events on disk.

What is in it has been promised, and leaves it only once a broker has acknowledged it. It is
bounded by number, size and age, and what had to go is told in a `loss` event.

outbox.py       what the rest of the publisher sees: both places where events wait, housekeeping
disk.py         the file while all is well, and what is done where the disk is not
database.py     one open SQLite file; transaction.py what is done in one transaction
opening.py      from a path to a verified file of this version; salvage.py what damage has left
bounds.py       who has to give way; memory.py what waits while the disk takes nothing

Bytes written to the disk for one event, measured by tests/faults/write_cost.py on ext4 with 4 kB
blocks (kernel 6.18), everything synced: 6 kB in a burst, 23 kB where events come one a minute. About
16 of the latter seem to be ext4's own, for noting when the file was changed (three blocks of its
journal and the inode, told from the number of its transactions). With pages of 4 kB it was 12 and 29.
"""

from edgecam.publisher.outbox.outbox import Outbox
from edgecam.publisher.outbox.queued import Queued

__all__ = ["Outbox", "Queued"]
