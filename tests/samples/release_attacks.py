"""Ways to ask for a key that must not leave: each with the reason for the refusal, and the step that refuses.

``WITHOUT`` are stand-ins for steps that let everything pass, as if the step had been removed from the code.
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from aboveboard.base.clock import ManualClock
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import grant as grant_format
from aboveboard.formats.release import ReleaseRequest
from aboveboard.keyholder import custody, endings
from aboveboard.keyholder import release as steps
from aboveboard.rules.decision import Reason
from aboveboard.sealing.signatures import SigningKey
from samples.keyholder_programme import HOUR_NS, Member, Participant, Programme, ask


@dataclass(frozen=True)
class Attempt:
    """What is sent, by whom."""

    caller: SigningKey
    asked: ReleaseRequest


def plain(programme: Programme, ada: Participant, grant: grant_format.Grant) -> Attempt:
    return Attempt(programme.vault, ask(grant, [programme.segment(ada)]))


def wait(programme: Programme, duration_ns: int) -> None:
    assert isinstance(programme.clock, ManualClock)
    programme.clock.advance(duration_ns)


# Step 2


def caller_is_a_researcher(programme: Programme, ada: Participant) -> Attempt:
    return Attempt(programme.researcher.key, plain(programme, ada, programme.granted([ada])).asked)


# Steps 3 and 4


def request_is_signed_by_the_vault(programme: Programme, ada: Participant) -> Attempt:
    request = programme.request([ada])
    approvals = [programme.approval(request, each) for each in (programme.security, programme.representative)]
    signed = programme.sign_request(request, programme.vault)
    return plain(programme, ada, programme.grant_of(request, approvals, signed))


def requester_is_unknown_here(programme: Programme, ada: Participant) -> Attempt:
    stranger = Member.new("Mallory", "researcher")
    request = programme.request([ada], requester=stranger.staff.staff_id)
    approvals = [programme.approval(request, each) for each in (programme.security, programme.representative)]
    return plain(programme, ada, programme.grant_of(request, approvals, programme.sign_request(request, stranger.key)))


def an_approval_is_signed_by_the_vault(programme: Programme, ada: Participant) -> Attempt:
    request = programme.request([ada])
    approvals = [
        programme.approval(request, programme.security),
        programme.approval(request, programme.representative, key=programme.vault),
    ]
    return plain(programme, ada, programme.grant_of(request, approvals))


def an_approver_is_unknown_here(programme: Programme, ada: Participant) -> Attempt:
    # The vault's own roster has this representative; the keyholder's has not.
    stranger = Member.new("Mallory", "representative")
    return plain(programme, ada, programme.granted([ada], [programme.security, stranger]))


# Step 5


def one_approver_only(programme: Programme, ada: Participant) -> Attempt:
    return plain(programme, ada, programme.granted([ada], [programme.security]))


def one_approver_twice(programme: Programme, ada: Participant) -> Attempt:
    return plain(programme, ada, programme.granted([ada], [programme.security, programme.security]))


def the_same_role_twice(programme: Programme, ada: Participant) -> Attempt:
    return plain(programme, ada, programme.granted([ada], [programme.security, programme.security_too]))


def the_requester_approves(programme: Programme, ada: Participant) -> Attempt:
    return plain(programme, ada, programme.granted([ada], [programme.researcher, programme.security]))


def a_steward_approves(programme: Programme, ada: Participant) -> Attempt:
    return plain(programme, ada, programme.granted([ada], [programme.steward, programme.security]))


def a_steward_requests(programme: Programme, ada: Participant) -> Attempt:
    request = programme.request([ada], requester=programme.steward.staff.staff_id)
    approvals = [programme.approval(request, each) for each in (programme.security, programme.representative)]
    signed = programme.sign_request(request, programme.steward.key)
    return plain(programme, ada, programme.grant_of(request, approvals, signed))


def an_approver_signs_another_role(programme: Programme, ada: Participant) -> Attempt:
    # So that later, when that role is theirs, it would be a grant.
    request = programme.request([ada])
    approvals = [
        programme.approval(request, programme.security),
        programme.approval(request, programme.security_too, role="representative"),
    ]
    return plain(programme, ada, programme.grant_of(request, approvals))


def the_reason_says_nothing(programme: Programme, ada: Participant) -> Attempt:
    return plain(programme, ada, programme.granted([ada], reason="aaaa bbbb cccc dddd"))


def the_reason_is_the_output(programme: Programme, ada: Participant) -> Attempt:
    words = "a small policy that clicks where people click"
    return plain(programme, ada, programme.granted([ada], output=words, reason=words))


def a_later_approval_would_prolong_it(programme: Programme, ada: Participant) -> Attempt:
    request = programme.request([ada], duration_ns=HOUR_NS)
    first = [programme.approval(request, each) for each in (programme.security, programme.representative)]
    granted = programme.grant_of(request, first)
    steps.release(programme.desk, programme.vault.public, ask(granted, [programme.segment(ada)]))
    wait(programme, HOUR_NS)
    third = programme.approval(request, programme.security_too)
    return plain(programme, ada, programme.grant_of(request, [*first, third]))


def one_approver_said_no(programme: Programme, ada: Participant) -> Attempt:
    request = programme.request([ada])
    approvals = [
        programme.approval(request, programme.security),
        programme.approval(request, programme.representative, verdict="deny", comment="too broad"),
    ]
    return plain(programme, ada, programme.grant_of(request, approvals))


def request_was_changed_after_approval(programme: Programme, ada: Participant) -> Attempt:
    approved = programme.request([ada], output="a small policy")
    changed = msgspec.structs.replace(approved, output="a ranking of people")
    approvals = [programme.approval(approved, each) for each in (programme.security, programme.representative)]
    return plain(programme, ada, programme.grant_of(changed, approvals))


def approvals_of_another_request(programme: Programme, ada: Participant) -> Attempt:
    other = programme.granted([ada])
    return plain(programme, ada, programme.grant_of(programme.request([ada]), other.approvals))


def the_grant_has_expired(programme: Programme, ada: Participant) -> Attempt:
    attempt = plain(programme, ada, programme.granted([ada], duration_ns=HOUR_NS))
    wait(programme, HOUR_NS)
    return attempt


def the_grant_is_dated_ahead(programme: Programme, ada: Participant) -> Attempt:
    request = programme.request([ada])
    ahead = programme.clock.wall_ns() + HOUR_NS
    approvals = [
        programme.approval(request, each, at_ns=ahead) for each in (programme.security, programme.representative)
    ]
    return plain(programme, ada, programme.grant_of(request, approvals))


def the_grant_was_revoked(programme: Programme, ada: Participant) -> Attempt:
    grant = programme.granted([ada])
    endings.revoke(programme.desk, programme.revocation(grant.grant_id, programme.representative))
    return plain(programme, ada, grant)


def the_requester_revoked_it_before_it_was_seen(programme: Programme, ada: Participant) -> Attempt:
    grant = programme.granted([ada])
    endings.revoke(programme.desk, programme.revocation(grant.grant_id, programme.researcher))
    return plain(programme, ada, grant)


def a_revoked_grant_under_another_name(programme: Programme, ada: Participant) -> Attempt:
    grant = programme.granted([ada])
    endings.revoke(programme.desk, programme.revocation(grant.grant_id, programme.steward))
    return plain(programme, ada, msgspec.structs.replace(grant, grant_id=new_id(Kind.GRANT)))


def a_second_request_under_the_same_id(programme: Programme, ada: Participant) -> Attempt:
    first = programme.request([ada])
    for_first = programme.grant_of(
        first, [programme.approval(first, each) for each in (programme.security, programme.representative)]
    )
    steps.release(programme.desk, programme.vault.public, ask(for_first, [programme.segment(ada)]))
    return plain(programme, ada, programme.granted([ada], request_id=first.request_id, output="something else"))


def the_person_is_not_named(programme: Programme, ada: Participant) -> Attempt:
    bob = programme.enrol()
    return plain(programme, bob, programme.granted([ada]))


def one_of_two_people_is_not_named(programme: Programme, ada: Participant) -> Attempt:
    bob = programme.enrol()
    segments = [programme.segment(ada), programme.segment(bob)]
    return Attempt(programme.vault, ask(programme.granted([ada]), segments))


def the_purpose_was_not_disclosed(programme: Programme, ada: Participant) -> Attempt:
    return plain(programme, ada, programme.granted([ada], purpose="study_interaction"))


def the_purpose_is_in_one_of_two_disclosures(programme: Programme, ada: Participant) -> Attempt:
    # A header does not say under which of a person's consents a segment was recorded.
    wider = programme.disclose(["train_agents", "study_interaction"])
    custody.file_consent(programme.desk, programme.vault.public, programme.filing(ada, wider))
    return plain(programme, ada, programme.granted([ada], purpose="study_interaction"))


def nobody_agreed(programme: Programme, ada: Participant) -> Attempt:
    silent = programme.enrol(consenting=False)
    return plain(programme, silent, programme.granted([silent]))


@dataclass(frozen=True)
class Case:
    """``removed`` names the steps without which the attack works; each is replaced by one that lets all pass."""

    attack: Callable[[Programme, Participant], Attempt]
    reason: Reason
    removed: tuple[str, ...]


DECISION = ("decide", "decide_again")

CASES = [
    Case(caller_is_a_researcher, Reason.ROLE_MISSING, ("check_caller",)),
    Case(request_is_signed_by_the_vault, Reason.GRANT_SIGNATURE, ("verify_request", "decide_again")),
    Case(requester_is_unknown_here, Reason.GRANT_UNKNOWN_STAFF, ("verify_request", *DECISION)),
    Case(an_approval_is_signed_by_the_vault, Reason.GRANT_SIGNATURE, ("verify_approvals", "decide_again")),
    Case(an_approver_is_unknown_here, Reason.GRANT_UNKNOWN_STAFF, ("verify_approvals", *DECISION)),
    Case(one_approver_only, Reason.GRANT_NEEDS_TWO_PEOPLE, DECISION),
    Case(one_approver_twice, Reason.GRANT_NEEDS_TWO_PEOPLE, DECISION),
    Case(the_same_role_twice, Reason.GRANT_NEEDS_TWO_ROLES, DECISION),
    Case(the_requester_approves, Reason.GRANT_OWN_REQUEST, DECISION),
    Case(a_steward_approves, Reason.GRANT_WRONG_ROLE, DECISION),
    Case(a_steward_requests, Reason.GRANT_WRONG_ROLE, DECISION),
    Case(an_approver_signs_another_role, Reason.GRANT_WRONG_ROLE, DECISION),
    Case(the_reason_says_nothing, Reason.GRANT_REASON, DECISION),
    Case(the_reason_is_the_output, Reason.GRANT_REASON, DECISION),
    Case(a_later_approval_would_prolong_it, Reason.GRANT_EXPIRED, ("as_granted", "keep_grant")),
    Case(one_approver_said_no, Reason.GRANT_DENIED, DECISION),
    Case(request_was_changed_after_approval, Reason.GRANT_OTHER_REQUEST, DECISION),
    Case(approvals_of_another_request, Reason.GRANT_OTHER_REQUEST, DECISION),
    Case(the_grant_has_expired, Reason.GRANT_EXPIRED, DECISION),
    Case(the_grant_is_dated_ahead, Reason.GRANT_NOT_YET, DECISION),
    Case(the_grant_was_revoked, Reason.GRANT_REVOKED, DECISION),
    Case(the_requester_revoked_it_before_it_was_seen, Reason.GRANT_REVOKED, DECISION),
    Case(a_revoked_grant_under_another_name, Reason.GRANT_OTHER_REQUEST, ("check_binding",)),
    Case(a_second_request_under_the_same_id, Reason.GRANT_OTHER_REQUEST, ("check_binding",)),
    Case(the_person_is_not_named, Reason.GRANT_WRONG_PERSON, DECISION),
    Case(one_of_two_people_is_not_named, Reason.GRANT_WRONG_PERSON, DECISION),
    Case(the_purpose_was_not_disclosed, Reason.GRANT_WRONG_PURPOSE, DECISION),
    Case(the_purpose_is_in_one_of_two_disclosures, Reason.GRANT_WRONG_PURPOSE, DECISION),
    Case(nobody_agreed, Reason.CONSENT_NONE, DECISION),
]

WITHOUT: dict[str, Callable[..., object]] = {
    "check_caller": lambda *_: None,
    "check_binding": lambda *_: None,
    "as_granted": lambda _, permit: permit,
    "keep_grant": lambda _, permit: permit,
    "decide": lambda *_: None,
    "decide_again": lambda *_: None,
    "verify_request": lambda grant, _: grant_format.decode_request(grant.request.body()),
    "verify_approvals": lambda grant, _: [grant_format.decode_approval(each.body()) for each in grant.approvals],
}
