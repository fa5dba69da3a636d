"""What is an office day, for a projection? Pure: the model, and the script that plays one fortieth of it.

Twelve minutes are played in real time; eight hours are forty times that. Each part takes the share of the twelve
minutes that it is taken to have of a day at a desk:

    away or thinking, nothing moves    35 %   2 h 48 min
    reading and scrolling              29 %   2 h 19 min
    typing                             20 %   1 h 36 min
    going between windows, clicking    14 %   1 h 07 min
    a video                             2 %   0 h 10 min

A terminal prints a few lines every ten seconds all the while. The parts take turns, half a minute or so each. Bytes
belong to the part in whose time the change came that made them. What comes once a day is counted once: the first whole
screen, and the way to the video, its first two seconds and its end.
"""

from collections.abc import Callable
from itertools import pairwise
from random import Random

from benchmarks.recorder.figures import Part
from benchmarks.recorder.printer import WORDS
from benchmarks.recorder.script import Act, Hand, Point, in_order

PLAYED_S = 720.0
SHARES = {"idle": 0.35, "reading": 0.29, "typing": 0.20, "switching": 0.14, "video": 0.02}
MARGIN_S = 5.0
"""A part may end a little late; the next is then as much shorter, and the last fits in."""
TURNS = 6
"""How often each part comes; the video comes once."""
ONCE = "once"


def play(page: Point, video: Point, editor: Point, terminal: Point) -> tuple[list[Act], list[tuple[str, float]]]:
    """The script, and when each part began: (name, seconds), the last being the end."""
    random = Random("day")
    hand = Hand((960, 540), now_s=0.2)
    began: list[tuple[str, float]] = []
    end_s = hand.now_s
    for turn in range(TURNS):
        for name, share in SHARES.items():
            if name == "video" and turn != TURNS // 2:
                continue
            end_s += (PLAYED_S - MARGIN_S) * share / (1 if name == "video" else TURNS)
            began.append((name, hand.now_s))
            if name == "video":
                began[-1:] = _video(hand, end_s, page, video)
            else:
                _PARTS[name](hand, random, end_s, page, editor, terminal)
            hand.now_s = max(hand.now_s, end_s)
    return in_order(hand.acts), [*began, ("end", hand.now_s)]


def parts(began: list[tuple[str, float]], sizes: list[tuple[float, float]]) -> list[Part]:
    """Each part with its bytes; ``sizes`` are (seconds, bytes). What came before the work began is in none."""
    totals = dict.fromkeys(SHARES, 0.0)
    lengths = dict.fromkeys(SHARES, 0.0)
    for (name, start_s), (_, end_s) in pairwise(began):
        if name == ONCE:
            continue
        lengths[name] += end_s - start_s
        totals[name] += sum(size_bytes for at_s, size_bytes in sizes if start_s <= at_s < end_s)
    return [Part(name, SHARES[name], totals[name], lengths[name]) for name in SHARES]


def before(began: list[tuple[str, float]], sizes: list[tuple[float, float]]) -> float:
    """What comes once in a day."""
    once = [(float("-inf"), began[0][1])]
    once += [(start_s, end_s) for (name, start_s), (_, end_s) in pairwise(began) if name == ONCE]
    return sum(size_bytes for at_s, size_bytes in sizes if any(start_s <= at_s < end_s for start_s, end_s in once))


def _idle(hand: Hand, _: Random, end_s: float, *__: Point) -> None:
    hand.rest(end_s - hand.now_s)


def _reading(hand: Hand, random: Random, end_s: float, page: Point, *_: Point) -> None:
    hand.glide(page, 40)
    hand.click()
    while hand.now_s < end_s - 2.0:
        hand.scroll(random.randint(1, 6), gap_s=0.06)
        hand.rest(min(random.uniform(2.0, 7.0), max(0.0, end_s - hand.now_s)))


def _typing(hand: Hand, random: Random, end_s: float, _: Point, editor: Point, __: Point) -> None:
    hand.glide(editor, 40)
    hand.click()
    while hand.now_s < end_s - 2.0:
        words = " ".join(random.choice(WORDS) for _ in range(random.randint(3, 10)))
        hand.type(words + random.choice((" ", " ", "\n")), gap_s=0.16)
        hand.rest(min(random.uniform(0.3, 2.5), max(0.0, end_s - hand.now_s)))


def _switching(hand: Hand, random: Random, end_s: float, page: Point, editor: Point, terminal: Point) -> None:
    while hand.now_s < end_s - 2.0:
        place = random.choice((page, editor, terminal))
        hand.glide((place[0] + random.randint(-60, 60), place[1] + random.randint(-40, 40)), random.randint(20, 60))
        hand.click()
        hand.rest(min(random.uniform(0.8, 3.0), max(0.0, end_s - hand.now_s)))


def _video(hand: Hand, end_s: float, page: Point, video: Point) -> list[tuple[str, float]]:
    """Play it, and tell when it was on its way, when it played and when it ended."""
    began = [(ONCE, hand.now_s)]
    hand.glide(page, 30)
    hand.scroll(-260, gap_s=0.01)  # to the top, where the video is
    hand.glide(video, 30)
    hand.click()
    hand.rest(2.0)
    began.append(("video", hand.now_s))
    hand.rest(end_s - hand.now_s - 1.0)
    began.append((ONCE, hand.now_s))
    hand.click()
    return began


_PARTS: dict[str, Callable[[Hand, Random, float, Point, Point, Point], None]] = {
    "idle": _idle,
    "reading": _reading,
    "typing": _typing,
    "switching": _switching,
}
