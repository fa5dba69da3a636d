"""Do several workers make the same data set, keep nothing plain, and stop when the grant ends?"""

import pickle
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from aboveboard.base import ids
from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import Refused, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.lab import flow
from aboveboard.lab.crew import Processes
from aboveboard.lab.dataset.person import Holder, PersonWork, Target, by_person
from aboveboard.lab.dataset.write import Cutting
from aboveboard.lab.files import Folder
from aboveboard.lab.open import list_granted
from aboveboard.lab.workers import Workers
from aboveboard.rules.decision import Reason
from aboveboard.sealing.unseal import unseal
from samples.lab_over_http import Asked, served
from samples.lab_recording import segment
from samples.lab_world import LabWorld

WAIT_S = 60
ENDS_S = 8
"""On a machine that is very busy. ``benchmarks.workers`` measures it; by itself it is a third of a second."""
WORDS = "Xanthippe keeps bees"


@dataclass
class Lab:
    """A world of three people, the first of whom was recorded most; and how a worker reaches it."""

    world: LabWorld
    asked: Asked
    hold: partial[Holder]

    def derive(self, home: Path, grant_id: str, workers: Workers | None) -> flow.DerivedDataset:
        one = self.hold()
        return flow.derive(one.vault, grant_id, one.identity, one.key, home, one.trust, workers=workers, hold=self.hold)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    world = LabWorld(clock=SystemClock())  # type: ignore[arg-type]
    for sessions in (3, 1, 2):
        person_id = world.enrol()
        for _ in range(sessions):
            session_id = new_id(Kind.SESSION)
            for sequence in range(2):
                world.upload(person_id, session_id, sequence, segment(session_id, sequence, f"{WORDS} {sequence}"))
    with served(world, tmp_path / "keys") as (asked, hold):
        yield Lab(world, asked, hold)


def until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end_s, "it did not come to that"
        time.sleep(0.01)


def test_the_same_bytes_whatever_the_number_of_workers(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artefact_id, grant_id = new_id(Kind.ARTEFACT), lab.world.grant()
    with monkeypatch.context() as patch:  # the id is in every table, as its mark
        patch.setattr(ids, "new_id", lambda kind: artefact_id)
        made = {
            name: lab.derive(tmp_path / name, grant_id, workers)
            for name, workers in {"here": None, "one": Processes(1), "two": Processes(2)}.items()
        }
    plain = {
        name: {path.name: unseal(path.read_bytes(), lab.world.identity) for path in one.path.glob("*.age")}
        for name, one in made.items()
    }
    assert len(plain["here"]) == 3 * 7
    assert plain["here"] == plain["one"] == plain["two"]
    assert made["here"].totals == made["one"].totals == made["two"].totals
    assert made["here"].totals.segments == 12
    assert made["here"].lineage.sources == made["two"].lineage.sources
    sealed = [path.read_bytes() for path in made["two"].path.iterdir()]
    assert not any(WORDS.encode() in data for data in sealed)
    assert all(path.stat().st_mode & 0o077 == 0 for path in made["two"].path.glob("*.age"))


def test_progress_counts_every_segment_once(lab: Lab, tmp_path: Path) -> None:
    one, seen = lab.hold(), list[tuple[int, int]]()
    flow.derive(
        one.vault,
        lab.world.grant(),
        one.identity,
        one.key,
        tmp_path / "lab",
        one.trust,
        lambda done, total: seen.append((done, total)),
        workers=Processes(2),
        hold=lab.hold,
    )
    assert len(seen) == 3
    assert seen[-1] == (12, 12)


def test_when_the_grant_ends_every_worker_is_stopped_in_the_middle_and_nothing_is_kept(
    lab: Lab, tmp_path: Path
) -> None:
    lab.asked.flowing.clear()
    grant_id, home = lab.world.grant(), tmp_path / "lab"
    ended_s: list[float] = []

    def end() -> None:
        until(lambda: lab.asked.waiting == 2)  # both have keys, and wait for what they open
        assert list((home / "artefacts").iterdir())
        lab.world.ended = Reason.GRANT_REVOKED
        ended_s.append(time.monotonic())

    ending = threading.Thread(target=end)
    ending.start()
    with pytest.raises(Refused) as caught:
        lab.derive(home, grant_id, Processes(2))
    stopped_s = time.monotonic()
    ending.join()
    assert caught.value.reason == Reason.GRANT_REVOKED
    assert stopped_s - ended_s[0] < ENDS_S
    assert list((home / "artefacts").iterdir()) == []
    assert lab.world.artefacts == {}


def test_each_worker_asks_after_the_grant_itself(lab: Lab, tmp_path: Path) -> None:
    """So nothing is opened, too, where whoever gave it the work does not listen."""
    grant_id, one = lab.world.grant(), lab.hold()
    request, manifests = list_granted(one.vault, grant_id, one.identity, requester_key=one.key.public)
    work = PersonWork(lab.hold, grant_id, Target(new_id(Kind.ARTEFACT), Folder(tmp_path), Cutting()))
    lab.world.ended = Reason.GRANT_REVOKED
    with pytest.raises(Refused) as caught:
        Processes(2).run(work, by_person(request, manifests))
    assert caught.value.reason == Reason.GRANT_REVOKED
    assert lab.world.key_requests == 0


def test_a_worker_stops_by_itself_in_the_middle_where_nobody_stops_it(lab: Lab, tmp_path: Path) -> None:
    grant_id, one = lab.world.grant(), lab.hold()
    request, manifests = list_granted(one.vault, grant_id, one.identity, requester_key=one.key.public)
    work = PersonWork(lab.hold, grant_id, Target(new_id(Kind.ARTEFACT), Folder(tmp_path), Cutting()))
    lab.asked.flowing.clear()

    def end() -> None:
        until(lambda: lab.asked.waiting == 2)
        asked_before = lab.world.standing_asked
        lab.world.ended = Reason.GRANT_REVOKED
        until(lambda: lab.world.standing_asked >= asked_before + 2)
        lab.asked.flowing.set()

    ending = threading.Thread(target=end)
    ending.start()
    with pytest.raises(Refused) as caught:
        Processes(2).run(work, by_person(request, manifests))
    ending.join()
    assert caught.value.reason == Reason.GRANT_REVOKED
    assert not list(tmp_path.glob("person-*"))


def test_a_forged_segment_in_one_worker_ends_the_work_of_all(lab: Lab, tmp_path: Path) -> None:
    lab.world.stored[-1].sealed = lab.world.stored[-1].sealed[:-1] + b"\0"
    with pytest.raises(Tampered, match="are not those that the recorder declared"):
        lab.derive(tmp_path / "lab", lab.world.grant(), Processes(2))
    assert list((tmp_path / "lab" / "artefacts").iterdir()) == []


def test_what_workers_are_given_and_give_holds_no_key_and_no_word(lab: Lab, tmp_path: Path) -> None:
    """It goes through pipes here, and through a cluster's memory elsewhere."""
    grant_id, one = lab.world.grant(), lab.hold()
    request, manifests = list_granted(one.vault, grant_id, one.identity, requester_key=one.key.public)
    work = PersonWork(lab.hold, grant_id, Target(new_id(Kind.ARTEFACT), Folder(tmp_path), Cutting()))
    units = by_person(request, manifests)
    done = Processes(1).run(work, units)
    carried = pickle.dumps((work, units, done))
    assert lab.world.request is not None
    assert lab.world.request.request_id.encode() in carried
    assert manifests[0].segment_id.encode() in carried
    for secret in (one.key.private_bytes(), one.identity.text().encode(), one.identity.private().private_bytes_raw()):
        assert secret not in carried
    for word in (*WORDS.split(), "notes.txt", "Editor"):
        assert word.encode() not in carried
