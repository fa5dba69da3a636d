"""Does an access request say something, and does an emergency ask for little?

A reason is read by two approvers and by everyone whose recordings are opened. What can be known of a text without
understanding it is little: that it has words, different ones, and other ones than the output that it stands beside.
Whether it is a *good* reason is the approvers' to judge.
"""

import re
import unicodedata

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.fields import NOT_PLAIN
from aboveboard.formats.grant import AccessRequest
from aboveboard.formats.roster import fold
from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, no

FEWEST_WORDS = 4
FEWEST_OWN_WORDS = 3
FEWEST_SIGNS = 8
"""Of a script that has no spaces between words."""

HOUR_NS = 3600 * SECOND_NS
EMERGENCY_DURATION_NS = HOUR_NS
EMERGENCY_BACK_NS = 2 * HOUR_NS
EMERGENCY_KINDS = 2
EMERGENCY_KEYS = 3600
"""How many keys leave under one emergency at most. The keyholder cannot see when a segment was recorded; it counts."""
REVIEW_WITHIN_NS = 7 * 24 * HOUR_NS
UNREVIEWED = 3
"""So many emergencies may wait for their review; before there is another, one of them is reviewed."""


@deny_on_error
def sound(request: AccessRequest) -> Decision:
    """Does the request say what for, name nothing twice, and keep within the limits of an emergency if it is one?"""
    if not says_something(request.reason, beside=request.output):
        return no(Reason.GRANT_REASON, "the reason has too few words of its own")
    if not words_of(request.output) and not signs_of(request.output):
        return no(Reason.GRANT_REASON, "the request does not say what will come of it")
    if re.search(NOT_PLAIN, request.reason + request.output):
        return no(Reason.GRANT_REASON, "the request has characters that are no text")
    for name, listed in (("people", request.people), ("kinds", request.kinds)):
        if len(set(listed)) != len(listed):
            return no(Reason.GRANT_REASON, f"the same of the {name} is named twice")
    return _narrow(request) if request.emergency else ALLOWED


def says_something(reason: str, *, beside: str) -> bool:
    """At least four different words, three of which do not stand ``beside`` it; or eight different signs."""
    words, signs = words_of(reason), signs_of(reason)
    own_words, own_signs = words - words_of(beside), signs - signs_of(beside)
    if len(words) >= FEWEST_WORDS and len(own_words) >= FEWEST_OWN_WORDS:
        return True
    return len(signs) >= FEWEST_SIGNS and len(own_signs) >= FEWEST_SIGNS // 2


def words_of(text: str) -> set[str]:
    """The different words: of letters, not one letter over and over ("aaaa"), nor "a" or "I"."""
    found = re.findall(r"[^\W\d_]+", fold(text))
    return {word for word in found if len(set(word)) > 1 and not signs_of(word)}


def signs_of(text: str) -> set[str]:
    """The different letters of scripts that write no spaces: Chinese, Japanese, Thai and their like."""
    return {letter for letter in text if unicodedata.category(letter) == "Lo" and ord(letter) >= 0x0E00}


def _narrow(request: AccessRequest) -> Decision:
    """One person, the last two hours, two kinds, for one hour."""
    if len(request.people) != 1 or request.cohort:
        return no(Reason.GRANT_EMERGENCY_WIDE, "it names more than one person")
    if len(request.kinds) > EMERGENCY_KINDS:
        return no(Reason.GRANT_EMERGENCY_WIDE, f"it names more than {EMERGENCY_KINDS} kinds of data")
    if request.duration_ns > EMERGENCY_DURATION_NS:
        return no(Reason.GRANT_EMERGENCY_WIDE, "it lasts for more than an hour")
    if request.since_ns < request.created_at_ns - EMERGENCY_BACK_NS:
        return no(Reason.GRANT_EMERGENCY_WIDE, "it reaches back for more than two hours")
    return ALLOWED
