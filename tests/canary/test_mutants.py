"""The test of the test: a build that lets something of the picture out is caught, for what it does."""

import re
from pathlib import Path

import pytest

from canary.evidence import Evidence
from canary.mutants import MANY, MUTANTS, build
from canary.search import Search
from canary.world import watched


@pytest.fixture(scope="module")
def search() -> Search:
    return Search()


def short_run(folder: Path, package: Path, sightings: int) -> Evidence:
    """Both halves in one process, until something has been seen so often, and a clean stop."""
    with watched(folder, package) as world:
        process = world.run()
        world.recorder.wait_for(
            lambda seen: len(seen.sightings) >= sightings and seen.on("/health")
        )
        assert world.end(process) == 0
        return world.evidence()


@pytest.mark.parametrize("name", MUTANTS)
def test_a_build_that_leaks_is_caught(tmp_path: Path, search: Search, name: str) -> None:
    mutant = MUTANTS[name]
    package = build(tmp_path / "build", mutant.patches)
    findings = search.findings(short_run(tmp_path, package, mutant.sightings))
    said = []
    for finding in findings:  # as they come: the first is enough
        said.append(finding)
        if re.search(mutant.found, finding):
            return
    pytest.fail(f"not caught; found was {said}")


def test_the_same_copy_without_a_leak_is_not(tmp_path: Path, search: Search) -> None:
    package = build(tmp_path / "build", ())
    assert list(search.findings(short_run(tmp_path, package, MANY))) == []
