"""What is found in a text that should not be seen, and which of two findings about the same words counts?

A detector says where something of which kind is. Detectors know nothing of one another; their findings are brought
together here, so that each character is covered once, by the finding that covers most. A character that any detector
found is covered: :func:`resolve` joins, and never drops a part of one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, get_args

Kind = Literal[
    "name",
    "organisation",
    "place",
    "address",
    "group",
    "title",
    "age",
    "date",
    "birth_date",
    "phone",
    "mail",
    "web",
    "network",
    "card",
    "account",
    "national_number",
    "licence",
    "tax",
    "health",
    "key",
    "password",
    "code",
    "customer",
]
"""The closed list. ``group``: a nationality, religion or political group; ``web``: a host or address on the web;
``network``: an IP or MAC address; ``account``: an IBAN or bank account; ``key``: an API key, token or private key;
``password``: a password in the clear; ``code``: a one-time code; ``customer``: what a pattern of the steward found."""

KINDS: tuple[Kind, ...] = get_args(Kind)

_KNOWN = frozenset(KINDS)

SECRET: frozenset[Kind] = frozenset({"key", "password", "code"})
"""Kinds for which no consistent placeholder is kept: that two were equal is itself worth hiding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """``text[start:end]`` is of ``kind``. ``certainty`` is above 0, at most 1; ``by`` names the detector."""

    start: int
    end: int
    kind: Kind
    certainty: float
    by: str


WORDED: frozenset[Kind] = frozenset({"name", "organisation", "place", "address", "group", "title", "age", "date"})
"""Kinds that are told by words and what stands around them: where they begin and end is less certain."""

FINDINGS_LIMIT = 20_000
"""Of one text, by all detectors. A text with more is none that can be redacted: it is covered whole."""


def within_limits(findings: Sequence[Finding], length: int) -> bool:
    """Whether ``findings`` can be those of a text of ``length`` characters; if not, a detector is not to be trusted."""
    return len(findings) <= FINDINGS_LIMIT and all(
        0 <= one.start < one.end <= length and 0 < one.certainty <= 1 and one.kind in _KNOWN for one in findings
    )


class Detector(Protocol):
    """Finds things in a text. It keeps nothing of the texts it saw, and may be called from any thread."""

    @property
    def name(self) -> str:
        """Short and constant: "mail", "tagger 3"."""
        ...

    def find(self, text: str) -> list[Finding]:
        """Where in ``text`` (any Unicode, up to ``redactor.LIMIT_CHARACTERS``) what is; in any order, may overlap.

        It never raises for a text. It takes time in proportion to the length, whatever the text is.
        """
        ...


def resolve(findings: Iterable[Finding]) -> list[Finding]:
    """Disjoint findings in order of place that cover every character that ``findings`` cover, and no other.

    Those that overlap become one, of the kind of the longest of them (then the most certain one). But where one of
    :data:`WORDED` ends within a number or an address of another kind, or begins in it, it ends before it, or begins
    after it: so that the same mail address has the same placeholder whatever stands beside it.
    """
    found: list[Finding] = []
    longest: list[Finding] = []
    for one in sorted(findings, key=lambda finding: (finding.start, -finding.end)):
        last = found[-1] if found else None
        if last and last.start < one.start < last.end < one.end and (one.kind in WORDED) != (last.kind in WORDED):
            if one.kind in WORDED:
                one = replace(one, start=last.end)  # noqa: PLW2901 - what is left of it
            else:
                found[-1] = replace(last, end=one.start)
            found.append(one)
            longest.append(one)
        elif last and one.start < last.end:
            longest[-1] = max(longest[-1], one, key=lambda finding: (finding.end - finding.start, finding.certainty))
            found[-1] = replace(longest[-1], start=last.start, end=max(last.end, one.end))
        else:
            found.append(one)
            longest.append(one)
    return found
