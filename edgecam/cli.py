"""`edgecam COMMAND`: finds the command, runs it, turns errors into one line and an exit code.

Each command is a module of `edgecam.commands` and is imported only when it is asked for, so that
the daemon carries nothing that is there for people at terminals.
"""

import difflib
import importlib
import os
import sys
import traceback
from collections.abc import Sequence

from edgecam import __version__
from edgecam.appliance import log
from edgecam.config.shown import printable
from edgecam.errors import EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_USAGE, EdgecamError

COMMANDS = {
    "run": "run the appliance, or one half of it",
    "check": "check a configuration and print what is in force",
    "classify": "name what is on pictures",
    "model": "say what a model file is, without trusting it",
    "privacy": "print what could leave at worst, and what enforces it here",
    "watch": "show live what appliances publish",
    "schema": "print the JSON Schema of the configuration or of the messages",
    "bench": "measure speed, memory and energy on this machine",
    "demo": "run everything on the sample pictures with a broker of its own",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    name = arguments[0] if arguments else ""
    if name in ("-h", "--help"):
        print(_help())
        return 0
    if name == "--version":
        print(f"edgecam {__version__}")
        return 0
    if name not in COMMANDS:
        print(_unknown(name), file=sys.stderr)
        return EXIT_USAGE
    return _run(name, arguments[1:])


def _run(name: str, arguments: Sequence[str]) -> int:
    debug = "--debug" in arguments
    try:
        command = importlib.import_module(f"edgecam.commands.{name}")
        code: int = command.main(arguments)
        sys.stdout.flush()
    except EdgecamError as error:
        if debug:
            traceback.print_exc()
        # They name files and values that may hold anything.
        log.say_error("\n".join(map(printable, f"{error}".split("\n"))))
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILURE
    except Exception as error:  # noqa: BLE001  a fault of ours: one line, and how to see more
        if debug:
            traceback.print_exc()
        log.say_error(
            f"edgecam {name}: internal error: {type(error).__name__}: {error}; "
            f"run it again with --debug and report what it prints"
        )
        return EXIT_FAILURE
    return code


def _help() -> str:
    lines = [f"  {name:10}{summary}" for name, summary in COMMANDS.items()]
    return "\n".join(
        [
            "usage: edgecam COMMAND [OPTION...]",
            "",
            "Says what a camera sees, over MQTT, and can never show it.",
            "",
            *lines,
            "",
            "`edgecam COMMAND --help` explains each, with an example.",
            "Without hardware or a broker, start with: edgecam demo",
            "",
            "exit codes: 0 done, 1 failure, 2 wrong usage, 78 bad configuration or model",
        ]
    )


def _unknown(name: str) -> str:
    if not name:
        return _help()
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(COMMANDS)}"
    return f"edgecam: no command {name!r}; {hint}"
