"""Is there a live consent of this person, on this device, for this disclosure?

1. There is a receipt.
2. It is this person's.
3. It was given on this device.
4. It is for the disclosure in question.
5. It is not dated later than now (a minute of clock difference is allowed).
6. It has not been withdrawn, and the person's recordings have not been erased.
"""

from dataclasses import dataclass

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.consent import ConsentReceipt
from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, no

CLOCK_TOLERANCE_NS = 60 * SECOND_NS


@dataclass(frozen=True)
class ConsentFacts:
    """A receipt whose signature holds, and what has happened to it since. ``None``: it has not."""

    receipt: ConsentReceipt | None
    withdrawn_at_ns: int | None = None
    erased_at_ns: int | None = None


@deny_on_error
def consent_live(
    facts: ConsentFacts, *, person_id: str, device_id: str, disclosure_sha256: str, now_ns: int
) -> Decision:
    """Decide for the wall time ``now_ns``."""
    receipt = facts.receipt
    if receipt is None:
        return no(Reason.CONSENT_NONE)
    if receipt.person_id != person_id:
        return no(Reason.CONSENT_OTHER_PERSON)
    if receipt.device_id != device_id:
        return no(Reason.CONSENT_OTHER_DEVICE)
    if receipt.disclosure_sha256 != disclosure_sha256:
        return no(Reason.CONSENT_OTHER_DISCLOSURE)
    if receipt.given_at_ns > now_ns + CLOCK_TOLERANCE_NS:
        return no(Reason.CONSENT_FROM_THE_FUTURE)
    if facts.erased_at_ns is not None:
        return no(Reason.CONSENT_ERASED)
    if facts.withdrawn_at_ns is not None:
        return no(Reason.CONSENT_WITHDRAWN)
    return ALLOWED
