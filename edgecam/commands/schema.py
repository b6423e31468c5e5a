"""`edgecam schema`: the configuration or the messages as JSON Schema, from the types in force."""

from collections.abc import Sequence

import msgspec

from edgecam.commands import arguments
from edgecam.config import Config
from edgecam.publisher import contract

_EXAMPLE = """\
  edgecam schema config > edgecam.schema.json     for an editor that checks YAML
  edgecam schema messages | jq '.["edgecam/<node>/event"]'"""


def main(argv: Sequence[str]) -> int:
    """Print a schema."""
    parser = arguments.parser(
        "schema",
        "Prints the JSON Schema of config.yaml, or of the payload of each MQTT topic.",
        _EXAMPLE,
    )
    parser.add_argument("what", choices=("config", "messages"))
    options = parser.parse_args(argv)
    schema = msgspec.json.schema(Config) if options.what == "config" else contract.schemas()
    print(msgspec.json.format(msgspec.json.encode(schema), indent=2).decode())
    return 0
