"""What does the person themself want covered, and where is it in a text?

Words, regions of the screen, sites and applications, as the person named them ("also cover this"). Pure. A word is
found wherever its letters stand, inside a longer word too, whatever their case, accents and spacing.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.fields import Document
from aboveboard.formats.recording import Control, Event, Site, Task, Window
from aboveboard.recorder.capture.port import Rect
from aboveboard.rules.pages import NarrowedRule, below

PLACEHOLDER: Final = "‹covered›"
"""It has no number: nobody is told which of the person's words it was, nor that two were the same."""

SLIP_IN, SLIP_FROM = 4, 5
"""Letters of a word of which one may have been misread, in words of so many at least."""

Word = Annotated[str, Meta(min_length=2, max_length=200, pattern=r"\w.*\w")]
Host = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\s/:@]+$")]
App = Annotated[str, Meta(min_length=1, max_length=200)]
Place = Annotated[int, Meta(ge=0, le=65_536)]
Side = Annotated[int, Meta(ge=1, le=65_536)]


class Region(Document, frozen=True):
    """A rectangle of the desktop in pixels; (0, 0) is its top left corner."""

    x: Place
    y: Place
    width: Side
    height: Side

    @property
    def rect(self) -> Rect:
        """As the recorder reckons with it."""
        return Rect(self.x, self.y, self.width, self.height)


class OwnCovers(Document, frozen=True):
    """All that the person wants covered. ``sites``: hosts, with all hosts below them. ``apps``: as disclosed."""

    words: Annotated[tuple[Word, ...], Meta(max_length=200)] = ()
    regions: Annotated[tuple[Region, ...], Meta(max_length=50)] = ()
    sites: Annotated[tuple[Host, ...], Meta(max_length=200)] = ()
    apps: Annotated[tuple[App, ...], Meta(max_length=100)] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.regions or self.sites or self.apps)

    def with_all(self, other: "OwnCovers") -> "OwnCovers":
        """Both, each thing once."""
        both = {name: (*getattr(self, name), *getattr(other, name)) for name in self.__struct_fields__}
        return OwnCovers(**{name: tuple(dict.fromkeys(values)) for name, values in both.items()})

    def without(self, other: "OwnCovers") -> "OwnCovers":
        """What is here and not in ``other``."""
        names = self.__struct_fields__
        left = {name: [one for one in getattr(self, name) if one not in getattr(other, name)] for name in names}
        return OwnCovers(**{name: tuple(values) for name, values in left.items()})

    def has_site(self, host: str) -> bool:
        """Is ``host`` one of the sites, or below one?"""
        return bool(host) and below(host, self.sites)

    def has_app(self, name: str) -> bool:
        """Is this an application of theirs, by the name that the disclosure gives it?"""
        return name.casefold() in {app.casefold() for app in self.apps}

    def narrowed(self, disclosure: Disclosure) -> Disclosure:
        """``disclosure`` without the applications and sites covered: for the capture they are then not disclosed."""
        apps = [rule for rule in disclosure.apps if not (self.has_app(rule.name) or self.has_app(rule.wm_class))]
        if self.sites:
            apps = [NarrowedRule(**msgspec.structs.asdict(rule), left_out=self.sites) for rule in apps]
        return msgspec.structs.replace(disclosure, apps=apps) if apps != disclosure.apps else disclosure


@dataclass(frozen=True)
class _Folded:
    """``text`` without what does not count, and the place of each of its characters in the text before."""

    text: str
    places: tuple[int, ...]


class OwnWords:
    """Finds the person's words.

    ``looks``: for what was read off pixels. Letters and digits that look alike are one, spaces do not count, and one
    letter in four may be another, missing or too many.
    """

    def __init__(self, words: Iterable[str], *, looks: bool = False) -> None:
        self._looks = looks
        folded = {_fold(word, looks=looks).text.strip() for word in words}
        self._words = tuple(sorted(folded - {""}, key=len, reverse=True))

    def __bool__(self) -> bool:
        return bool(self._words)

    def places(self, text: str, *, cut: bool = False) -> list[tuple[int, int]]:
        """Where in ``text`` they are: from and to, disjoint, in order.

        ``cut``: the text goes on unseen, so the beginning of a word at the end of what is known counts as well.
        """
        if not self._words or not text:
            return []
        folded = _fold(text, looks=self._looks)
        found: list[tuple[int, int]] = []
        for word in self._words:
            place = folded.text.find(word)
            while place >= 0:
                found.append((place, place + len(word)))
                place = folded.text.find(word, place + 1)
            if self._looks and len(word) >= SLIP_FROM:
                found += _nearly(folded.text, word, len(word) // SLIP_IN)
            if cut:
                found += _beginnings(folded.text, word)
        spans = sorted((folded.places[start], folded.places[end - 1] + 1) for start, end in found)
        return _joined(spans)

    def clean(self, text: str) -> str:
        """``text`` with the placeholder for each of them."""
        spans = self.places(text)
        if not spans:
            return text
        parts, place = [], 0
        for start, end in spans:
            parts += [text[place:start], PLACEHOLDER]
            place = end
        return "".join([*parts, text[place:]])

    def event(self, event: Event) -> Event:
        """``event`` with none of them in a title, an address, the words of a control, or an instruction."""
        match event:
            case Window():
                return _replace(event, title=self.clean(event.title)[:1000])
            case Site():
                return _replace(event, host=self._host(event.host), url=self._url(event.url)[:4000])
            case Control():
                return _replace(
                    event,
                    name=self.clean(event.name)[:200],
                    value=self.clean(event.value)[:200],
                    chosen=self.clean(event.chosen)[:100],
                    options=[self.clean(option)[:100] for option in event.options],
                    path=[self._step(step)[:120] for step in event.path],
                )
            case Task():
                return _replace(event, instruction=self.clean(event.instruction)[:500])
        return event

    def _step(self, step: str) -> str:
        role, colon, name = step.partition(": ")
        return f"{role}{colon}{self.clean(name)}"

    def _host(self, host: str) -> str:
        return PLACEHOLDER if self.places(host) else host

    def _url(self, url: str) -> str:
        """The whole address goes if it holds one, plainly or escaped: its parts are not told apart here."""
        return PLACEHOLDER if url and (self.places(url) or self.places(_unescaped(url))) else url


def _beginnings(text: str, word: str) -> list[tuple[int, int]]:
    """Where ``text``, or what is known of it before a stretch that is not, ends with the beginning of ``word``."""
    found = []
    for end in [place for place, one in enumerate(text) if one in "\ufffc\ufffd"] + [len(text)]:
        length = next((size for size in range(len(word) - 1, 0, -1) if text.endswith(word[:size], 0, end)), 0)
        if length:
            found.append((end - length, end))
    return found


def _nearly(text: str, word: str, slips: int) -> list[tuple[int, int]]:
    """Where ``text`` holds ``word`` but for so many letters (Sellers' search, each column from the one before)."""
    found: list[tuple[int, int, int]] = []
    costs, starts = list(range(len(word) + 1)), [0] * (len(word) + 1)
    for place, letter in enumerate(text):
        before, starts_before = costs, starts
        costs, starts = [0], [place + 1]
        for at, wanted in enumerate(word):
            cost, start = min(
                (before[at] + (letter != wanted), starts_before[at] if at else place),
                (before[at + 1] + 1, starts_before[at + 1]),
                (costs[at] + 1, starts[at]),
            )
            costs.append(cost)
            starts.append(start)
        if costs[-1] <= slips and starts[-1] <= place:
            found.append((costs[-1], starts[-1], place + 1))
    best: list[tuple[int, int]] = []
    for _, start, end in sorted(found, key=lambda one: (one[0], one[1] - one[2])):
        if all(end <= first or last <= start for first, last in best):
            best.append((start, end))
    return best


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


_ALIKE: Final = str.maketrans("i1|!058", "llllosb")
"""What is taken for one another when it is read off pixels."""


def _fold(text: str, *, looks: bool) -> _Folded:
    letters: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for one in unicodedata.normalize("NFKD", char).casefold():
            if unicodedata.category(one) in {"Mn", "Cf"}:
                continue
            letter = " " if one.isspace() else one
            if letter == " " and (looks or (letters and letters[-1] == " ")):
                continue
            letters.append(letter.translate(_ALIKE) if looks else letter)
            places.append(place)
    return _Folded("".join(letters), tuple(places))


def _unescaped(url: str) -> str:
    from urllib.parse import unquote_plus

    return unquote_plus(url)


def _replace(event: Event, **changes: object) -> Event:
    """The same event where nothing changes."""
    if all(getattr(event, name) == value for name, value in changes.items()):
        return event
    return msgspec.structs.replace(event, **changes)
