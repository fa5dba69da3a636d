"""A hand that types, detectors simple enough to reason about, and a plain reader of what came out."""

import re
from dataclasses import dataclass, field

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.recording import Key
from aboveboard.recorder.capture.shortcuts import shortcut_of
from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.text.redactor import Redactor
from aboveboard.recorder.redact.typed.options import Options
from aboveboard.recorder.redact.typed.stream import Typing
from aboveboard.recorder.redact.typed.writing import Covered, Kept, Told

START_NS = 1_000 * SECOND_NS
STEP_NS = 40 * MILLISECOND_NS

NAMED = {
    "BackSpace": 0xFF08,
    "Tab": 0xFF09,
    "Return": 0xFF0D,
    "Escape": 0xFF1B,
    "Home": 0xFF50,
    "Left": 0xFF51,
    "Up": 0xFF52,
    "Right": 0xFF53,
    "Down": 0xFF54,
    "Prior": 0xFF55,
    "End": 0xFF57,
    "Insert": 0xFF63,
    "Shift_L": 0xFFE1,
    "Control_L": 0xFFE3,
    "Alt_L": 0xFFE9,
    "Super_L": 0xFFEB,
    "Delete": 0xFFFF,
    "dead_acute": 0xFE51,
}
_HELD = {"Control": "Control_L", "Shift": "Shift_L", "Alt": "Alt_L", "Super": "Super_L"}


def key(chord: str, *, pressed: bool = True, text: str | None = None) -> Key:
    """ "a", "Return", "Control+Left", "Control+Shift+z"."""
    *modifiers, name = chord.split("+") if chord != "+" else [chord]
    keysym = NAMED.get(name) or (ord(name) if ord(name) < 0x100 else 0x01000000 + ord(name))
    types = name not in NAMED and not {"Control", "Alt", "Super"} & set(modifiers)
    return Key(
        keycode=9 + hash_of(name),
        keysym=keysym,
        name=name,
        text=(name if types else "") if text is None and pressed else text or "",
        pressed=pressed,
        modifiers=modifiers,
        shortcut=shortcut_of(modifiers, keysym, [keysym]) if pressed else "",
    )


def hash_of(name: str) -> int:
    """The same key code for a letter and its capital."""
    return NAMED.get(name, ord(name.lower()[0])) & 0xFFF


@dataclass
class Hand:
    """Types into a ``Typing``; ``told`` is what came out so far, ``pressed`` all that went in."""

    typing: Typing
    now_ns: int = START_NS
    step_ns: int = STEP_NS
    told: list[Told] = field(default_factory=list)
    given: list[tuple[int, Key]] = field(default_factory=list)

    def offer(self, item: object) -> None:
        self.now_ns += self.step_ns // 2
        if isinstance(item, Key):
            self.given.append((self.now_ns, item))
        self.typing.offer(self.now_ns, item)

    def type(self, text: str) -> None:
        for one in text:
            capital = one != one.lower()
            if capital:
                self.offer(key("Shift_L"))
            self.offer(key(f"Shift+{one}" if capital else one))
            self.offer(key(f"Shift+{one}" if capital else one, pressed=False))
            if capital:
                self.offer(key("Shift+Shift_L", pressed=False))

    def press(self, chord: str, times: int = 1) -> None:
        """The chord with its modifiers."""
        *modifiers, _ = chord.split("+")
        for _ in range(times):
            for modifier in modifiers:
                self.offer(key(_HELD[modifier]))
            self.offer(key(chord))
            self.offer(key(chord, pressed=False))
            for modifier in reversed(modifiers):
                self.offer(key(_HELD[modifier], pressed=False))

    def wait(self, duration_ns: int) -> list[Told]:
        """Time passes; what comes out of it."""
        before = len(self.told)
        until_ns = self.now_ns + duration_ns
        while self.now_ns < until_ns:
            self.now_ns = min(self.now_ns + 100 * MILLISECOND_NS, until_ns)
            self.told += self.typing.release(self.now_ns)
        return self.told[before:]

    def end(self) -> list[Told]:
        """Everything comes out."""
        self.told += self.typing.release(self.now_ns, last=True)
        return self.told


def hand(*detectors: object, **options: object) -> Hand:
    """With all of the detectors below unless some are given."""
    return Hand(Typing(Redactor(detectors or (Cards(), Mails(), Names())), Options(**options)))  # type: ignore[arg-type]


def plain(told: list[Told]) -> str:
    """What was typed, read without thinking: texts and placeholders in order, other presses as "[Name]"."""
    parts = []
    for one in told:
        if isinstance(one, Covered):
            parts.append(one.placeholder)
        elif one.key.pressed and one.key.text:
            parts.append(one.key.text)
        elif one.key.pressed and not one.key.name.startswith("Shift_"):
            parts.append(f"[{one.key.name}]")
    return "".join(parts)


def kept_keys(told: list[Told]) -> list[tuple[int, Key]]:
    return [(one.time_ns, one.key) for one in told if isinstance(one, Kept)]


def luhn(digits: str) -> bool:
    doubled = [int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits))]
    return sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0


class Cards:
    """Thirteen to nineteen digits in groups, with a right check digit."""

    name = "cards"

    def find(self, text: str) -> list[Finding]:
        found = []
        for run in re.finditer(r"(?<![\w])\d(?:[ -]?\d){12,18}(?![\w])", text):
            if luhn(re.sub(r"\D", "", run.group())):
                found.append(Finding(run.start(), run.end(), "card", 1.0, self.name))
        return found


class Mails:
    name = "mails"

    def find(self, text: str) -> list[Finding]:
        return [
            Finding(one.start(), one.end(), "mail", 1.0, self.name)
            for one in re.finditer(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", text)
        ]


class Names:
    """ "John", and with it "Smith"."""

    name = "names"

    def find(self, text: str) -> list[Finding]:
        return [
            Finding(one.start(), one.end(), "name", 1.0, self.name)
            for one in re.finditer(r"\bJohn(?:\s+Smith)?\b|\bAnna Berg\b", text)
        ]


@dataclass
class Words:
    """Finds these secrets wherever they stand."""

    words: tuple[str, ...]
    name: str = "words"

    def find(self, text: str) -> list[Finding]:
        return [
            Finding(one.start(), one.end(), "password", 1.0, self.name)
            for word in self.words
            for one in re.finditer(re.escape(word), text)
        ]


class Broken:
    name = "broken"

    def find(self, text: str) -> list[Finding]:
        raise RuntimeError("no model")
