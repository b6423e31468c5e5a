"""How to get a package: by whom this Python can be given one, in real environments."""

import subprocess
from pathlib import Path

import pytest
from support.commands import environment

DEBIANS_OWN = Path("/usr/bin/python3")
ASK = """\
from edgecam.appliance.packages import how_to_get
print(how_to_get("python3-seccomp", extra="confine"))
"""


def advice(python: Path) -> str:
    done = subprocess.run(
        [python, "-c", ASK], env=environment(), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("system", [True, False])
def test_an_environment_that_does_not_see_what_apt_installs_is_told_of_pip(
    tmp_path: Path, *, system: bool
) -> None:
    made = tmp_path / "venv"
    more = ["--system-site-packages"] if system else []
    make = [str(DEBIANS_OWN), "-m", "venv", "--without-pip", *more, str(made)]
    subprocess.run(make, check=True, capture_output=True)
    pip = f"{made}/bin/pip install 'edgecam[confine]'"
    assert advice(made / "bin" / "python") == (
        "sudo apt install python3-seccomp" if system else pip
    )


def test_debians_own_python_is_told_of_apt() -> None:
    assert advice(DEBIANS_OWN) == "sudo apt install python3-seccomp"
