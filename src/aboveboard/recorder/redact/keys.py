"""What is told of keys below the fidelity ``exact``, and when?

1. ``redacted``: what was typed is rebuilt, and the keys that made what should not be seen are replaced by placeholders
   (``typed.stream``). That takes until a field is over, or seconds; so these keys come out later than all else.
2. ``shape``: that a letter, a digit or a sign was typed, not which letter or digit (``rules.shape``).
3. Both without the rhythm, by which people can be told apart (``typed.rhythm``).

Without detectors for every kind ``redacted`` is told as ``shape``. If typing could not be rebuilt, none of the keys
that waited comes out, and a marker says so.
"""

from collections import deque

from aboveboard.formats.disclosure import AppRule, Disclosure
from aboveboard.formats.recording import Covered, Event, Key, Marker, Timed
from aboveboard.recorder.redact.typed.judging import Finder
from aboveboard.recorder.redact.typed.options import Options
from aboveboard.recorder.redact.typed.rhythm import GRID_NS, Rhythm
from aboveboard.recorder.redact.typed.stream import Typing
from aboveboard.recorder.redact.typed.writing import Kept
from aboveboard.rules.others import others_write
from aboveboard.rules.pages import shows_sites
from aboveboard.rules.shape import Shape
from aboveboard.rules.terminals import is_terminal

LOWERED = frozenset({"shape", "redacted"})
FIELD, READLINE = Options(), Options(editing="readline")


def may_lower(app: AppRule) -> bool:
    """May keys in this application come out lowered? Where others write they do, though ``exact`` is disclosed."""
    others = shows_sites(app, app.wm_class) or others_write(app.wm_class)
    return app.keystrokes in LOWERED or (app.keystrokes == "exact" and others)


class Keys:
    """One keyboard. Used by one thread; reads no clock. ``finder``: ``None`` if a detector is missing."""

    def __init__(self, disclosure: Disclosure, finder: Finder | None) -> None:
        self._lowers = any(may_lower(app) for app in disclosure.apps)
        self._finder = finder
        self._typing = Typing(finder) if finder is not None else None
        self._shape = Shape()
        self._now, self._later = Rhythm(), Rhythm()
        self._others: deque[int] = deque()
        """When other things happened that the keys that wait must not be dated before."""
        self._lost_ns: int | None = None

    def begin(self, time_ns: int) -> None:
        """Watching begins: no key is dated before."""
        self._now.passed(time_ns)
        self._later.passed(time_ns)

    def decided_ns(self, settled_ns: int) -> int:
        """Before this time all keys have come out, everything else before ``settled_ns``."""
        since_ns = self._typing.waits_since_ns if self._typing is not None else None
        until_ns = settled_ns if since_ns is None else min(settled_ns, since_ns)
        return until_ns - until_ns % GRID_NS if self._lowers else until_ns

    @property
    def waiting(self) -> bool:
        """Does a key wait to be decided?"""
        return self._typing is not None and self._typing.waits_since_ns is not None

    def press(self, time_ns: int, key: Key, rule: AppRule) -> list[Timed]:
        """A key went down or up in an application that is recorded at one of :data:`LOWERED`; what comes out now."""
        if rule.keystrokes == "redacted" and self._typing is not None:
            options = READLINE if is_terminal(rule.wm_class) else FIELD
            self._offer(time_ns, key, options, rule.wm_class)
            return []
        return self._now.tell(Timed(time_ns, self._shape.key(key)))

    def passed(self, time_ns: int, event: Event) -> None:
        """Something else happened, told or not. A key that is told as it is is no part of a text that is judged."""
        if not self._lowers:
            return
        self._now.passed(time_ns)
        if self._typing is not None:
            self._others.append(time_ns)
            if not isinstance(event, Key):
                self._offer(time_ns, event)

    def release(self, settled_ns: int, *, last: bool = False) -> list[Timed]:
        """The keys that are decided by now, in order of time."""
        if not self._lowers:
            return []
        if self._typing is None:
            return []
        try:
            told = self._typing.release(settled_ns, last=last)
        except Exception:  # noqa: BLE001 - whatever went wrong, nobody knows what these keys say
            told = []
            self._lose(settled_ns)
        out: list[Timed] = []
        if self._lost_ns is not None:
            lost = Marker(kind="suppressed", reason="not_decided", start_ns=self._lost_ns, end_ns=settled_ns)
            out, self._lost_ns = [Timed(settled_ns, lost)], None
        for one in told:
            self._pass_until(one.time_ns)
            if isinstance(one, Kept):
                out += self._later.tell(Timed(one.time_ns, one.key))
            else:
                covered = Covered(placeholder=one.placeholder[:64], remains=one.remains)
                out.append(Timed(self._later.next(one.time_ns), covered))
        if self._typing.waits_since_ns is None:
            self._pass_until(settled_ns)
        return out

    def _offer(self, time_ns: int, item: object, options: Options | None = None, application: str = "") -> None:
        assert self._typing is not None
        try:
            if options is not None:
                self._typing.use(options, application)
            self._typing.offer(time_ns, item)
        except Exception:  # noqa: BLE001 - as in release
            self._lose(time_ns)

    def _lose(self, time_ns: int) -> None:
        """None of the keys that wait comes out."""
        assert self._typing is not None
        assert self._finder is not None
        since_ns = self._typing.waits_since_ns
        self._lost_ns = min(one for one in (since_ns, self._lost_ns, time_ns) if one is not None)
        self._typing = Typing(self._finder)

    def _pass_until(self, time_ns: int) -> None:
        while self._others and self._others[0] <= time_ns:
            self._later.passed(self._others.popleft())
