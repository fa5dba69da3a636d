"""Which identifiers of customers, cases or staff did the steward describe?

The steward gives patterns in the syntax of RE2, which takes time in proportion to the text whatever the pattern is.
They come from outside: their number, length and cost in memory have limits, and none may take single characters, which
would cover every text. :func:`check` refuses at publishing what the recorder would refuse: the same code looks at both.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from aboveboard.base.errors import BadInput, SetupMissing
from aboveboard.formats.disclosure import CustomerPattern
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


SINGLE = [chr(code) for code in range(32, 127)]


def check(patterns: Sequence[CustomerPattern]) -> None:
    """Raises :class:`BadInput` that names the pattern that no recorder would take; :class:`SetupMissing` without RE2.

    For the steward, before a disclosure is published.
    """
    if not patterns:
        return
    try:
        Customers([one.pattern for one in patterns], names=[one.name for one in patterns])
    except ImportError:
        raise SetupMissing(
            "the patterns for identifiers of customers cannot be checked here",
            cause="google-re2 is not installed",
            fix="pip install 'aboveboard[recorder]'",
        ) from None


class Customers:
    """The steward's patterns, ready to search with. May be used from any thread."""

    def __init__(self, patterns: Sequence[str], names: Sequence[str] = ()) -> None:
        """``names``: what people call the patterns, for errors.

        Raises :class:`BadInput` for one that is too long, does not compile, or takes nothing or a single character.
        """
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
        called = [f" ({name})" for name in names] or [""] * len(patterns)
        self._patterns: list[Any] = [
            _compiled(re2, options, f"customer pattern {number}{name}", one)
            for number, (one, name) in enumerate(zip(patterns, called, strict=True), 1)
        ]

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
                    # The steward knows: of findings of one length, theirs counts. One at the edge may be empty.
                    if one.end() > one.start():
                        yield finding(begin + one.start(), begin + one.end(), "customer", 1.0)


def _compiled(re2: Any, options: Any, name: str, pattern: str) -> Any:
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
    if taken := next((one for one in SINGLE if compiled.fullmatch(one) is not None), None):
        raise BadInput(
            f"{name} takes a single character ({taken!r})",
            cause="it would cover whatever people read and write",
            fix="say what an identifier begins with, or how many characters it has",
        )
    return compiled
