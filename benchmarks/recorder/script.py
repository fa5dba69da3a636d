"""What does the scripted hand do, and when exactly?

Pure: a script is a list of acts at absolute times, made from fixed numbers and a fixed seed, so that it is the same
each time and for every recorder. An *input event* is what a recorder can note: a motion, a button or key going down or
up, one step of the wheel (its press and release together).
"""

from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from aboveboard.stage.xtest import keysym_of

ActKind = Literal["move", "press", "release", "scroll", "key_press", "key_release"]

BASE_S = 30.0
BASE_EVENTS = 1186
BURST_S = 60.0
BURST_PER_S = 1000
MOVE_GAP_S = 0.012
"""Between two motions of a hand: a mouse that reports 83 times a second."""
KEY_GAP_S, KEY_HOLD_S = 0.085, 0.045
SCROLL_GAP_S = 0.033
CLICK_HOLD_S = 0.08
WHEEL_UP, WHEEL_DOWN = 4, 5
GOLDEN = 0.6180339887498949
"""Its multiples, less their whole parts, fill the unit evenly."""

TEXT = (
    "the order of the ninth has come in\n",
    "please send the list to the office\n",
    "we meet at ten and look at it then,",
    " with all that are there\nand a few ",
    "more\n",
)
"""What is typed in the base script: 145 strokes, none of which needs Shift."""

Point = tuple[int, int]


@dataclass(frozen=True)
class Act:
    """One act, ``at_s`` seconds after the start. ``button`` is for press, release and scroll, ``keysym`` for keys."""

    at_s: float
    kind: ActKind
    x: int = 0
    y: int = 0
    button: int = 0
    keysym: int = 0


class Hand:
    """Writes a script: each method adds acts and moves ``now_s`` on."""

    def __init__(self, at: Point, *, now_s: float = 0.0) -> None:
        self.acts: list[Act] = []
        self.at = at
        self.now_s = now_s

    def rest(self, duration_s: float) -> None:
        """Do nothing for so long."""
        self.now_s += duration_s

    def glide(self, to: Point, moves: int) -> None:
        """Go to ``to`` in exactly so many motions, slow at both ends, no two in a row at the same place."""
        (x0, y0), previous = self.at, self.at
        for number in range(1, moves + 1):
            share = number / moves
            eased = share * share * (3.0 - 2.0 * share)
            x, y = round(x0 + (to[0] - x0) * eased), round(y0 + (to[1] - y0) * eased)
            if (x, y) == previous:
                y += 1
            self._add("move", x=x, y=y)
            self.now_s += MOVE_GAP_S
            previous = (x, y)
        self.at = previous

    def click(self, button: int = 1) -> None:
        """Press and release where the pointer is."""
        self._add("press", button=button)
        self.now_s += CLICK_HOLD_S
        self._add("release", button=button)
        self.now_s += CLICK_HOLD_S

    def drag(self, to: Point, moves: int) -> None:
        """Press, go, release."""
        self._add("press", button=1)
        self.now_s += CLICK_HOLD_S
        self.glide(to, moves)
        self._add("release", button=1)
        self.now_s += CLICK_HOLD_S

    def type(self, text: str, *, gap_s: float = KEY_GAP_S) -> None:
        """Type ``text``, one key after the other."""
        for character in text:
            keysym = keysym_of(character)
            self._add("key_press", keysym=keysym)
            self.acts.append(Act(self.now_s + KEY_HOLD_S, "key_release", keysym=keysym))
            self.now_s += gap_s

    def scroll(self, steps: int, *, gap_s: float = SCROLL_GAP_S) -> None:
        """Turn the wheel: ``steps`` > 0 is down."""
        for _ in range(abs(steps)):
            self._add("scroll", button=WHEEL_DOWN if steps > 0 else WHEEL_UP)
            self.now_s += gap_s

    def _add(self, kind: ActKind, *, x: int = 0, y: int = 0, button: int = 0, keysym: int = 0) -> None:
        self.acts.append(Act(self.now_s, kind, x, y, button, keysym))


def base(log: Point, editor: Point, page: Point, notes: Point) -> list[Act]:
    """Half a minute of work: 700 motions, 18 clicks, 160 steps of the wheel, 145 strokes. Points are window middles."""
    hand = Hand((960, 540), now_s=0.2)
    for text in TEXT[:2]:
        hand.glide(editor, 60)
        hand.click()
        hand.type(text)
        hand.rest(0.1)
        hand.glide(page, 60)
        hand.click()
        hand.scroll(40)
        hand.glide(log, 60)
        hand.click()
        hand.click()
    hand.glide(notes, 60)
    hand.click()  # in front of the others: a large part of the screen changes at once
    hand.rest(0.3)
    hand.glide((editor[0], editor[1] - 100), 60)
    hand.click()
    hand.type(TEXT[2])
    hand.glide(page, 60)
    hand.click()
    hand.scroll(-40)
    hand.drag((page[0] + 200, page[1] + 40), 40)  # selects text
    hand.glide(editor, 50)
    hand.click()
    hand.type(TEXT[3])
    hand.glide(log, 40)
    hand.click()
    hand.click()
    hand.glide(page, 15)
    hand.click()
    hand.scroll(-40)
    hand.glide(editor, 15)
    hand.click()
    hand.type(TEXT[4])
    hand.click()
    return in_order(hand.acts)


def burst(middle: Point, *, seconds: float = BURST_S, per_s: int = BURST_PER_S) -> list[Act]:
    """``per_s`` events each second: nine motions in ten, the rest keys and wheel, each at its own moment."""
    random = Random("burst")
    acts: list[Act] = []
    x, y = middle
    keysym = 0
    for number in range(round(seconds * per_s)):
        at_s = number / per_s
        if keysym:
            acts.append(Act(at_s, "key_release", keysym=keysym))
            keysym = 0
        elif number % 20 == 0:
            keysym = keysym_of(random.choice("abcdefgh "))
            acts.append(Act(at_s, "key_press", keysym=keysym))
        elif number % 50 == 27:
            acts.append(Act(at_s, "scroll", button=WHEEL_DOWN if number % 100 < 50 else WHEEL_UP))
        else:
            x = middle[0] + (number * 7) % 401 - 200
            y = middle[1] + (number * 3) % 301 - 150
            acts.append(Act(at_s, "move", x, y))
    return in_order(acts)


def scrolling(middle: Point, *, seconds: float = 30.0) -> list[Act]:
    """Somebody skims a long page: a few steps, a look, again."""
    hand = Hand((960, 540), now_s=0.2)
    hand.glide(middle, 40)
    random = Random("scrolling")
    while hand.now_s < seconds - 2.0:
        hand.scroll(random.randint(3, 12), gap_s=0.05)
        hand.rest(random.uniform(0.4, 1.2))
    return in_order(hand.acts)


def watching(video: Point, *, seconds: float = 30.0) -> list[Act]:
    """Starts a video with a click and watches it."""
    hand = Hand((960, 540), now_s=0.2)
    hand.glide(video, 40)
    hand.click()
    hand.rest(seconds - hand.now_s - 1.0)
    hand.glide((video[0] + 10, video[1] + 10), 3)
    return in_order(hand.acts)


def in_order(acts: list[Act]) -> list[Act]:
    """By time, each act moved on by less than a millisecond.

    Servers count time in milliseconds. Acts all at the same moment within one would make every error the same, by luck.
    """
    ordered = sorted(acts, key=lambda act: act.at_s)
    return [replace(act, at_s=act.at_s + number * GOLDEN % 1.0 * 0.9e-3) for number, act in enumerate(ordered)]
