"""Who may do what at the vault, and what a lease follows from."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, BadInput, Conflict, NotFound, Refused, Tampered, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import consent, disclosure, enrolment, pause
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.consent import RECEIPT_TYPE
from aboveboard.formats.disclosure import Budget
from aboveboard.formats.pause import PAUSE_TYPE, Pause
from aboveboard.rules.decision import Reason
from aboveboard.rules.lease import LEASE_DURATION_NS
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey, open_signed
from samples.vault_world import Participant, VaultWorld, lease_of

DAY_NS = 86_400 * SECOND_NS


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path / "vault")
    yield made
    made.close()


def reason_of(call: Any, *arguments: Any, **words: Any) -> str:
    with pytest.raises(Refused) as caught:
        call(*arguments, **words)
    return caught.value.reason


# Leases


def test_a_lease_repeats_what_was_asked_and_is_the_vaults(world: VaultWorld) -> None:
    who = world.ready()
    asked = world.lease_request(who)
    signed = envelope_format.decode(world.ask(who.device_key, "POST", "/v1/leases", asked))
    open_signed(signed, "application/vnd.aboveboard.lease.v1+json", world.vault.key.public)
    lease = lease_of(signed)
    assert (lease.nonce, lease.boot_ns, lease.boot_id) == (asked.nonce, asked.boot_ns, asked.boot_id)
    assert (lease.device_id, lease.person_id, lease.consent_id) == (who.device_id, who.person_id, who.consent_id)
    assert (lease.duration_ns, lease.server_ns) == (LEASE_DURATION_NS, world.clock.wall_ns())
    assert lease.disclosure_sha256 == who.disclosure_sha256


def test_no_lease_without_a_device_a_consent_or_a_disclosure(world: VaultWorld) -> None:
    assert reason_of(world.lease, world.enrol(), consent_id=new_id(Kind.CONSENT)) == Reason.CONSENT_NONE
    who, other = world.ready(), world.ready()
    assert reason_of(world.lease, who, device_id=other.device_id) == Reason.LEASE_OTHER_DEVICE
    assert reason_of(world.lease, who, consent_id=other.consent_id) == Reason.CONSENT_OTHER_PERSON
    for key in (who.person_key, world.key("stella")):
        asked = world.lease_request(who)
        assert reason_of(world.ask, key, "POST", "/v1/leases", asked) == Reason.ROLE_MISSING
    world.withdraw(who)
    assert reason_of(world.lease, who) == Reason.CONSENT_WITHDRAWN


def test_the_epoch_grows_with_each_pause_and_each_end(world: VaultWorld) -> None:
    who, other = world.ready(), world.ready()
    told = {who.person_id: [0], other.person_id: [0]}

    def grown(of: Participant) -> bool:
        """Is the epoch larger than the one before? It must never be smaller."""
        world.clock.advance(SECOND_NS)
        before = told[of.person_id][-1]
        told[of.person_id].append(lease_of(world.lease(of)).epoch)
        assert told[of.person_id][-1] >= before
        return told[of.person_id][-1] > before

    assert (grown(who), grown(other)) == (False, False)
    mine = world.pause(who.person_key, by="person", person_id=who.person_id)
    world.clock.advance(SECOND_NS)
    assert reason_of(world.lease, who) == Reason.PAUSED_BY_PERSON
    assert not grown(other)
    world.resume(who.person_key, mine)
    assert (grown(who), grown(other)) == (True, False)
    everyone = world.pause(world.key("stella"), by="steward", person_id=None, reason="maintenance")
    world.clock.advance(SECOND_NS)
    assert reason_of(world.lease, who) == reason_of(world.lease, other) == Reason.PAUSED_BY_STEWARD
    world.resume(world.key("stella"), everyone)
    assert (grown(who), grown(other)) == (True, True)
    until_ns = world.clock.wall_ns() + 10 * SECOND_NS
    world.pause(who.person_key, by="person", person_id=who.person_id, until_ns=until_ns)
    world.clock.advance(SECOND_NS)
    assert reason_of(world.lease, who) == Reason.PAUSED_BY_PERSON
    world.clock.advance(10 * SECOND_NS)
    assert grown(who), "a pause that ends by itself counts like one that is ended"
    world.close()
    world.open()
    assert not grown(who), "a restart changes nothing"


def test_a_vault_restored_from_an_old_backup_repeats_no_epoch(world: VaultWorld, tmp_path: Path) -> None:
    """What was told after the backup was made is never told again for another pause."""
    who = world.ready()
    world.vault.records.close()
    backup = (world.home / "records.sqlite").read_bytes()
    world.close()
    world.open()
    lost = world.pause(who.person_key, by="person", person_id=who.person_id)
    world.clock.advance(SECOND_NS)
    world.resume(who.person_key, lost)
    before = lease_of(world.lease(who)).epoch
    world.close()
    for path in world.home.glob("records.sqlite*"):
        path.unlink()
    (world.home / "records.sqlite").write_bytes(backup)
    world.clock.advance(SECOND_NS)
    world.open()
    assert lease_of(world.lease(who)).epoch < before, "forgotten: a recorder that knew of the pause believes none of it"
    again = world.pause(who.person_key, by="person", person_id=who.person_id)
    world.clock.advance(SECOND_NS)
    world.resume(who.person_key, again)
    assert lease_of(world.lease(who)).epoch > before


def test_the_days_budget_ends_leases_until_the_next_day(world: VaultWorld) -> None:
    world.disclose(budget=Budget(megabytes_per_day=1))
    who, other = world.ready(), world.ready()
    assert lease_of(world.lease(who)).bytes_left == 1_000_000
    one = world.recorded(who, plain=b"x" * 600_000)
    world.declare(who, one)
    assert lease_of(world.lease(who)).bytes_left == 1_000_000, "what is not here yet does not count"
    world.send(who, one)
    assert lease_of(world.lease(who)).bytes_left == 1_000_000 - len(one.sealed)
    world.take_in(who, world.recorded(who, plain=b"y" * 600_000))
    assert reason_of(world.lease, who) == Reason.LEASE_BUDGET_SPENT
    assert lease_of(world.lease(other)).bytes_left == 1_000_000
    world.clock.advance(DAY_NS - world.clock.wall_ns() % DAY_NS)
    assert lease_of(world.lease(who)).bytes_left == 1_000_000


# Pauses


@pytest.mark.parametrize(
    ("scope", "stopped"),
    [
        ({"cohort": "support"}, ["support"]),
        ({"country": "FR"}, ["lyon"]),
        ({"country": "US"}, ["newyork"]),
        ({"country": "US-NY"}, ["newyork"]),
        ({}, ["support", "lyon", "newyork", "nobodys"]),
    ],
)
def test_a_steward_pauses_a_cohort_a_country_or_everyone(
    world: VaultWorld, scope: dict[str, str], stopped: list[str]
) -> None:
    world.disclose(countries=["DE", "FR", "US"])
    people = {
        "support": world.ready(country="DE", cohort="support"),
        "lyon": world.ready(country="FR", cohort="field"),
        "newyork": world.ready(country="US-NY", cohort=""),
        "nobodys": world.ready(country="DE", cohort=""),
    }
    pause_id = world.pause(world.key("stella"), by="steward", person_id=None, reason="a finding", **scope)
    world.clock.advance(SECOND_NS)
    for name, who in people.items():
        if name in stopped:
            with pytest.raises(Refused, match="steward") as caught:
                world.lease(who)
            assert (caught.value.reason, caught.value.cause) == (Reason.PAUSED_BY_STEWARD, "a finding")
            assert len(world.get(who.device_key, "/v1/pauses")) == 1
        else:
            assert lease_of(world.lease(who)).epoch == 0
            assert world.get(who.device_key, "/v1/pauses") == []
    world.resume(world.key("stella"), pause_id)
    assert all(lease_of(world.lease(who)) for who in people.values())


def test_an_applications_pause_is_said_in_every_lease_and_stops_nothing_else(world: VaultWorld) -> None:
    who = world.ready()
    before = world.recorded(who)
    pause_id = world.pause(world.key("stella"), by="steward", person_id=None, reason="a finding", wm_class="chromium")
    world.clock.advance(SECOND_NS)
    told = lease_of(world.lease(who))
    assert told.paused_apps == ["chromium"]
    assert told.epoch > lease_of(envelope_format.decode(before.manifest.leases[0].encode())).epoch
    assert world.take_in(who, world.recorded(who)) == "stored"
    world.resume(world.key("stella"), pause_id)
    world.clock.advance(SECOND_NS)
    assert lease_of(world.lease(who)).paused_apps == []


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ({"cohort": "suport"}, "nobody is in the cohort"),
        ({"country": "FR"}, "nobody is enrolled in FR"),
        ({"wm_class": "Gimp"}, "names no application"),
        ({"person_id": "per_" + "0" * 26}, "no such person"),
        ({"cohort": "support", "country": "DE"}, "more than one"),
    ],
)
def test_a_pause_of_nobody_or_of_two_things_is_refused_in_words(
    world: VaultWorld, scope: dict[str, str], words: str
) -> None:
    world.ready()
    with pytest.raises(AboveboardError, match=words):
        world.pause(world.key("stella"), **({"by": "steward", "person_id": None, "reason": "a finding"} | scope))


def test_a_person_pauses_only_themselves_and_a_steward_says_why(world: VaultWorld) -> None:
    who, other = world.ready(), world.ready()
    assert reason_of(world.pause, who.person_key, by="person", person_id=other.person_id) == Reason.ROLE_MISSING
    assert reason_of(world.pause, who.person_key, by="person", person_id=None) == Reason.ROLE_MISSING
    assert reason_of(world.pause, who.person_key, by="steward", person_id=None, reason="x") == Reason.ROLE_MISSING
    for name in ("ravi", "sam", "rita"):
        assert reason_of(world.pause, world.key(name), by="steward", person_id=None, reason="x") == Reason.ROLE_MISSING
    with pytest.raises(BadInput, match="reason"):
        world.pause(world.key("stella"), by="steward", person_id=who.person_id)
    with pytest.raises(BadInput, match="over"):
        world.pause(who.person_key, by="person", person_id=who.person_id, until_ns=1)
    assert world.lease(who)


def test_only_who_made_a_pause_ends_it(world: VaultWorld) -> None:
    who, other = world.ready(), world.ready()
    own = world.pause(who.person_key, by="person", person_id=who.person_id)
    stewards = world.pause(world.key("stella"), by="steward", person_id=who.person_id, reason="a visit")
    for signer in (other.person_key, world.key("stella"), world.key("ravi")):
        assert reason_of(world.resume, signer, own) == Reason.PAUSE_NOT_YOURS
    assert reason_of(world.resume, who.person_key, stewards) == Reason.PAUSE_NOT_YOURS
    world.resume(world.key("stella"), stewards)
    world.clock.advance(SECOND_NS)
    assert reason_of(world.lease, who) == Reason.PAUSED_BY_PERSON, "the person's own still stands"
    world.resume(who.person_key, own)
    assert world.lease(who)


def test_a_device_hands_on_what_its_person_signed_and_nothing_of_its_own(world: VaultWorld) -> None:
    who = world.ready()
    document = pause.encode(
        Pause(pause_id=new_id(Kind.PAUSE), by="person", person_id=who.person_id, at_ns=world.clock.wall_ns())
    )
    with pytest.raises(Tampered):
        world.post(who.device_key, "/v1/pauses", who.device_key.sign(PAUSE_TYPE, document))
    world.post(who.device_key, "/v1/pauses", who.person_key.sign(PAUSE_TYPE, document))
    [listed] = world.get(who.device_key, "/v1/pauses")
    assert listed["ended_at_ns"] is None
    assert world.get(world.key("stella"), "/v1/pauses") == [], "who paused themselves is told to nobody"
    assert world.get(world.ready().person_key, "/v1/pauses") == []


# Disclosures, enrolment, consent


def test_disclosures_count_up_and_pin_this_vault(world: VaultWorld) -> None:
    first = world.disclose()
    for words, kind in (
        ({"version": 1, "title": "Another"}, Conflict),
        ({"version": 3}, Conflict),
        ({"version": 2, "programme": "another"}, Conflict),
        ({"version": 2, "lease_key": SigningKey.generate().public}, BadInput),
        ({"version": 2, "published_at_ns": world.clock.wall_ns() + DAY_NS}, BadInput),
        ({"version": 2, "title": "  "}, Refused),
    ):
        with pytest.raises(kind):
            world.disclose(**words)
    second = world.disclose(version=2)
    current = world.get(SigningKey.generate(), "/v1/disclosures/current")
    assert disclosure.digest(envelope_format.decode_base64(current["payload"])) == second
    assert world.get(SigningKey.generate(), f"/v1/disclosures/{first}")
    with pytest.raises(NotFound):
        world.get(SigningKey.generate(), f"/v1/disclosures/{'0' * 64}")


def test_only_a_steward_discloses_and_invites(world: VaultWorld) -> None:
    who = world.ready()
    for key in (world.key("ravi"), world.key("sam"), who.person_key, who.device_key, SigningKey.generate()):
        assert reason_of(world.post, key, "/v1/invitations", b"{}") == Reason.ROLE_MISSING
    stella = world.staff.pop("stella")
    world.staff["stella"] = world.staff["ravi"]
    assert reason_of(world.disclose, version=2) == Reason.ROLE_MISSING
    world.staff["stella"] = stella


def test_an_invitation_enrols_one_device_within_a_week(world: VaultWorld) -> None:
    person, device, identity = SigningKey.generate(), SigningKey.generate(), Identity.generate()
    asked = world.enrolment(person, device, identity)
    first = world.ask(device, "POST", "/v1/enrolments", asked)
    assert world.ask(device, "POST", "/v1/enrolments", asked) == first, "a lost answer loses nothing"
    other_device = SigningKey.generate()
    proof = enrolment.EnrolmentProof(
        code=asked["code"],
        person_key=person.public,
        person_recipient=identity.recipient,
        device_key=other_device.public,
        platform="Linux X11",
    )
    signed = person.sign(enrolment.PROOF_TYPE, enrolment.encode(proof))
    again = json.loads(enrolment.encode(proof)) | {"proof": json.loads(envelope_format.encode(signed))}
    with pytest.raises(Conflict, match="used"):
        world.ask(other_device, "POST", "/v1/enrolments", again)
    late = world.enrolment(person, other_device, identity)
    world.clock.advance(7 * DAY_NS)
    with pytest.raises(NotFound, match="not valid"):
        world.ask(other_device, "POST", "/v1/enrolments", late)
    second = enrolment.decode_answer(
        world.ask(other_device, "POST", "/v1/enrolments", world.enrolment(person, other_device, identity))
    )
    assert second.person_id == enrolment.decode_answer(first).person_id, "a second device, the same person"


def test_an_invitation_says_of_which_country_and_cohort_somebody_is(world: VaultWorld) -> None:
    stella = world.key("stella")
    assert reason_of(world.post, stella, "/v1/invitations", {}) == Reason.DISCLOSURE_UNKNOWN
    world.disclose(countries=["DE", "US", "CA-QC"])
    with pytest.raises(BadInput, match="which country"):
        world.invite()
    for elsewhere in ("FR", "CA", "CA-ON"):
        assert reason_of(world.invite, country=elsewhere) == Reason.DISCLOSURE_COUNTRY_NOT_NAMED
    for wrong in ({"country": "Germany"}, {"country": ""}, {"cohort": "Sales Team"}, {"cohort": "x" * 41}):
        with pytest.raises(BadInput):
            world.invite(**{"country": "DE"} | wrong)
    here, there = world.enrol(country="DE", cohort="sales"), world.enrol(country="US-NY")
    with world.vault.records.read() as tx:
        found = [tx.person(who.person_id) for who in (here, there)]
    assert [(row.country, row.cohort) for row in found if row] == [("DE", "sales"), ("US-NY", "")]


def test_a_second_device_is_of_the_same_country_and_cohort(world: VaultWorld) -> None:
    world.disclose(countries=["DE", "FR"])
    who, device = world.enrol(country="DE", cohort="sales"), SigningKey.generate()
    for other in ({"country": "FR", "cohort": "sales"}, {"country": "DE"}):
        asked = world.enrolment(who.person_key, device, who.identity, **other)
        with pytest.raises(Conflict, match="another country or cohort"):
            world.ask(device, "POST", "/v1/enrolments", asked)
    same = world.enrolment(who.person_key, device, who.identity, country="DE", cohort="sales")
    answer = enrolment.decode_answer(world.ask(device, "POST", "/v1/enrolments", same))
    assert (answer.person_id, answer.country, answer.cohort) == (who.person_id, "DE", "sales")


def test_nobody_enrols_with_a_key_they_do_not_hold(world: VaultWorld) -> None:
    who = world.ready()
    device, identity = SigningKey.generate(), Identity.generate()
    asked = world.enrolment(who.person_key, device, who.identity)
    with pytest.raises(Refused):
        world.ask(SigningKey.generate(), "POST", "/v1/enrolments", asked)
    thief = SigningKey.generate()
    forged = asked | {"proof": json.loads(envelope_format.encode(thief.sign(enrolment.PROOF_TYPE, b"{}")))}
    with pytest.raises(Tampered):
        world.ask(device, "POST", "/v1/enrolments", forged)
    with pytest.raises(Tampered):
        world.ask(device, "POST", "/v1/enrolments", asked | {"platform": "another"})
    for person_key, device_key in (
        (who.device_key, SigningKey.generate()),
        (world.key("stella"), SigningKey.generate()),
        (SigningKey.generate(), world.key("ravi")),
        (SigningKey.generate(), who.person_key),
    ):
        with pytest.raises(Conflict):
            world.ask(device_key, "POST", "/v1/enrolments", world.enrolment(person_key, device_key, identity))


def test_the_invitations_code_is_not_in_the_database(world: VaultWorld) -> None:
    code = world.invite()
    connection = sqlite3.connect(world.home / "records.sqlite")
    dump = "\n".join(connection.iterdump())
    connection.close()
    assert "invitations" in dump
    assert code not in dump


def test_a_consent_is_the_persons_own_and_for_the_current_disclosure(world: VaultWorld) -> None:
    first = world.disclose()
    who, other = world.enrol(), world.enrol()
    who.disclosure_sha256 = first

    def give(signer: SigningKey, **changes: Any) -> Any:
        receipt = world.receipt(who, consent_id=new_id(Kind.CONSENT), **changes)
        return world.post(who.person_key, "/v1/consents", signer.sign(RECEIPT_TYPE, consent.encode(receipt)))

    with pytest.raises(Tampered):
        give(other.person_key, person_key=other.person_key.public)
    assert reason_of(give, who.person_key, device_id=other.device_id) == Reason.CONSENT_OTHER_DEVICE
    assert reason_of(give, who.person_key, person_id=other.person_id) == Reason.CONSENT_OTHER_PERSON
    assert reason_of(give, who.person_key, person_recipient=other.identity.recipient) == Reason.CONSENT_OTHER_PERSON
    assert reason_of(give, who.person_key, disclosure_sha256="0" * 64) == Reason.DISCLOSURE_UNKNOWN
    late = world.clock.wall_ns() + DAY_NS
    assert reason_of(give, who.person_key, given_at_ns=late) == Reason.CONSENT_FROM_THE_FUTURE
    world.disclose(version=2)
    assert reason_of(give, who.person_key) == Reason.DISCLOSURE_NOT_CURRENT


def test_a_consent_that_the_keyholder_does_not_have_is_none(world: VaultWorld) -> None:
    sha256 = world.disclose()
    who = world.enrol()
    world.keyholder.away = True
    with pytest.raises(Unavailable):
        world.agree(who, sha256)
    assert reason_of(world.lease, who) == Reason.CONSENT_NONE
    world.keyholder.away = False
    world.agree(who, sha256)
    assert [path for path, _ in world.keyholder.asked].count("/v1/consents") == 1
    assert world.lease(who)


def test_nobody_withdraws_for_another(world: VaultWorld) -> None:
    who, other = world.ready(), world.ready()
    other.consent_id, theirs = who.consent_id, other.consent_id
    with pytest.raises(NotFound):
        world.withdraw(other)
    other.consent_id = theirs
    assert world.lease(who)


def test_a_broken_roster_believes_nobody(world: VaultWorld) -> None:
    world.ready()
    (world.home / "roster.json").write_text("{", encoding="ascii")
    with pytest.raises(AboveboardError):
        world.post(world.key("stella"), "/v1/invitations", b"{}")
    (world.home / "roster.json").unlink()
    assert reason_of(world.post, world.key("stella"), "/v1/invitations", b"{}") == Reason.ROLE_MISSING


def test_status_shows_each_their_own(world: VaultWorld) -> None:
    who, other = world.ready(), world.ready()
    one = world.recorded(who)
    world.take_in(who, one)
    mine = world.get(who.person_key, "/v1/status")
    assert (mine["role"], mine["segments"], mine["stored_bytes"], mine["consent_live"]) == (
        "person",
        1,
        len(one.sealed),
        True,
    )
    theirs = world.get(other.device_key, "/v1/status")
    assert (theirs["role"], theirs["segments"], theirs["people"]) == ("device", 0, 1)
    all_of_it = world.get(world.key("stella"), "/v1/status")
    assert (all_of_it["role"], all_of_it["people"], all_of_it["segments"]) == ("steward", 2, 1)
    with pytest.raises(NotFound):
        world.get(SigningKey.generate(), "/v1/status")


# Health


def test_a_steward_sees_how_many_devices_report_what_and_never_which(world: VaultWorld) -> None:
    one, two, three = world.ready(), world.ready(), world.ready()
    assert world.get(world.key("stella"), "/v1/status")["health"] == {}
    world.lease(one, health=["screen_stalled", "events_lost"])
    world.lease(two, health=["events_lost"])
    world.lease(three)
    seen = world.get(world.key("stella"), "/v1/status")
    assert seen["health"] == {"events_lost": 2, "screen_stalled": 1}
    assert not [who for who in (one, two, three) if who.person_id in str(seen) or who.device_id in str(seen)]
    for key in (world.key("ravi"), one.person_key, one.device_key):
        assert world.get(key, "/v1/status")["health"] == {}
    world.lease(one)
    assert world.get(world.key("stella"), "/v1/status")["health"] == {"events_lost": 1}, "the newest words count"


def test_health_is_kept_while_it_is_told_and_forgotten_when_a_device_falls_silent(world: VaultWorld) -> None:
    who = world.ready()
    for _ in range(30):
        world.lease(who, health=["part_stalled"])
        world.clock.advance(600 * SECOND_NS)
    assert world.get(world.key("stella"), "/v1/status")["health"] == {"part_stalled": 1}, "still told after 5 hours"
    world.clock.advance(2 * 3600 * SECOND_NS)
    assert world.get(world.key("stella"), "/v1/status")["health"] == {}


def test_health_is_heard_while_the_person_pauses_and_believed_of_the_device_alone(world: VaultWorld) -> None:
    who, other = world.ready(), world.ready()
    world.pause(who.person_key, by="person", person_id=who.person_id)
    world.clock.advance(SECOND_NS)
    assert reason_of(world.lease, who, health=["items_lost"]) == Reason.PAUSED_BY_PERSON
    assert reason_of(world.lease, who, device_id=other.device_id, health=["segments_lost"]) == Reason.LEASE_OTHER_DEVICE
    assert world.get(world.key("stella"), "/v1/status")["health"] == {"items_lost": 1}


@pytest.mark.parametrize("told", [["slow_typist"], ["events_lost"] * 6, "events_lost"])
def test_other_words_than_those_of_the_list_are_refused(world: VaultWorld, told: object) -> None:
    who = world.ready()
    asked = json.loads(msgspec.json.encode(world.lease_request(who))) | {"health": told}
    with pytest.raises(BadInput):
        world.post(who.device_key, "/v1/leases", json.dumps(asked).encode())
    assert world.get(world.key("stella"), "/v1/status")["health"] == {}


def test_nothing_is_written_while_the_words_stay_the_same(world: VaultWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    who = world.ready()
    writes: list[float] = []
    begin = world.vault.records.begin
    monkeypatch.setattr(world.vault.records, "begin", lambda: writes.append(1) or begin())
    for _ in range(5):
        world.lease(who)
    assert not writes
    for _ in range(5):
        world.lease(who, health=["events_lost"])
    assert len(writes) == 1
