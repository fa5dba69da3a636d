"""Whom does a notice concern, and when may anybody else be told?

An embargoed notice (``formats.notice.EMBARGOED``) is told to nobody but its author and those whom it concerns until it
was offered to every one of them by at least one way (handed to their recorder or their page, or taken by their mail
server), or :data:`EMBARGO_NS` have passed: a person whom nothing reaches does not silence it for ever.

Whether a notice has reached somebody says whether their machine is on. So only of a notice to everyone, where these are
at least ``rules.fleet.LEAST_PEOPLE``, it is told before that time how many were reached, be it by a count or by an
embargo that ends earlier: who could choose the ten would choose nine whom they know, and one.
"""

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.notice import EMBARGOED, Audience
from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, no
from aboveboard.rules.fleet import LEAST_PEOPLE

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
def may_tell_others(kind: str, *, published_at_ns: int, counted: bool, unreached: int, now_ns: int) -> Decision:
    """May somebody whom it does not concern be told? ``unreached``: to how many concerned people it was not offered.

    ``counted``: the answer of :func:`may_be_counted`.
    """
    if kind not in EMBARGOED or now_ns >= published_at_ns + EMBARGO_NS:
        return ALLOWED
    if not counted:
        return no(
            Reason.NOTICE_EMBARGO, "of so few or of some it is not told before a day has passed whom it has reached"
        )
    return no(Reason.NOTICE_EMBARGO, f"{unreached} people were not reached yet") if unreached else ALLOWED


def may_be_counted(audience: Audience, *, people: int, published_at_ns: int, now_ns: int) -> bool:
    """May it be told how many of these were reached, and have seen it?"""
    return now_ns >= published_at_ns + EMBARGO_NS or (audience == Audience() and people >= LEAST_PEOPLE)


def wait_ns(attempts: int) -> int | None:
    """How long to wait after so many failed attempts; ``None``: give up."""
    if attempts >= ATTEMPTS:
        return None
    return min(FIRST_WAIT_NS << max(0, attempts - 1), LONGEST_WAIT_NS)
