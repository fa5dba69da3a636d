"""What does a word say that looks like this?

A word is its glyphs (``strips``). What is known of it comes, in this order, from what was read before, from its glyphs
if all of them are trusted (``glyphs``), from what the application says where that fits the ink (``accessible``), and
from OCR. OCR's time is paid from a credit, so that on average it takes no more than it was allowed. What OCR read is
put right by its glyphs, as far as they are trusted.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from aboveboard.recorder.redact.pixels.glyphs import Glyphs
from aboveboard.recorder.redact.pixels.ocr import SURE, SURE_ALONE, Guess, Ocr, Shape
from aboveboard.recorder.redact.pixels.reading import Counts
from aboveboard.recorder.redact.pixels.strips import Strip, WordInk
from aboveboard.recorder.redact.pixels.wanted import Key, Wanted

WORDS_LIMIT = 60_000
CREDIT_CALLS = 3
"""So many calls' allowances may be saved up."""
CHECKED_ONE_IN = 40
"""Of the words that glyphs spell, one in so many is asked for nevertheless: what was learnt is learnt from again."""
ICON_GLYPHS, ICON_WIDTH = 3, 2
"""Ink of more glyphs, or wider for its height, in which OCR sees nothing is text that it cannot read, not an icon."""


@dataclass(frozen=True, slots=True)
class Said:
    """What ink says; several words if it hangs together. ``cuts``: columns at which it may be cut between them."""

    text: str
    cuts: tuple[int, ...] = ()


BLANK = Said("")
"""Looked at, and no text: an icon."""


class Vocabulary:
    """Used by one thread. ``ocr`` is made when it is first needed."""

    def __init__(self, ocr: Callable[[], Ocr | None], cpu_ns: Callable[[], int], counts: Counts) -> None:
        self._make_ocr, self._made = ocr, False
        self._ocr: Ocr | None = None
        self._cpu_ns, self._counts = cpu_ns, counts
        self._known: dict[Key, Said | None] = {}
        self._guessed: dict[Key, str] = {}
        self._wanted = Wanted()
        self._glyphs = Glyphs()
        self._credit_ns = 0
        self._spelt = 0
        self.corrections = 0
        """How often something that was told before was put right."""

    @property
    def wanted(self) -> int:
        """How many words wait to be asked for."""
        return len(self._wanted)

    @property
    def trusted_glyphs(self) -> int:
        """How many glyphs are trusted."""
        return len(self._glyphs)

    def said(self, word: WordInk, strip: Strip) -> Said | None:
        """What ``word`` says, ``BLANK`` for nothing, ``None`` while that is not known; then it will be asked for."""
        key = word.glyphs
        if key in self._known:
            self._counts.words_known += 1
            return self._known[key]
        spelt = self._spell(key)
        self._spelt += spelt is not None
        if spelt is None or self._spelt % CHECKED_ONE_IN == 0:
            self._wanted.add(word, strip)
        return spelt

    def again(self, key: Key) -> Said | None:
        """What the word with these glyphs says by now."""
        return self._known.get(key)

    def settled(self, key: Key) -> bool:
        """Is it known, or known not to be readable? Only what is learnt of letters may still put it right."""
        return key in self._known

    def wants(self, key: Key) -> bool:
        """Will it be asked for?"""
        return key in self._wanted

    def told(self, key: Key, text: str) -> None:
        """Somebody who is to be believed says what it is. Nothing changes if that was known."""
        if self._known.get(key) in {None, BLANK}:
            self._counts.words_given += 1
            self._wanted.drop(key)
            self._learnt(key, Said(text))

    def only(self, keys: set[Key]) -> None:
        """Of what is wanted, keep what is still on the screen."""
        self._wanted.only(keys)

    def ask(self, allowance_ns: int, slow: Collection[Key] = ()) -> bool:
        """Ask for wanted words (``slow``: see ``wanted``) as long as the credit lasts; was anything learnt?"""
        self._credit_ns = min(self._credit_ns + allowance_ns, max(allowance_ns, 0) * CREDIT_CALLS)
        self._wanted.later()
        trusted, learnt = len(self._glyphs), False
        while self._wanted and self._credit_ns > 0:
            start_ns = self._cpu_ns()
            batch = self._wanted.next(self._glyphs, slow)
            if not batch or not self._read(batch):
                break
            learnt = True
            self._spell_waiting()
            spent_ns = self._cpu_ns() - start_ns
            self._counts.ocr_ns += spent_ns
            self._credit_ns -= spent_ns
        if len(self._glyphs) != trusted:
            self._put_right()
        return learnt

    def _read(self, batch: Sequence[tuple[Key, Shape]]) -> bool:
        ocr = self._program()
        if ocr is None:
            return False
        self._counts.ocr_calls += 1
        guesses = ocr.read([shape for _, shape in batch])
        for (key, shape), guess in zip(batch, guesses, strict=True):
            self._wanted.drop(key)
            if key in self._known:
                if guess.sure >= SURE:
                    self._glyphs.learn(key, guess.text)
                continue
            again = guess.sure < SURE and len(key) > 1
            better = ocr.read([shape], alone=True)[0] if again else guess
            height, width = shape.levels.shape
            sure = better.sure >= (SURE_ALONE if again else SURE)
            self._judge(key, better, sure=sure, icon=len(key) <= ICON_GLYPHS and width <= ICON_WIDTH * height)
        return True

    def _judge(self, key: Key, guess: Guess, *, sure: bool, icon: bool) -> None:
        if sure and guess.text:
            self._counts.words_ocr += 1
            self._learnt(key, Said(guess.text, guess.cuts))
        elif icon and not any(map(str.isalnum, guess.text)):
            self._counts.words_blank += 1
            self._keep(key, BLANK)
        else:
            self._counts.words_unreadable += 1
            self._keep(key, None)

    def _learnt(self, key: Key, said: Said) -> None:
        self._glyphs.learn(key, said.text)
        if len(key) == len(said.text):
            self._guessed[key] = said.text
        self._keep(key, Said(self._glyphs.corrected(key, said.text), said.cuts))

    def _spell(self, key: Key) -> Said | None:
        spelt = self._glyphs.spell(key)
        if spelt is None:
            return None
        self._counts.words_spelt += 1
        said = Said(spelt)
        self._keep(key, said)
        return said

    def _spell_waiting(self) -> None:
        """What can be spelt by now need not wait."""
        for key in self._wanted.keys():  # noqa: SIM118 - a list of them, for they are dropped meanwhile
            if key not in self._known and self._spell(key) is not None:
                self._wanted.drop(key)

    def _put_right(self) -> None:
        """Other glyphs are trusted now: what OCR read before may have to be read differently."""
        for key, text in self._guessed.items():
            known = self._known.get(key)
            right = self._glyphs.corrected(key, text)
            if known is not None and known.text != right:
                self._known[key] = Said(right)
                self.corrections += 1

    def _keep(self, key: Key, said: Said | None) -> None:
        if len(self._known) >= WORDS_LIMIT:
            for old in list(islice(self._known, WORDS_LIMIT // 4)):
                del self._known[old]
                self._guessed.pop(old, None)
        self._known[key] = said

    def _program(self) -> Ocr | None:
        if not self._made:
            self._made, self._ocr = True, self._make_ocr()
        return self._ocr
