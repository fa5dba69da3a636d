"""How does a hand get from here to there, and how long does it take?

Pure: plans paths and pauses from a seeded random source; nothing is sent here. A path bends a little, starts and ends
slowly (minimum jerk: Flash and Hogan 1985), takes as long as distance and size of the target ask for (Fitts 1954), and
is sampled as often as a mouse reports. The limits below hold for every plan: a scripted person may be a quick one,
never one that no person could be.
"""

import math
from dataclasses import dataclass
from random import Random

SAMPLE_MIN_S, SAMPLE_MAX_S = 0.008, 0.016
"""Between two moves: 125 to 62 a second."""
MOVE_MIN_S = 0.16
"""The shortest aimed movement, whatever the distance."""
SPEED_LIMIT_PX_S = 6000.0
"""The fastest a pointer goes along a path."""
HOLD_MIN_S, HOLD_MAX_S = 0.060, 0.120
"""How long a button stays down."""
KEY_HOLD_MIN_S, KEY_HOLD_MAX_S = 0.045, 0.095
KEY_GAP_MIN_S, KEY_GAP_MAX_S = 0.035, 0.160
"""Between letting a key go and pressing the next: with the hold, about 90 words a minute, a practised typist."""
REACT_MIN_S, REACT_MAX_S = 0.16, 0.34
"""From seeing something new to beginning to move (simple visual reaction is about 0.2 s)."""

_FITTS_START_S, _FITTS_BIT_S = 0.10, 0.085


@dataclass(frozen=True)
class Waypoint:
    """Be at the screen pixel (x, y) when ``at_s`` seconds have passed since the movement began."""

    at_s: float
    x: int
    y: int


def movement_s(distance_px: float, target_px: float, random: Random) -> float:
    """How long an aimed movement takes: Fitts's law with a spread of about a tenth, never below the limits."""
    bits = math.log2(distance_px / max(target_px, 1.0) + 1.0)
    planned = (_FITTS_START_S + _FITTS_BIT_S * bits) * random.uniform(0.9, 1.25)
    # The peak of a minimum jerk is 1.875 times the mean speed; the bend of the path adds a little.
    floor = 1.875 * 1.15 * distance_px / SPEED_LIMIT_PX_S
    return max(planned, MOVE_MIN_S, floor)


def path(start: tuple[int, int], end: tuple[int, int], target_px: float, random: Random) -> list[Waypoint]:
    """The way from ``start`` to ``end`` (screen pixels), a target ``target_px`` wide; it ends exactly at ``end``."""
    across, down = end[0] - start[0], end[1] - start[1]
    distance = math.hypot(across, down)
    if distance == 0:
        return []
    duration = movement_s(distance, target_px, random)
    bend = random.gauss(0.0, 0.06)
    bend = max(-0.15, min(0.15, bend))
    points = []
    at = 0.0
    while True:
        at = min(duration, at + random.uniform(SAMPLE_MIN_S, SAMPLE_MAX_S))
        if duration - at < SAMPLE_MIN_S / 2:
            at = duration
        along = _minimum_jerk(at / duration)
        # A parabola across the straight line: no bend at either end.
        aside = 4.0 * bend * along * (1.0 - along)
        x = start[0] + across * along - down * aside
        y = start[1] + down * along + across * aside
        if at >= duration:
            points.append(Waypoint(at, *end))
            return points
        points.append(Waypoint(at, max(0, round(x)), max(0, round(y))))


def hold_s(random: Random) -> float:
    """How long a button stays down."""
    return random.uniform(HOLD_MIN_S, HOLD_MAX_S)


def key_hold_s(random: Random) -> float:
    """How long a key stays down."""
    return random.uniform(KEY_HOLD_MIN_S, KEY_HOLD_MAX_S)


def key_gap_s(random: Random) -> float:
    """From letting one key go to pressing the next: mostly short, sometimes a thought."""
    return min(KEY_GAP_MAX_S, KEY_GAP_MIN_S + random.expovariate(1 / 0.04))


def reaction_s(random: Random) -> float:
    """From seeing something new to beginning to move."""
    return random.triangular(REACT_MIN_S, REACT_MAX_S, 0.21)


def glance_s(random: Random) -> float:
    """Between two acts of one task, where the next is already known."""
    return random.uniform(0.06, 0.16)


def _minimum_jerk(share: float) -> float:
    """The share of the way after ``share`` of the time, both 0 to 1."""
    return share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
