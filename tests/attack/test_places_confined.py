"""A place that is taken over cannot read its neighbour's files, though both run as one user."""

import subprocess
import sys
from pathlib import Path

import pytest

from aboveboard.wire import confine

PROGRAM = """
import subprocess, sys
from pathlib import Path
from aboveboard.wire.confine import confine
own, other, confined = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "confined"
if confined:
    assert confine(own=[own])
(own / "written").write_text("mine")
try:
    print("read", (other / "secret.key").read_text())
except PermissionError:
    print("denied")
child = subprocess.run(["cat", str(other / "secret.key")], capture_output=True, text=True)
print("child", child.stdout or "denied")
"""


def attempt(tmp_path: Path, how: str) -> list[str]:
    own, other = tmp_path / "vault", tmp_path / "keyholder"
    own.mkdir()
    other.mkdir()
    (other / "secret.key").write_text("the keyholder's")
    arguments = [sys.executable, "-c", PROGRAM, str(own), str(other), how]
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.skipif(not confine.available(), reason="this kernel has no Landlock; the program says so when it starts")
def test_a_confined_place_reads_only_its_own(tmp_path: Path) -> None:
    assert attempt(tmp_path, "confined") == ["denied", "child denied"]


def test_without_it_the_neighbour_is_open(tmp_path: Path) -> None:
    assert attempt(tmp_path, "free") == ["read the keyholder's", "child the keyholder's"]
