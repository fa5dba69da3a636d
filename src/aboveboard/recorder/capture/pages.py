"""What does each browser's window show, and is that still so?

Asked of the browser itself, as assistive software does: the document that is showing in the window, its address, its
fields and its headings. What may come out of that is decided by ``rules.pages``; here is only how it is found out:

1. Which of the process's windows it is, is told by the title, which the display knows too. While they differ one of
   them is late, and nothing is known. Several with one title are all asked, and the one that lets out least counts.
2. The first document below it that is showing is the page. One without an address is not known; one in which there is
   nothing yet may still show what was there before, for :data:`EMPTY_NS` at most. One whose own title is not in the
   window's is the page before: a browser's window takes the next page's title before the page is told of.
3. A page with a field for a password or a code is a log-in, until the field is gone, also if it is made readable.
4. A window is a private one if its title says so in one of many languages, if its accessible name goes on in brackets
   where the title ends (Chromium's: in any language), or if its process was started so.

While anything waits to be judged all is asked again and again, and what has no answer is not known from then on that
it was known last. While nothing waits, nothing is asked.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.base.errors import Unavailable
from aboveboard.formats.disclosure import AppRule, Disclosure
from aboveboard.recorder.capture.atspi import STATE_SHOWING, Bus
from aboveboard.recorder.capture.atspi_bus import Field
from aboveboard.recorder.capture.atspi_names import role, state
from aboveboard.recorder.capture.port import WindowFacts
from aboveboard.recorder.capture.server_clock import ServerClock
from aboveboard.recorder.redact.scope import rule_of
from aboveboard.rules.log_in import asks_for_code
from aboveboard.rules.pages import Page, Shown, judge_page, least, same_title, says_private, shows_sites

GRACE_NS = 400 * MILLISECOND_NS
"""How long a new page may take until it can be asked; what happens meanwhile waits."""
AGAIN_S = 0.04
EMPTY_NS = 4 * SECOND_NS
FIELDS_LIMIT, HEADINGS_LIMIT, WINDOWS_LIMIT = 24, 16, 24
ADDRESSES = ("URI", "DocURL")
"""Chromium calls the attribute by the first name, Firefox and WebKit by the second."""
_DOCUMENT, _PASSWORD, _ENTRY, _HEADING = role("document web"), role("password text"), role("entry"), role("heading")
_VISIBLE = state("visible")
_GOES_ON = re.compile(r"\s*[(（].*[)）]\s*")
_STARTED_PRIVATE = frozenset(
    {"incognito", "inprivate", "private", "private-window", "private-instance", "private-browsing", "guest", "tor"}
)
_COMMAND_LIMIT = 65536

Told = Callable[[int, int, Shown], None]
"""When, which window, and what it shows."""


@dataclass
class _Window:
    """One window that must be asked, and what is known of it."""

    facts: WindowFacts
    rule: AppRule
    told: Shown | None = None
    frames: tuple[Field, ...] = ()
    document: Field | None = None
    since_ns: int = 0
    """When the document was first asked about."""
    asking: set[Field] = field(default_factory=set)
    """Its fields for passwords and codes, as far as they were seen."""
    fields: dict[Field, bool] = field(default_factory=dict)
    """Its other fields: does one ask for a code?"""
    headings: dict[Field, str] = field(default_factory=dict)

    def shows(self, document: Field, now_ns: int) -> None:
        """The document that is showing; all that was known is of the one before."""
        if document != self.document:
            self.document, self.since_ns = document, now_ns
            self.asking, self.fields, self.headings = set(), {}, {}


class PageWatch:
    """Asks about the windows it is told of. All but :meth:`window` and :meth:`layout` from one event loop."""

    def __init__(self, clock: ServerClock, disclosure: Disclosure, told: Told) -> None:
        self._clock = clock
        self._disclosure = disclosure
        self._tell = told
        self._lock = Lock()
        self._changes: list[tuple[int, tuple[WindowFacts, ...], bool]] = []
        self._pending_ns: int | None = None
        self._windows: dict[int, _Window] = {}
        self._private: dict[int, bool] = {}
        self._address: dict[str, str] = {}

    @property
    def pending_ns(self) -> int | None:
        """The time of the earliest change that was not looked into yet; from any thread."""
        with self._lock:
            return self._pending_ns

    def window(self, time_ns: int, window: WindowFacts | None) -> bool:
        """From ``time_ns`` on this window is active, with this title; from any thread. Is it to be asked about?"""
        return self._changed(time_ns, () if window is None else (window,), whole=False)

    def layout(self, time_ns: int, windows: Sequence[WindowFacts | None]) -> bool:
        """From ``time_ns`` on these are all windows; from any thread. Is there one to ask about?"""
        return self._changed(time_ns, tuple(one for one in windows if one is not None), whole=True)

    async def take(self, bus: Bus | None) -> bool:
        """Look into what changed, and tell. Was there anything?"""
        with self._lock:
            changes, self._changes = self._changes, []
        for time_ns, windows, whole in changes:
            for facts in windows:
                rule = rule_of(facts, self._disclosure)
                known = self._windows.get(facts.window_id)
                if rule is None or (known is not None and known.facts == facts and known.told is not None):
                    continue
                if known is None or known.facts.pid != facts.pid:
                    known = self._windows[facts.window_id] = _Window(facts, rule)
                known.facts, known.rule = facts, rule
                self._say(known, time_ns, await self._soon(bus, known, time_ns))
            if whole:
                there = {facts.window_id for facts in windows}
                self._windows = {number: one for number, one in self._windows.items() if number in there}
        with self._lock:
            self._pending_ns = self._changes[0][0] if self._changes else None
        return bool(changes)

    async def confirm(self, bus: Bus | None, sent_ns: int, since_ns: int) -> bool:
        """Is what was told still so at ``sent_ns``? It was when asked last, at ``since_ns``. Was anything told?"""
        told = False
        for known in list(self._windows.values()):
            shown = await self._look(bus, known) or judge_page(known.rule, known.facts.wm_class, None)
            worse = known.told is None or least([shown, known.told]) == shown
            told |= self._say(known, since_ns if worse else sent_ns, shown)
        return told

    def _changed(self, time_ns: int, windows: tuple[WindowFacts, ...], *, whole: bool) -> bool:
        asked = []
        for one in windows:
            rule = rule_of(one, self._disclosure)
            if rule is not None and shows_sites(rule, one.wm_class):
                asked.append(one)
        if not asked and not whole:
            return False
        with self._lock:
            self._changes.append((time_ns, tuple(asked[:WINDOWS_LIMIT]), whole))
            if asked and self._pending_ns is None:
                self._pending_ns = time_ns
        return bool(asked)

    def _say(self, known: _Window, time_ns: int, shown: Shown) -> bool:
        if known.told == shown:
            return False
        known.told = shown
        self._tell(time_ns, known.facts.window_id, shown)
        return True

    async def _soon(self, bus: Bus | None, known: _Window, time_ns: int) -> Shown:
        """What the window shows, once it can be told, but no later than :data:`GRACE_NS` after ``time_ns``."""
        while bus is not None:
            shown = await self._look(bus, known)
            if shown is not None:
                return shown
            if self._clock.now_ns() > time_ns + GRACE_NS:
                break
            await asyncio.sleep(AGAIN_S)
        return judge_page(known.rule, known.facts.wm_class, None)

    async def _look(self, bus: Bus | None, known: _Window) -> Shown | None:
        """What the window shows now; ``None`` if that cannot be told."""
        if bus is None:
            return None
        try:
            return await self._ask(bus, known)
        except (Unavailable, ValueError, TypeError, IndexError, KeyError):
            return None

    async def _ask(self, bus: Bus, known: _Window) -> Shown | None:
        names = await bus.names(known.frames) if known.frames else []
        if not names or not all(same_title(name, known.facts.title) for name in names):
            known.frames, names = await self._frames(bus, known.facts)
        shown: list[Shown] = []
        for frame, name in zip(known.frames, names, strict=True):
            page = await self._page(bus, known, frame, name)
            if page is None:
                return None
            shown.append(judge_page(known.rule, known.facts.wm_class, page))
        return least(shown) if shown else None

    async def _frames(self, bus: Bus, window: WindowFacts) -> tuple[tuple[Field, ...], list[str]]:
        """The accessible windows that may be ``window``: those of its title."""
        found: list[tuple[Field, str]] = []
        for application in await bus.applications(window.pid):
            frames = await bus.children(application)
            named = zip(frames, await bus.names(frames), strict=True)
            found += [(frame, name) for frame, name in named if same_title(name, window.title)]
        return tuple(frame for frame, _ in found), [name for _, name in found]

    async def _page(self, bus: Bus, known: _Window, frame: Field, name: str) -> Page | None:
        """What is showing in ``frame``; ``None`` if that cannot be told yet."""
        document = await bus.first_below(frame, state=STATE_SHOWING, role=_DOCUMENT)
        if document is None:
            return None
        known.shows(document, self._clock.now_ns())
        # First of all: what is asked after a document has the window's title is no longer of the page before.
        if _one_line((await bus.names([document]))[0]) not in _one_line(name):
            return None
        secret, entries, headings, children = await bus.contents(
            document, ((_PASSWORD, FIELDS_LIMIT), (_ENTRY, FIELDS_LIMIT), (_HEADING, HEADINGS_LIMIT))
        )
        address = await self._address_of(bus, document)
        if not address or (not children and self._clock.now_ns() < known.since_ns + EMPTY_NS):
            return None
        known.asking.update(secret)
        await self._learn(bus, known, entries, headings)
        gone = [one for one in known.asking if one not in secret and one not in entries]
        for one, states in zip(gone, await bus.states(gone), strict=True):
            if not states & _VISIBLE:
                known.asking.discard(one)
        title = name or known.facts.title
        words = tuple(known.headings[one] for one in headings if one in known.headings)
        return Page(address, title, words, private=self._is_private(known.facts, name), asks=bool(known.asking))

    async def _learn(self, bus: Bus, known: _Window, entries: Sequence[Field], headings: Sequence[Field]) -> None:
        """Ask about the fields and headings that are new."""
        new = [one for one in entries if one not in known.fields]
        for one, name, attributes in zip(new, await bus.names(new), await bus.attributes(new), strict=True):
            known.fields[one] = asks_for_code([name], attributes)
        known.asking.update(one for one in entries if known.fields[one])
        told = [one for one in headings if one not in known.headings]
        known.headings |= dict(zip(told, await bus.names(told), strict=True))

    async def _address_of(self, bus: Bus, document: Field) -> str:
        known = self._address.get(document.owner)
        for name in [known] if known is not None else ADDRESSES:
            address = await bus.attribute(document, name)
            if address:
                self._address[document.owner] = name
                return address
        return ""

    def _is_private(self, window: WindowFacts, name: str) -> bool:
        said, title = _one_line(name), _one_line(window.title)
        if says_private(said) or (said.startswith(title) and _GOES_ON.fullmatch(said[len(title) :])):
            return True
        if window.pid not in self._private:
            if len(self._private) > WINDOWS_LIMIT:
                self._private.clear()
            self._private[window.pid] = started_private(window.pid)
        return self._private[window.pid]


def started_private(pid: int) -> bool:
    """Was this process started so that its windows are private ones?"""
    try:
        with Path(f"/proc/{int(pid)}/cmdline").open("rb") as file:
            words = file.read(_COMMAND_LIMIT).decode("utf-8", "replace").split("\0")
    except OSError:
        return False
    return any(word.startswith("-") and word.strip("-").casefold() in _STARTED_PRIVATE for word in words[1:])


def _one_line(words: str) -> str:
    return " ".join(words.split())
