"""What is an office day, for a projection? Pure: the model, and the script that plays one fortieth of it.

Twelve minutes are played in real time; eight hours are forty times that. Each part takes the share of the twelve
minutes that it is taken to have of a day at a desk:

    away or thinking, nothing moves    30 %   2 h 24 min
    reading and scrolling              30 %   2 h 24 min
    typing                             22 %   1 h 46 min
    going between windows, clicking    14 %   1 h 07 min
    a video                             4 %   0 h 19 min

A terminal prints a few lines every ten seconds all the while. The parts take turns, a minute or so each, and what makes
the bytes (sealed segments of a few seconds) is attributed to parts by time.
"""

from collections.abc import Callable
from itertools import pairwise
from random import Random

from benchmarks.recorder.figures import Part
from benchmarks.recorder.printer import WORDS
from benchmarks.recorder.script import Act, Hand, Point, in_order

PLAYED_S = 720.0
SHARES = {"idle": 0.30, "reading": 0.30, "typing": 0.22, "switching": 0.14, "video": 0.04}
TURNS = 6
"""How often each part comes; the video comes once."""


def play(page: Point, video: Point, editor: Point, terminal: Point) -> tuple[list[Act], list[tuple[str, float]]]:
    """The script, and when each part began: (name, seconds), the last being the end."""
    random = Random("day")
    hand = Hand((960, 540), now_s=0.2)
    began: list[tuple[str, float]] = []
    for turn in range(TURNS):
        for name, share in SHARES.items():
            if name == "video" and turn != TURNS // 2:
                continue
            length_s = PLAYED_S * share / (1 if name == "video" else TURNS)
            began.append((name, hand.now_s))
            end_s = hand.now_s + length_s
            _PARTS[name](hand, random, end_s, page, video, editor, terminal)
            hand.now_s = max(hand.now_s, end_s)
    return in_order(hand.acts), [*began, ("end", hand.now_s)]


def parts(began: list[tuple[str, float]], sizes: list[tuple[float, float, int]]) -> list[Part]:
    """Each part with its bytes; ``sizes`` are (start, end, bytes) of what was recorded, spread evenly over its time."""
    totals = dict.fromkeys(SHARES, 0.0)
    lengths = dict.fromkeys(SHARES, 0.0)
    for (name, start_s), (_, end_s) in pairwise(began):
        lengths[name] += end_s - start_s
        for first_s, last_s, size_bytes in sizes:
            shared_s = min(end_s, last_s) - max(start_s, first_s)
            if shared_s > 0:
                totals[name] += size_bytes * shared_s / (last_s - first_s)
    return [Part(name, SHARES[name], totals[name], lengths[name]) for name in SHARES]


def _idle(hand: Hand, _: Random, end_s: float, *__: Point) -> None:
    hand.rest(end_s - hand.now_s)


def _reading(hand: Hand, random: Random, end_s: float, page: Point, *_: Point) -> None:
    hand.glide(page, 40)
    hand.click()
    while hand.now_s < end_s - 4.0:
        hand.scroll(random.randint(1, 6), gap_s=0.06)
        hand.rest(random.uniform(2.0, 7.0))


def _typing(hand: Hand, random: Random, end_s: float, _: Point, __: Point, editor: Point, ___: Point) -> None:
    hand.glide(editor, 40)
    hand.click()
    while hand.now_s < end_s - 4.0:
        words = " ".join(random.choice(WORDS) for _ in range(random.randint(3, 10)))
        hand.type(words + random.choice((" ", " ", "\n")), gap_s=0.16)
        hand.rest(random.uniform(0.3, 2.5))


def _switching(hand: Hand, random: Random, end_s: float, page: Point, _: Point, editor: Point, terminal: Point) -> None:
    while hand.now_s < end_s - 3.0:
        place = random.choice((page, editor, terminal))
        hand.glide((place[0] + random.randint(-60, 60), place[1] + random.randint(-40, 40)), random.randint(20, 60))
        hand.click()
        hand.rest(random.uniform(0.8, 3.0))


def _video(hand: Hand, _: Random, end_s: float, page: Point, video: Point, *__: Point) -> None:
    hand.glide(page, 30)
    hand.scroll(-260, gap_s=0.01)  # to the top, where the video is
    hand.glide(video, 30)
    hand.click()
    hand.rest(end_s - hand.now_s - 1.0)
    hand.click()


_PARTS: dict[str, Callable[[Hand, Random, float, Point, Point, Point, Point], None]] = {
    "idle": _idle,
    "reading": _reading,
    "typing": _typing,
    "switching": _switching,
    "video": _video,
}
