"""Row 11: mutated model files to `edgecam model inspect`."""

import random
from pathlib import Path

import pytest
from support.commands import run
from support.places import MODEL, RUNTIMES
from support.tiny_models import tiny_model

from edgecam.errors import EXIT_CONFIG
from faults import mutated_models

COUNT = 12


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_mutated_models_are_accepted_or_refused_in_one_line(tmp_path: Path, runtime: str) -> None:
    dice = random.Random(runtime)  # noqa: S311  damage, not secrets
    tiny = tiny_model(tmp_path / "tiny.tflite", input_dtype="uint8")
    file = tmp_path / "m.tflite"
    for original in [MODEL.read_bytes(), tiny.path.read_bytes()] * (COUNT // 2):
        file.write_bytes(mutated_models.damaged(original, dice))
        labels = [] if len(original) > 100_000 else ["--labels", "tiny.labels"]

        done = run(tmp_path, "model", "inspect", file, "--runtime", runtime, *labels)

        assert "Traceback" not in done.err
        if done.code != 0:
            assert (done.code, done.out) == (EXIT_CONFIG, "")
            assert len(done.errors) == 1
            assert done.errors[0].isprintable()


def test_the_series_counts_what_becomes_of_each() -> None:
    told: list[int] = []

    result = mutated_models.run(8, told.append)

    assert told == list(range(1, 9))
    assert result.tried == result.accepted + result.refused + result.died == 8
    assert result.accepted > 0
    assert result.refused > 0
    assert result.failed == 0
