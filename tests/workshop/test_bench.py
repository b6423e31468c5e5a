"""The bench gives figures; how good they are is not for a test to say."""

import json

import pytest

from edgecam.workshop import bench


def test_it_prints_a_ratio_of_two_measured_rates(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--rounds", "2", "--seconds", "1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    for one in result["all"]:
        assert one["bare_fps"] > 0
        assert one["whole_fps"] > 0
    low, high = result["ratio_min"], result["ratio_max"]
    assert low <= result["ratio_to_bare"] <= high
    assert result["rounds"] == 2
