"""The disk fails, is full, or the process dies, at each system call with which a batch is entered and signed.

Whatever happens: what a caller was told is durable is there, a batch is there as a whole or not at all, and the log is
the one that was signed.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).parents[1] / "samples"
BEFORE, CALLERS = 254, 3


@pytest.fixture(scope="module")
def attempts(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Every attempt, in every mode, at every call."""
    folder = tmp_path_factory.mktemp("append")
    shim = folder / "failing_calls.so"
    source = SAMPLES / "failing_calls.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", str(shim), str(source), "-ldl"], check=True)
    command = [sys.executable, str(SAMPLES / "append_to_fail.py"), str(folder)]
    environment = {**os.environ, "LD_PRELOAD": str(shim)}
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=300)
    return [json.loads(line) for line in said.stdout.splitlines()]


def durable(attempt: dict[str, Any]) -> list[list[Any]]:
    return [each for each in attempt["said"] if isinstance(each[0], int)]


def test_there_is_a_failure_at_every_call(attempts: list[dict[str, Any]]) -> None:
    by_mode = Counter(each["mode"] for each in attempts)
    assert set(by_mode) == {"die_before", "die_after", "fail_once", "full_from_here", "half"}
    assert min(by_mode.values()) > 10, by_mode
    killed = Counter(each["mode"] for each in attempts if each["killed"])
    assert killed["die_before"] == by_mode["die_before"] - 1
    assert killed["half"] > 5
    refused = [each for each in attempts if ["refused", "Unavailable"] in each["said"]]
    assert {each["mode"] for each in refused} == {"fail_once", "full_from_here"}
    # Left alone at the end, each mode's last attempt did everything.
    for each in attempts:
        if each["mode"] == "die_before" and not each["killed"]:
            assert len(durable(each)) == CALLERS + 1


def test_the_log_holds_after_each(attempts: list[dict[str, Any]]) -> None:
    assert {each["holds"] for each in attempts} == {"yes"}
    assert all(BEFORE <= each["signed"] <= each["size"] for each in attempts)


def test_what_was_told_to_be_durable_is_there(attempts: list[dict[str, Any]]) -> None:
    told = 0
    for each in attempts:
        rows = dict(map(tuple, each["rows"]))
        for index, readable in durable(each):
            assert rows[index] == readable, each
            told += 1
    assert told > 100


def test_a_batch_is_there_as_a_whole_or_not_at_all(attempts: list[dict[str, Any]]) -> None:
    """The first batch has three; one more may follow. Where the first was refused, one may stand alone."""
    sizes = {each["size"] - BEFORE for each in attempts}
    assert sizes == {0, 1, CALLERS, CALLERS + 1}
    for each in attempts:
        if each["size"] - BEFORE == 1:
            assert sum(said == ["refused", "Unavailable"] for said in each["said"]) >= CALLERS
