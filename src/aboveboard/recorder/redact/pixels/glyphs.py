"""Which letter is this glyph?

On many screens the same letter always has the same pixels: in terminals, and in programs that put letters at whole
pixels. Each word that was read teaches its letters, if it has as many glyphs as letters. A glyph is trusted only once
enough different words agreed on it, because a glyph that was learnt wrongly would misread everything from then on: an
address whose ``@`` is taken for a ``G`` is not found. So:

1. A vote counts once for each different word. ``VOTES`` of them, and a share of ``SHARE``, make a letter.
2. What some take for one of ``TELLING`` is that, from a smaller share on: it is safer to find too much.
3. A word is spelt only if all its glyphs are trusted; else it is not read.
"""

from collections import Counter
from collections.abc import Sequence

VOTES = 4
SHARE = 0.8
TELLING = "@"
TELLING_SHARE = 0.25
GLYPHS_LIMIT = 20_000
"""So many different glyphs are remembered; then those seen first are forgotten."""


class Glyphs:
    """What has been learnt so far. Holds numbers and letters, no words."""

    def __init__(self) -> None:
        self._votes: dict[int, dict[str, int]] = {}
        self._letters: dict[int, str] = {}

    def __len__(self) -> int:
        """How many glyphs are trusted."""
        return len(self._letters)

    def learn(self, glyphs: Sequence[int], text: str) -> None:
        """A word with these glyphs says ``text``. To be told once of each different word."""
        if len(glyphs) != len(text) or not text.isprintable() or " " in text:
            return
        for glyph, letter in zip(glyphs, text, strict=True):
            votes = self._votes.get(glyph)
            if votes is None:
                if len(self._votes) >= GLYPHS_LIMIT:
                    self._forget_oldest()
                votes = self._votes[glyph] = {}
            votes[letter] = votes.get(letter, 0) + 1
            self._judge(glyph, votes)

    def spell(self, glyphs: Sequence[int]) -> str | None:
        """The word with these glyphs; ``None`` unless each one is trusted."""
        letters = [self._letters.get(glyph) for glyph in glyphs]
        if not letters or None in letters:
            return None
        return "".join(letter for letter in letters if letter)

    def corrected(self, glyphs: Sequence[int], text: str) -> str:
        """``text``, with the letters of trusted glyphs in the place of what was taken for something else.

        A space is no glyph: it stays where it is.
        """
        if len(glyphs) != len(text) - text.count(" "):
            return text
        letters = iter(glyphs)
        return "".join(letter if letter == " " else self._letters.get(next(letters), letter) for letter in text)

    def worth(self, words: Sequence[Sequence[int]]) -> list[float]:
        """How much reading each of ``words`` would teach: how often its glyphs that lack votes are in all of them."""
        often = Counter(glyph for word in words for glyph in set(word))
        lacking = {
            glyph: count / (1 + sum(self._votes.get(glyph, {}).values()))
            for glyph, count in often.items()
            if count >= VOTES and glyph not in self._letters
        }
        return [sum(lacking.get(glyph, 0.0) for glyph in set(word)) / (len(word) + 2) for word in words]

    def _judge(self, glyph: int, votes: dict[str, int]) -> None:
        total = sum(votes.values())
        best = max(votes, key=lambda letter: votes[letter])
        for letter in TELLING:
            if votes.get(letter, 0) >= TELLING_SHARE * total:
                best = letter
        agreed = votes[best] >= (TELLING_SHARE if best in TELLING else SHARE) * total
        if total >= VOTES and agreed:
            self._letters[glyph] = best
        else:
            self._letters.pop(glyph, None)

    def _forget_oldest(self) -> None:
        for glyph in list(self._votes)[: GLYPHS_LIMIT // 4]:
            del self._votes[glyph]
            self._letters.pop(glyph, None)
