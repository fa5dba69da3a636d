"""What does each rule answer? One row for each case, and each answer with its own reason."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.consent import ConsentReceipt
from aboveboard.formats.disclosure import AppRule
from aboveboard.formats.grant import AccessRequest, Approval
from aboveboard.formats.lease import Lease, LeaseRequest
from aboveboard.formats.recording import Button, Key, KeyCount, Marker, Pointer, Scroll, Session, Window
from aboveboard.formats.roster import Roster, Staff
from aboveboard.formats.segment import SegmentManifest
from aboveboard.rules import consent, disclosure, grants, lease
from aboveboard.rules.decision import ALLOWED, EXPLANATIONS, Decision, Reason, deny_on_error, first_no, no
from aboveboard.rules.pause import PauseFacts, epoch

NOW = 1_800_000_000 * SECOND_NS
BOOT = "0" * 8 + "-0000-0000-0000-" + "0" * 12
SHA, OTHER_SHA = "a" * 64, "b" * 64
PERSON, DEVICE, CONSENT = new_id(Kind.PERSON), new_id(Kind.DEVICE), new_id(Kind.CONSENT)
RECIPIENT = "age1" + "q" * 58


def key(letter: str) -> str:
    return f"ed25519:{letter * 43}"


# Decisions


def test_every_reason_has_a_sentence_and_a_next_step() -> None:
    assert EXPLANATIONS.keys() == set(Reason)
    assert all(words.sentence.endswith(".") and words.next_step for words in EXPLANATIONS.values())


def test_a_decision_is_not_a_truth_value() -> None:
    with pytest.raises(TypeError):
        bool(ALLOWED)


def test_an_error_inside_a_rule_is_a_no() -> None:
    @deny_on_error
    def broken() -> Decision:
        raise KeyError("a missing attribute")

    @deny_on_error
    def undecided() -> Decision:
        return True  # type: ignore[return-value]

    assert broken().reason is undecided().reason is Reason.RULE_ERROR
    assert not broken().allowed


def test_the_first_no_counts_and_nothing_checked_is_a_no() -> None:
    assert first_no().reason is Reason.RULE_ERROR
    assert first_no(ALLOWED, no(Reason.LEASE_NONE), no(Reason.CONSENT_NONE)).reason is Reason.LEASE_NONE
    assert first_no(ALLOWED, ALLOWED).allowed
    with pytest.raises(Refused) as refused:
        no(Reason.LEASE_EXPIRED).require()
    assert refused.value.reason == "lease:expired"


# Consent

RECEIPT = ConsentReceipt(
    consent_id=CONSENT,
    person_id=PERSON,
    device_id=DEVICE,
    person_key=key("p"),
    person_recipient=RECIPIENT,
    disclosure_sha256=SHA,
    shown_sha256=SHA,
    given_at_ns=NOW,
)


@pytest.mark.parametrize(
    ("facts", "asked", "reason"),
    [
        (consent.ConsentFacts(RECEIPT), {}, Reason.OK),
        (consent.ConsentFacts(None), {}, Reason.CONSENT_NONE),
        (consent.ConsentFacts(RECEIPT), {"person_id": new_id(Kind.PERSON)}, Reason.CONSENT_OTHER_PERSON),
        (consent.ConsentFacts(RECEIPT), {"device_id": new_id(Kind.DEVICE)}, Reason.CONSENT_OTHER_DEVICE),
        (consent.ConsentFacts(RECEIPT), {"disclosure_sha256": OTHER_SHA}, Reason.CONSENT_OTHER_DISCLOSURE),
        (consent.ConsentFacts(RECEIPT), {"now_ns": NOW - 61 * SECOND_NS}, Reason.CONSENT_FROM_THE_FUTURE),
        (consent.ConsentFacts(RECEIPT), {"now_ns": NOW - 59 * SECOND_NS}, Reason.OK),
        (consent.ConsentFacts(RECEIPT, withdrawn_at_ns=NOW), {}, Reason.CONSENT_WITHDRAWN),
        (consent.ConsentFacts(RECEIPT, withdrawn_at_ns=NOW, erased_at_ns=NOW), {}, Reason.CONSENT_ERASED),
    ],
)
def test_consent(facts: consent.ConsentFacts, asked: dict[str, Any], reason: Reason) -> None:
    question = {"person_id": PERSON, "device_id": DEVICE, "disclosure_sha256": SHA, "now_ns": NOW} | asked
    decision = consent.consent_live(facts, **question)
    assert (decision.reason, decision.allowed) == (reason, reason is Reason.OK)


# Disclosure

EVENTS = {
    "key": Key(keycode=38, keysym=97, name="a", text="a", pressed=True, modifiers=[]),
    "key_count": KeyCount(presses=3),
    "pointer": Pointer(x=1, y=1),
    "button": Button(button=1, pressed=True, x=1, y=1),
    "scroll": Scroll(dx=0, dy=1, x=1, y=1),
    "window": Window(app="Editor", title="A title", pid=7, x=0, y=0, width=9, height=9),
    "bare_window": Window(app="Editor", title="", pid=0, x=0, y=0, width=9, height=9),
}


def app(**kinds: str) -> AppRule:
    return msgspec.convert({"name": "Editor", "wm_class": "Editor", "why": "It is what we study."} | kinds, AppRule)


@pytest.mark.parametrize(
    ("kinds", "named"),
    [
        ({}, set()),
        ({"keystrokes": "exact"}, {"key"}),
        ({"keystrokes": "count"}, {"key_count"}),
        ({"pointer": "clicks"}, {"button", "scroll"}),
        ({"pointer": "full"}, {"button", "scroll", "pointer"}),
        ({"window": "app"}, {"bare_window"}),
        ({"window": "exact"}, {"window", "bare_window"}),
        ({"screen": "structure"}, set()),
        ({"screen": "redacted"}, set()),
        ({"screen": "exact"}, set()),
    ],
)
def test_only_what_is_disclosed_may_be_encoded(kinds: dict[str, str], named: set[str]) -> None:
    rule = app(**kinds)
    assert {name for name, event in EVENTS.items() if disclosure.may_encode(rule, event).allowed} == named
    assert disclosure.may_capture_screen(rule).allowed == ("screen" in kinds)


def test_an_application_that_is_not_named_may_do_nothing() -> None:
    reasons = {disclosure.may_encode(None, event).reason for event in EVENTS.values()}
    assert reasons == {disclosure.may_capture_screen(None).reason} == {Reason.DISCLOSURE_APP_NOT_NAMED}
    marker = Marker(kind="suppressed", reason="app_not_disclosed", start_ns=1, end_ns=2)
    assert disclosure.may_encode(None, marker).allowed, "that something was left out may always be said"
    assert Session.__doc__


# Leases

LEASE = Lease(
    lease_id=new_id(Kind.LEASE),
    device_id=DEVICE,
    person_id=PERSON,
    consent_id=CONSENT,
    disclosure_sha256=SHA,
    epoch=NOW + 3600 * SECOND_NS,
    boot_id=BOOT,
    boot_ns=100 * SECOND_NS,
    duration_ns=15 * SECOND_NS,
    server_ns=NOW,
    nonce="0" * 32,
    bytes_left=10**6,
)


def leased(start_s: float, **changes: Any) -> Lease:
    """A lease from ``start_s`` on the device's boot clock, which read 100 s when the vault's read ``NOW``."""
    boot_ns = int(start_s * SECOND_NS)
    return msgspec.structs.replace(LEASE, boot_ns=boot_ns, server_ns=NOW + boot_ns - LEASE.boot_ns, **changes)


def segment(start_s: float, end_s: float, **changes: Any) -> SegmentManifest:
    made = SegmentManifest(
        segment_id=new_id(Kind.SEGMENT),
        session_id=new_id(Kind.SESSION),
        sequence=0,
        person_id=PERSON,
        device_id=DEVICE,
        consent_id=CONSENT,
        disclosure_sha256=SHA,
        key_epoch=0,
        boot_id=BOOT,
        start_boot_ns=int(start_s * SECOND_NS),
        end_boot_ns=int(end_s * SECOND_NS),
        start_wall_ns=0,
        end_wall_ns=0,
        leases=["{}"],
        size_bytes=1,
        sha256=SHA,
    )
    return msgspec.structs.replace(made, **changes)


@pytest.mark.parametrize(
    ("held", "boot_id", "boot_s", "reason"),
    [
        (LEASE, BOOT, 100.0, Reason.OK),
        (LEASE, BOOT, 114.999, Reason.OK),
        (LEASE, BOOT, 115.0, Reason.LEASE_EXPIRED),
        (LEASE, BOOT, 99.999, Reason.LEASE_EXPIRED),
        (LEASE, "1" + BOOT[1:], 100.0, Reason.LEASE_OTHER_BOOT),
        (None, BOOT, 100.0, Reason.LEASE_NONE),
    ],
)
def test_a_lease_lives_from_asking_for_its_duration(
    held: Lease | None, boot_id: str, boot_s: float, reason: Reason
) -> None:
    assert lease.lease_live(held, boot_id=boot_id, boot_ns=round(boot_s * 1000) * SECOND_NS // 1000).reason is reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, Reason.OK),
        ({"nonce": "1" * 32}, Reason.LEASE_NOT_ASKED_FOR),
        ({"boot_ns": 101 * SECOND_NS}, Reason.LEASE_NOT_ASKED_FOR),
        ({"boot_id": "1" + BOOT[1:]}, Reason.LEASE_OTHER_BOOT),
        ({"device_id": new_id(Kind.DEVICE)}, Reason.LEASE_OTHER_DEVICE),
        ({"consent_id": new_id(Kind.CONSENT)}, Reason.LEASE_OTHER_CONSENT),
    ],
)
def test_a_lease_answers_one_request_only(change: dict[str, Any], reason: Reason) -> None:
    asked = LeaseRequest(
        device_id=DEVICE,
        consent_id=CONSENT,
        boot_id=BOOT,
        boot_ns=LEASE.boot_ns,
        nonce=LEASE.nonce,
        recorder_version="test",
    )
    assert lease.answers(msgspec.structs.replace(LEASE, **change), asked).reason is reason


@pytest.mark.parametrize(
    ("answer", "pauses", "bytes_left", "reason"),
    [
        (ALLOWED, [], 1, Reason.OK),
        (no(Reason.CONSENT_WITHDRAWN), [], 1, Reason.CONSENT_WITHDRAWN),
        (ALLOWED, [PauseFacts("person", NOW - 1, None)], 1, Reason.PAUSED_BY_PERSON),
        (ALLOWED, [PauseFacts("steward", NOW, NOW + 1)], 1, Reason.PAUSED_BY_STEWARD),
        (ALLOWED, [PauseFacts("steward", NOW + 1, None)], 1, Reason.PAUSED_BY_STEWARD),
        (ALLOWED, [PauseFacts("person", NOW - 2, NOW)], 1, Reason.OK),
        (ALLOWED, [], 0, Reason.LEASE_BUDGET_SPENT),
    ],
)
def test_a_lease_is_issued(answer: Decision, pauses: list[PauseFacts], bytes_left: int, reason: Reason) -> None:
    assert lease.may_issue(answer, pauses, bytes_left=bytes_left, now_ns=NOW).reason is reason


LATE = NOW + 1000 * SECOND_NS


@pytest.mark.parametrize(
    ("manifest", "leases", "now_ns", "reason"),
    [
        (segment(101, 105), [leased(100)], LATE, Reason.OK),
        (segment(112, 117), [leased(100), leased(110)], LATE, Reason.OK),
        (segment(112, 117), [leased(110), leased(100)], LATE, Reason.OK),
        (segment(101, 105), [], LATE, Reason.LEASE_NONE),
        (segment(99, 105), [leased(100)], LATE, Reason.SEGMENT_OUTSIDE_LEASE),
        (segment(101, 115), [leased(100)], LATE, Reason.SEGMENT_OUTSIDE_LEASE),
        (segment(112, 130), [leased(100), leased(116)], LATE, Reason.SEGMENT_OUTSIDE_LEASE),
        (segment(105, 101), [leased(100)], LATE, Reason.SEGMENT_TOO_LONG),
        (segment(0, 61), [leased(0, duration_ns=300 * SECOND_NS)], LATE, Reason.SEGMENT_TOO_LONG),
        (segment(112, 117), [leased(100), leased(110, epoch=5)], LATE, Reason.SEGMENT_DURING_PAUSE),
        (segment(101, 105), [leased(100, device_id=new_id(Kind.DEVICE))], LATE, Reason.LEASE_OTHER_DEVICE),
        (segment(101, 105), [leased(100, person_id=new_id(Kind.PERSON))], LATE, Reason.LEASE_OTHER_DEVICE),
        (segment(101, 105), [leased(100, consent_id=new_id(Kind.CONSENT))], LATE, Reason.LEASE_OTHER_CONSENT),
        (segment(101, 105), [leased(100, disclosure_sha256=OTHER_SHA)], LATE, Reason.LEASE_OTHER_CONSENT),
        (segment(101, 105), [leased(100, boot_id="1" + BOOT[1:])], LATE, Reason.LEASE_OTHER_BOOT),
        (segment(101, 105), [leased(100)], NOW + 2 * SECOND_NS, Reason.SEGMENT_FROM_THE_FUTURE),
        (segment(101, 105), [leased(100)], NOW + 3 * SECOND_NS, Reason.OK),
    ],
)
def test_leases_cover_a_segment(manifest: SegmentManifest, leases: list[Lease], now_ns: int, reason: Reason) -> None:
    assert lease.leases_cover(manifest, leases, now_ns=now_ns).reason is reason


@given(
    starts=st.lists(st.integers(0, 60), min_size=1, max_size=6),
    start=st.integers(0, 80),
    length=st.integers(0, 30),
)
def test_a_covered_segment_is_covered_at_every_moment(starts: list[int], start: int, length: int) -> None:
    """Checked second by second with the rule for a single moment, which is written independently."""
    leases = [leased(each) for each in starts]
    covered = lease.leases_cover(segment(start, start + length), leases, now_ns=LATE).allowed
    moments = range(start, start + length + 1)
    live = all(
        any(lease.lease_live(one, boot_id=BOOT, boot_ns=moment * SECOND_NS).allowed for one in leases)
        for moment in moments
    )
    assert not covered or live
    # All leases begin and end at whole seconds, so what is live at each of them has no gap in between either.
    assert covered == live


@pytest.mark.parametrize(
    ("pause", "reason"),
    [
        (PauseFacts("person", NOW - 9 * SECOND_NS, NOW + SECOND_NS), Reason.OK),
        (PauseFacts("person", NOW - 9 * SECOND_NS, NOW + SECOND_NS + 1), Reason.SEGMENT_DURING_PAUSE),
        (PauseFacts("person", NOW + 3 * SECOND_NS, NOW + 4 * SECOND_NS), Reason.SEGMENT_DURING_PAUSE),
        (PauseFacts("steward", NOW + 5 * SECOND_NS - 1, None), Reason.SEGMENT_DURING_PAUSE),
        (PauseFacts("steward", NOW + 5 * SECOND_NS, None), Reason.SEGMENT_DURING_PAUSE),
        (PauseFacts("steward", NOW + 5 * SECOND_NS + 1, None), Reason.OK),
    ],
)
def test_a_segment_touches_no_pause(pause: PauseFacts, reason: Reason) -> None:
    assert lease.outside_pauses(segment(101, 105), [leased(100)], [pause]).reason is reason


@pytest.mark.parametrize(("later_ns", "reason"), [(-1, Reason.SEGMENT_DURING_PAUSE), (0, Reason.OK), (1, Reason.OK)])
def test_a_lease_from_before_a_pause_covers_nothing_after_it(later_ns: int, reason: Reason) -> None:
    """It is over, and the lease still runs: its epoch is of before."""
    at_ns = NOW - 3 * SECOND_NS
    pause = PauseFacts("steward", at_ns, at_ns + SECOND_NS)
    old = msgspec.structs.replace(leased(100), epoch=at_ns + later_ns)
    assert lease.outside_pauses(segment(101, 105), [old], [pause]).reason is reason


@pytest.mark.parametrize(
    ("apps", "reason"),
    [
        ([["chromium"]], Reason.OK),
        ([["chromium", "xterm"], ["chromium"]], Reason.OK),
        ([[]], Reason.SEGMENT_DURING_PAUSE),
        ([["xterm"]], Reason.SEGMENT_DURING_PAUSE),
        ([["chromium"], []], Reason.SEGMENT_DURING_PAUSE),
    ],
)
def test_a_segment_in_an_applications_pause_needs_leases_that_all_say_so(apps: list[list[str]], reason: Reason) -> None:
    leases = [msgspec.structs.replace(leased(100 + number), paused_apps=each) for number, each in enumerate(apps)]
    of_app = PauseFacts("steward", NOW + SECOND_NS, None, wm_class="Chromium")
    assert lease.outside_pauses(segment(101, 105), leases, [of_app]).reason is reason
    assert lease.may_issue(ALLOWED, [of_app], bytes_left=1, now_ns=NOW + 2 * SECOND_NS).allowed


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9) | st.none()), max_size=5), st.integers(0, 20))
def test_the_epoch_grows_with_each_change_and_never_falls(pauses: list[tuple[int, int | None]], now: int) -> None:
    facts = [PauseFacts("steward", at, None if end is None else max(at, end)) for at, end in pauses]
    then, later = epoch(facts, now_ns=now), epoch(facts, now_ns=now + 1)
    assert later >= then
    assert epoch([*facts, PauseFacts("person", now, None)], now_ns=now) > then
    ended = [each for each in facts if each.ended_at_ns == now + 1]
    assert (later > then) == bool(ended)


# Grants

RESEARCHER = Staff(staff_id=new_id(Kind.STAFF), name="remi", role="researcher", key=key("r"))
SECURITY = Staff(staff_id=new_id(Kind.STAFF), name="sam", role="security", key=key("s"))
SECOND = Staff(staff_id=new_id(Kind.STAFF), name="sven", role="security", key=key("t"))
COUNCIL = Staff(staff_id=new_id(Kind.STAFF), name="riva", role="representative", key=key("c"))
STEWARD = Staff(staff_id=new_id(Kind.STAFF), name="stella", role="steward", key=key("e"))
TWIN = Staff(staff_id=new_id(Kind.STAFF), name="sam again", role="representative", key=SECURITY.key)
SELF = Staff(staff_id=new_id(Kind.STAFF), name="remi again", role="security", key=RESEARCHER.key)
ROSTER = Roster(staff=[RESEARCHER, SECURITY, SECOND, COUNCIL, STEWARD, TWIN, SELF])

REQUEST = AccessRequest(
    request_id=new_id(Kind.REQUEST),
    requester=RESEARCHER.staff_id,
    recipient=RECIPIENT,
    people=[PERSON],
    kinds=["pointer"],
    purpose="train_agents",
    output="a policy",
    reason="To learn something about clicks.",
    duration_ns=3600 * SECOND_NS,
    created_at_ns=NOW - 10 * SECOND_NS,
)


def approval(by: Staff, **changes: Any) -> Approval:
    made = Approval(
        request_id=REQUEST.request_id,
        request_sha256=SHA,
        approver=by.staff_id,
        role="representative" if by.role == "representative" else "security",
        verdict="approve",
        comment="",
        at_ns=NOW,
    )
    return msgspec.structs.replace(made, **changes)


GRANTED = grants.GrantFacts(REQUEST, SHA, [approval(SECURITY), approval(COUNCIL)], ROSTER)
Change = Callable[[grants.GrantFacts], grants.GrantFacts]


def by(*approvals: Approval) -> Change:
    return lambda facts: replace(facts, approvals=list(approvals))


def request(**changes: Any) -> Change:
    return lambda facts: replace(facts, request=msgspec.structs.replace(REQUEST, **changes))


@pytest.mark.parametrize(
    ("change", "asked", "reason"),
    [
        (lambda facts: facts, {}, Reason.OK),
        (request(requester=new_id(Kind.STAFF)), {}, Reason.GRANT_UNKNOWN_STAFF),
        (request(requester=STEWARD.staff_id), {}, Reason.GRANT_WRONG_ROLE),
        (by(approval(SECURITY)), {}, Reason.GRANT_NEEDS_TWO_PEOPLE),
        (by(), {}, Reason.GRANT_NEEDS_TWO_PEOPLE),
        (by(approval(SECURITY), approval(SECURITY)), {}, Reason.GRANT_NEEDS_TWO_PEOPLE),
        (by(approval(SECURITY), approval(TWIN)), {}, Reason.GRANT_NEEDS_TWO_PEOPLE),
        (by(approval(SECURITY), approval(SECOND)), {}, Reason.GRANT_NEEDS_TWO_ROLES),
        (by(approval(RESEARCHER), approval(COUNCIL)), {}, Reason.GRANT_OWN_REQUEST),
        (by(approval(SELF), approval(COUNCIL)), {}, Reason.GRANT_OWN_REQUEST),
        (by(approval(STEWARD), approval(COUNCIL)), {}, Reason.GRANT_WRONG_ROLE),
        (by(approval(SECURITY, request_sha256=OTHER_SHA), approval(COUNCIL)), {}, Reason.GRANT_OTHER_REQUEST),
        (
            by(approval(SECURITY), approval(COUNCIL, request_id=new_id(Kind.REQUEST))),
            {},
            Reason.GRANT_OTHER_REQUEST,
        ),
        (by(approval(SECURITY), approval(COUNCIL, verdict="deny")), {}, Reason.GRANT_DENIED),
        (by(approval(SECURITY), approval(COUNCIL, approver=new_id(Kind.STAFF))), {}, Reason.GRANT_UNKNOWN_STAFF),
        (lambda facts: facts, {"now_ns": NOW + 3600 * SECOND_NS}, Reason.GRANT_EXPIRED),
        (lambda facts: facts, {"now_ns": NOW + 3600 * SECOND_NS - 1}, Reason.OK),
        (lambda facts: facts, {"now_ns": NOW - 61 * SECOND_NS}, Reason.GRANT_NOT_YET),
        (lambda facts: replace(facts, revoked_at_ns=NOW), {}, Reason.GRANT_REVOKED),
        (lambda facts: facts, {"person_id": new_id(Kind.PERSON)}, Reason.GRANT_WRONG_PERSON),
        (lambda facts: facts, {"purposes": ["evaluate_agents"]}, Reason.GRANT_WRONG_PURPOSE),
        (lambda facts: facts, {"purposes": []}, Reason.GRANT_WRONG_PURPOSE),
    ],
)
def test_a_release_needs_a_live_grant(change: Change, asked: dict[str, Any], reason: Reason) -> None:
    question = {"person_id": PERSON, "purposes": ["train_agents"], "now_ns": NOW} | asked
    decision = grants.may_release(change(GRANTED), **question)
    assert (decision.reason, decision.allowed) == (reason, reason is Reason.OK)


def test_only_the_kinds_that_were_granted_may_be_used() -> None:
    assert grants.may_use_kind(REQUEST, "pointer").allowed
    assert grants.may_use_kind(REQUEST, "screen").reason is Reason.GRANT_WRONG_KIND
