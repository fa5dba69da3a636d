"""Every key that leaves, by whichever way, is one entry in the log and one row on the page of whom it concerns."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import NotFound, Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.home import StaffCard
from aboveboard.commands.main import main
from aboveboard.formats import grant, release, trust
from aboveboard.formats.grant import AccessRequest, Approval, Revocation
from aboveboard.formats.part_files import write_parts
from aboveboard.formats.trust import Trust
from aboveboard.keyholder import record_key
from aboveboard.lab import flow
from aboveboard.rules.decision import Reason
from aboveboard.sealing.keys import Identity, save_signing_key
from aboveboard.viewer import openings_file
from aboveboard.viewer.source import Participant as Shown
from aboveboard.viewer.source import ViewerSource
from aboveboard.wire.client import Client
from samples.office_session import play, record
from samples.served_world import ServedWorld, running_places
from samples.vault_world import Participant

HOUR_NS = 3600 * SECOND_NS


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedWorld]:
    with running_places(tmp_path_factory.mktemp("places")) as running:
        yield running


@pytest.fixture(scope="module")
def person(world: ServedWorld) -> Participant:
    """Somebody with three segments of one recording."""
    who = world.ready()
    session_id = new_id(Kind.SESSION)
    place: dict[str, Any] = {"session_id": session_id}
    for sequence, (_, _, items) in enumerate(record(play(), session_id)[:3]):
        one = world.recorded(who, seconds=1, plain=write_parts(items), sequence=sequence, **place)
        world.take_in(who, one)
        place["previous_sha256"] = one.manifest.sha256
    return who


class Counting:
    """The researcher's client; ``keys`` counts those that were handed out."""

    def __init__(self, world: ServedWorld) -> None:
        self.client = Client(world.url, world.key("ravi"), timeout_s=60)
        self.keys: list[str] = []

    def get(self, path: str) -> bytes:
        return self.client.get(path)

    def post(self, path: str, body: bytes) -> bytes:
        answer = self.client.post(path, body)
        if path.endswith("/keys"):
            self.keys += [each.segment_id for each in release.decode_answer(answer).keys]
        return answer


def granted(world: ServedWorld, who: Participant, identity: Identity, *approvers: str, **changes: Any) -> str:
    """A grant of everything of this person's."""
    now_ns = world.clock.wall_ns()
    words: dict[str, Any] = {
        "request_id": new_id(Kind.REQUEST),
        "requester": world.staff_id("ravi"),
        "recipient": identity.recipient,
        "people": [who.person_id],
        "kinds": ["screen"],
        "purpose": "train_agents",
        "output": "a policy",
        "reason": "to train a small policy on menus that are long",
        "duration_ns": HOUR_NS,
        "created_at_ns": now_ns,
    }
    request = AccessRequest(**(words | changes))
    world.post(world.key("ravi"), "/v1/requests", world.key("ravi").sign(grant.REQUEST_TYPE, grant.encode(request)))
    grant_id = None
    for name in approvers:
        said = Approval(
            request_id=request.request_id,
            request_sha256=hashlib.sha256(grant.encode(request)).hexdigest(),
            approver=world.staff_id(name),
            role="security" if name == "sam" else "representative",
            verdict="approve",
            comment="",
            at_ns=world.clock.wall_ns(),
        )
        key = world.key(name)
        path = f"/v1/requests/{request.request_id}/approvals"
        grant_id = world.post(key, path, key.sign(grant.APPROVAL_TYPE, grant.encode(said)))["grant_id"]
    assert grant_id is not None
    return str(grant_id)


def ask_keys(researcher: Counting, grant_id: str, segment_ids: list[str]) -> None:
    researcher.post(f"/v1/grants/{grant_id}/keys", msgspec.json.encode({"segment_ids": segment_ids}))


def typed(world: ServedWorld, identity: Identity, grant_id: str) -> int:
    """``aboveboard open``, as ravi; how many segments it opened."""
    root = world.home.parent
    folder = root / "staff" / "ravi"
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    save_signing_key(folder / "staff.key", world.key("ravi"))
    identity.save(folder / "identity.txt")
    (folder / "card.json").write_bytes(msgspec.json.encode(StaffCard(world.staff_id("ravi"), "ravi", "researcher")))
    (root / "trust.json").write_bytes(trust.encode(trust_of(world)))
    done = CliRunner().invoke(main, ["--home", str(root), "--json", "open", grant_id, "--as", "ravi"])
    assert done.exit_code == 0, done.output + done.stderr
    return int(json.loads(done.stdout)["segments"])


def trust_of(world: ServedWorld) -> Trust:
    public = world.public
    return Trust(origin=public.origin, log_key=public.log_key, witness_keys=public.witness_keys, quorum=1)


def page_of(world: ServedWorld, who: Participant, home: Path) -> ViewerSource:
    home.mkdir(exist_ok=True)
    who.identity.save(home / "identity.txt")
    shown = Shown(who.person_id, who.person_key.public, [who.device_key.public], [world.key("stella").public])
    vault, keyholder = Client(world.url, who.person_key), Client(world.keyholder_url, who.person_key)
    return ViewerSource(vault, keyholder, home, participant=shown, trust=trust_of(world))


def logged(world: ServedWorld, who: Participant) -> int:
    """How many releases of this person's keys the log has, counted on its disk."""
    path = world.keyholder_home.database_path
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        query = "SELECT COUNT(*) FROM entries WHERE kind = 'Released' AND person = ?"
        tag = record_key.load(path.with_name(record_key.FILE_NAME)).tag("person", who.person_id)
        return int(database.execute(query, (tag,)).fetchone()[0])


def test_each_key_is_an_entry_and_a_row_by_every_way(world: ServedWorld, person: Participant, tmp_path: Path) -> None:
    page = page_of(world, person, tmp_path / "participant")
    before = page.openings()
    assert (before["entries"], before["complete"]["proof"], before["complete"]["passed_on"]) == ([], "checked", 0)

    identity, researcher = Identity.generate(), Counting(world)
    segment_ids = [row["segment_id"] for row in world.get(person.person_key, "/v1/segments")]
    assert len(segment_ids) == 3
    first = granted(world, person, identity, "sam", "rita")
    ask_keys(researcher, first, segment_ids[:2])  # straight at the vault's door
    ask_keys(researcher, first, segment_ids[:1])  # and one of them once more
    looked = flow.look(researcher, first, identity, world.key("ravi"), trust_of(world), lambda done, total: None)
    assert looked.segments == 3  # as the lab does
    by_command = typed(world, identity, first)  # and as it is typed
    urgent = granted(
        world,
        person,
        identity,
        "sam",
        emergency=True,
        since_ns=world.clock.wall_ns() - HOUR_NS,
        reason="A password may stand in the last recording; we must see whether it does.",
    )
    ask_keys(researcher, urgent, segment_ids[2:])  # in an emergency, by one approver

    with pytest.raises(NotFound):
        ask_keys(researcher, "gra_" + "0" * 26, segment_ids)
    ended = Revocation(
        grant_id=first, by=world.staff_id("sam"), reason="the study was ended early", at_ns=world.clock.wall_ns()
    )
    key = world.key("sam")
    world.post(key, f"/v1/grants/{first}/revocation", key.sign(grant.REVOCATION_TYPE, grant.encode(ended)))
    with pytest.raises(Refused) as caught:
        ask_keys(researcher, first, segment_ids)
    assert caught.value.reason == Reason.GRANT_REVOKED

    keys = len(researcher.keys) + by_command
    assert keys == 2 + 1 + 3 + 3 + 1
    assert logged(world, person) == keys
    shown = page.openings()
    assert [row["number"] for row in shown["entries"]] == list(range(1, keys + 1))
    assert {row["proof"] for row in shown["entries"]} == {"checked"}
    assert {row["grant_id"] for row in shown["entries"]} == {first, urgent}
    assert [(each["grant_id"], each["proof"]) for each in shown["emergencies"]] == [(urgent, "checked")]
    assert shown["complete"] == {"proof": "checked", "fault": None, "count": keys, "passed_on": keys, "ended_at": None}
    by_segment = dict.fromkeys(segment_ids, 0)
    for row in shown["entries"]:
        by_segment[row["segment_id"]] += 1
    assert by_segment == {segment_ids[0]: 4, segment_ids[1]: 3, segment_ids[2]: 3}

    verified = openings_file.verify(openings_file.read(page.openings_file()), trust_of(world))
    assert len(verified.releases()) == keys


def test_somebody_whose_keys_stayed_sees_nothing(world: ServedWorld, tmp_path: Path) -> None:
    shown = page_of(world, world.ready(), tmp_path / "other").openings()
    assert (shown["entries"], shown["complete"]["proof"], shown["complete"]["passed_on"]) == ([], "checked", 0)


def test_nobody_but_the_person_is_told(world: ServedWorld, person: Participant) -> None:
    for key in (person.device_key, world.key("stella"), world.key("ravi"), world.ready().device_key):
        with pytest.raises(Refused):
            world.get(key, "/v1/openings")
    assert world.get(person.person_key, "/v1/openings")["keys"] > 0
