"""What the documents name exists, and what they show is what the program gives."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from support.places import ROOT

import edgecam
from edgecam.cli import COMMANDS
from edgecam.publisher import contract

ARCHITECTURE = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
CONTRACT = (ROOT / "docs" / "mqtt.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NOT_OURS = {"READY=1", "WATCHDOG=1", "invoke()", "cv2.LUT"}


def code_spans(text: str) -> list[str]:
    """What stands in backticks, outside of blocks."""
    outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", outside)


def modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(edgecam.__path__, "edgecam."):
        if info.name != "edgecam.__main__":
            yield importlib.import_module(info.name)


@pytest.fixture(scope="module")
def names() -> set[str]:
    """Every name that a module defines, and every `Class.member` and `module.name`."""
    found: set[str] = set()
    for module in modules():
        short = module.__name__.rpartition(".")[2]
        for name, value in vars(module).items():
            found |= {name, f"{short}.{name}"}
            if isinstance(value, type):
                found |= {f"{name}.{member}" for member in dir(value)}
                found |= set(dir(value))
    return found


def test_every_name_of_the_architecture_page_exists(names: set[str]) -> None:
    spans = [span for span in code_spans(ARCHITECTURE) if span not in NOT_OURS]
    paths = [span for span in spans if "/" in span or span.endswith((".py", ".toml"))]
    words = [
        span
        for span in spans
        if span not in paths and re.fullmatch(r"[A-Za-z_]+(\.[A-Za-z_]+)?", span)
    ]
    assert len(paths) > 15
    assert len(words) > 30
    for path in paths:
        found = (ROOT / path).exists() or any((ROOT / "edgecam").rglob(path.rstrip("/")))
        assert found, path
    events = {"camera_trouble", "loss", "stopped", "vision", "publisher"}
    for word in words:
        assert word in names | events, word
    rest = set(spans) - set(paths) - set(words)
    assert all(span.startswith("edgecam run") for span in rest), rest


def test_the_architecture_page_is_read_in_five_minutes() -> None:
    """At 230 words a minute, tables included, the lines of boxes not."""
    words = [word for word in ARCHITECTURE.split() if re.search(r"\w", word)]
    assert len(words) <= 5 * 230


def test_every_relative_link_leads_somewhere() -> None:
    for document in [*DOCUMENTS, ROOT / "models" / "README.md", ROOT / "models" / "SAMPLES.md"]:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_command_the_readme_shows_exists() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in re.findall(r"\bbin/edgecam (\w+)", text):
        assert command in COMMANDS
    for script in re.findall(r"\bscripts/(\w+)", text):
        assert (ROOT / "scripts" / script).exists()


@pytest.mark.parametrize(
    ("section", "payload"),
    [
        ("event", contract.EventPayload),
        ("state", contract.StatePayload),
        ("health", contract.HealthPayload),
        ("info", contract.InfoPayload),
    ],
)
def test_the_examples_of_the_contract_are_of_its_types(
    section: str, payload: type[msgspec.Struct]
) -> None:
    text = CONTRACT.partition(f"\n## {section}\n")[2]
    example = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert example is not None
    decoded = msgspec.json.decode(example[1].encode(), type=payload)
    # Nothing in the example is unknown to the type, and nothing of the type is missing in it.
    assert json.loads(contract.encode(decoded)) == json.loads(example[1])


def test_every_topic_and_every_field_of_an_event_is_in_the_contract() -> None:
    for topic in contract.schemas():
        assert f"`{topic}`" in CONTRACT
    spans = " ".join(code_spans(CONTRACT))
    for field in msgspec.structs.fields(contract.EventPayload):
        assert re.search(rf"\b{field.encode_name}\b", spans), field.encode_name


def test_nothing_points_outside_the_project() -> None:
    for file in ROOT.rglob("*"):
        if file.suffix in {".py", ".md", ".yaml", ".toml"} and ".venv" not in str(file):
            assert "../shared" not in file.read_text(encoding="utf-8").replace('"../shared"', "")


def test_the_version_stands_in_one_place() -> None:
    assert isinstance(edgecam.__version__, str)
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'dynamic = ["version"]' in text
    assert edgecam.__version__ not in Path(ROOT / "config.yaml").read_text(encoding="utf-8")


PLACEHOLDERS = re.compile(
    r"@[A-Z]+@|\bTODO\b|\bFIXME\b|\bTBD\b|\bXXX\b|\bto be (re-?)?(measured|written|done|filled)\b"
    r"|\bfor now\b|\bcoming soon\b|\bplaceholder\b|\blorem ipsum\b",
    re.IGNORECASE,
)


def placeholders(text: str) -> list[str]:
    """Phrases that wait for somebody, also where a line ends within them."""
    return [found[0] for found in PLACEHOLDERS.finditer(" ".join(text.split()))]


def test_no_document_or_configuration_holds_a_place_to_be_filled_in() -> None:
    """deploy/README.md is not for users, and explains the places that a build fills in."""
    files = [
        *DOCUMENTS,
        *(ROOT / "models").rglob("*.md"),
        ROOT / "CHANGELOG.md",
        ROOT / "config.yaml",
        ROOT / "deploy" / "config.yaml",
        ROOT / "tests" / "e2e" / "README.md",
    ]
    assert {
        str(file.relative_to(ROOT)): placeholders(file.read_text("utf-8")) for file in files
    } == {str(file.relative_to(ROOT)): [] for file in files}


@pytest.mark.parametrize(
    "text", ["todo: write", "it is to\nbe measured again", "TBD", "@DATE@", "Left out for now."]
)
def test_a_place_to_be_filled_in_would_be_found(text: str) -> None:
    assert placeholders(f"Before. {text} After.")


def test_what_to_expect_is_what_the_tables_below_say() -> None:
    text = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    expected = text.partition("## What to expect")[2].partition("\n## ")[0]
    (ours,) = re.findall(r"^\| \*\*ours\*\* \|(.*)\|$", text, re.MULTILINE)
    flaps, missed, false, _, delay_s, slow_s, _ = (cell.strip() for cell in ours.split("|"))
    # Each photograph is shown for 4 s, and each scene of nothing for 2 s: so many in an hour.
    for shown, per_h in ((900, int(flaps)), (1800, int(false))):
        assert (
            f"{100 * per_h / shown:.0f} % | [Decision](#decision): {per_h} in {shown:,} |"
            in expected
        )
    assert f"| {100 - int(missed)} % | [Decision](#decision) |" in expected
    assert f"| {delay_s} s, {slow_s} s | [Decision](#decision) |" in expected
    first = re.findall(
        r"ai-edge-litert [\d.]+ \| (\d+ of 30)", (ROOT / "models" / "README.md").read_text("utf-8")
    )
    assert f"| {first[-1]} | [models/README.md]" in expected


def test_only_the_classifier_loads_an_interpreter() -> None:
    """It does so by name, which the import contracts cannot see."""
    loading = [
        file.name
        for file in (ROOT / "edgecam").rglob("*.py")
        if "import_module" in file.read_text(encoding="utf-8")
    ]
    assert sorted(loading) == ["classifier.py", "cli.py"]
