"""Whom does a notice concern, and when may anybody else be told?

An embargoed notice (``formats.notice.EMBARGOED``) is told to nobody but its authors and those whom it concerns until it
was offered to every one of them by at least one way (handed to their recorder or their page, or taken by their mail
server), or :data:`EMBARGO_NS` have passed: a person whom nothing reaches does not silence it for ever.
"""

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.notice import EMBARGOED, Audience
from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, no

EMBARGO_NS = 24 * 3600 * SECOND_NS
LONGEST_WAIT_NS = 6 * 3600 * SECOND_NS
FIRST_WAIT_NS = 30 * SECOND_NS
ATTEMPTS = 12
"""How often a mail is tried: over about a day and a half."""


def concerns(audience: Audience, *, person_id: str, country: str, cohort: str) -> bool:
    """Is this person of the audience? A country includes its parts."""
    if audience.people is not None:
        return person_id in audience.people
    if audience.country is not None and audience.country not in {country, country.split("-", maxsplit=1)[0]}:
        return False
    return audience.cohort is None or audience.cohort == cohort


@deny_on_error
def may_tell_others(kind: str, *, published_at_ns: int, unreached: int, now_ns: int) -> Decision:
    """May somebody whom it does not concern be told? ``unreached``: to how many concerned people it was not offered."""
    if kind in EMBARGOED and unreached > 0 and now_ns < published_at_ns + EMBARGO_NS:
        return no(Reason.NOTICE_EMBARGO, f"{unreached} of those whom it concerns were not reached yet")
    return ALLOWED


def wait_ns(attempts: int) -> int | None:
    """How long to wait after so many failed attempts; ``None``: give up."""
    if attempts >= ATTEMPTS:
        return None
    return min(FIRST_WAIT_NS << max(0, attempts - 1), LONGEST_WAIT_NS)
