"""How much was found, by which definition?

Two definitions, after the two evaluators of presidio-research (its docs/token_evaluation.md and span_evaluation.md).
Of both, what is published for the set is the global figure ("PII"): every class of the set counts, none is left out,
and which class or kind it is does not matter.

* *tokens* (its ``TokenEvaluator``): each token is inside or outside (IO). A token counts as inside where its first
  character is.
* *spans* (its ``SpanEvaluator``): neighbouring tokens inside are one span, whatever their classes, also over tokens
  that are skipped. A marked span is found if all found spans that overlap it, joined, have an intersection over union
  with it of at least 0.9 (or 0.7), in characters from its first to its last token that is not skipped. Precision is
  the share of those among: marked spans that anything overlaps, and found spans that overlap none.
* *whole*: of the marked spans those of which every word is covered, with or without more: nothing is left to be read.

Presidio's published figures are of spans: as shipped at 0.9 (its notebook 4), tuned at 0.7 (notebook 5).

What is skipped differs. The evaluators skip punctuation, spaCy's stop words and a list of their own ("street", "mr.",
"day", "years" …): such words do not begin, end or part a span, and a span of nothing else is none. Here only
punctuation is skipped. So the figures to compare with published ones are those "by presidio-research":
``peers/presidio.py`` runs its evaluators on the same findings, wherever they are installed (``setup_peers``). Here
every word counts, which is stricter: 0.01 to 0.03 less on this set.

F2 weighs recall four times as much as precision.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.redaction.documents import CLASSES, Document

from aboveboard.recorder.redact.text.finding import Finding

_TOKEN = re.compile(
    r"\S*@\S*\w|\w+://\S*\w|[^\W_]+(?:['’.,:/-](?=\d)\w+|\.(?=[^\W\d_]{2,})\w+|['’](?=[^\W\d_])\w+)*|[^\w\s]|_"
)
BETA = 2.0


@dataclass(frozen=True, slots=True)
class Rates:
    """Precision, recall and F-beta, with the counts they come from."""

    right: int
    found: int
    marked: int

    @property
    def precision(self) -> float:
        """1 if nothing was found: nothing was found wrongly."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """1 if there was nothing to find."""
        return self.right / self.marked if self.marked else 1.0

    @property
    def f(self) -> float:
        """F-beta with :data:`BETA`."""
        bottom = BETA**2 * self.precision + self.recall
        return (1 + BETA**2) * self.precision * self.recall / bottom if bottom else 0.0


@dataclass(frozen=True, slots=True)
class OfClass:
    """One class of the set: how many of its tokens any kind covers, and the right kind."""

    tokens: int
    covered: int
    right: int

    @property
    def recall(self) -> float:
        """The part covered by any kind: what nobody sees."""
        return self.covered / self.tokens if self.tokens else 1.0


@dataclass(frozen=True, slots=True)
class Scores:
    """``tokens``, ``spans`` at 0.9 and 0.7, what share of spans is covered ``whole``, the classes, and for each kind
    how often what it found is marked at all."""

    tokens: Rates
    spans: Rates
    spans_loose: Rates
    whole: float
    classes: dict[str, OfClass]
    kinds: dict[str, Rates]


Token = tuple[int, int]


def tokens_of(text: str) -> list[Token]:
    """Where the tokens of ``text`` are: words, numbers with what joins them, mail addresses, single signs."""
    return [one.span() for one in _TOKEN.finditer(text)]


def score(documents: Sequence[Document], findings: Sequence[Sequence[Finding]]) -> Scores:
    """What ``findings`` (one list for each document, disjoint) are worth."""
    right = found = marked = whole = 0
    spans, loose = Counter[str](), Counter[str]()
    classes: dict[str, Counter[str]] = {}
    kinds: dict[str, Counter[str]] = {}
    for document, ours in zip(documents, findings, strict=True):
        words = [
            one for one in tokens_of(document.text) if any(char.isalnum() for char in document.text[one[0] : one[1]])
        ]
        names = _labels(words, ((one.start, one.end, one.name) for one in document.marked))
        guesses = _labels(words, ((one.start, one.end, one.kind) for one in ours))
        for name, guess in zip(names, guesses, strict=True):
            right += bool(name and guess)
            found += bool(guess)
            marked += bool(name)
            if name:
                count = classes.setdefault(name, Counter())
                count.update(tokens=1, covered=bool(guess), right=name in CLASSES.get(guess, ()))  # type: ignore[call-overload]
            if guess:
                kinds.setdefault(guess, Counter()).update(found=1, marked=bool(name))
        true, guessed = _spans(words, names), _spans(words, guesses)
        left = [start for (start, _), guess in zip(words, guesses, strict=True) if not guess]
        whole += sum(not any(start <= place < end for place in left) for start, end in true)
        spans.update(matched(true, guessed, 0.9))
        loose.update(matched(true, guessed, 0.7))
    return Scores(
        Rates(right, found, marked),
        Rates(spans["right"], spans["found"], spans["marked"]),
        Rates(loose["right"], loose["found"], loose["marked"]),
        whole / loose["marked"] if loose["marked"] else 1.0,
        {name: OfClass(one["tokens"], one["covered"], one["right"]) for name, one in sorted(classes.items())},
        {kind: Rates(one["marked"], one["found"], one["found"]) for kind, one in sorted(kinds.items())},
    )


def _labels(words: Iterable[Token], labelled: Iterable[tuple[int, int, str]]) -> list[str]:
    """For each token the label of what it begins in, or what lies within it; "" if there is none."""
    places = sorted(labelled)
    return [
        next((name for start, end, name in places if start <= one[0] < end or one[0] <= start < end <= one[1]), "")
        for one in words
    ]


def _spans(words: Sequence[Token], labels: Sequence[str]) -> list[Token]:
    """Runs of tokens with a label, whatever it is."""
    spans: list[Token] = []
    inside = False
    for (start, end), label in zip(words, labels, strict=True):
        if label and inside:
            spans[-1] = (spans[-1][0], end)
        elif label:
            spans.append((start, end))
        inside = bool(label)
    return spans


def matched(marked: Sequence[Token], found: Sequence[Token], least: float) -> dict[str, int]:
    """How many of ``marked`` are matched, and how many predictions that makes: several for one count once."""
    right, predicted, met = 0, 0, set()
    for start, end in marked:
        over = [one for one in found if one[0] < end and one[1] > start]
        if not over:
            continue
        met.update(over)
        predicted += 1
        covered = {place for one in over for place in range(*one)}
        span = set(range(start, end))
        right += len(span & covered) / len(span | covered) >= least
    return {"right": right, "found": predicted + sum(one not in met for one in found), "marked": len(marked)}
