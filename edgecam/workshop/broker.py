"""A broker for as long as something is tried or measured, on a free loopback port."""

import asyncio
import contextlib
import getpass
import logging
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from edgecam.errors import EdgecamError
from edgecam.workshop import ending

START_TIMEOUT_S = 15.0
_EMBEDDED_STOP_TIMEOUT_S = 2.0
_POLL_S = 0.01
# Debian keeps it in /usr/sbin, which is not on every user's PATH.
_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"


def mosquitto_program() -> str | None:
    """Where Mosquitto is installed; None where it is not."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=_PLACES)


@contextlib.contextmanager
def mosquitto(program: str, folder: Path) -> Iterator[int]:
    """A Mosquitto of our own, that keeps nothing on disk; its port is given."""
    port = _free_port()
    file = folder / "mosquitto.conf"
    file.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nuser {getpass.getuser()}\n",
        encoding="utf-8",
    )
    quiet = subprocess.DEVNULL
    process = ending.Process([program, "-c", str(file)], stdout=quiet, stderr=quiet)
    try:
        _wait_until_it_answers(process, port)
        yield port
    finally:
        process.end()


@contextlib.contextmanager
def embedded() -> Iterator[int]:
    """An amqtt in a thread of this process; its port is given."""
    try:
        from amqtt.broker import Broker  # noqa: PLC0415  only in the `demo` extra
    except ImportError as error:
        msg = f"the demo needs the demo extra ({error}): pip install 'edgecam[demo]'"
        raise EdgecamError(msg) from error
    for name in ("amqtt", "transitions"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    port = _free_port()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="broker", daemon=True)
    thread.start()

    async def start() -> Broker:
        broker = Broker(
            {
                "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
                "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {}},
            }
        )
        await broker.start()
        return broker

    try:
        broker = asyncio.run_coroutine_threadsafe(start(), loop).result(START_TIMEOUT_S)
    except Exception as error:  # a broker of any make, and it fails in its own ways
        msg = f"the demo's broker could not start on port {port} ({error}); try again"
        raise EdgecamError(msg) from error
    try:
        yield port
    finally:
        # It waits for its connections, ours among them; the process ends without it as well.
        with contextlib.suppress(TimeoutError):
            stopping = asyncio.run_coroutine_threadsafe(broker.shutdown(), loop)
            stopping.result(_EMBEDDED_STOP_TIMEOUT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(START_TIMEOUT_S)


def _free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_it_answers(process: ending.Process, port: int) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline_s and process.exit_code is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(_POLL_S)
    msg = f"Mosquitto did not start on port {port}; try again"
    raise EdgecamError(msg)
