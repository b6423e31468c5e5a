"""Runs attempts, each in a process of its own, and prints what came of each."""

import errno
import importlib
import json
import os
import signal
import sys
import traceback

from .kernel import Refused

_LONGEST_S = 20


def main() -> None:
    """Print a line of JSON for each attempt that is named (`network.tcp_socket`)."""
    for name in sys.argv[1:]:
        print(json.dumps({"tried": name, "answer": _answer(name)}), flush=True)


def _answer(name: str) -> str:
    """`allowed`, an error's name, a signal's name, a word of the attempt's, or what broke it."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        signal.alarm(_LONGEST_S)
        os.write(writing, _tried(name).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        answer = said.read()
    _, ended = os.waitpid(pid, 0)
    if os.WIFSIGNALED(ended):
        return signal.Signals(os.WTERMSIG(ended)).name
    return answer


def _tried(name: str) -> str:
    module, _, function = name.partition(".")
    try:
        getattr(importlib.import_module(f".{module}", __package__), function)()
    except Refused as refused:
        return str(refused)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    except BaseException:  # noqa: BLE001  in a process of its own: who reads it must see it
        return traceback.format_exc()
    return "allowed"


if __name__ == "__main__":
    main()
