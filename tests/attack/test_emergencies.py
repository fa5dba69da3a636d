"""An emergency is narrower, needs one approver less, is heard of at once, ends in an hour, and is reviewed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.base.clock import ManualClock
from aboveboard.base.errors import NotFound, Refused
from aboveboard.formats import entry as entry_format
from aboveboard.formats import grant as grant_format
from aboveboard.formats import notice as notice_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.grant import REVIEW_TYPE, Grant, Review
from aboveboard.formats.notice import NOTICE_TYPE
from aboveboard.keyholder import endings, filing, openings, standing
from aboveboard.keyholder import release as steps
from aboveboard.rules import request as request_rules
from aboveboard.rules.decision import ALLOWED, Reason
from aboveboard.sealing.signatures import open_signed
from samples.keyholder_programme import DAY_NS, HOUR_NS, Member, Participant, Programme, ask
from samples.witness_process import WitnessProcess, running_witness


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def programme(tmp_path: Path, witness: WitnessProcess) -> Iterator[Programme]:
    made = Programme(tmp_path, [witness])
    yield made
    made.close()


def emergency(programme: Programme, people: list[Participant], **changes: object) -> Grant:
    now_ns = programme.clock.wall_ns()
    facts = {"emergency": True, "duration_ns": HOUR_NS, "since_ns": now_ns - 2 * HOUR_NS} | changes
    return programme.granted(people, [programme.security], **facts)


def review(programme: Programme, grant: Grant, by: Member) -> Envelope:
    words = "somebody's account was being used by others, and this showed it"
    found = Review(
        grant_id=grant.grant_id, by=by.staff.staff_id, verdict="justified", words=words, at_ns=programme.clock.wall_ns()
    )
    return by.key.sign(REVIEW_TYPE, grant_format.encode(found))


def released(programme: Programme, grant: Grant, ada: Participant, count: int = 1) -> None:
    asked = ask(grant, [programme.segment(ada) for _ in range(count)])
    assert len(steps.release(programme.desk, programme.vault.public, asked).keys) == count


def reason_of(programme: Programme, grant: Grant, ada: Participant) -> str:
    with pytest.raises(Refused) as refused:
        steps.release(programme.desk, programme.vault.public, ask(grant, [programme.segment(ada)]))
    return refused.value.reason


def wait(programme: Programme, duration_ns: int) -> None:
    assert isinstance(programme.clock, ManualClock)
    programme.clock.advance(duration_ns)


def test_one_approver_is_enough_for_an_hour(programme: Programme) -> None:
    ada = programme.enrol()
    grant = emergency(programme, [ada])
    released(programme, grant, ada)
    wait(programme, HOUR_NS)
    assert reason_of(programme, grant, ada) == Reason.GRANT_EXPIRED


def test_it_is_told_to_everybody_before_any_key_leaves(programme: Programme) -> None:
    ada, bob = programme.enrol(), programme.enrol()
    grant = emergency(programme, [ada])
    filing.file_grant(programme.desk, grant)
    for who in (ada.key, programme.security.key, programme.representative.key, programme.steward.key):
        [alarm] = standing.alarms(programme.desk, who.public).alarms
        assert alarm.kind == "emergency"
        assert alarm.grant_id == grant.grant_id
        assert "Ravi (researcher)" in alarm.words
        assert "Sam (security)" in alarm.words
    for other in (bob.key, programme.researcher.key, programme.vault):
        assert standing.alarms(programme.desk, other.public).alarms == []
    [granted] = programme.read(entry_format.Granted)
    assert isinstance(granted, entry_format.Granted)
    assert (granted.emergency, granted.person_id) == (True, ada.person_id)
    filing.file_grant(programme.desk, grant)
    released(programme, grant, ada)
    assert len(programme.desk.alarms.all()) == 1, "once"


def test_the_person_is_sent_a_notice_that_the_keyholder_signed(programme: Programme) -> None:
    ada = programme.enrol()
    asked = emergency(programme, [ada], reason="Somebody seems to use this account, what did they do?")
    first, again = (filing.file_grant(programme.desk, asked) for _ in range(2))
    assert first is not None
    assert first == again, "the vault sends it once"
    notice = notice_format.decode_notice(open_signed(first, NOTICE_TYPE, programme.desk.statement_key.public))
    assert (notice.kind, notice.audience.people, notice.about) == ("emergency", [ada.person_id], asked.grant_id)
    assert "Ravi (researcher)" in notice.text
    assert "Sam (security)" in notice.text
    assert "what did they do" in notice.text
    assert filing.file_grant(programme.desk, programme.granted([ada])) is None


def test_a_release_that_nobody_filed_before_raises_it_too(programme: Programme) -> None:
    ada = programme.enrol()
    released(programme, emergency(programme, [ada]), ada)
    assert [each.kind for each in standing.alarms(programme.desk, ada.key.public).alarms] == ["emergency"]


WIDE: dict[str, dict[str, object]] = {
    "three kinds": {"kinds": ["screen", "pointer", "window"]},
    "more than an hour": {"duration_ns": HOUR_NS + 1},
    "everything from the beginning": {"since_ns": 0},
    "more than two hours back": {"since_ns": -2 * HOUR_NS - 1},
    "a whole cohort": {"cohort": "north"},
}


@pytest.mark.parametrize("name", WIDE)
def test_a_wide_one_is_refused(programme: Programme, name: str) -> None:
    ada = programme.enrol()
    changes = dict(WIDE[name])
    if changes.get("since_ns"):
        changes["since_ns"] = programme.clock.wall_ns() + changes["since_ns"]  # type: ignore[operator]
    assert reason_of(programme, emergency(programme, [ada], **changes), ada) == Reason.GRANT_EMERGENCY_WIDE


def test_two_people_are_refused_and_by_the_policies_too(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bob = programme.enrol(), programme.enrol()
    wide = emergency(programme, [ada, bob])
    assert reason_of(programme, wide, ada) == Reason.GRANT_EMERGENCY_WIDE
    monkeypatch.setattr(request_rules, "_narrow", lambda _: ALLOWED)
    assert reason_of(programme, wide, ada) == Reason.POLICY_NO
    monkeypatch.setattr(programme.desk.policies, "decide", lambda _: ALLOWED)
    released(programme, wide, ada)


def test_nobody_approves_their_own(programme: Programme) -> None:
    ada = programme.enrol()
    now_ns = programme.clock.wall_ns()
    grant = programme.granted(
        [ada], [programme.researcher], emergency=True, duration_ns=HOUR_NS, since_ns=now_ns - HOUR_NS
    )
    assert reason_of(programme, grant, ada) == Reason.GRANT_OWN_REQUEST


def test_only_so_many_keys_leave(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing, "EMERGENCY_KEYS", 3)
    ada = programme.enrol()
    grant = emergency(programme, [ada])
    released(programme, grant, ada, 2)
    before = programme.on_disk()
    with pytest.raises(Refused) as refused:
        released(programme, grant, ada, 2)
    assert refused.value.reason == Reason.GRANT_EMERGENCY_SPENT
    assert programme.on_disk() == before
    released(programme, grant, ada, 1)


def test_while_one_waits_for_its_review_there_is_no_other(programme: Programme) -> None:
    ada = programme.enrol()
    first = emergency(programme, [ada])
    released(programme, first, ada)
    wait(programme, 7 * DAY_NS)
    released(programme, emergency(programme, [ada]), ada)
    wait(programme, 1)
    late = emergency(programme, [ada])
    assert reason_of(programme, late, ada) == Reason.GRANT_REVIEW_OVERDUE
    # An ordinary grant is none of its business.
    released(programme, programme.granted([ada]), ada)
    for by in (programme.security, programme.researcher, programme.steward):
        with pytest.raises(Refused):
            filing.review(programme.desk, review(programme, first, by))
    assert reason_of(programme, late, ada) == Reason.GRANT_REVIEW_OVERDUE
    filing.review(programme.desk, review(programme, first, programme.representative))
    released(programme, late, ada)


def test_only_so_many_wait_for_their_review(programme: Programme) -> None:
    ada = programme.enrol()
    waiting = [emergency(programme, [ada]) for _ in range(3)]
    for each in waiting:
        released(programme, each, ada)
    fourth = emergency(programme, [ada])
    assert reason_of(programme, fourth, ada) == Reason.GRANT_REVIEW_OVERDUE
    filing.review(programme.desk, review(programme, waiting[1], programme.representative))
    released(programme, fourth, ada)
    released(programme, waiting[0], ada)


def test_only_an_emergency_is_reviewed_and_only_by_who_signs(programme: Programme) -> None:
    ada = programme.enrol()
    ordinary = programme.granted([ada])
    released(programme, ordinary, ada)
    with pytest.raises(NotFound):
        filing.review(programme.desk, review(programme, ordinary, programme.representative))
    first = emergency(programme, [ada])
    released(programme, first, ada)
    forged = Member(programme.representative.staff, programme.vault)
    with pytest.raises(Refused) as refused:
        filing.review(programme.desk, review(programme, first, forged))
    assert refused.value.reason == Reason.GRANT_SIGNATURE


def test_it_is_revoked_like_any_other(programme: Programme) -> None:
    ada = programme.enrol()
    grant = emergency(programme, [ada])
    released(programme, grant, ada)
    endings.revoke(programme.desk, programme.revocation(grant.grant_id, programme.representative))
    assert reason_of(programme, grant, ada) == Reason.GRANT_REVOKED


def test_its_person_sees_that_it_was_reviewed_and_which_grants_were_ended_early(programme: Programme) -> None:
    ada = programme.enrol()
    urgent, grant, other = emergency(programme, [ada]), programme.granted([ada]), programme.granted([ada])
    for each in (urgent, grant, other):
        released(programme, each, ada)
    ids = [urgent.grant_id, grant.grant_id, other.grant_id]

    def told() -> list[tuple[str, str]]:
        found = openings.grant_ends(programme.desk, ada.key.public, ids)
        said = [entry_format.decode(each.readable.encode()) for each in found.entries]
        return [(type(each).__name__, each.grant_id) for each in said]  # type: ignore[union-attr, misc]

    assert told() == []
    filing.review(programme.desk, review(programme, urgent, programme.representative))
    filing.review(programme.desk, review(programme, urgent, programme.security_too))
    endings.revoke(programme.desk, programme.revocation(grant.grant_id, programme.steward))
    assert told() == [("Reviewed", urgent.grant_id), ("Revoked", grant.grant_id)], "the first review counts"
    [reviewed] = programme.read(entry_format.Reviewed)
    assert isinstance(reviewed, entry_format.Reviewed)
    assert (reviewed.by_name, reviewed.verdict) == ("Rita (representative)", "justified")
    # A researcher's word about another's grant, said before that was seen, ends nothing and is not shown.
    unseen = programme.granted([ada])
    endings.revoke(programme.desk, programme.revocation(unseen.grant_id, programme.other_researcher))
    released(programme, unseen, ada)
    ids.append(unseen.grant_id)
    assert len(told()) == 2
    for stranger in (programme.vault, programme.steward.key):
        with pytest.raises(Refused):
            openings.grant_ends(programme.desk, stranger.public, ids)
