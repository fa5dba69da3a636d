"""What stewards are told of the fleet, how pauses arrive, drills and exemptions: at a real vault."""

import copy
import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput, Conflict, NotFound, Refused, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import fleet as fleet_format
from aboveboard.formats import pause as pause_format
from aboveboard.formats import roster
from aboveboard.formats.fleet import DRILL_TYPE, EXEMPTION_TYPE, Drill, Exemption, Fleet, Published, ShownPause
from aboveboard.formats.pause import PAUSE_TYPE, Pause
from aboveboard.formats.roster import Roster
from aboveboard.rules.decision import Reason
from aboveboard.rules.fleet import REPORT_NS
from aboveboard.rules.pause import picked
from aboveboard.vault import reporting
from samples.segments import sealed_segment
from samples.vault_world import Participant, VaultWorld


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> tuple[VaultWorld, list[Participant]]:
    """A vault that is closed again, with twelve who take part: every test goes on from a copy of it."""
    made = VaultWorld(tmp_path_factory.mktemp("twelve") / "vault")
    people = [made.ready() for _ in range(12)]
    made.close()
    return made, people


@pytest.fixture
def world(twelve: tuple[VaultWorld, list[Participant]], tmp_path: Path) -> Iterator[VaultWorld]:
    made = copy.copy(twelve[0])
    made.home = Path(shutil.copytree(made.home, tmp_path / "vault"))
    made.clock = dataclasses.replace(made.clock)
    made.open()
    yield made
    made.close()


@pytest.fixture
def people(twelve: tuple[VaultWorld, list[Participant]]) -> list[Participant]:
    """Twelve who take part in the vault of ``world``."""
    return twelve[1]


def look(world: VaultWorld) -> None:
    reporting.look(world.vault)


def fleet(world: VaultWorld) -> Fleet:
    look(world)
    return fleet_format.decode_fleet(world.ask(world.key("stella"), "GET", "/v1/fleet"))


def pauses(world: VaultWorld) -> list[ShownPause]:
    look(world)
    return fleet_format.decode_pauses(world.ask(world.key("stella"), "GET", "/v1/fleet/pauses"))


def published(world: VaultWorld, who: str = "ravi") -> Published:
    look(world)
    return fleet_format.decode_published(world.ask(world.key(who), "GET", "/v1/programme"))


def refused(world: VaultWorld, who: Participant) -> None:
    with pytest.raises(Refused):
        world.lease(who)


def test_how_many_are_in_which_state(world: VaultWorld, people: list[Participant]) -> None:
    for who in people[:6]:
        world.lease(who)
    world.pause(people[6].person_key, by="person", person_id=people[6].person_id)
    refused(world, people[6])
    world.pause(world.key("stella"), by="steward", person_id=people[7].person_id, reason="asked for")
    refused(world, people[7])
    world.withdraw(people[11])
    refused(world, people[11])
    told = fleet(world)
    assert (told.people, told.devices) == (11, 11), "who left is not counted"
    assert told.states is not None
    assert (told.states.permitted, told.states.unreachable) == (6, 3)
    assert (told.states.paused_by_person, told.states.paused_by_steward, told.states.refused) == (1, 1, 0)
    assert told.versions == {"test": 8}
    assert [(one.people, one.states) for one in told.groups] == [(11, told.states)]
    world.clock.advance(20 * SECOND_NS)
    later = fleet(world).states
    assert later is not None
    assert (later.permitted, later.unreachable) == (0, 9), "leases run out"


def test_fewer_than_ten_are_not_counted(world: VaultWorld, people: list[Participant]) -> None:
    for who in people[:9]:
        world.lease(who, health=["events_lost"])
    for who in people[9:]:
        world.withdraw(who)
    told = fleet(world)
    assert (told.people, told.states, told.groups, told.versions, told.health) == (9, None, [], {}, {})


def test_a_pause_of_everyone_is_proven_device_by_device(world: VaultWorld, people: list[Participant]) -> None:
    recorded = world.recorded(people[0])
    world.take_in(people[0], recorded)
    for who in people[1:10]:
        world.lease(who)
    began_ns = world.clock.wall_ns()
    world.clock.advance(SECOND_NS)
    started = {each.device_id: world.recorded(each, seconds=0) for each in people[:2]}
    world.clock.advance(1)
    pause_id = world.pause(world.key("stella"), by="steward", person_id=None, reason="an incident is looked into")
    (shown,) = pauses(world)
    assert shown.report.counts is not None
    assert (shown.report.pause_id, shown.report.stopped) == (pause_id, False)
    assert (shown.report.counts.devices, shown.report.counts.possible) == (10, 10)
    world.clock.advance(SECOND_NS // 2)
    for who in people[:8]:
        refused(world, who)
    world.clock.advance(2 * SECOND_NS)
    refused(world, people[8])
    (shown,) = pauses(world)
    counts = shown.report.counts
    assert counts is not None
    assert (counts.confirmed, counts.possible, counts.lapsed) == (9, 1, 0)
    assert counts.to_stop is not None
    assert (counts.to_stop.p50_ns, counts.to_stop.p99_ns) == (SECOND_NS // 2, 5 * SECOND_NS // 2)
    assert [(one.device_id, one.why) for one in shown.stragglers] == [(people[9].device_id, "lease_live")]
    world.take_in(people[1], started[people[1].device_id])
    world.clock.advance(15 * SECOND_NS)
    (shown,) = pauses(world)
    counts = shown.report.counts
    assert counts is not None
    assert (counts.confirmed, counts.lapsed, counts.possible, shown.report.stopped) == (9, 1, 0, True)
    assert counts.to_last_frame is not None
    assert counts.to_last_frame.max_ns == 0, "no frame from after it was taken in"
    assert counts.to_last_intake is not None
    assert (counts.to_last_intake.devices, counts.to_last_intake.max_ns) == (1, 5 * SECOND_NS // 2)
    assert shown.stragglers == []
    world.clock.advance(REPORT_NS)
    (closed,) = pauses(world)
    assert closed.report.final
    assert closed.report.counts == counts
    with world.vault.records.read() as tx:
        assert tx.stops(pause_id) == [], "what was noted of single devices is deleted"
    assert began_ns < shown.report.at_ns


def test_frames_from_within_a_pause_are_refused_and_told(world: VaultWorld, people: list[Participant]) -> None:
    """A recorder that goes on for two and a half seconds: nothing is taken in, and the steward sees which it is."""
    for who in people:
        world.lease(who)
    late = world.lease(people[3])
    start = type(world.clock)(world.clock.wall, world.clock.monotonic, world.clock.boot)
    world.clock.advance(SECOND_NS)
    world.pause(world.key("stella"), by="steward", person_id=None, reason="a trial of modified recorders")
    world.clock.advance(5 * SECOND_NS // 2)
    sealed = sealed_segment(b"made up", [people[3].identity.recipient, people[3].keyholder_recipient])
    one = world.described(people[3], sealed, [late], start)
    with pytest.raises(Refused) as caught:
        world.declare(people[3], one)
    assert caught.value.reason == Reason.SEGMENT_DURING_PAUSE
    (shown,) = pauses(world)
    assert shown.report.counts is not None
    assert shown.report.counts.to_last_offer is not None
    assert shown.report.counts.to_last_offer.max_ns == 5 * SECOND_NS // 2
    named = {each.device_id: each.why for each in shown.stragglers}
    assert named[people[3].device_id] == "frame_offered"


def test_a_pause_of_one_person_is_only_said_to_be_certain(world: VaultWorld, people: list[Participant]) -> None:
    for who in people:
        world.lease(who)
    world.pause(world.key("stella"), by="steward", person_id=people[0].person_id, reason="asked for by mail")
    refused(world, people[0])
    (shown,) = pauses(world)
    assert (shown.report.counts, shown.report.stopped, shown.stragglers) == (None, False, [])
    world.clock.advance(15 * SECOND_NS)
    (shown,) = pauses(world)
    assert (shown.report.counts, shown.report.stopped) == (None, True)


def test_what_was_seen_before_a_restart_is_there_afterwards(world: VaultWorld, people: list[Participant]) -> None:
    for who in people:
        world.lease(who)
    world.pause(world.key("stella"), by="steward", person_id=None, reason="the vault is moved")
    refused(world, people[0])
    look(world)
    world.close()
    world.open()
    refused(world, people[1])
    (shown,) = pauses(world)
    assert shown.report.counts is not None
    assert (shown.report.counts.devices, shown.report.counts.confirmed) == (12, 2)


def test_what_cannot_be_written_is_not_lost(world: VaultWorld, people: list[Participant], monkeypatch: Any) -> None:
    for who in people:
        world.lease(who)

    def fails(*_: Any) -> None:
        raise BadInput("a test says so")

    with monkeypatch.context() as patched:
        patched.setattr(reporting.drills, "begin_due", lambda *_, **__: fails())
        with pytest.raises(BadInput):
            look(world)
    told = fleet(world).states
    assert told is not None
    assert told.permitted == 12


def test_a_pause_of_a_share_concerns_those_whom_its_id_picks(world: VaultWorld, people: list[Participant]) -> None:
    for who in people:
        world.lease(who)
    world.clock.advance(1)
    pause_id = world.pause(world.key("stella"), by="steward", person_id=None, reason="a part of all", share=95)
    chosen = [who for who in people if picked(who.person_id, pause_id=pause_id, share=95)]
    for who in people:
        if who in chosen:
            refused(world, who)
        else:
            world.lease(who)
    (shown,) = pauses(world)
    assert (shown.report.counts is not None) == (len(chosen) >= 10)
    with world.vault.records.read() as tx:
        assert {one.device_id for one in tx.stops(pause_id)} == {who.device_id for who in chosen}
        assert all(one.refused_at_ns for one in tx.stops(pause_id))


# Drills


def drill(world: VaultWorld, *, in_s: int = 60, for_s: int = 20, **scope: Any) -> Drill:
    at_ns = world.clock.wall_ns() + in_s * SECOND_NS
    words: dict[str, Any] = {"person_id": None, "until_ns": at_ns + for_s * SECOND_NS, "reason": "a drill"} | scope
    pause = Pause(pause_id=new_id(Kind.PAUSE), by="steward", at_ns=at_ns, **words)
    return Drill(
        drill_id=new_id(Kind.DRILL),
        at_ns=at_ns,
        duration_ns=for_s * SECOND_NS,
        pause=world.key("stella").sign(PAUSE_TYPE, pause_format.encode(pause)),
        why="Does a pause reach everybody?",
    )


def schedule(world: VaultWorld, one: Drill) -> None:
    world.post(world.key("stella"), "/v1/drills", world.key("stella").sign(DRILL_TYPE, fleet_format.encode(one)))


def test_a_drill_begins_and_ends_by_itself_and_its_report_is_for_all(
    world: VaultWorld, people: list[Participant]
) -> None:
    one = drill(world)
    schedule(world, one)
    schedule(world, one)
    assert [each.state for each in published(world).drills] == ["scheduled"]
    world.clock.advance(60 * SECOND_NS)
    for who in people:
        world.lease(who)
    assert [each.state for each in published(world).drills] == ["running"]
    world.clock.advance(SECOND_NS)
    for who in people:
        refused(world, who)
    world.clock.advance(20 * SECOND_NS)
    for who in people:
        world.lease(who)
    world.clock.advance(REPORT_NS)
    look(world)
    for key in (people[0].person_key, people[0].device_key, world.key("ravi"), world.key("stella")):
        told = fleet_format.decode_published(world.ask(key, "GET", "/v1/programme"))
        (shown,) = told.drills
        assert (shown.state, shown.slice, shown.why) == ("done", "everyone", "Does a pause reach everybody?")
        assert shown.report is not None
        assert shown.report.counts is not None
        assert (shown.report.counts.confirmed, shown.report.stopped) == (12, True)
        assert shown.report.ended_at_ns is not None


def test_a_drill_survives_a_restart_and_a_missed_one_is_said_to_be(world: VaultWorld) -> None:
    schedule(world, drill(world, in_s=30))
    schedule(world, drill(world, in_s=600))
    world.close()
    world.clock.advance(60 * SECOND_NS)
    world.open()
    assert [each.state for each in published(world).drills] == ["scheduled", "missed"]
    world.clock.advance(541 * SECOND_NS)
    assert [each.state for each in published(world).drills] == ["running", "missed"]
    with world.vault.records.read() as tx:
        assert len(tx.all_pauses()) == 1, "a missed one paused nobody, and none is begun twice"


def test_a_drill_of_one_who_is_no_steward_any_more_is_called_off(world: VaultWorld) -> None:
    schedule(world, drill(world))
    members = [member for member, _ in world.staff.values() if member.name != "stella"]
    (world.home / "roster.json").write_bytes(roster.encode(Roster(staff=members)))
    world.clock.advance(60 * SECOND_NS)
    look(world)
    assert [each.state for each in published(world).drills] == ["called_off"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ({"person_id": new_id(Kind.PERSON)}, BadInput),
        ({"cohort": "nobody"}, NotFound),
        ({"reason": " "}, BadInput),
        ({"until_ns": 1}, BadInput),
        ({"in_s": -30}, BadInput),
    ],
)
def test_a_drill_that_makes_no_sense_is_refused(world: VaultWorld, words: dict[str, Any], error: type) -> None:
    with pytest.raises(error):
        schedule(world, drill(world, **words))


def test_a_drill_whose_pause_somebody_else_signed_is_refused(world: VaultWorld) -> None:
    one = drill(world)
    pause = pause_format.decode_pause(one.pause.body())
    forged = msgspec.structs.replace(one, pause=world.key("ravi").sign(PAUSE_TYPE, pause_format.encode(pause)))
    with pytest.raises(Tampered):
        schedule(world, forged)


# Exemptions


def exemption(world: VaultWorld, **words: Any) -> Exemption:
    facts: dict[str, Any] = {
        "exemption_id": new_id(Kind.EXEMPTION),
        "kind": "asking",
        "ground": "secrecy_of_others",
        "reason": "They speak with patients all day.",
        "cohort": "ward",
        "person_id": None,
        "pause_id": None,
        "at_ns": world.clock.wall_ns(),
        "until_ns": world.clock.wall_ns() + 86_400 * SECOND_NS,
    }
    return Exemption(**(facts | words))


def exempt(world: VaultWorld, one: Exemption) -> None:
    signed = world.key("stella").sign(EXEMPTION_TYPE, fleet_format.encode(one))
    world.post(world.key("stella"), "/v1/exemptions", signed)


def test_exemptions_are_counted_for_everybody_and_end(world: VaultWorld) -> None:
    who = world.ready()
    exempt(world, exemption(world))
    pause_id = world.pause(world.key("stella"), by="steward", person_id=who.person_id, reason="they are exempt")
    exempt(world, exemption(world, kind="collection", person_id=who.person_id, pause_id=pause_id))
    for key in (who.person_key, who.device_key, world.key("ravi")):
        counts = fleet_format.decode_published(world.ask(key, "GET", "/v1/programme")).exemptions
        assert (counts.asking, counts.collection) == (1, 1)
    assert fleet(world).exemptions == counts
    refused(world, who)
    world.resume(world.key("stella"), pause_id)
    assert published(world).exemptions.collection == 0, "whoever is recorded is not exempt"
    world.clock.advance(86_400 * SECOND_NS)
    assert published(world).exemptions.asking == 0


def test_an_exemption_needs_a_pause_that_carries_it_out(world: VaultWorld) -> None:
    who, other = world.ready(), world.ready()
    own = world.pause(who.person_key, by="person", person_id=who.person_id)
    others = world.pause(world.key("stella"), by="steward", person_id=other.person_id, reason="something else")
    until_ns = world.clock.wall_ns() + 86_400 * SECOND_NS
    short = world.pause(
        world.key("stella"), by="steward", person_id=who.person_id, reason="for a day", until_ns=until_ns
    )
    for pause_id, error in ((own, NotFound), (others, NotFound), (new_id(Kind.PAUSE), NotFound), (short, BadInput)):
        with pytest.raises(error):
            exempt(world, exemption(world, kind="collection", person_id=who.person_id, pause_id=pause_id))
    for words in (
        {"kind": "collection"},
        {"person_id": who.person_id},
        {"until_ns": world.clock.wall_ns()},
        {"until_ns": world.clock.wall_ns() + 367 * 86_400 * SECOND_NS},
    ):
        with pytest.raises(BadInput):
            exempt(world, exemption(world, **words))
    one = exemption(world)
    exempt(world, one)
    exempt(world, one)
    with pytest.raises(Conflict):
        exempt(world, exemption(world, exemption_id=one.exemption_id, reason="another reason, under one name"))
