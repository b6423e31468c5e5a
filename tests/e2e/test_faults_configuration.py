"""Rows 42 (as it is loaded) and 43 of the fault catalogue: a configuration that cannot be meant.

Refused by whoever reads one: exit 78, and one line that names file, line and key.
"""

from pathlib import Path

import pytest
from support.commands import Outcome, run
from support.places import MODEL

from edgecam.errors import EXIT_CONFIG

COMMANDS = ["run", "check"]
REST = f"model: {{file: {MODEL}}}\ncamera: {{source: stills, stills: {{folder: .}}}}\n"


def refusal(done: Outcome) -> str:
    assert (done.code, done.out) == (EXIT_CONFIG, "")
    (line,) = done.errors
    assert line.isprintable()
    return line


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            "mqtt:\n\tusername: door\n",
            "config.yaml:2: not valid YAML: a tab; indent with spaces",
            id="tab",
        ),
        pytest.param(
            "decision:\n  groups:\n    no: [cat]\n",
            "config.yaml:3: decision.groups.no: YAML does not read this key as text; "
            "put it in quotes",
            id="no",
        ),
        pytest.param(
            "node: door\na: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n",
            "config.yaml:3: not valid YAML: aliases (*name) are not allowed; write the value out",
            id="alias bomb",
        ),
        pytest.param(
            "camera:\n  frames_per_second: 3\n",
            "config.yaml:2: camera.frames_per_second: unknown option; ",
            id="unknown key",
        ),
        pytest.param(
            "camera:\n  stall_s: 10s\n",
            'config.yaml:2: camera.stall_s: expected a number from 1 to 3600, got "10s"',
            id="wrong unit",
        ),
        pytest.param(
            "health:\n  interval_s: 30000\n",
            "config.yaml:2: health.interval_s: expected a number from 1 to 3600, got 30000",
            id="milliseconds",
        ),
    ],
)
def test_a_broken_configuration_is_refused_by_file_line_and_key(
    tmp_path: Path, command: str, text: str, said: str
) -> None:
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")

    assert refusal(run(tmp_path, command)).startswith(said)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("content", ["", "\n\n", "# nothing\n", "---\n"])
def test_an_empty_configuration_is_refused(tmp_path: Path, command: str, content: str) -> None:
    (tmp_path / "config.yaml").write_text(content, encoding="utf-8")

    assert refusal(run(tmp_path, command)) == (
        "config.yaml: empty; start from the config.yaml that comes with edgecam"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_an_absent_configuration_is_refused(tmp_path: Path, command: str) -> None:
    done = run(tmp_path, command, "-c", "absent.yaml")

    assert refusal(done) == "absent.yaml: cannot be read: No such file or directory"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_password_file_is_refused(tmp_path: Path, command: str, content: str) -> None:
    (tmp_path / "secret").write_text(content, encoding="utf-8")
    text = f"{REST}mqtt:\n  username: door\n  password_file: secret\noutbox: {{file: outbox.db}}\n"
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")

    assert refusal(run(tmp_path, command)) == (
        f"config.yaml:5: mqtt.password_file: the password file {tmp_path}/secret is empty"
    )
    assert not (tmp_path / "outbox.db").exists()
