"""Somebody wants to be their own approver, in eight ways; and roles are edited between a grant and its end.

Each way is refused for its own reason; for each the protection is taken away, and the key leaves.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from aboveboard.base.errors import BadInput, Refused
from aboveboard.formats import entry as entry_format
from aboveboard.formats.release import ReleaseRequest
from aboveboard.formats.roster import Role
from aboveboard.keyholder import cedar, endings, filing, policy
from aboveboard.keyholder import release as steps
from aboveboard.rules import grants as rules
from aboveboard.rules.decision import ALLOWED, Reason
from aboveboard.sealing.signatures import SigningKey
from samples.keyholder_programme import Member, Participant, Programme, ask
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


def also(programme: Programme, *more: Member) -> None:
    programme.write_roster([*programme.members, *more])


def second_account(of: Member, role: Role, **changes: str) -> Member:
    """Another entry of the same human being, with an id and a key of its own unless ``changes`` say otherwise."""
    made = Member.new(of.staff.name, role)
    return Member(msgspec.structs.replace(made.staff, **changes), made.key)


def as_in(programme: Programme, member: Member, role: Role) -> Member:
    """``member`` with another role, in the roster too."""
    changed = Member(msgspec.structs.replace(member.staff, role=role), member.key)
    programme.write_roster([changed if each is member else each for each in programme.members])
    return changed


def asked_with(programme: Programme, ada: Participant, approvers: list[Member]) -> ReleaseRequest:
    return ask(programme.granted([ada], approvers), [programme.segment(ada)])


def by_their_own_id(programme: Programme, ada: Participant) -> ReleaseRequest:
    return asked_with(programme, ada, [programme.researcher, programme.representative])


def by_a_second_account(programme: Programme, ada: Participant) -> ReleaseRequest:
    second = second_account(programme.researcher, "security")
    also(programme, second)
    return asked_with(programme, ada, [second, programme.representative])


def by_a_second_account_spelt_otherwise(programme: Programme, ada: Participant) -> ReleaseRequest:
    second = second_account(programme.researcher, "security", name=" ＲＡＶＩ ")
    also(programme, second)
    return asked_with(programme, ada, [second, programme.representative])


def by_a_second_account_that_alone_has_a_number(programme: Programme, ada: Participant) -> ReleaseRequest:
    second = second_account(programme.researcher, "security", person="another, honestly")
    also(programme, second)
    return asked_with(programme, ada, [second, programme.representative])


def one_approver_with_two_accounts(programme: Programme, ada: Participant) -> ReleaseRequest:
    second = second_account(programme.security, "representative")
    also(programme, second)
    return asked_with(programme, ada, [programme.security, second])


def in_an_approvers_name(programme: Programme, ada: Participant) -> ReleaseRequest:
    request = programme.request([ada])
    approvals = [
        programme.approval(request, programme.security),
        programme.approval(request, programme.representative, key=programme.researcher.key),
    ]
    return ask(programme.grant_of(request, approvals), [programme.segment(ada)])


def having_been_an_approver_for_a_moment(programme: Programme, ada: Participant) -> ReleaseRequest:
    request = programme.request([ada])
    for_now = as_in(programme, programme.researcher, "security")
    approvals = [programme.approval(request, for_now), programme.approval(request, programme.representative)]
    programme.write_roster(programme.members)
    return ask(programme.grant_of(request, approvals), [programme.segment(ada)])


def with_an_approver_who_gets_the_missing_role(programme: Programme, ada: Participant) -> ReleaseRequest:
    granted = programme.granted([ada], [programme.security, programme.security_too])
    as_in(programme, programme.security_too, "representative")
    return ask(granted, [programme.segment(ada)])


WAYS: list[tuple[Callable[[Programme, Participant], ReleaseRequest], Reason]] = [
    (by_their_own_id, Reason.GRANT_OWN_REQUEST),
    (by_a_second_account, Reason.GRANT_OWN_REQUEST),
    (by_a_second_account_spelt_otherwise, Reason.GRANT_OWN_REQUEST),
    (by_a_second_account_that_alone_has_a_number, Reason.GRANT_OWN_REQUEST),
    (one_approver_with_two_accounts, Reason.GRANT_NEEDS_TWO_PEOPLE),
    (in_an_approvers_name, Reason.GRANT_SIGNATURE),
    (having_been_an_approver_for_a_moment, Reason.GRANT_OWN_REQUEST),
    (with_an_approver_who_gets_the_missing_role, Reason.GRANT_WRONG_ROLE),
]


@pytest.mark.parametrize(("way", "reason"), WAYS, ids=lambda each: getattr(each, "__name__", None))
def test_nobody_approves_for_themselves(
    programme: Programme, way: Callable[[Programme, Participant], ReleaseRequest], reason: Reason
) -> None:
    asked = way(programme, programme.enrol())
    before = programme.on_disk()
    with pytest.raises(Refused) as refused:
        steps.release(programme.desk, programme.vault.public, asked)
    assert refused.value.reason == reason
    with pytest.raises(Refused) as refused:
        filing.file_grant(programme.desk, asked.grant)
    assert refused.value.reason == reason
    assert programme.on_disk() == before


SAME_PERSON = WAYS[1:5]


@pytest.mark.parametrize(("way", "_"), SAME_PERSON, ids=lambda each: getattr(each, "__name__", None))
def test_without_asking_whether_two_could_be_one_person_a_second_account_does_it(
    programme: Programme,
    way: Callable[[Programme, Participant], ReleaseRequest],
    _: Reason,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "may_be_one_person", lambda one, other: one.staff_id == other.staff_id)
    asked = way(programme, programme.enrol())
    assert steps.release(programme.desk, programme.vault.public, asked).keys


@pytest.mark.parametrize("place", [0, 5, 6, 7])
def test_without_the_floor_and_the_policies_the_others_do_it(
    programme: Programme, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "may_release", lambda *_, **__: ALLOWED)
    monkeypatch.setattr(cedar.Policies, "decide", lambda *_: ALLOWED)
    monkeypatch.setattr(policy, "_verified", lambda envelope, *_: policy.envelope_format.decode(envelope).body())
    asked = WAYS[place][0](programme, programme.enrol())
    assert steps.release(programme.desk, programme.vault.public, asked).keys


def test_a_roster_that_names_somebody_twice_is_not_believed(programme: Programme) -> None:
    ada = programme.enrol()
    asked = asked_with(programme, ada, [programme.security, programme.representative])
    for twice in (
        second_account(programme.researcher, "security", name="Else", key=programme.researcher.key.public),
        second_account(programme.researcher, "security", name="Else", staff_id=programme.researcher.staff.staff_id),
    ):
        also(programme, twice)
        with pytest.raises(BadInput, match="twice"):
            steps.release(programme.desk, programme.vault.public, asked)
    numbered = [second_account(programme.security, "security", name=name, person="4711") for name in ("One", "Two")]
    also(programme, *numbered)
    with pytest.raises(BadInput, match="the same person twice"):
        steps.release(programme.desk, programme.vault.public, asked)


def test_two_people_of_one_name_are_told_apart_by_what_the_roster_says(programme: Programme) -> None:
    ada = programme.enrol()
    one = second_account(programme.security, "security", name="Kim", person="kim.a@example.org")
    two = second_account(programme.security, "representative", name="Kim", person="kim.b@example.org")
    also(programme, one, two)
    assert steps.release(programme.desk, programme.vault.public, asked_with(programme, ada, [one, two])).keys


# Roles are edited between a grant and its end.


def test_a_grant_stays_as_it_was_granted_whatever_roles_are_edited(programme: Programme) -> None:
    ada = programme.enrol()
    asked = asked_with(programme, ada, [programme.security, programme.representative])
    steps.release(programme.desk, programme.vault.public, asked)
    as_in(programme, programme.representative, "steward")
    [key] = steps.release(programme.desk, programme.vault.public, asked).keys
    released = entry_format.decode(key.readable.encode())
    assert isinstance(released, entry_format.Released)
    assert "Rita (representative)" in released.approvers, "the role is the one that was signed"


def revoked(programme: Programme, asked: ReleaseRequest) -> bool:
    try:
        steps.release(programme.desk, programme.vault.public, asked)
    except Refused as error:
        if error.reason != Reason.GRANT_REVOKED:
            raise
        return True
    return False


@pytest.mark.parametrize("role", ["researcher", "steward", None])
def test_a_revocation_counts_whatever_becomes_of_who_made_it(programme: Programme, role: Role | None) -> None:
    ada = programme.enrol()
    asked = asked_with(programme, ada, [programme.security, programme.representative])
    steps.release(programme.desk, programme.vault.public, asked)
    endings.revoke(programme.desk, programme.revocation(asked.grant.grant_id, programme.security_too))
    if role is None:
        programme.write_roster([each for each in programme.members if each is not programme.security_too])
    else:
        as_in(programme, programme.security_too, role)
    assert revoked(programme, asked)


def test_who_approved_may_take_it_back_in_any_role(programme: Programme) -> None:
    ada = programme.enrol()
    asked = asked_with(programme, ada, [programme.security, programme.representative])
    steps.release(programme.desk, programme.vault.public, asked)
    now = as_in(programme, programme.security, "researcher")
    endings.revoke(programme.desk, programme.revocation(asked.grant.grant_id, now))
    assert revoked(programme, asked)


def test_a_word_that_did_not_count_does_not_stand_in_the_way_of_one_that_does(programme: Programme) -> None:
    ada = programme.enrol()
    asked = asked_with(programme, ada, [programme.security, programme.representative])
    endings.revoke(programme.desk, programme.revocation(asked.grant.grant_id, programme.other_researcher))
    assert not revoked(programme, asked)
    now = as_in(programme, programme.other_researcher, "security")
    endings.revoke(programme.desk, programme.revocation(asked.grant.grant_id, now))
    programme.write_roster(programme.members)
    assert revoked(programme, asked)


def leave_and_come_back(programme: Programme) -> ReleaseRequest:
    ada = programme.enrol()
    asked = asked_with(programme, ada, [programme.security, programme.representative])
    steps.release(programme.desk, programme.vault.public, asked)
    programme.write_roster([each for each in programme.members if each is not programme.representative])
    with pytest.raises(Refused) as refused:
        steps.release(programme.desk, programme.vault.public, asked)
    assert refused.value.reason == Reason.GRANT_UNKNOWN_STAFF
    programme.write_roster(programme.members)
    return asked


def test_who_leaves_ends_what_they_approved_and_it_does_not_come_back_with_them(programme: Programme) -> None:
    assert revoked(programme, leave_and_come_back(programme))


def test_without_keeping_that_they_left_it_does(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "end_if_left", lambda *_: None)
    assert not revoked(programme, leave_and_come_back(programme))


def test_another_key_under_the_same_id_ends_it_too(programme: Programme) -> None:
    ada = programme.enrol()
    asked = asked_with(programme, ada, [programme.security, programme.representative])
    steps.release(programme.desk, programme.vault.public, asked)
    stolen = SigningKey.generate()
    changed = Member(msgspec.structs.replace(programme.security.staff, key=stolen.public), stolen)
    programme.write_roster([changed if each is programme.security else each for each in programme.members])
    with pytest.raises(Refused) as refused:
        steps.release(programme.desk, programme.vault.public, asked)
    assert refused.value.reason == Reason.GRANT_SIGNATURE
    programme.write_roster(programme.members)
    assert revoked(programme, asked)


def test_a_lost_roster_stops_releases_and_ends_nothing(programme: Programme) -> None:
    ada = programme.enrol()
    asked = asked_with(programme, ada, [programme.security, programme.representative])
    steps.release(programme.desk, programme.vault.public, asked)
    (programme.home.path / "roster.json").unlink()
    with pytest.raises(Refused):
        steps.release(programme.desk, programme.vault.public, asked)
    programme.write_roster(programme.members)
    assert not revoked(programme, asked)


def test_somebody_elses_forged_approvals_end_nothing(programme: Programme) -> None:
    """What ends a grant is what was kept, not what a vault sends beside it."""
    ada = programme.enrol()
    granted = programme.granted([ada])
    asked = ask(granted, [programme.segment(ada)])
    steps.release(programme.desk, programme.vault.public, asked)
    request = programme.request([ada], request_id="req" + granted.grant_id.removeprefix("gra"))
    forged = programme.approval(request, programme.security, key=programme.vault)
    with pytest.raises(Refused):
        steps.release(
            programme.desk,
            programme.vault.public,
            ask(msgspec.structs.replace(granted, approvals=[forged]), [programme.segment(ada)]),
        )
    assert not revoked(programme, asked)
