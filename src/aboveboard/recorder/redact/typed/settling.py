"""When is enough known to decide on what was typed?

A unit that is over (Enter, Tab, a click, another window) is decided as it stands. While it goes on:

1. After ``idle_ns`` without a press all is decided but an unfinished end: words that may be the beginning of something
   longer (:func:`unfinished`). People stop in the middle of a card number to look at the card.
2. After ``cap_ns`` what lies before a safe boundary is decided: a space between two plain words, or after a sentence.
3. After ``hard_cap_ns`` all is but an unfinished end. If that is all there is, it is decided too, and covered if it
   looks :func:`grave`: half a card number.

Nothing is cut through a thing, nor between a modifier and what it is held for.
"""

from collections.abc import Sequence

from aboveboard.base.clock import SECOND_NS
from aboveboard.recorder.redact.typed.parts import Char, Happened, Press

LOOSE_NS = SECOND_NS
_END = 160
_WORDS = 12
_BEHIND = 24
"""A safe boundary has at least so many presses after it."""
_LONG = 20
_GRAVE_DIGITS = 6
_GRAVE_LENGTH = 8


def unfinished(text: str) -> int:
    """Where the end of ``text`` begins that may go on as a name, a number, an address or a secret."""
    start = len(text)
    floor = max(0, start - _END)
    place = start
    for _ in range(_WORDS):
        end = len(text[floor:place].rstrip()) + floor
        begin = end
        while begin > floor and not text[begin - 1].isspace():
            begin -= 1
        word = text[begin:end]
        if not word or not _open(word):
            return start
        start = place = begin
    return start


def _open(word: str) -> bool:
    """May more follow that makes it something?"""
    if any(one.isdigit() for one in word) or not set(word).isdisjoint("@+=/\\_#$%&*") or len(word) >= _LONG:
        return True
    first = next((one for one in word if one.isalpha()), "")
    return first != first.lower() and word[-1] not in ".!?"


def grave(text: str) -> bool:
    """Does this end look like the beginning of a number or a secret?"""
    for word in text.split():
        kinds = (str.islower, str.isupper, str.isdigit, lambda one: not one.isalnum())
        if "@" in word or (len(word) >= _GRAVE_LENGTH and sum(any(map(kind, word)) for kind in kinds) >= 3):
            return True
    return sum(one.isdigit() for one in text) >= _GRAVE_DIGITS


def plain_boundary(text: str, place: int) -> bool:
    """Is ``text[place]`` a space between two plain words, or after a sentence?"""
    if not text[place].isspace():
        return False
    before = text[:place].rstrip()[-_END:].split()[-1:] or [""]
    after = text[place:].lstrip()[:_END].split()[:1] or [""]
    ended = bool(before[0]) and before[0][-1] in ".!?" and before[0][:-1].isalpha() and len(before[0]) > 4
    return ended or not (_open(before[0]) or _open(after[0]))


def safe_boundary(events: Sequence[Happened], view: Sequence[Char]) -> int:
    """How many of ``events`` lie before the last safe boundary; 0 if there is none."""
    text = "".join(char.text for char in view)
    places = {id(char): place for place, char in enumerate(view)}
    for count in range(len(events) - _BEHIND, 0, -1):
        event = events[count - 1]
        if isinstance(event, Press) and len(event.made) == 1 and event.made[0].alive:
            place = places.get(id(event.made[0]), -1)
            if place >= 0 and plain_boundary(text, place):
                return count
    return 0


def before_chars(events: Sequence[Happened], chars: Sequence[Char]) -> int:
    """How many of ``events`` lie before the first that made one of ``chars``."""
    wanted = {id(author) for char in chars for author in char.authors}
    return next((place for place, event in enumerate(events) if id(event) in wanted), len(events))


def loose(events: Sequence[Happened], count: int, now_ns: int) -> int:
    """At most ``count``: without modifiers just pressed. What they are held for is still to come."""
    while count and isinstance(last := events[count - 1], Press) and last.does == "modifier":
        if now_ns - last.time_ns >= LOOSE_NS:
            break
        count -= 1
    return count


def uncut(events: Sequence[Happened], count: int) -> int:
    """At most ``count``: so many of ``events`` that no thing and no character goes on after them."""
    while 0 < count < len(events):
        after = {id(event.thing) for event in events[count:] if isinstance(event, Press) and event.thing is not None}
        cut = next(
            (
                place
                for place, event in enumerate(events[:count])
                if isinstance(event, Press) and event.thing is not None and id(event.thing) in after
            ),
            count,
        )
        later = {id(event) for event in events[cut:]}
        while cut and isinstance(last := events[cut - 1], Press) and _goes_on(last, later):
            cut -= 1
        if cut == count:
            break
        count = cut
    return count


def _goes_on(press: Press, later: set[int]) -> bool:
    """Is it part of a character that is still to come, or held for a press among ``later``?"""
    if press.does == "modifier":
        return any(id(use) in later for use in press.uses)
    return press.does == "text" and not press.made
