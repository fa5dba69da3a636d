"""The witness's disk fails, is full, the process dies or the power goes out, at each call with which it remembers.

Whatever happens: it cosigns no two trees of one size, before and after; and what it has cosigned, it remembers.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.clock import ManualClock
from aboveboard.ledger import checkpoint
from aboveboard.witness import memory
from aboveboard.witness.app import Witness
from aboveboard.witness.logs import watch_log
from samples import witness_to_fail as log
from samples.losing_power import crashes, make, taped

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture(scope="module")
def attempts(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Every attempt, in every mode, at every call."""
    folder = tmp_path_factory.mktemp("remember")
    shim = folder / "failing_calls.so"
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-O1", "-o", str(shim), str(SAMPLES / "failing_calls.c"), "-ldl"], check=True
    )
    command = [sys.executable, str(SAMPLES / "witness_to_fail.py"), str(folder)]
    environment = {**os.environ, "LD_PRELOAD": str(shim), "FAIL_IN": "/witness-"}
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=300)
    return [json.loads(line) for line in said.stdout.splitlines()]


def cosigned(attempt: dict[str, Any]) -> list[tuple[str, int]]:
    """Which tree it cosigned at which size, in order: while it failed, and when it was started again."""
    said = [*attempt["said"], *attempt["after"]]
    return [(each[0], each[1]) for each in said if each[2:] == ["cosigned"]]


def test_there_is_a_failure_at_every_call(attempts: list[dict[str, Any]]) -> None:
    by_mode = Counter(each["mode"] for each in attempts)
    assert set(by_mode) == set(log.MODES)
    assert min(by_mode.values()) > 10, by_mode
    killed = Counter(each["mode"] for each in attempts if each["killed"])
    assert killed["die_before"] == by_mode["die_before"] - 1
    assert killed["half"] > 1
    refused = {each["mode"] for each in attempts for said in each["said"] if said[2:] == ["Unavailable"]}
    assert refused == {"fail_once", "full_from_here"}


def test_no_two_trees_of_one_size_are_cosigned(attempts: list[dict[str, Any]]) -> None:
    for each in attempts:
        trees = {which for which, size in cosigned(each)}
        assert len(trees) == 1, each


def test_what_was_cosigned_is_remembered(attempts: list[dict[str, Any]]) -> None:
    for each in attempts:
        before = [said[1] for said in each["said"] if said[2:] == ["cosigned"]]
        known = [said[3] for said in each["after"] if said[2] == "size"]
        assert all(size >= max(before, default=log.BEFORE) for size in known), each
        assert each["size"] >= max(size for _, size in cosigned(each))


def after_every_crash(tmp_path: Path) -> int:
    """Cosign twice with the power going out at any moment; tempt the witness after each. How many crashes."""
    home = tmp_path / "home"
    watch_log(home / "witness", checkpoint.log_key(log.ORIGIN, log.LOG.public_bytes))
    witness = Witness(home / "witness", clock=ManualClock())
    log.ask(witness, "one", 0, log.BEFORE)
    shutil.copytree(home, tmp_path / "before")
    with taped(home) as tape:
        for old, new in ((log.BEFORE, log.AFTER), (log.AFTER, log.AFTER + 1)):
            assert log.ask(witness, "one", old, new)[2] == "cosigned"
            tape.mark(str(new))
    witness.close()
    count = 0
    for marks, steps, part in crashes(tape):
        made, after = tmp_path / "made", tmp_path / "after"
        make(made, steps, part)
        shutil.copytree(tmp_path / "before", after)
        shutil.copytree(made, after, dirs_exist_ok=True)
        shutil.rmtree(made)
        again = Witness(after / "witness", clock=ManualClock())
        answers = log.tempt(again)
        again.close()
        trees = {which for which, _, *answer in answers if answer == ["cosigned"]}
        assert not marks or trees <= {"one"}, f"it forgot what it cosigned, after {marks}"
        known = [int(str(each[3])) for each in answers if each[2] == "size"]
        assert all(size >= max(map(int, marks), default=0) for size in known), (
            f"it forgot what it cosigned, after {marks}"
        )
        shutil.rmtree(after)
        count += 1
    return count


def test_the_power_goes_out_at_any_moment(tmp_path: Path) -> None:
    assert after_every_crash(tmp_path) > 20


class WithoutSync:
    """``os``, but that it waits for no file."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def fsync(self, _: int) -> None:
        """Nothing."""


def sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(descriptor)
    os.close(descriptor)


@pytest.mark.parametrize("protection", ["file", "folder"])
def test_without_waiting_for_the_disk_the_test_above_is_red(
    tmp_path: Path, protection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if protection == "folder":
        monkeypatch.setattr(memory, "_sync_folder", lambda _: None)
    else:
        monkeypatch.setattr(memory, "_sync_folder", sync_folder)
        monkeypatch.setattr(memory, "os", WithoutSync())
    with pytest.raises(Exception, match=r"it forgot what it cosigned|is damaged"):
        after_every_crash(tmp_path)
