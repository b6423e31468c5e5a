"""`edgecam bench` as a person runs it, on what is here; how good the figures are is not asked."""

import dataclasses
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.made_bench import MEASURED, RESULT
from support.waiting import wait_until

from edgecam import cli
from edgecam.vision.statistics import STAGES
from edgecam.workshop import ending
from edgecam.workshop.bench import run
from edgecam.workshop.bench.result import Measured

pytestmark = pytest.mark.timeout(300)  # a run starts ten processes, one after the other

SHORT = ("--rounds", "2", "--seconds", "0.2")
KEYS = {
    "ratio_to_bare",
    "overhead_ms_p50",
    "overhead_cpu_ms",
    "overhead_live_ms_p50",
    "alloc_bytes_per_frame",
    "vision_rss_mb",
    "publisher_rss_mb",
    "ready_s",
    "event_latency_ms_p50",
    "event_latency_ms_p99",
    "gate_cpu_ratio",
    "gate_ms",
    "stages",
    "fps",
    "cpu_ms_per_frame",
    "energy",
    "battery",
    "company",
    "bare_ms",
    "machine",
    "model",
    "runtime",
    "commit",
    "date",
}


@dataclass
class Bench:
    """Starts it in a folder of its own, and sees what it leaves behind."""

    folder: Path
    process: "subprocess.Popen[str] | None" = None

    def start(self, *arguments: str, stderr: int = subprocess.PIPE) -> "subprocess.Popen[str]":
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edgecam", "bench", *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            # Its files go here, and so the processes it starts can be told from others.
            env={**os.environ, "TMPDIR": str(self.folder)},
        )
        return self.process

    def end(self) -> None:
        """End it as a person would, where a test has failed before."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.communicate(timeout=30)

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        process = self.start(*arguments)
        out, said = process.communicate(timeout=200)
        return subprocess.CompletedProcess(process.args, process.returncode, out, said)

    @property
    def started(self) -> list[str]:
        """The processes that work on its files."""
        # -ww: however long their command lines are.
        seen = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True)
        return [line for line in seen.stdout.splitlines() if str(self.folder) in line]

    def leaves_nothing(self) -> bool:
        return not self.started and not list(self.folder.glob("edgecam-bench-*"))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.end()


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """One short run, and its page."""
    bench = Bench(tmp_path_factory.mktemp("bench"))
    html = bench.folder / "bench.html"
    more = ("--samples", "--json", "--html", str(html), "--battery-wh", "50")
    done = bench.run(*SHORT, *more)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert bench.leaves_nothing()
    return json.loads(done.stdout), html


def test_every_figure_is_there_and_they_agree(measured: tuple[dict[str, Any], Path]) -> None:
    result, _ = measured
    assert set(result) >= KEYS
    assert result["ratio_min"] <= result["ratio_to_bare"] <= result["ratio_max"]
    assert set(result["stages"]) == set(STAGES)
    for stage in result["stages"].values():
        assert 0 < stage["p50_ms"] <= stage["p95_ms"] <= stage["p99_ms"]
    # Of looks: each region of a frame is one.
    looks = result["vision_fps"] * result["regions"] / result["bare_fps"]
    assert result["ratio_min"] - 0.1 <= looks <= result["ratio_max"] + 0.1
    for name in ("bare_fps", "vision_fps", "cpu_ms_per_frame", "fps", "ready_s"):
        assert result[name] > 0
    # Numbers alone take some bytes: a trace that saw nothing would be broken.
    assert result["alloc_bytes_per_frame"] > 0
    assert 0 < result["vision_rss_mb"] <= result["vision_peak_mb"]
    assert 0 < result["publisher_rss_mb"] <= result["publisher_peak_mb"]
    assert set(result["region_extra_ms"]) == {"1", "2", "4"}
    assert result["camera_cpu_ms_per_frame"] > 0
    assert 0 < result["gate_cpu_ratio"] < 1
    assert result["overhead_live_ms_p50"] > 0
    assert 0 < result["overhead_cpu_ms"] < result["cpu_ms_per_frame"]
    assert set(result["gate_ms"]) == {"still", "moving"}
    assert min(result["gate_ms"].values()) > 0


def test_events_were_provoked_and_timed(measured: tuple[dict[str, Any], Path]) -> None:
    result, _ = measured
    assert result["events"] > 10
    assert 0 < result["event_latency_ms_p50"] <= result["event_latency_ms_p99"]
    # No message can come before the model has answered, but for the rounding of its time.
    assert result["event_latency_ms_p50"] > 0.5
    assert result["broker"] == "Mosquitto"


def test_energy_and_battery_follow_from_each_other(measured: tuple[dict[str, Any], Path]) -> None:
    result, _ = measured
    energy = result["energy"]
    assert energy["source"]
    battery = result["battery"]
    # A camera's own work makes it shorter.
    watts = energy["idle_w"] + energy["joules_per_look"] * result["fps"] * result["regions"]
    assert 0 < battery["every_frame_h"] <= 50 / watts + 0.1
    hours = [battery["hours"][mode] for mode in ("performance", "balanced", "eco")]
    assert battery["every_frame_h"] <= hours[0] <= hours[1] <= hours[2]


def test_the_page_is_of_the_same_run(measured: tuple[dict[str, Any], Path]) -> None:
    result, html = measured
    text = html.read_text(encoding="utf-8")
    assert f"{result['ratio_to_bare']:.3f}" in text
    assert "<svg" in text


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whatever_ends_it_ends_everything_it_started(bench: Bench, ending: signal.Signals) -> None:
    process = bench.start("--samples", "--soak", "30")
    wait_until(lambda: sum(" run " in line for line in bench.started) == 2, 60.0, poll_s=0.1)
    process.send_signal(ending)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert bench.leaves_nothing()


def test_a_terminal_is_told_what_it_waits_for(bench: Bench) -> None:
    ours, theirs = pty.openpty()
    process = bench.start("--samples", "--soak", "30", stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"the appliance on its camera" not in shown:
        shown += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    os.close(ours)


@pytest.mark.parametrize(
    ("section", "code", "wanted"),
    [
        ("camera: {source: opencv, opencv: {source: /dev/video63}}", 1, "/dev/video63"),
        ("camera: {source: stills, stills: {folder: nowhere}}", 78, "nowhere is not a folder"),
    ],
)
def test_a_camera_that_is_missing_is_said_in_one_line(
    bench: Bench, section: str, code: int, wanted: str
) -> None:
    (bench.folder / "config.yaml").write_text(section)
    done = bench.run(*SHORT)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.count("\n") == 1
    assert wanted in done.stderr
    assert "edgecam bench --samples" in done.stderr
    assert bench.leaves_nothing()


@pytest.mark.parametrize(
    ("section", "wanted"),
    [("model: {file: nowhere.tflite}", ":1: model.file: "), ("camera: {fps: 0}", "camera.fps")],
)
def test_a_model_or_a_configuration_of_no_use_is_said_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], section: str, wanted: str
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(section)
    assert cli.main(["bench", "-c", str(config)]) == 78
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{config}:1" in said
    assert wanted in said


@pytest.mark.parametrize(
    ("rss_mb", "code", "sentence"),
    [
        (44.0, 0, "met          publisher_rss_mb: 44 MB, budget ≤ 45 MB"),
        (45.3, 1, "missed       publisher_rss_mb: 45 MB, budget ≤ 45 MB, by 0.3 MB"),
    ],
)
@pytest.mark.parametrize("json_wanted", [False, True])
def test_a_check_fails_where_a_budget_is_not_met(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    rss_mb: float,
    code: int,
    sentence: str,
    *,
    json_wanted: bool,
) -> None:
    found = msgspec.structs.replace(RESULT, publisher_rss_mb=rss_mb, event_latency_ms_p99=20.0)
    made = dataclasses.replace(MEASURED, result=found)
    monkeypatch.setattr(run, "measure", lambda *_: made)
    monkeypatch.setattr(ending, "on_any_signal", lambda: None)  # pytest has its own
    more = ["--json"] if json_wanted else []
    assert cli.main(["bench", "--samples", "--check", *more]) == code
    out, err = capsys.readouterr()
    assert sentence in (err if json_wanted else out).splitlines()
    if json_wanted:
        assert json.loads(out)["publisher_rss_mb"] == rss_mb
    assert cli.main(["bench", "--samples", *more]) == 0


def test_the_interpreter_s_greeting_is_held_back_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def measure(*_: object) -> Measured:
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")
        os.write(2, b"a library's complaint\n")
        return MEASURED

    monkeypatch.setattr(run, "measure", measure)
    monkeypatch.setattr(ending, "on_any_signal", lambda: None)
    assert cli.main(["bench", "--samples", "--json"]) == 0
    assert capfd.readouterr().err == "a library's complaint\n"


@pytest.mark.parametrize(
    "wrong",
    [
        ("--rounds", "0"),
        ("--seconds", "-1"),
        ("--soak", "nan"),
        ("--battery-wh", "x"),
        ("--moving", "101"),
        ("--moving", "nan"),
        ("--html", "/nowhere/bench.html"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_measured(
    capsys: pytest.CaptureFixture[str], wrong: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["bench", "--samples", *wrong])
    assert caught.value.code == 2
    assert wrong[0] in capsys.readouterr().err
