"""What does each window show, over time, and may it come out?

What a window shows is told late: a page is painted, and only then does anybody say what it is. So, as with the focus:

1. A window that must be asked (``rules.pages.shows_sites``) is ``not_decided`` until somebody says what it shows.
2. What is told of a window holds from the time told; where it lets out less than what was told before, already from
   the hold before that time. A key is withheld from the last thing on that may have led there (``FocusTimeline``).
3. Where it lets out more, what was there before may still be in the picture: pixels come out only the hold later.
4. A window's title is judged too, from when it is known, and whichever of the two lets out less counts. A menu or a
   popup, whose window is not known for certain, counts as the one of its process that lets out least.

Pure: it reads no clock and asks nobody.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from aboveboard.formats.disclosure import Disclosure
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact.scope import Stacked, intersect, rule_of, subtract_all
from aboveboard.recorder.redact.timeline import HOLD_NS, REACH_NS, Stretches
from aboveboard.rules.pages import Shown, judge_title, least, shows_sites

Verdict = tuple[Shown, int, int | None]
"""What counts, since when (widened backwards), and until when (``None``: it still does)."""

WINDOWS_LIMIT = 1000
"""If more are known than this, half are forgotten: those that were told of first and are not there any more."""


class Pages:
    """What the windows of one desktop show."""

    def __init__(self, disclosure: Disclosure, *, hold_ns: int = HOLD_NS) -> None:
        self._disclosure = disclosure
        self._hold_ns = hold_ns
        self._pages: dict[int, Stretches[Shown]] = {}
        self._titles: dict[int, Stretches[Shown]] = {}

    def seen(self, time_ns: int, window_id: int, shown: Shown) -> int | None:
        """From ``time_ns`` on the window shows a page that is judged so. From when on that is otherwise than before."""
        return _add(self._pages, window_id, time_ns, shown, "not_decided")

    def titled(self, time_ns: int, window: WindowFacts) -> int | None:
        """From ``time_ns`` on the window has this title. From when on that is judged otherwise than the one before."""
        shown = judge_title(window.wm_class, window.title, browser=self._asked(window))
        return _add(self._titles, window.window_id, time_ns, shown, "open")

    def keep(self, numbers: Collection[int]) -> None:
        """These windows are there."""
        for known in (self._pages, self._titles):
            if len(known) > WINDOWS_LIMIT:
                gone = [number for number in known if number not in numbers]
                for number in gone[: WINDOWS_LIMIT // 2]:
                    del known[number]

    def during(
        self, window: WindowFacts, start_ns: int, end_ns: int, *, widened: Callable[[int], int] | None = None
    ) -> Verdict:
        """What lets out least at any moment of ``[start_ns, end_ns]``; call it once what is told of it is known.

        ``widened`` tells from when on a stretch counts that was told of at a time; by default from the hold before it.
        """
        found: Verdict = ("open", start_ns, None)
        latest_ns = end_ns + (self._hold_ns if widened is None else max(self._hold_ns, REACH_NS))
        for told in self._of(window):
            for since_ns, until_ns, shown in told.spans(start_ns, latest_ns):
                from_ns = (widened(since_ns) if widened is not None else since_ns - self._hold_ns) if since_ns else 0
                if from_ns <= end_ns and least([shown, found[0]]) != found[0]:
                    found = (shown, from_ns, until_ns)
        return found

    def now(self, window: WindowFacts) -> Shown:
        """What counts by the last that was told."""
        return least(told.last[1] for told in self._of(window))

    def showing(self, stack: Sequence[Stacked]) -> frozenset[Shown]:
        """What counts, by the last that was told, of the windows of which something is to be seen."""
        return frozenset(shown for shown, _ in self._places(stack, self._last))

    def covering(self, stack: Sequence[Stacked], time_ns: int) -> frozenset[Shown]:
        """Why parts of a picture of ``time_ns`` are covered."""
        return frozenset(shown for shown, _ in self._places(stack, self._picture(stack, time_ns)))

    def covered(self, stacks: Iterable[Sequence[Stacked]], time_ns: int) -> tuple[Rect, ...]:
        """Where windows of ``stacks`` are that must not be in a picture of ``time_ns``. Not what is above them."""
        found: dict[Rect, None] = {}
        for stack in stacks:
            places = self._places(stack, self._picture(stack, time_ns))
            found |= dict.fromkeys(place for shown, place in places if shown != "others")
        return tuple(found)

    def flattened(self, stack: Sequence[Stacked]) -> tuple[Rect, ...]:
        """Where others write, by the last that was told: no text may be read there."""
        return tuple(place for shown, place in self._places(stack, self._last) if shown == "others")

    def forget(self, before_ns: int) -> None:
        """Drop what can no longer matter from ``before_ns`` on."""
        for known in (self._pages, self._titles):
            for told in known.values():
                told.forget(before_ns)

    def _asked(self, window: WindowFacts) -> bool:
        rule = rule_of(window, self._disclosure)
        return rule is None or shows_sites(rule, window.wm_class)

    def _of(self, window: WindowFacts) -> list[Stretches[Shown]]:
        told = []
        if self._asked(window):
            told.append(self._pages.get(window.window_id) or Stretches[Shown]("not_decided"))
        titles = self._titles.get(window.window_id)
        return told if titles is None else [*told, titles]

    def _last(self, window: Stacked) -> Shown:
        return self.now(window.client) if window.client is not None and self._in_scope(window) else "open"

    def _in_scope(self, window: Stacked) -> bool:
        return rule_of(window.client, self._disclosure) is not None

    @staticmethod
    def _places(stack: Sequence[Stacked], judged: Callable[[Stacked], Shown]) -> Iterator[tuple[Shown, Rect]]:
        """What must be covered of each window, and why; from the top down."""
        above: list[Rect] = []
        for window in reversed(stack):
            shown = judged(window)
            if shown != "open":
                yield from ((shown, place) for place in subtract_all([window.outer], above))
            above += window.shape if shown == "open" else (window.outer,)

    def _picture(self, stack: Sequence[Stacked], time_ns: int) -> Callable[[Stacked], Shown]:
        return lambda window: self._pictured(window, stack, time_ns)

    def _pictured(self, window: Stacked, stack: Sequence[Stacked], time_ns: int) -> Shown:
        """What counts of the window in a picture, in the hold before and after ``time_ns``."""
        client = window.client
        if client is None or not self._in_scope(window):
            return "open"  # nothing of it is in the picture, and it lets nothing through
        concerned = [client]
        if intersect(client.rect, window.outer) != client.rect:
            concerned += [one.client for one in stack if one.client is not None and one.client.pid == client.pid]
        return least(self.during(one, time_ns - self._hold_ns, time_ns)[0] for one in concerned)


def _add(known: dict[int, Stretches[Shown]], window_id: int, time_ns: int, shown: Shown, initial: Shown) -> int | None:
    """Told out of order, it counts from the latest time that something was told of: what was told last is newest."""
    told = known.get(window_id)
    if told is None:
        told = known[window_id] = Stretches[Shown](initial)
    latest_ns, latest = told.last
    if latest == shown:
        return None
    told.add(max(time_ns, latest_ns), shown)
    return max(time_ns, latest_ns)
