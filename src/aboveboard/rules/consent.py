"""Is there a live consent of this person, on this device, for this disclosure?

1. There is a receipt.
2. It is this person's.
3. It was given on this device.
4. It is for the disclosure in question, or covers it (``rules.disclosure_change``).
5. It is not dated later than now (a minute of clock difference is allowed).
6. It has not been withdrawn, and the person's recordings have not been erased.
7. It was not given so long ago that it has to be asked for anew.

Whoever takes a receipt in also asks once whether it is for what was shown (:func:`for_what_was_shown`):

1. The text is exactly that of this disclosure, in the language that the receipt names.
2. It counts for as long as the disclosure says, and no longer.
"""

from collections.abc import Collection
from dataclasses import dataclass

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.consent import ConsentReceipt
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.disclosure_text import plain_text, shown_digest
from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, no

CLOCK_TOLERANCE_NS = 60 * SECOND_NS
DAY_NS = 86_400 * SECOND_NS
WITHOUT_DATE_DAYS = 365
"""For how long a receipt counts that is from before receipts said so."""


@dataclass(frozen=True)
class ConsentFacts:
    """A receipt whose signature holds, and what has happened to it since. ``None``: it has not.

    ``covers``: hashes of the later versions of its disclosure that it covers too.
    """

    receipt: ConsentReceipt | None
    withdrawn_at_ns: int | None = None
    erased_at_ns: int | None = None
    covers: Collection[str] = ()


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
    if disclosure_sha256 != receipt.disclosure_sha256 and disclosure_sha256 not in facts.covers:
        return no(Reason.CONSENT_OTHER_DISCLOSURE)
    if receipt.given_at_ns > now_ns + CLOCK_TOLERANCE_NS:
        return no(Reason.CONSENT_FROM_THE_FUTURE)
    if facts.erased_at_ns is not None:
        return no(Reason.CONSENT_ERASED)
    if facts.withdrawn_at_ns is not None:
        return no(Reason.CONSENT_WITHDRAWN)
    if now_ns >= expires_at_ns(receipt):
        return no(Reason.CONSENT_EXPIRED)
    return ALLOWED


def expires_at_ns(receipt: ConsentReceipt) -> int:
    """From when on (wall time) consent has to be asked for anew."""
    if receipt.expires_at_ns is None:
        return receipt.given_at_ns + WITHOUT_DATE_DAYS * DAY_NS
    return receipt.expires_at_ns


@deny_on_error
def for_what_was_shown(receipt: ConsentReceipt, disclosure: Disclosure) -> Decision:
    """Is the receipt over the text of this disclosure, and for as long as it says? Asked once, when it is given."""
    if receipt.shown_sha256 != shown_digest(plain_text(disclosure, receipt.language)):
        return no(Reason.CONSENT_OTHER_TEXT, f"in {receipt.language!r}")
    if expires_at_ns(receipt) > receipt.given_at_ns + disclosure.consent_days * DAY_NS:
        return no(Reason.CONSENT_OTHER_DURATION, f"the disclosure says {disclosure.consent_days} days")
    return ALLOWED
