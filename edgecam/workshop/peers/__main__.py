"""The same frames and the same model through edgecam and through its peers, in one table.

Each peer is a process in an environment of its own, gives the model one thread, and has its frames
in memory. They take turns, round by round; figures are medians over the rounds, and ratios are
taken within a round.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.markdown import Markdown

from edgecam.config import INSTALLATION, load
from edgecam.errors import EXIT_FAILURE, EXIT_INTERRUPTED, EdgecamError
from edgecam.workshop import company, ending
from edgecam.workshop.origin import origin
from edgecam.workshop.paper import paper
from edgecam.workshop.peers import page
from edgecam.workshop.peers.lineup import BARE, ENTRANTS, OURS, Entrant
from edgecam.workshop.peers.match import play, surroundings
from edgecam.workshop.peers.table import as_json, markdown
from edgecam.workshop.quiet import quiet
from edgecam.workshop.samples import SAMPLES

_PAGE = INSTALLATION / "docs" / "performance.md"
_MOST = 60  # seconds of a turn: an answer is waited for no longer than `ANSWER_TIMEOUT_S`
_CONVERTED = INSTALLATION / ".cache" / "peers"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print. Those who cannot take part make it fail, after the others were measured."""
    options = _parser().parse_args(argv)
    ending.on_any_signal()
    try:
        watch = company.Watch()
        defaults = load(INSTALLATION / "config.yaml").config
        with quiet(), surroundings(defaults, SAMPLES, _CONVERTED) as given:
            everybody = play(
                ENTRANTS,
                _python,
                given,
                rounds=options.rounds,
                seconds=options.seconds,
                on_round=lambda number: _say(f"\rround {number} of {options.rounds}"),
            )
        _say("\n")
        bare = next(played for played in everybody if played.entrant is BARE)
        seen = watch.seen([turn.fps for turn in bare.turns])
        text = "\n\n".join(filter(None, (origin(), _warned(seen), markdown(everybody))))
        if options.write:
            page.write(_PAGE, text)
    except EdgecamError as error:
        print(f"scripts/bench --peers: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        _say("\n")
        return EXIT_INTERRUPTED
    if options.json:
        result = {"origin": origin(), "company": msgspec.to_builtins(seen), **as_json(everybody)}
        print(json.dumps(result, indent=2))
    else:
        paper().print(Markdown(text))
    failed = [played for played in everybody if played.failure]
    for played in failed:
        _say(f"scripts/bench --peers: without {played.entrant.name}: {played.failure}\n")
    return EXIT_FAILURE if failed else 0


def _warned(seen: company.Company) -> str:
    words = company.in_words(seen)
    return f"**{words[0].upper()}{words[1:]}.**" if words else ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench --peers",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--rounds", type=_count, default=7, help="how often all take turns")
    parser.add_argument("--seconds", type=_count, default=3, help="of each turn")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--write", action="store_true", help=f"the table into {_PAGE.name}, too")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST:
        msg = f"expected a whole number from 1 to {_MOST}, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _python(entrant: Entrant) -> Path:
    """Ours runs in the environment that this runs in."""
    if entrant is OURS:
        return Path(sys.executable)
    return INSTALLATION / f".venv-peer-{entrant.name}" / "bin" / "python"


def _say(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
