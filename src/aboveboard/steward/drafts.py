"""What does a researcher ask for on the page, and what is still missing from it?

A draft is what the form holds. :func:`missing` says at once what a request would be refused for; :func:`request_of`
makes the document that is signed. The rules are those that the vault and the keyholder apply (``rules.request``).
"""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError
from aboveboard.base.ids import Kind, check_id
from aboveboard.formats import grant as grant_format
from aboveboard.formats.disclosure import PURPOSES, Disclosure
from aboveboard.formats.grant import DURATION_LIMIT_NS, AccessRequest
from aboveboard.rules.decision import Reason
from aboveboard.rules.request import says_something, sound

HOUR_NS = 3600 * SECOND_NS
LONGEST_HOURS = DURATION_LIMIT_NS / HOUR_NS
ShortText = Annotated[str, Meta(max_length=2000)]


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form. ``at_most``: for a kind, how closely it is seen; ``since_hours`` of ``None``: from the beginning."""

    people: Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(max_length=1000)] = []
    cohort: Annotated[str, Meta(max_length=40)] = ""
    kinds: Annotated[list[Annotated[str, Meta(max_length=20)]], Meta(max_length=6)] = []
    at_most: dict[Annotated[str, Meta(max_length=20)], Annotated[str, Meta(max_length=20)]] = {}
    purpose: Annotated[str, Meta(max_length=40)] = ""
    output: ShortText = ""
    reason: ShortText = ""
    hours: float = 24.0
    since_hours: float | None = None
    emergency: bool = False


class Missing(msgspec.Struct, frozen=True):
    """Something that the draft lacks: the form's ``field``, and ``words`` for who fills it in."""

    field: str
    words: str


def missing(draft: Draft, disclosure: Disclosure | None) -> list[Missing]:
    """Everything that is to be mended before this can be asked, in the order of the form."""
    found = [*_whose(draft), *_what(draft, disclosure), *_why(draft), *_how_long(draft)]
    if found:
        return found
    try:
        example = ["per_" + "0" * 26] if draft.cohort else draft.people
        decision = sound(request_of(draft, example, requester="stf_" + "0" * 26, recipient=_ANY, now_ns=2**60))
    except AboveboardError as error:
        return [Missing("form", error.what)]
    if decision.allowed:
        return []
    field = "emergency" if decision.reason == Reason.GRANT_EMERGENCY_WIDE else "reason"
    return [Missing(field, f"{decision.explain().sentence} {decision.detail}".strip())]


_ANY = "age1" + "q" * 58


def request_of(draft: Draft, people: Sequence[str], *, requester: str, recipient: str, now_ns: int) -> AccessRequest:
    """The request to sign, for exactly these ``people``; raises :class:`BadInput` for what has not its shape."""
    facts: dict[str, Any] = {
        "request_id": f"{Kind.REQUEST}_{'0' * 26}",
        "requester": requester,
        "recipient": recipient,
        "people": list(people),
        "kinds": list(draft.kinds),
        "purpose": draft.purpose,
        "output": draft.output.strip(),
        "reason": draft.reason.strip(),
        "duration_ns": int(draft.hours * HOUR_NS),
        "created_at_ns": now_ns,
        "cohort": draft.cohort.strip(),
        "fidelity": draft.at_most,
        "since_ns": 0 if draft.since_hours is None else now_ns - int(draft.since_hours * HOUR_NS),
        "emergency": draft.emergency,
    }
    return grant_format.decode_request(msgspec.json.encode(facts))


def _whose(draft: Draft) -> list[Missing]:
    if bool(draft.people) == bool(draft.cohort.strip()):
        return [Missing("people", "Say whose recordings: people by their ids, or one cohort.")]
    for person_id in draft.people:
        try:
            check_id(Kind.PERSON, person_id)
        except AboveboardError:
            return [Missing("people", f"“{person_id[:40]}” is not a person's id: it begins with per_.")]
    return []


def _what(draft: Draft, disclosure: Disclosure | None) -> list[Missing]:
    found = []
    if not draft.kinds:
        found.append(Missing("kinds", "Choose at least one kind of data."))
    if draft.purpose not in PURPOSES:
        found.append(Missing("purpose", "Choose what for; the list is closed."))
    elif disclosure is not None and draft.purpose not in disclosure.purposes:
        found.append(Missing("purpose", "What people agreed to does not name this purpose: no key would leave."))
    return found


def _why(draft: Draft) -> list[Missing]:
    found = []
    if not draft.output.strip():
        found.append(Missing("output", "Say what will come of it: a data set, a model, a report."))
    elif len(draft.output) > 200:
        found.append(Missing("output", "Say it in 200 characters."))
    if len(draft.reason.strip()) < 10 or not says_something(draft.reason, beside=draft.output):
        words = (
            "Say why it is needed, in words of its own: approvers, and everyone whose recordings are opened, read it."
        )
        found.append(Missing("reason", words))
    return found


def _how_long(draft: Draft) -> list[Missing]:
    found = []
    if not 0 < draft.hours <= LONGEST_HOURS:
        found.append(Missing("hours", f"A grant lasts for at most {LONGEST_HOURS / 24:.0f} days."))
    if draft.since_hours is not None and not 0 < draft.since_hours <= 10 * 366 * 24:
        found.append(Missing("since_hours", "Say how many hours it reaches back."))
    return found
