"""Is it the same on a Ray cluster? Ray is not installed with the rest; by hand: pip install -e '.[scale]'."""

import os
import time
from pathlib import Path

import pytest

from aboveboard.base import ids
from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import Refused, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.lab import flow
from aboveboard.lab.crew import workers_of
from aboveboard.lab.workers import TRIES, Unit
from aboveboard.rules.decision import Reason, no
from aboveboard.sealing.unseal import unseal
from samples.lab_over_http import served
from samples.lab_recording import segment
from samples.lab_world import LabWorld
from samples.worked import Breaking

pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[scale]'")


@pytest.fixture(autouse=True)
def _found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray's processes are to find the samples."""
    monkeypatch.setenv("PYTHONPATH", f"{Path('src').resolve()}:{Path('tests').resolve()}")


def test_units_are_done_in_order_tried_again_and_stopped_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "units"
    folder.mkdir()
    units = [
        Unit(f"the unit {kind}", (kind, times))
        for kind, times in (("dies", 1), ("errs", TRIES - 1), ("plain", 0), ("waits", 1))
    ]
    done = workers_of("ray:2").run(Breaking(folder), units)
    assert [kind for kind, _ in done.results] == ["DIES", "ERRS", "PLAIN", "WAITS"]
    assert os.getpid() not in {pid for _, pid in done.results}
    assert done.failures.keys() == {"the unit dies", "the unit errs", "the unit waits"}
    with pytest.raises(Unavailable, match="1 of 2 parts of the work failed 3 times: the unit dies-always"):
        workers_of("ray:2").run(Breaking(folder), [Unit("the unit dies-always", ("dies-always", 99)), units[2]])

    def check() -> None:
        if (folder / "sleeps").exists():
            ended_s.append(time.monotonic())
            no(Reason.GRANT_REVOKED, "it was closed").require()

    ended_s: list[float] = []
    with pytest.raises(Refused):
        workers_of("ray:2").run(Breaking(folder), [Unit("the unit sleeps", ("sleeps", 1))], check)
    assert time.monotonic() - ended_s[0] < 60


def test_the_same_bytes_on_ray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, artefact_id = LabWorld(clock=SystemClock()), new_id(Kind.ARTEFACT)  # type: ignore[arg-type]
    for _ in range(3):
        person_id, session_id = world.enrol(), new_id(Kind.SESSION)
        world.upload(person_id, session_id, 0, segment(session_id, 0, "some words"))
    grant_id = world.grant()
    monkeypatch.setattr(ids, "new_id", lambda kind: artefact_id)
    with served(world, tmp_path / "keys") as (_, hold):
        one = hold()
        made = [
            flow.derive(
                one.vault, grant_id, one.identity, one.key, tmp_path / name, one.trust, workers=workers, hold=hold
            )
            for name, workers in (("here", None), ("ray", workers_of("ray:2")))
        ]
    here, on_ray = (
        {path.name: unseal(path.read_bytes(), world.identity) for path in each.path.glob("*.age")} for each in made
    )
    assert here == on_ray
    assert len(here) == 3 * 7
