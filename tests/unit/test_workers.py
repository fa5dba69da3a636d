"""Is each unit done once and in order, whoever does it; and what if it fails, or all is to stop?"""

import os
import time
from pathlib import Path

import pytest

from aboveboard.base.errors import BadInput, Refused, Tampered, Unavailable
from aboveboard.lab.crew import Processes, workers_of
from aboveboard.lab.workers import TRIES, Done, Here, Unit
from samples.worked import Breaking

WAIT_S = 60


def units(*kinds: tuple[str, int]) -> list[Unit[tuple[str, int]]]:
    return [Unit(f"the unit {kind}", (kind, times), size) for size, (kind, times) in enumerate(kinds)]


def alive(folder: Path) -> list[int]:
    """Which of the workers that began are there still."""
    pids = [int(path.name.removeprefix("worker-")) for path in folder.glob("worker-*")]
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_results_come_in_order_from_as_many_workers_as_were_asked_for(tmp_path: Path) -> None:
    work = units(*[(f"plain-{number}", 0) for number in range(8)])
    told: list[int] = []
    Processes(1).run(Breaking(tmp_path), work, told=lambda number, result: told.append(number))
    assert told == list(reversed(range(8))), "the largest is begun first"
    done = Processes(2).run(Breaking(tmp_path), work)
    here: Done[tuple[str, int]] = Here().run(Breaking(tmp_path), work)
    assert [kind for kind, _ in done.results] == [kind for kind, _ in here.results]
    assert [kind for kind, _ in done.results] == [f"PLAIN-{number}" for number in range(8)]
    assert {pid for _, pid in here.results} == {os.getpid()}
    assert os.getpid() not in {pid for _, pid in done.results}
    assert done.failures == {}
    assert alive(tmp_path) == [os.getpid()]


def test_what_breaks_by_accident_is_tried_again_counted_and_named(tmp_path: Path) -> None:
    work = units(("dies", 1), ("errs", TRIES - 1), ("waits", 1), ("plain", 0))
    done = Processes(2).run(Breaking(tmp_path), work)
    assert [kind for kind, _ in done.results] == ["DIES", "ERRS", "WAITS", "PLAIN"]
    assert done.failures.keys() == {"the unit dies", "the unit errs", "the unit waits"}
    assert done.failures["the unit dies"] == ["its worker died"]
    assert done.failures["the unit waits"] == ["the store does not answer"]
    errors = done.failures["the unit errs"]
    assert len(errors) == TRIES - 1
    assert all(error.startswith("ValueError in worked.py, line ") for error in errors), "and not what it said"


def test_what_keeps_failing_is_named_once_the_others_are_done(tmp_path: Path) -> None:
    told: list[int] = []
    work = units(("dies-always", 99), ("plain", 0), ("errs-always", 99))
    with pytest.raises(Unavailable) as caught:
        Processes(2).run(Breaking(tmp_path), work, told=lambda number, result: told.append(number))
    assert caught.value.what.startswith(
        "2 of 3 parts of the work failed 3 times: the unit dies-always (its worker died)"
    )
    assert "the unit errs-always (ValueError" in caught.value.what
    assert "secret" not in str(caught.value)
    assert told == [1]
    assert (len((tmp_path / "dies-always").read_bytes()), len((tmp_path / "errs-always").read_bytes())) == (3, 3)
    assert alive(tmp_path) == []


@pytest.mark.parametrize(("kind", "error"), [("forged", Tampered), ("ended", Refused)])
def test_what_is_decided_is_not_tried_again_and_ends_the_others(
    kind: str, error: type[Exception], tmp_path: Path
) -> None:
    begin_s = time.monotonic()
    with pytest.raises(error) as caught:
        Processes(2).run(Breaking(tmp_path), units((kind, 99), ("sleeps", 1)))
    assert time.monotonic() - begin_s < WAIT_S
    assert (tmp_path / kind).read_bytes() == b"."
    assert alive(tmp_path) == []
    if isinstance(caught.value, Tampered):
        assert (caught.value.what, caught.value.cause, caught.value.fix) == (
            "it was changed",
            "somebody did",
            "keep it",
        )
    else:
        assert isinstance(caught.value, Refused)
        assert caught.value.reason == "grant_revoked"


def test_workers_that_cannot_begin_are_not_hired_for_ever(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"no worker comes to work: KeyError in worked\.py, line"):
        Processes(1).run(Breaking(tmp_path, absent=True), units(("plain", 0)))


def test_one_process_tries_again_what_was_not_there_and_shows_a_mistake_as_it_is(tmp_path: Path) -> None:
    done = Here().run(Breaking(tmp_path), units(("waits", 2), ("plain", 0)))
    assert [kind for kind, _ in done.results] == ["WAITS", "PLAIN"]
    assert done.failures == {"the unit waits": ["the store does not answer"] * 2}
    with pytest.raises(ValueError, match="a secret word"):
        Here().run(Breaking(tmp_path), units(("errs", 1)))


@pytest.mark.parametrize(
    "words", ["0", "-1", "two", "", "1025", "ray:", "ray:0", "ray://127.0.0.1:10001", "ray://h:1/x"]
)
def test_who_is_to_work_is_said_clearly(words: str) -> None:
    with pytest.raises(BadInput):
        workers_of(words)
    assert isinstance(workers_of("1"), Here)
    assert workers_of("3") == Processes(3)
