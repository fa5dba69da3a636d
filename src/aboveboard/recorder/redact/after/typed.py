"""Which keys come out once the person's words are covered in what was typed?

The text is rebuilt from the keys (``redact.typed``), with corrections, so a word is found however it was typed. Where
the keys end, the text may go on unseen: the beginning of a word counts there as well.
"""

from collections.abc import Iterable

from aboveboard.formats.recording import Covered, Key, Marker, Timed
from aboveboard.recorder.redact.own_covers import PLACEHOLDER, OwnWords
from aboveboard.recorder.redact.text.finding import Finding, Kind
from aboveboard.recorder.redact.typed.endings import Ending
from aboveboard.recorder.redact.typed.stream import Typing
from aboveboard.recorder.redact.typed.writing import Kept, Told

AT_THE_END = Marker(kind="suppressed", reason="covered_by_person", start_ns=0, end_ns=0)
"""Ends the last field: what it holds is decided as it stands."""


class OwnFinder:
    """The person's words for whoever wants a finder (``typed.judging``, ``pixels.covering``).

    The kind in its findings says nothing: no detector of the recorder's own knows these words.
    """

    def __init__(self, words: OwnWords) -> None:
        self._words = words
        self.cut = False
        """Does what is looked at go on unseen?"""

    def find(self, text: str) -> list[Finding]:
        """Where they are."""
        return [Finding(start, end, "title", 1.0, "own") for start, end in self._words.places(text, cut=self.cut)]

    def placeholder(self, kind: Kind, text: str) -> str:
        """The same for all."""
        return PLACEHOLDER


def retyped(events: Iterable[Timed], words: OwnWords) -> list[Timed]:
    """The keys of ``events`` (in order, with what ends a field among them), each covered stretch as one event."""
    finder = OwnFinder(words)
    typing = Typing(finder)
    last_ns = 0
    told: list[Told] = []
    for timed in events:
        if isinstance(timed.event, Key | Ending):
            typing.offer(timed.time_ns, timed.event)
            last_ns = timed.time_ns
    told += typing.release(0)
    finder.cut = True
    typing.offer(last_ns, AT_THE_END)
    told += typing.release(last_ns)
    return [Timed(one.time_ns, _event(one)) for one in told]


def _event(told: Told) -> Key | Covered:
    if isinstance(told, Kept):
        return told.key
    return Covered(placeholder=told.placeholder[:64], remains=told.remains)
