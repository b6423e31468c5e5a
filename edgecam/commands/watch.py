"""`edgecam watch`: a subscriber for people."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from edgecam.commands import arguments
from edgecam.commands.reach import advice
from edgecam.commands.views import JsonView, LinesView, TableView, View
from edgecam.config import SEARCHED, Config, MqttOptions
from edgecam.config.rules import broker_problem
from edgecam.config.shown import printable, without_password
from edgecam.errors import BrokerError
from edgecam.publisher.broker import credentials
from edgecam.publisher.broker.attempts import first_protocol
from edgecam.publisher.broker.backoff import Backoff
from edgecam.publisher.broker.endings import ProtocolRefusedError
from edgecam.publisher.broker.mqtt import Connection

_EXAMPLE = """\
  edgecam watch                                     the broker of the configuration
  edgecam watch --broker mqtt://homeassistant.local --node front-door
  edgecam watch --json | jq 'select(.topic | endswith("/event"))'"""
_SLICE_S = 0.25


def main(argv: Sequence[str]) -> int:
    """Show what appliances publish, until Ctrl-C."""
    parser = arguments.parser(
        "watch",
        "Shows what appliances publish, as any MQTT subscriber receives it: a live table on a\n"
        "terminal, plain lines elsewhere, JSON lines for programs. Ends with Ctrl-C.",
        _EXAMPLE,
    )
    parser.add_argument(
        "--broker", type=_broker, metavar="URL", help="mqtt://host:1883 or mqtts://host:8883"
    )
    parser.add_argument(
        "--node", type=_node, metavar="N", help="only this appliance (default: all)"
    )
    parser.add_argument("--json", action="store_true", help='{"topic": …, "payload": …} a line')
    arguments.add_config(parser)
    options = parser.parse_args(argv)
    broker = _options(options.config, options.broker)
    view = view_for(as_json=options.json)
    try:
        follow(broker, options.node or "+", view, lambda: True)
    except KeyboardInterrupt:
        pass  # how one leaves
    except BrokerError as error:
        msg = f"{error}{advice(error)}"
        raise BrokerError(msg) from error
    finally:
        view.close()
    return 0


def view_for(*, as_json: bool) -> View:
    """The view that fits standard output."""
    if as_json:
        return JsonView()
    return TableView() if sys.stdout.isatty() else LinesView()


def follow(broker: MqttOptions, node: str, view: View, go_on: Callable[[], bool]) -> None:
    """Show the messages of a node (`+`: all) as long as `go_on()` says so.

    Raises BrokerError where the broker was never reached; a lost one is tried again.
    """
    secret = credentials.password(broker)
    protocol = first_protocol(broker)
    backoff, reached = Backoff(longest_s=2.0), False
    while go_on():
        connection = Connection(broker, secret, "", protocol)
        try:
            connection.open()
            while go_on():
                was_connected = connection.connected
                connection.poll(_SLICE_S)
                if connection.connected and not was_connected:
                    connection.subscribe(f"edgecam/{node}/#")
                    view.tell(f"connected to {broker.broker}")
                    reached = True
                while connection.messages:
                    view.show(connection.messages.popleft())
                view.refresh()
            connection.close()
        except ProtocolRefusedError:
            if protocol == "3.1.1" or broker.protocol == "5":
                raise
            protocol = "3.1.1"
        except BrokerError as error:
            if not reached:
                raise
            view.tell(f"{error}; trying again")
            time.sleep(backoff.wait_s())


def _options(config: Path | None, url: str | None) -> MqttOptions:
    """From the configuration where one is named or found, the URL in its broker's place."""
    if config is None and (url is not None or not any(path.exists() for path in SEARCHED)):
        options = MqttOptions()
    else:
        loaded = arguments.load(config)
        options = credentials.as_units_have_it(loaded.config.mqtt, loaded.file)
    return msgspec.structs.replace(options, broker=url) if url is not None else options


def _broker(url: str) -> str:
    try:
        problem = broker_problem(msgspec.convert({"broker": url}, MqttOptions).broker)
    except msgspec.ValidationError:
        problem = f"expected mqtt://host:1883 or mqtts://host:8883, got {without_password(url)}"
    if problem:
        raise argparse.ArgumentTypeError(printable(problem))
    return url


def _node(name: str) -> str:
    try:
        return msgspec.convert({"node": name}, Config).node
    except msgspec.ValidationError as error:
        msg = f"expected 1 to 24 of a-z, 0-9, _ and -, got {name!r}"
        raise argparse.ArgumentTypeError(msg) from error
