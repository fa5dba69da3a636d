"""What is left of a text once what should not be seen is covered?

1. All detectors look at the text. If one fails or says what cannot be (``finding.within_limits``), or the text is too
   long, all of it is covered: it was not checked.
2. Findings that overlap become one (``finding.resolve``); two people in one finding become two (``joints``).
   What stands below a name as a position is one (``positions``).
3. Each is replaced by its placeholder.

Pure but for the numbers that ``Placeholders`` gives.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aboveboard.recorder.redact.text.finding import Detector, Finding, Kind, resolve, within_limits
from aboveboard.recorder.redact.text.joints import parted
from aboveboard.recorder.redact.text.placeholders import Placeholders
from aboveboard.recorder.redact.text.positions import under_names

LIMIT_CHARACTERS = 200_000
"""A longer text is covered whole."""
UNCHECKED = "‹not checked›"
BETWEEN = ": "
"""Between the name of a field and what it holds."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """``text`` after redaction. ``findings`` are disjoint, in order, with places in the text before it.

    ``checked``: ``False`` if a detector failed or the text was too long; ``text`` is then :data:`UNCHECKED`.
    """

    text: str
    findings: tuple[Finding, ...]
    checked: bool = True


class Redactor:
    """Redacts the texts of one session. Used by one thread."""

    def __init__(self, detectors: Sequence[Detector], placeholders: Placeholders | None = None) -> None:
        """Raises :class:`ValueError` without detectors: that would let everything through."""
        if not detectors:
            raise ValueError("a redactor needs at least one detector")
        self._detectors = tuple(detectors)
        self._placeholders = placeholders or Placeholders()

    def redact(self, text: str, *, about: str = "") -> Redacted:
        """``text`` with everything that was found replaced by its placeholder.

        ``about`` is what it is called, such as the name of the field that it stands in: it is looked at with it.
        """
        findings = self._find_in(text, about)
        if findings is None:
            return Redacted(UNCHECKED, (), checked=False)
        if not findings:
            return Redacted(text, ())
        parts, place = [], 0
        for finding in findings:
            parts += [
                text[place : finding.start],
                self.placeholder(finding.kind, text[finding.start : finding.end]),
            ]
            place = finding.end
        return Redacted("".join([*parts, text[place:]]), tuple(findings))

    def placeholder(self, kind: Kind, text: str) -> str:
        """What stands for ``text`` in this session."""
        return self._placeholders.of(kind, text)

    def _find_in(self, text: str, about: str) -> list[Finding] | None:
        """What is found in ``text`` by itself, and what is found in it after ``about``."""
        alone = self.find(text)
        if alone is None or not about or about.isspace():
            return alone
        before = len(about) + len(BETWEEN)
        together = self.find(about + BETWEEN + text)
        if together is None:
            return None
        inside = [replace(one, start=max(one.start - before, 0), end=one.end - before) for one in together]
        return resolve([*alone, *(one for one in inside if one.end > 0)])

    def find(self, text: str) -> list[Finding] | None:
        """Disjoint findings, in order; ``None`` if the text could not be checked."""
        if len(text) > LIMIT_CHARACTERS:
            return None
        if not text or text.isspace():
            return []
        (found,) = self._found([text])
        return found

    def find_each(self, texts: Sequence[str]) -> list[list[Finding] | None]:
        """As :meth:`find`, of each of several texts: many short ones take less time than one by one."""
        plain = [at for at, text in enumerate(texts) if text and not text.isspace() and len(text) <= LIMIT_CHARACTERS]
        found = dict(zip(plain, self._found([texts[at] for at in plain]), strict=True))
        return [found[at] if at in found else self.find(text) for at, text in enumerate(texts)]

    def _found(self, texts: Sequence[str]) -> list[list[Finding] | None]:
        found: list[list[Finding] | None] = [[] for _ in texts]
        for detector in self._detectors:
            each = _each(detector, texts)
            found = [
                None if before is None or now is None else [*before, *now]
                for before, now in zip(found, each, strict=True)
            ]
        return [
            _together(text, one) if one is not None and within_limits(one, len(text)) else None
            for one, text in zip(found, texts, strict=True)
        ]


def _together(text: str, found: Sequence[Finding]) -> list[Finding]:
    return list(parted(text, resolve([*found, *under_names(text, found)])))


def _each(detector: Detector, texts: Sequence[str]) -> Sequence[list[Finding] | None]:
    """What it finds in each text; ``None`` where something went wrong, whatever it was: it was not checked."""
    many = getattr(detector, "find_each", None)
    if many is not None and len(texts) > 1:
        try:
            found: list[list[Finding]] = many(texts)
            if len(found) == len(texts):
                return found
        except Exception:  # noqa: BLE001, S110 - each is looked at by itself then
            pass
    return [_one(detector, text) for text in texts]


def _one(detector: Detector, text: str) -> list[Finding] | None:
    try:
        return detector.find(text)
    except Exception:  # noqa: BLE001 - whatever went wrong in a detector, the text was not checked
        return None
