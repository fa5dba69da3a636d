"""A researcher registers an artefact as something that it is not: the vault asks its own records."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, Conflict, NotFound, Refused, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import erasure, grant, lineage
from aboveboard.formats.erasure import DESTROYED_TYPE, ORDER_TYPE, Destroyed, ErasureOrder
from aboveboard.formats.grant import AccessRequest, grant_id_of
from aboveboard.formats.lineage import ArtefactFile, Lineage
from aboveboard.rules.decision import Reason
from aboveboard.rules.lineage import sources_of
from aboveboard.sealing.keys import Identity
from aboveboard.vault.api.asking import as_text
from aboveboard.vault.storage.rows import GrantRow, RequestRow
from samples.vault_world import Participant, Segment, VaultWorld

DAY_NS = 86_400 * SECOND_NS
KEPT_DAYS = 30
Used = tuple[Participant, Segment]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path / "vault")
    yield made
    made.close()


def recorded(world: VaultWorld) -> Used:
    who = world.ready()
    one = world.recorded(who)
    assert world.take_in(who, one) == "stored"
    return who, one


def granted(world: VaultWorld, people: list[Participant]) -> str:
    """On record as granted; how that comes about is tested elsewhere."""
    request = AccessRequest(
        request_id=new_id(Kind.REQUEST),
        requester=world.staff_id("ravi"),
        recipient=Identity.generate().recipient,
        people=[each.person_id for each in people],
        kinds=["screen"],
        purpose="train_agents",
        output="a policy",
        reason="to train a small policy on it",
        duration_ns=3600 * SECOND_NS,
        created_at_ns=world.clock.wall_ns(),
    )
    signed, grant_id = (
        world.key("ravi").sign(grant.REQUEST_TYPE, grant.encode(request)),
        grant_id_of(request.request_id),
    )
    with world.vault.records.begin() as tx:
        tx.add_request(RequestRow(request.request_id, request.requester, as_text(signed), "0" * 64, 1))
        tx.add_grant(GrantRow(grant_id, request.request_id, 1))
    return grant_id


def honest(world: VaultWorld, used: list[Used], **changes: Any) -> Lineage:
    manifests = [one.manifest for _, one in used]
    made = Lineage(
        artefact_id=new_id(Kind.ARTEFACT),
        kind="dataset",
        created_at_ns=world.clock.wall_ns(),
        grant_id=granted(world, [who for who, _ in used]),
        purposes=["train_agents"],
        retention_until_ns=min(one.start_wall_ns for one in manifests) + KEPT_DAYS * DAY_NS,
        sources=sources_of(((one.person_id, one.consent_id, one.session_id), one.sequence) for one in manifests),
        parents=[],
        files=[ArtefactFile(path="a.parquet", size_bytes=1, sha256="a" * 64)],
        made_by="a test",
    )
    return msgspec.structs.replace(made, **changes)


def register(world: VaultWorld, made: Lineage, *, by: str = "ravi") -> None:
    world.post(world.key("ravi"), "/v1/artefacts", world.key(by).sign(lineage.PAYLOAD_TYPE, lineage.encode(made)))


def reason_of(world: VaultWorld, made: Lineage) -> str:
    with pytest.raises(Refused) as caught:
        register(world, made)
    assert listed(world) == {}
    return caught.value.reason


def listed(world: VaultWorld) -> dict[str, str]:
    rows = world.get(world.key("ravi"), "/v1/artefacts")
    with world.vault.records.read() as tx:
        assert len(rows) == tx.count_artefacts()
        found = [lineage.decode_signed(row.lineage.encode()) for row in tx.artefacts_by(world.staff_id("ravi"))]
    names = [lineage.decode(each.body()).artefact_id for each in found]
    return dict(zip(names, [row["state"] for row in rows], strict=True))


def test_what_is_true_is_registered_and_found(world: VaultWorld) -> None:
    used = recorded(world)
    made = honest(world, [used])
    register(world, made)
    register(world, made)
    assert listed(world) == {made.artefact_id: "live"}
    with world.vault.records.read() as tx:
        reached = tx.artefacts_of_segments([used[1].manifest.segment_id])
        others = tx.artefacts_of_segments([recorded(world)[1].manifest.segment_id])
    assert ([row.artefact_id for row in reached], others) == ([made.artefact_id], [])


def test_recordings_that_the_vault_does_not_have(world: VaultWorld) -> None:
    (who, one) = used = recorded(world)
    name = one.manifest
    invented = sources_of([((who.person_id, who.consent_id, new_id(Kind.SESSION)), 0)])
    more = sources_of([((who.person_id, who.consent_id, name.session_id), name.sequence + step) for step in range(2)])
    for sources in (invented, more):
        assert reason_of(world, honest(world, [used], sources=sources)) == Reason.LINEAGE_UNKNOWN_SOURCE


def test_one_persons_recordings_said_to_be_anothers(world: VaultWorld) -> None:
    """Erasing the first would pass it by."""
    first, second = recorded(world), recorded(world)
    taken = first[1].manifest
    other = second[0]
    place = (other.person_id, other.consent_id, taken.session_id)
    made = honest(world, [second], sources=sources_of([(place, taken.sequence)]))
    assert reason_of(world, made) == Reason.LINEAGE_UNKNOWN_SOURCE
    place = (taken.person_id, other.consent_id, taken.session_id)
    made = honest(world, [first], sources=sources_of([(place, taken.sequence)]))
    assert reason_of(world, made) == Reason.LINEAGE_UNKNOWN_SOURCE


def test_kept_a_day_longer_than_was_agreed(world: VaultWorld) -> None:
    used = recorded(world)
    made = honest(world, [used])
    longer = msgspec.structs.replace(made, retention_until_ns=made.retention_until_ns + 1)
    assert reason_of(world, longer) == Reason.LINEAGE_KEPT_LONGER


def test_a_purpose_that_was_not_granted(world: VaultWorld) -> None:
    assert reason_of(world, honest(world, [recorded(world)], purposes=["evaluate_agents"])) == (
        Reason.GRANT_WRONG_PURPOSE
    )


def test_people_whom_the_grant_does_not_name(world: VaultWorld) -> None:
    first, second = recorded(world), recorded(world)
    grant_id = granted(world, [first[0]])
    assert reason_of(world, honest(world, [first, second], grant_id=grant_id)) == Reason.GRANT_WRONG_PERSON


def test_a_model_that_leaves_out_somebody_of_its_data_set(world: VaultWorld) -> None:
    first, second = recorded(world), recorded(world)
    data = honest(world, [first, second])
    register(world, data)
    model = honest(world, [first], kind="model", parents=[data.artefact_id], grant_id=data.grant_id)
    with pytest.raises(Refused) as caught:
        register(world, model)
    assert caught.value.reason == Reason.LINEAGE_LEAVES_OUT
    with pytest.raises(Refused) as caught:
        register(world, msgspec.structs.replace(model, parents=[new_id(Kind.ARTEFACT)]))
    assert caught.value.reason == Reason.LINEAGE_UNKNOWN_SOURCE
    register(world, msgspec.structs.replace(model, sources=data.sources, retention_until_ns=data.retention_until_ns))


def test_somebody_elses_word_or_grant_or_id(world: VaultWorld) -> None:
    used = recorded(world)
    made = honest(world, [used])
    with pytest.raises(Tampered):
        register(world, made, by="sam")
    with pytest.raises(NotFound):
        register(world, msgspec.structs.replace(made, grant_id=new_id(Kind.GRANT)))
    register(world, made)
    with pytest.raises(Conflict):
        register(world, msgspec.structs.replace(made, made_by="something else"))


def test_made_from_what_was_erased_meanwhile_is_due_at_once(world: VaultWorld) -> None:
    used = recorded(world)
    made = honest(world, [used])
    with world.vault.records.begin() as tx:
        tx.mark_destroyed([used[1].manifest.segment_id])
    register(world, made)
    assert listed(world) == {made.artefact_id: "due"}


def test_a_person_is_told_nothing_of_the_others_in_it_but_how_many(world: VaultWorld) -> None:
    """Neither who they are nor how much they recorded: no id, no digest, no size of a file."""
    first, second, third = recorded(world), recorded(world), recorded(world)
    alone = honest(world, [second])
    files = [ArtefactFile(path=f"person-{first[0].person_id}.age", size_bytes=77_777, sha256="a" * 64)]
    both = honest(world, [first, second], parents=[alone.artefact_id], files=files)
    for made in (alone, both):
        register(world, made)
    [told] = world.get(first[0].person_key, "/v1/artefacts/mine")
    assert (told["artefact_id"], told["people"], told["parents"]) == (both.artefact_id, 2, [])
    assert [source["person_id"] for source in told["sources"]] == [first[0].person_id]
    raw = world.ask(first[0].person_key, "GET", "/v1/artefacts/mine").decode()
    manifest = second[1].manifest
    for secret in (second[0].person_id, second[0].consent_id, manifest.session_id, "77777", "a" * 64, files[0].path):
        assert secret not in raw
    assert {one["artefact_id"] for one in world.get(second[0].person_key, "/v1/artefacts/mine")} == {
        alone.artefact_id,
        both.artefact_id,
    }
    assert world.get(third[0].person_key, "/v1/artefacts/mine") == []
    for key in (first[0].person_key, first[0].device_key, world.key("stella")):
        with pytest.raises(Refused):
            world.get(key, "/v1/artefacts")
    with pytest.raises(Refused):
        world.get(world.key("ravi"), "/v1/artefacts/mine")


def test_a_file_is_found_by_its_digest_and_nothing_else_is_told(world: VaultWorld) -> None:
    made = honest(world, [recorded(world)])
    register(world, made)
    look = {"sha256": ["a" * 64, "b" * 64], "artefact_ids": [made.artefact_id, new_id(Kind.ARTEFACT)]}
    row = {"artefact_id": made.artefact_id, "kind": "dataset", "state": "live"}
    for name in ("ravi", "stella", "sam", "rita"):
        found = world.post(world.key(name), "/v1/artefacts/find", look)
        assert found == [row | {"sha256": "a" * 64}, row | {"sha256": None}]
    for key in (world.ready().person_key, world.ready().device_key):
        with pytest.raises(AboveboardError) as caught:
            world.post(key, "/v1/artefacts/find", look)
        assert getattr(caught.value, "reason", "") == Reason.ROLE_MISSING


def gone(world: VaultWorld, made: Lineage, rebuilt_as: str | None) -> None:
    """Ravi's word that it is destroyed, and what it became."""
    digest = hashlib.sha256(lineage.encode(made)).hexdigest()
    word = Destroyed(artefact_id=made.artefact_id, lineage_sha256=digest, at_ns=1, rebuilt_as=rebuilt_as)
    signed = world.key("ravi").sign(DESTROYED_TYPE, erasure.encode(word))
    world.post(world.key("ravi"), f"/v1/artefacts/{made.artefact_id}/destroyed", signed)


def test_what_a_data_set_became_is_no_more_than_what_was_left_of_it(world: VaultWorld) -> None:
    """A data set that others were slipped into, or something else altogether, is said to be what is left."""
    first, second, third = (recorded(world) for _ in range(3))
    older = honest(world, [first, second])
    register(world, older)
    wider, model = honest(world, [second, third]), honest(world, [second], kind="model")
    narrower = honest(world, [second])
    for one in (wider, model, narrower):
        register(world, one)
    for claimed in (wider.artefact_id, model.artefact_id, older.artefact_id):
        with pytest.raises(Refused):
            gone(world, older, claimed)
    with pytest.raises(NotFound):
        gone(world, older, new_id(Kind.ARTEFACT))
    assert listed(world)[older.artefact_id] == "live"
    gone(world, older, narrower.artefact_id)
    assert listed(world)[older.artefact_id] == "destroyed"


def test_a_person_sees_what_was_made_again_without_them(world: VaultWorld) -> None:
    first, second = recorded(world), recorded(world)
    older = honest(world, [first, second])
    register(world, older)
    order = ErasureOrder(erasure_id=new_id(Kind.ERASURE), person_id=first[0].person_id, at_ns=world.clock.wall_ns())
    key = first[0].person_key
    world.post(key, "/v1/erasures", key.sign(ORDER_TYPE, erasure.encode(order)))
    assert listed(world)[older.artefact_id] == "due"
    narrower = honest(world, [second])
    register(world, narrower)
    gone(world, older, narrower.artefact_id)
    (told,) = world.get(key, "/v1/erasures")
    (reached,) = told["artefacts"]
    assert (reached["state"], reached["rebuilt_as"]) == ("destroyed", narrower.artefact_id)
