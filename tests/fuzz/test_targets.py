"""Every border on mutations of real values: some here, as many as one likes by scripts/fuzz."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.targets import DEADLINE_S, TARGETS

EDITS = st.lists(
    st.tuples(
        st.floats(0, 1),  # where, as a fraction of the length
        st.integers(0, 8),  # how many bytes to take away
        st.binary(max_size=8) | st.sampled_from([b"\0" * 4, b"\xff" * 4, b"\n", b"#", b": "]),
    ),
    max_size=5,
)
bounded = settings(
    max_examples=300,
    deadline=timedelta(seconds=DEADLINE_S),
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def edited(content: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    for place, removed, inserted in edits:
        start = int(place * len(content))
        content = content[:start] + inserted + content[start + removed :]
    return content


@pytest.mark.parametrize("name", TARGETS)
def test_real_values_are_read(name: str) -> None:
    for seed in TARGETS[name].seeds():
        TARGETS[name].read(seed)


@pytest.mark.parametrize("name", TARGETS)
def test_a_border_takes_whatever_comes(name: str) -> None:
    target = TARGETS[name]

    @bounded
    @given(seed=st.sampled_from(target.seeds()), edits=EDITS)
    def takes(seed: bytes, edits: list[tuple[float, int, bytes]]) -> None:
        target.read(edited(seed, edits)[: target.max_bytes])

    takes()


@pytest.mark.parametrize("name", TARGETS)
def test_a_border_takes_bytes_of_no_kind(name: str) -> None:
    target = TARGETS[name]

    @bounded
    @given(content=st.binary(max_size=min(target.max_bytes, 400)))
    def takes(content: bytes) -> None:
        target.read(content)

    takes()
