"""Which identifiers of customers, cases or staff did the steward describe?

The steward gives patterns in the syntax of RE2, which takes time in proportion to the text whatever the pattern is.
They come from outside: their number, length and cost in memory have limits.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from aboveboard.base.errors import BadInput
from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.text.patterns.seen import Seen, finding

PATTERNS_LIMIT = 64
PATTERN_CHARACTERS = 300
MEMORY_BYTES = 1 << 20
"""What one pattern may take once it is compiled."""
LONGEST = 120
"""An identifier has at most so many characters; more of it may be left uncovered."""
WINDOW = 600
"""A text is searched in pieces of this many characters that overlap by :data:`LONGEST`: one that matches everywhere
costs the length of a piece for each match, not that of the text."""


class Customers:
    """The steward's patterns, ready to search with. May be used from any thread."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Raises :class:`BadInput` for one that is too long, does not compile, or matches nothing at all."""
        import re2

        if len(patterns) > PATTERNS_LIMIT:
            raise BadInput(
                f"{len(patterns)} patterns for customer identifiers",
                cause=f"at most {PATTERNS_LIMIT} are allowed",
                fix="join some of them with |",
            )
        options = re2.Options()
        options.max_mem = MEMORY_BYTES
        options.log_errors = False
        self._patterns: list[Any] = [_compiled(re2, options, number, one) for number, one in enumerate(patterns, 1)]

    def find(self, seen: Seen) -> Iterator[Finding]:
        """What the patterns find."""
        text = seen.text
        if not text.isascii():
            # A lone half of a pair has no UTF-8; whatever stands for it has to be one character too.
            text = text.encode("utf-8", "replace").decode("utf-8")
        for pattern in self._patterns:
            if pattern.search(text) is None:
                continue
            for begin in range(0, max(1, len(text) - LONGEST), WINDOW - LONGEST):
                for one in pattern.finditer(text[begin : begin + WINDOW]):
                    yield finding(begin + one.start(), begin + one.end(), "customer", 0.9)


def _compiled(re2: Any, options: Any, number: int, pattern: str) -> Any:
    name = f"customer pattern {number}"
    if not pattern or len(pattern) > PATTERN_CHARACTERS:
        raise BadInput(
            f"{name} has {len(pattern)} characters",
            cause=f"1 to {PATTERN_CHARACTERS} are allowed",
            fix="shorten it, or make two of it",
        )
    try:
        compiled = re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        said = error.args[0] if error.args else ""
        raise BadInput(
            f"{name} does not compile: {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}",
            cause="it is no pattern of RE2, which knows no look-around and no references back, or it is too large",
            fix="see https://github.com/google/re2/wiki/Syntax",
        ) from None
    if compiled.fullmatch("") is not None:
        raise BadInput(
            f"{name} matches the empty text",
            cause="all of it is optional",
            fix="say at least one character that has to be there",
        )
    return compiled
