"""Whatever is in the file: it loads, or ConfigError says in lines of text what is wrong."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.configs import load_text
from support.places import ROOT

from edgecam.errors import ConfigError

EXAMPLE = (ROOT / "config.yaml").read_text(encoding="utf-8")
KEYS = st.sampled_from(
    [
        *("node", "camera", "model", "regions", "decision", "mqtt", "outbox", "tls", "pi"),
        *("fps", "rotation", "hflip", "opencv", "stills", "source", "folder", "file", "mean"),
        *("std", "labels", "groups", "only", "ignore", "appear", "votes", "window", "name", "box"),
        *(
            "broker",
            "password",
            "username",
            "no",
            "12",
            '""',
            '"\\n"',
            "? a",
            "<<",
            "&a b",
            "!!int x",
        ),
    ]
)
SCALARS = st.sampled_from(
    [
        *("", "~", "yes", "0", "-1", "1", "0.5", "1e3", "1.0e+300", "1.0e-320", ".nan", "-.inf"),
        *(
            "a",
            "cat",
            "0x" + "f" * 400,
            "0x" + "f" * 5000,
            "9" * 5000,
            "1:30",
            "2024-02-31",
            "2024-01-01",
            "é",
            "'a'",
        ),
        *('"\\0"', '"\\ud800"', '"\\e[2J"', '"a\\n"', "!!int ''", "!!float _", "!!bool a"),
        *("!!timestamp a", "!!binary a", "!!null a", "!!set [a]", "!!omap [a]", "!!map []", "!x y"),
        *("*a", "&a b", "mqtt://h", "mqtt://[::1", "mqtt://u:p@h", '"mqtt://℀"', "mqtt://h:99999"),
        *(
            "pi",
            "stills",
            "[0, 0, 1, 1]",
            "[1, 2]",
            "[]",
            "{}",
            "[{name: a}]",
            "!!python/name:os.x",
        ),
    ]
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(KEYS, inner), max_size=5).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=12,
)
LINES = st.lists(
    st.tuples(st.integers(0, 3), KEYS, SCALARS | DOCUMENTS).map(
        lambda line: f"{'  ' * line[0]}{line[1]}: {line[2]}"
    ),
    max_size=12,
).map("\n".join)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def check(folder: Path, content: str | bytes) -> None:
    """Load it; whatever is wrong with it must be said in printable lines that name the file."""
    try:
        load_text(folder, content)
    except ConfigError as error:
        for line in str(error).split("\n"):
            assert line.startswith(f"{folder}/config.yaml")
            assert line.isprintable()


quickly = settings(max_examples=250, deadline=timedelta(seconds=2), database=None)


@quickly
@given(content=st.binary(max_size=400))
def test_any_bytes(folder: Path, content: bytes) -> None:
    check(folder, content)


@quickly
@given(text=st.text(max_size=400))
def test_any_text(folder: Path, text: str) -> None:
    check(folder, text.encode("utf-8", "surrogatepass"))


@quickly
@given(text=DOCUMENTS)
def test_any_document(folder: Path, text: str) -> None:
    check(folder, text)


@quickly
@given(text=LINES)
def test_any_lines_of_options(folder: Path, text: str) -> None:
    check(folder, text)


@quickly
@given(
    key=KEYS,
    value=SCALARS | DOCUMENTS,
    section=st.sampled_from(["camera", "model", "mqtt", "decision"]),
)
def test_any_value_of_any_option(folder: Path, section: str, key: str, value: str) -> None:
    check(folder, f"{section}:\n  {key}: {value}\n")


@quickly
@given(
    start=st.integers(0, len(EXAMPLE)),
    removed=st.integers(0, 80),
    inserted=st.text(max_size=12) | SCALARS,
)
def test_any_edit_of_the_example(folder: Path, start: int, removed: int, inserted: str) -> None:
    text = EXAMPLE[:start] + inserted + EXAMPLE[start + removed :]
    check(folder, text.encode("utf-8", "surrogatepass"))
