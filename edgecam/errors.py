"""What can go wrong, grouped by who can act.

EdgecamError
├── ConfigError       the owner: edit the configuration (exit 78, systemd does not restart it)
│   └── ModelError    the owner: the model file is not the one that was configured (exit 78)
├── CameraError       a restart of the vision half may cure it (exit 1)
├── HungError         a restart of the half cures it: a thread of ours does not come back (exit 1)
├── LinkError         the other half must come, or be configured alike (exit 1)
├── ConfinementError  whoever starts the process: what it hands over must not be there (exit 1)
├── OutboxError       the disk or the queue file (exit 1)
└── BrokerError       the broker or the network: the publisher tries again by itself (exit 1
                      only where a command, such as `edgecam watch`, has nothing else to do)
"""

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_CONFIG = 78  # EX_CONFIG of sysexits.h; the units list it in RestartPreventExitStatus=
EXIT_INTERRUPTED = 130  # as a shell says it: 128 + SIGINT


class EdgecamError(Exception):
    """One line for people: what is wrong, where, and what to do."""

    exit_code = EXIT_FAILURE


class ConfigError(EdgecamError):
    """The configuration cannot be used as it stands.

    `option` is the dotted name of the option at fault (`camera.stills.folder`), from which the
    line in the file is found; empty where the message already names its place.
    """

    exit_code = EXIT_CONFIG

    def __init__(self, message: str, *, option: str = "") -> None:
        super().__init__(message)
        self.option = option


class ModelError(ConfigError):
    """The model file is missing, damaged, not the pinned one, or of no use to a classifier."""

    def __init__(self, message: str, *, option: str = "model.file") -> None:
        super().__init__(message, option=option)


class CameraError(EdgecamError):
    """The camera cannot be opened or has stopped delivering frames.

    `reason` is one of `edgecam.messages.TROUBLES`. Where opening fails with `missing` or `busy`,
    nothing is held, and it may be tried again in the same process.
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class HungError(EdgecamError):
    """A thread does not come back from what it does, or is gone."""


class LinkError(EdgecamError):
    """The wall between the halves: no connection, or a peer that speaks of other tables."""


class ConfinementError(EdgecamError):
    """A process was started with something that it must not have, or may not give up."""


class OutboxError(EdgecamError):
    """The queue file cannot be read or written."""


class BrokerError(EdgecamError):
    """The broker cannot be reached or refuses us."""
