"""What do forms and lists find in a text, all together?"""

from collections.abc import Collection, Sequence
from importlib.util import find_spec
from itertools import chain

from aboveboard.recorder.redact.text.finding import KINDS, Finding, Kind
from aboveboard.recorder.redact.text.patterns import (
    addresses,
    beside,
    dates,
    lists,
    national,
    numbers,
    phones,
    vocabulary,
    web,
)
from aboveboard.recorder.redact.text.patterns.customers import Customers
from aboveboard.recorder.redact.text.patterns.seen import BY, Seen

RULES = (numbers.find, national.find, beside.find, phones.find, dates.find, web.find, addresses.find, lists.find)


class PatternDetector:
    """Finds by form, by check digits, by a word beside, by lists. A ``Detector``; may be called from any thread."""

    name = BY

    def __init__(self, kinds: Collection[Kind] = KINDS, customers: Sequence[str] = ()) -> None:
        """``kinds``: what is wanted; the rest is found too where it costs nothing, and left out.

        ``customers``: patterns for identifiers; :class:`BadInput` if one is not acceptable. :class:`ImportError` if a
        library is missing: better now than at the first text.
        """
        for library in ("phonenumbers", "stdnum"):
            # Each is loaded by the first number that needs it, which most texts never have.
            if find_spec(library) is None:
                raise ImportError(f"{library} is not installed")
        vocabulary.automaton()
        self._rules = (*RULES, Customers(customers).find) if customers else RULES
        self._kinds = frozenset(kinds)

    def find(self, text: str) -> list[Finding]:
        """See ``Detector.find``."""
        seen = Seen(text)
        found = chain.from_iterable(rule(seen) for rule in self._rules)
        return [one for one in found if one.kind in self._kinds]
