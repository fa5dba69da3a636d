"""What does a rule answer, and in which words?

A :class:`Decision` carries a reason from a closed list. People see that same reason as a sentence, with what to do
next. A rule that raises has said no: see :func:`deny_on_error`.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import ParamSpec

from aboveboard.base.errors import Refused

P = ParamSpec("P")


class Reason(StrEnum):
    """Every reason that a decision can carry. ``OK`` is the only one that goes with a yes."""

    OK = "ok"
    RULE_ERROR = "rule:error"

    DISCLOSURE_UNKNOWN = "disclosure:unknown"
    DISCLOSURE_NOT_CURRENT = "disclosure:not_current"
    DISCLOSURE_INCOMPLETE = "disclosure:incomplete"
    DISCLOSURE_APP_NOT_NAMED = "disclosure:app_not_named"
    DISCLOSURE_KIND_NOT_NAMED = "disclosure:kind_not_named"
    DISCLOSURE_COUNTRY_NOT_NAMED = "disclosure:country_not_named"
    DISCLOSURE_APP_NEVER = "disclosure:app_never_recorded"
    DISCLOSURE_SITES_NEVER = "disclosure:sites_never_recorded"

    LAW_LEGAL_BASIS = "law:legal_basis_missing"
    LAW_IMPACT_ASSESSMENT = "law:impact_assessment_missing"
    LAW_WORKS_COUNCIL = "law:works_council_missing"
    LAW_PRIOR_NOTICE = "law:prior_notice_missing"
    LAW_PART_UNKNOWN = "law:part_unknown"

    CONSENT_NONE = "consent:none"
    CONSENT_WITHDRAWN = "consent:withdrawn"
    CONSENT_OTHER_PERSON = "consent:other_person"
    CONSENT_OTHER_DEVICE = "consent:other_device"
    CONSENT_OTHER_DISCLOSURE = "consent:other_disclosure"
    CONSENT_FROM_THE_FUTURE = "consent:from_the_future"
    CONSENT_EXPIRED = "consent:expired"
    CONSENT_OTHER_TEXT = "consent:other_text"
    CONSENT_OTHER_DURATION = "consent:other_duration"
    CONSENT_ERASED = "consent:erased"

    LEASE_NONE = "lease:none"
    LEASE_EXPIRED = "lease:expired"
    LEASE_OTHER_BOOT = "lease:other_boot"
    LEASE_OTHER_DEVICE = "lease:other_device"
    LEASE_OTHER_CONSENT = "lease:other_consent"
    LEASE_NOT_ASKED_FOR = "lease:not_asked_for"
    LEASE_BUDGET_SPENT = "lease:budget_spent"
    LEASE_SIGNATURE = "lease:signature"
    LEASE_RECORD_BEHIND = "lease:record_behind"

    PAUSED_BY_PERSON = "pause:by_person"
    PAUSED_BY_STEWARD = "pause:by_steward"
    PAUSE_NOT_YOURS = "pause:not_yours"

    SEGMENT_OUTSIDE_LEASE = "segment:outside_lease"
    SEGMENT_DURING_PAUSE = "segment:during_pause"
    SEGMENT_SUPERSEDED = "segment:superseded"
    SEGMENT_FROM_THE_FUTURE = "segment:from_the_future"
    SEGMENT_TOO_LONG = "segment:too_long"
    SEGMENT_OTHER_PERSON = "segment:other_person"
    SEGMENT_REPLAYED = "segment:replayed"
    SEGMENT_UNKNOWN_DEVICE = "segment:unknown_device"
    SEGMENT_OTHER_DEVICE = "segment:other_device"
    SEGMENT_SIGNATURE = "segment:signature"
    SEGMENT_CHAIN = "segment:chain"
    SEGMENT_BYTES = "segment:bytes"
    SEGMENT_FOREIGN = "segment:foreign"
    SEGMENT_ERASED = "segment:erased"
    ERASURE_UNTOLD = "erasure:person_not_told"
    SEGMENT_OLD_KEY = "segment:old_key"
    SEGMENT_UNKNOWN_KEY = "segment:unknown_key"

    GRANT_SIGNATURE = "grant:signature"
    GRANT_UNKNOWN_STAFF = "grant:unknown_staff"
    GRANT_WRONG_ROLE = "grant:wrong_role"
    GRANT_OWN_REQUEST = "grant:own_request"
    GRANT_OTHER_REQUEST = "grant:other_request"
    GRANT_DENIED = "grant:denied"
    GRANT_NEEDS_TWO_PEOPLE = "grant:needs_two_people"
    GRANT_NEEDS_TWO_ROLES = "grant:needs_two_roles"
    GRANT_EXPIRED = "grant:expired"
    GRANT_NOT_YET = "grant:not_yet"
    GRANT_REVOKED = "grant:revoked"
    GRANT_WRONG_PURPOSE = "grant:wrong_purpose"
    GRANT_WRONG_PERSON = "grant:wrong_person"
    GRANT_WRONG_KIND = "grant:wrong_kind"
    AUDIT_MISSING = "audit:missing"
    AUDIT_OTHER_MODEL = "audit:other_model"
    AUDIT_FAILED = "audit:failed"
    GROUP_TOO_FEW = "group:too_few_people"
    GROUP_APART = "group:tells_people_apart"
    GRANT_TOO_EARLY = "grant:too_early"
    GRANT_REASON = "grant:reason"
    GRANT_EMERGENCY_WIDE = "grant:emergency_wide"
    GRANT_EMERGENCY_SPENT = "grant:emergency_spent"
    GRANT_REVIEW_OVERDUE = "grant:review_overdue"
    GRANT_UNCERTAIN = "grant:uncertain"
    POLICY_NO = "policy:no"
    POLICY_ERROR = "policy:error"

    LINEAGE_UNKNOWN_SOURCE = "lineage:unknown_source"
    LINEAGE_LEAVES_OUT = "lineage:leaves_out"
    LINEAGE_WIDER = "lineage:wider_than_source"
    LINEAGE_KEPT_LONGER = "lineage:kept_longer"
    LINEAGE_ERASED = "lineage:erased"

    MACHINE_LOCKED = "machine:locked"
    MACHINE_ASLEEP = "machine:asleep"
    MACHINE_ON_BATTERY = "machine:on_battery"
    BUDGET_CPU = "budget:cpu"
    BUDGET_BYTES = "budget:bytes"
    INDICATOR_MISSING = "indicator:missing"
    CAPTURE_INCOMPLETE = "capture:incomplete"
    SPOOL_FULL = "spool:full"

    CONCERN_OVERDUE = "concern:overdue"
    CONCERN_NOT_OWNER = "concern:not_owner"
    CONCERN_ANSWERED = "concern:answered"
    CONCERN_DATE = "concern:date"
    CONCERN_PASS = "concern:pass"  # noqa: S105 - a reason
    CONCERN_PASS_SPENT = "concern:pass_spent"  # noqa: S105 - a reason
    CONCERN_PASSES_GONE = "concern:passes_gone"
    CONCERN_TOO_MANY = "concern:too_many"
    CONCERN_NOT_ANONYMOUS = "concern:not_anonymous"

    NOTICE_EMBARGO = "notice:embargo"
    NOTICE_NOT_YOURS = "notice:not_yours"

    ROLE_MISSING = "role:missing"


@dataclass(frozen=True)
class Explanation:
    """A reason for people: what it means, and what to do next."""

    sentence: str
    next_step: str


@dataclass(frozen=True)
class Decision:
    """Yes or no, and why. ``detail`` adds what was seen, never anything secret."""

    allowed: bool
    reason: Reason
    detail: str = ""

    def __bool__(self) -> bool:
        raise TypeError("say decision.allowed: a decision is not a truth value")

    def explain(self) -> Explanation:
        """The reason as a sentence and a next step."""
        return EXPLANATIONS[self.reason]

    def require(self) -> None:
        """Raise :class:`Refused` unless allowed."""
        if not self.allowed:
            words = self.explain()
            raise Refused(self.reason, words.sentence, cause=self.detail, fix=words.next_step)


ALLOWED = Decision(True, Reason.OK)


def no(reason: Reason, detail: str = "") -> Decision:
    """A no with its reason."""
    if reason is Reason.OK:
        raise ValueError("a no needs a reason")
    return Decision(False, reason, detail)


def deny_on_error(rule: Callable[P, Decision]) -> Callable[P, Decision]:
    """A rule that raises has said no, with ``rule:error`` and the kind of error."""

    @functools.wraps(rule)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Decision:
        try:
            decision = rule(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong inside a decision means no
            return no(Reason.RULE_ERROR, f"{rule.__name__} failed with {type(error).__name__}")
        if not isinstance(decision, Decision):
            return no(Reason.RULE_ERROR, f"{rule.__name__} did not decide")
        return decision

    return guarded


def first_no(*decisions: Decision) -> Decision:
    """The first no, else yes. With nothing to check the answer is no."""
    if not decisions:
        return no(Reason.RULE_ERROR, "nothing was checked")
    return next((decision for decision in decisions if not decision.allowed), ALLOWED)


EXPLANATIONS: dict[Reason, Explanation] = {
    Reason.OK: Explanation("This is allowed.", "Nothing to do."),
    Reason.RULE_ERROR: Explanation(
        "The decision could not be made, so the answer is no.", "Report this: it is a fault of the software."
    ),
    Reason.DISCLOSURE_UNKNOWN: Explanation(
        "There is no such disclosure.", "Ask the steward which disclosure is current: 'aboveboard status'."
    ),
    Reason.DISCLOSURE_NOT_CURRENT: Explanation(
        "A newer disclosure has been published.", "Read it and decide: 'aboveboard consent renew'."
    ),
    Reason.DISCLOSURE_INCOMPLETE: Explanation(
        "The disclosure does not say everything it must.", "Complete the field that is named, then publish again."
    ),
    Reason.DISCLOSURE_APP_NOT_NAMED: Explanation(
        "The disclosure does not name this application.", "Nothing: it is not recorded."
    ),
    Reason.DISCLOSURE_KIND_NOT_NAMED: Explanation(
        "The disclosure does not name this kind of data for this application.", "Nothing: it is not recorded."
    ),
    Reason.DISCLOSURE_COUNTRY_NOT_NAMED: Explanation(
        "The disclosure does not cover people of this country.",
        "Invite for a country that it names, or publish a version that names this one.",
    ),
    Reason.DISCLOSURE_APP_NEVER: Explanation(
        "The disclosure names an application that keeps secrets or asks for them; such are never recorded.",
        "Leave it out, then publish again; docs/spec/disclosure.md says which they are.",
    ),
    Reason.DISCLOSURE_SITES_NEVER: Explanation(
        "All sites named for an application are of a kind that is never recorded.",
        "Name sites of the work, or leave the application out; docs/spec/disclosure.md says which kinds they are.",
    ),
    Reason.LAW_LEGAL_BASIS: Explanation(
        "The disclosure does not say on which legal basis people of this country are recorded.",
        "The steward adds it to the disclosure's formalities: docs/spec/disclosure.md.",
    ),
    Reason.LAW_IMPACT_ASSESSMENT: Explanation(
        "Nobody has shown that the risks for people of this country were assessed.",
        "The steward adds the assessment to the disclosure's formalities: docs/spec/disclosure.md.",
    ),
    Reason.LAW_WORKS_COUNCIL: Explanation(
        "Nobody has shown that the works council of this country was asked.",
        "The steward adds the document to the disclosure's formalities: docs/spec/disclosure.md.",
    ),
    Reason.LAW_PRIOR_NOTICE: Explanation(
        "Nobody has shown that people of this country were given the notice that its law asks for.",
        "The steward adds the notice to the disclosure's formalities: docs/spec/disclosure.md.",
    ),
    Reason.LAW_PART_UNKNOWN: Explanation(
        "The laws of this country differ by state, and the person's is not known.",
        "Invite with the state, as ISO 3166-2 writes it: US-NY, US-CT, …",
    ),
    Reason.CONSENT_NONE: Explanation(
        "Nobody has agreed to this recording.", "Read the disclosure and decide: 'aboveboard enrol'."
    ),
    Reason.CONSENT_WITHDRAWN: Explanation(
        "Consent was withdrawn.", "Nothing: recording has ended. Enrol again only if you want to."
    ),
    Reason.CONSENT_OTHER_PERSON: Explanation(
        "This consent is another person's.", "Each person agrees for themselves: 'aboveboard enrol'."
    ),
    Reason.CONSENT_OTHER_DEVICE: Explanation(
        "This consent is for another device.", "Agree on this device: 'aboveboard enrol'."
    ),
    Reason.CONSENT_OTHER_DISCLOSURE: Explanation(
        "This consent does not cover the current disclosure.",
        "Read the current one and decide: 'aboveboard consent renew'.",
    ),
    Reason.CONSENT_FROM_THE_FUTURE: Explanation(
        "This consent is dated later than now.", "Set this machine's clock, then try again."
    ),
    Reason.CONSENT_EXPIRED: Explanation(
        "This consent was given so long ago that it does not count any more.",
        "Read the disclosure again and decide: 'aboveboard consent renew'.",
    ),
    Reason.CONSENT_OTHER_TEXT: Explanation(
        "The text that was agreed to is not the text of this disclosure in that language.",
        "Update Aboveboard on this machine, read it again and decide.",
    ),
    Reason.CONSENT_OTHER_DURATION: Explanation(
        "This consent says that it counts for longer than the disclosure does.",
        "Update Aboveboard on this machine, read it again and decide.",
    ),
    Reason.CONSENT_ERASED: Explanation(
        "This person's recordings were erased.", "Nothing: enrol again only if you want to."
    ),
    Reason.LEASE_NONE: Explanation(
        "There is no lease, so nothing is recorded.", "Check that the vault can be reached: 'aboveboard status'."
    ),
    Reason.LEASE_EXPIRED: Explanation(
        "The lease has run out, so nothing is recorded.", "Check that the vault can be reached: 'aboveboard status'."
    ),
    Reason.LEASE_OTHER_BOOT: Explanation(
        "The lease is from before this machine was started.", "Nothing: the recorder asks for a new one."
    ),
    Reason.LEASE_OTHER_DEVICE: Explanation(
        "The lease is for another device.", "Nothing: the recorder asks for a new one."
    ),
    Reason.LEASE_OTHER_CONSENT: Explanation(
        "The lease is for another consent.", "Nothing: the recorder asks for a new one."
    ),
    Reason.LEASE_NOT_ASKED_FOR: Explanation(
        "The lease does not answer the request that was made.", "Report this: somebody may be replaying old leases."
    ),
    Reason.LEASE_RECORD_BEHIND: Explanation(
        "The vault has forgotten a pause that this device was told of, so nothing is recorded.",
        "Tell the steward: the vault was restored from an old copy; a pause of everyone, and its end, puts it right.",
    ),
    Reason.LEASE_BUDGET_SPENT: Explanation(
        "Today's upload budget is spent.", "Nothing: recording resumes when the budget does."
    ),
    Reason.PAUSED_BY_PERSON: Explanation("You paused the recording.", "'aboveboard resume' when you want to go on."),
    Reason.PAUSED_BY_STEWARD: Explanation(
        "A steward paused the recording.", "Nothing: it goes on by itself; 'aboveboard status' shows the reason too."
    ),
    Reason.PAUSE_NOT_YOURS: Explanation(
        "This pause was made by somebody else.", "Only who made it can end it: the person, or a steward."
    ),
    Reason.SEGMENT_OUTSIDE_LEASE: Explanation(
        "The segment was captured without a valid lease.", "Nothing was stored. Report it if you did not expect it."
    ),
    Reason.SEGMENT_DURING_PAUSE: Explanation(
        "The segment was captured during a pause.", "Nothing was stored. Report it if you did not expect it."
    ),
    Reason.SEGMENT_SUPERSEDED: Explanation(
        "The segment was captured after a newer disclosure had taken the place of its own.",
        "Nothing was stored. Report it if it goes on for longer than a lease.",
    ),
    Reason.SEGMENT_FROM_THE_FUTURE: Explanation(
        "The segment claims to end later than now.", "Nothing was stored. Check the device's clock."
    ),
    Reason.SEGMENT_TOO_LONG: Explanation(
        "The segment is longer than a segment may be.", "Nothing was stored. Update the recorder."
    ),
    Reason.SEGMENT_OTHER_PERSON: Explanation(
        "The segment claims a person that the device is not enrolled for.", "Nothing was stored. Enrol the device."
    ),
    Reason.SEGMENT_REPLAYED: Explanation(
        "Another segment was already taken in under this name or place.", "Nothing was stored again."
    ),
    Reason.LEASE_SIGNATURE: Explanation(
        "A lease was not signed by this vault.", "Nothing was stored. Enrol the device with this vault."
    ),
    Reason.SEGMENT_UNKNOWN_DEVICE: Explanation(
        "No enrolled device has this key.", "Nothing was stored. Enrol the device: 'aboveboard enrol'."
    ),
    Reason.SEGMENT_OTHER_DEVICE: Explanation(
        "The segment or its session is another device's.", "Nothing was stored. Each device sends its own."
    ),
    Reason.SEGMENT_SIGNATURE: Explanation(
        "The segment's manifest was not signed by this device.", "Nothing was stored. Send it again, unchanged."
    ),
    Reason.SEGMENT_CHAIN: Explanation(
        "The segment does not follow on the one before it.", "Nothing was stored. Report it if you did not expect it."
    ),
    Reason.SEGMENT_BYTES: Explanation(
        "The bytes are not the ones that the manifest names.", "Nothing was stored. Send the sealed file again."
    ),
    Reason.SEGMENT_OLD_KEY: Explanation(
        "It would be sealed to a key that a newer one has replaced.",
        "Nothing: the recorder fetches the newer one; if this goes on, update it and check the vault can be reached.",
    ),
    Reason.SEGMENT_UNKNOWN_KEY: Explanation(
        "The segment is sealed to a key of the keyholder that this vault has not heard of.",
        "Nothing was stored. Tell the steward: the vault or the keyholder was restored from an old copy.",
    ),
    Reason.SEGMENT_FOREIGN: Explanation(
        "The bytes are not a segment sealed to exactly two keys.", "Nothing was stored. Update the recorder."
    ),
    Reason.SEGMENT_ERASED: Explanation(
        "The segment was erased, or belongs to what its person had erased.", "Nothing: it is not stored."
    ),
    Reason.ERASURE_UNTOLD: Explanation(
        "Nothing of a person is erased by somebody else's order before a notice to them is on its way.",
        "Send it first, then name it in the order: 'aboveboard notice send'.",
    ),
    Reason.GRANT_SIGNATURE: Explanation(
        "A signature of the grant does not hold.", "Make the request again; report this if it happens twice."
    ),
    Reason.GRANT_UNKNOWN_STAFF: Explanation(
        "The keyholder does not know one of the people who signed.", "Ask the keyholder's operator to add them."
    ),
    Reason.GRANT_WRONG_ROLE: Explanation(
        "Somebody who signed has not the role for it.", "Ask an approver of the missing role."
    ),
    Reason.GRANT_OWN_REQUEST: Explanation(
        "Nobody approves their own request.", "Ask two approvers who are not the requester."
    ),
    Reason.GRANT_OTHER_REQUEST: Explanation(
        "An approval is for another request, or the request was changed after it.", "Ask for approval again."
    ),
    Reason.GRANT_DENIED: Explanation("An approver said no.", "Read their comment; make a new request if it is met."),
    Reason.GRANT_NEEDS_TWO_PEOPLE: Explanation(
        "Two different people must approve.", "Wait for the second, or ask them."
    ),
    Reason.GRANT_NEEDS_TWO_ROLES: Explanation(
        "The two approvers must have different roles.", "Ask an approver of the other role."
    ),
    Reason.GRANT_EXPIRED: Explanation("The grant has run out.", "Make a new request."),
    Reason.GRANT_NOT_YET: Explanation(
        "The grant or one of its signatures is dated later than now.", "Check the clocks of those who signed."
    ),
    Reason.GRANT_REVOKED: Explanation("The grant was revoked.", "Ask who revoked it; make a new request."),
    Reason.GRANT_WRONG_PURPOSE: Explanation(
        "The disclosure that these people agreed to does not name this purpose.", "Make a request for one it names."
    ),
    Reason.GRANT_WRONG_PERSON: Explanation("The grant does not name this person.", "Make a request that names them."),
    Reason.AUDIT_MISSING: Explanation(
        "Nobody has measured what this model remembers of those it learnt from.",
        "Run 'aboveboard lab audit' on it first.",
    ),
    Reason.AUDIT_OTHER_MODEL: Explanation(
        "The audit is of another model, or the model was changed since.", "Run 'aboveboard lab audit' on this one."
    ),
    Reason.AUDIT_FAILED: Explanation(
        "The model may remember those it learnt from.",
        "Train it on more people, with fewer steps or a lower rank, and audit it anew.",
    ),
    Reason.GROUP_TOO_FEW: Explanation(
        "What was recorded is valued by groups of at least ten people, never by person.",
        "Ask for larger groups, or for the value of all of it.",
    ),
    Reason.GROUP_APART: Explanation(
        "By these groups, or together with earlier ones, fewer than ten people could be told apart.",
        "Ask for groups that differ by at least ten people and leave at least ten, or none, in no group.",
    ),
    Reason.GRANT_WRONG_KIND: Explanation("The grant does not name this kind of data.", "Make a request that names it."),
    Reason.GRANT_TOO_EARLY: Explanation(
        "This was recorded before the time from which the grant counts.", "Make a request that reaches further back."
    ),
    Reason.GRANT_REASON: Explanation(
        "The request does not say enough for anybody to judge it.",
        "Say in a sentence of your own why these recordings are needed, and for what.",
    ),
    Reason.GRANT_EMERGENCY_WIDE: Explanation(
        "An emergency asks for one person's last two hours, two kinds of data at most, for one hour.",
        "Ask for less, or make an ordinary request, which needs a second approver.",
    ),
    Reason.GRANT_EMERGENCY_SPENT: Explanation(
        "As many keys as an emergency may open have left under it.", "Make an ordinary request for the rest."
    ),
    Reason.GRANT_REVIEW_OVERDUE: Explanation(
        "An earlier emergency was not reviewed in time, or too many wait for it, so no new one is granted.",
        "An approver who had no part in it reviews it first: 'aboveboard review'.",
    ),
    Reason.GRANT_UNCERTAIN: Explanation(
        "The keyholder has not said lately that the grant still holds, so what is open was closed.",
        "Check that the vault and the keyholder can be reached, then open again.",
    ),
    Reason.POLICY_NO: Explanation(
        "The keyholder's policy does not permit this.", "Ask the keyholder's operator which rule it is: it is named."
    ),
    Reason.POLICY_ERROR: Explanation(
        "The keyholder's policy could not be applied, so the answer is no.",
        "Tell the keyholder's operator: an alarm was raised.",
    ),
    Reason.LINEAGE_UNKNOWN_SOURCE: Explanation(
        "The artefact names a source that is not on record.", "Register what it was made from first, then try again."
    ),
    Reason.LINEAGE_LEAVES_OUT: Explanation(
        "The artefact leaves out recordings that a source of it was made from, so erasure would not reach it.",
        "Name everything that its sources name.",
    ),
    Reason.LINEAGE_WIDER: Explanation(
        "The artefact is for a purpose that one of its sources is not for.", "Use it for what all its sources are for."
    ),
    Reason.LINEAGE_KEPT_LONGER: Explanation(
        "The artefact is to be kept longer than one of its sources.", "Keep it as long as the source that goes first."
    ),
    Reason.LINEAGE_ERASED: Explanation(
        "Somebody had recordings erased that went into this artefact.",
        "Use what it was made again as: 'aboveboard lab rebuild' makes it.",
    ),
    Reason.MACHINE_LOCKED: Explanation(
        "The screen is locked, so nothing is recorded.", "Nothing: recording goes on when you unlock it."
    ),
    Reason.MACHINE_ASLEEP: Explanation(
        "This machine goes to sleep, so nothing is recorded.", "Nothing: recording goes on when it wakes."
    ),
    Reason.MACHINE_ON_BATTERY: Explanation(
        "The battery is low, so nothing is recorded, as the disclosure promises.", "Plug this machine in to go on."
    ),
    Reason.BUDGET_CPU: Explanation(
        "Recording would cost more of the processor than the disclosure promises, so it stopped.",
        "Nothing: it goes on by itself when the mean is below the promise again.",
    ),
    Reason.BUDGET_BYTES: Explanation(
        "Today's bytes are spent, as the disclosure promises, so nothing more is recorded.",
        "Nothing: it goes on tomorrow.",
    ),
    Reason.INDICATOR_MISSING: Explanation(
        "Nothing on this display can show that it is recorded, so it is not.",
        "Add a tray to the desktop's panel, or check that windows can be shown on this display.",
    ),
    Reason.CAPTURE_INCOMPLETE: Explanation(
        "What was written does not match what happened, so recording is begun anew.",
        "Nothing; report it if it happens again.",
    ),
    Reason.SPOOL_FULL: Explanation(
        "The disk is full, so nothing more is recorded.", "Make room; recording goes on by itself."
    ),
    Reason.CONCERN_OVERDUE: Explanation(
        "A concern waits for its answer past its date, so the programme is not widened.",
        "Answer it first: 'aboveboard concern list' shows which, 'aboveboard concern answer' answers it.",
    ),
    Reason.CONCERN_NOT_OWNER: Explanation(
        "Only the steward who has taken this concern over answers it.", "Take it over first: 'aboveboard concern own'."
    ),
    Reason.CONCERN_ANSWERED: Explanation(
        "This concern is answered already.", "Raise a new one if the answer does not do."
    ),
    Reason.CONCERN_DATE: Explanation(
        "A concern is answered by its date or earlier, never later.", "Choose the date that it has, or an earlier one."
    ),
    Reason.CONCERN_PASS: Explanation(
        "The pass that came with this does not hold.", "Fetch new passes by opening your page, then try again."
    ),
    Reason.CONCERN_PASS_SPENT: Explanation(
        "This pass was used before: each counts once.", "Nothing: what it was first used for is on record."
    ),
    Reason.CONCERN_PASSES_GONE: Explanation(
        "You have fetched all the passes there are of this kind.",
        "Use those that you have, on the machine that fetched them, or raise a concern openly.",
    ),
    Reason.CONCERN_TOO_MANY: Explanation(
        "Many concerns of yours wait for their answers already.", "Join or wait for those; then raise more."
    ),
    Reason.CONCERN_NOT_ANONYMOUS: Explanation(
        "This was to be anonymous and came with a key that is known, so it was not taken.",
        "Nothing was kept. Update Aboveboard, then try again.",
    ),
    Reason.NOTICE_EMBARGO: Explanation(
        "The people whom this notice concerns are told first.",
        "Wait until it was offered to all of them, a day at most: 'aboveboard notice list' shows how many.",
    ),
    Reason.NOTICE_NOT_YOURS: Explanation(
        "This notice was not sent to this person, or is another one than was sent.", "Nothing: fetch your own."
    ),
    Reason.ROLE_MISSING: Explanation(
        "Your role does not allow this.", "Ask somebody whose role does: 'aboveboard status' lists the roles."
    ),
}
