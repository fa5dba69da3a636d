"""At which fidelity may each pixel of what was captured come out?

1. A pixel belongs to the application whose window is on top there. Windows move while pictures are taken, and what is
   left of one may be seen for a moment in the place of another: so the least counts of all that were on top there from
   the hold before the picture to the hold after it.
2. A rectangle may be brought down to ``structure``, whoever it belongs to (:meth:`Fidelities.flatten`).
3. Where text cannot be read and checked, ``redacted`` is ``structure``.
4. What is in no application's place comes out grey, as what is out of scope does.

Where one fidelity is disclosed for every application, nothing is worked out: it holds everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aboveboard.formats.disclosure import Disclosure
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.panes import Panes
from aboveboard.recorder.redact.scope import PIECES_LIMIT, Seen, Stacked, intersect_all, seen_at, shown, subtract_all
from aboveboard.recorder.redact.timeline import HOLD_NS, Stretches
from aboveboard.rules.disclosure import may_capture_screen

Rects = tuple[Rect, ...]


@dataclass(frozen=True)
class Regions:
    """Disjoint rectangles of the screen by what may be seen there. ``outside``: nothing; the rest is ``exact``.

    ``pictured``: parts of ``redacted`` where photographs and films are shown. ``passing``: it will be other once the
    hold has passed, though nothing moves any more.
    """

    redacted: Rects = ()
    structure: Rects = ()
    outside: Rects = ()
    passing: bool = False
    pictured: Rects = ()


EXACT = Regions()
READ: tuple[Seen, ...] = ("redacted", "pictured")
"""Where text is read and checked."""
_Stacks = tuple[tuple[Stacked, ...], ...]
_Parts = tuple[tuple[Seen, Rect], ...]
STACKS_KEPT = 200


class Fidelities:
    """Where which fidelity holds, over time. Used by one thread; reads no clock."""

    def __init__(self, disclosure: Disclosure, *, reads: bool, before_ns: int = HOLD_NS) -> None:
        """``reads``: text on the screen can be read and checked. ``before_ns``: so long what is gone may be seen."""
        self._disclosure, self._reads, self._before_ns = disclosure, reads, before_ns
        levels = {self._lowered(seen_at(app)) for app in disclosure.apps if may_capture_screen(app).allowed}
        self._everywhere: Seen | None = next(iter(levels or {"exact"})) if len(levels) < 2 else None
        self._layout: Stretches[tuple[Stacked, ...]] = Stretches(())
        self._flat: Stretches[Rects] = Stretches(())
        self._parts: dict[int, tuple[tuple[Stacked, ...], Rect, _Parts]] = {}
        self._last: tuple[_Stacks, tuple[Rects, ...], Rect, Regions] = ((), (), Rect(0, 0, 0, 0), EXACT)

    def layout(self, time_ns: int, stack: tuple[Stacked, ...]) -> None:
        """From ``time_ns`` on the windows lie like this."""
        self._layout.add(time_ns, stack)

    def flatten(self, time_ns: int, rects: Sequence[Rect]) -> None:
        """From ``time_ns`` on these rectangles, and no others, are ``structure`` at most."""
        self._flat.add(time_ns, tuple(rects))

    def forget(self, before_ns: int) -> None:
        """Drop what can no longer matter from ``before_ns`` on."""
        self._layout.forget(before_ns - self._before_ns)
        self._flat.forget(before_ns - self._before_ns)

    def during(self, start_ns: int, end_ns: int, screen: Rect) -> Regions:
        """For a picture that was taken at ``start_ns`` and shows the screen until ``end_ns``.

        Call it once what happened in the hold after ``end_ns`` is known.
        """
        start_ns, end_ns = start_ns - self._before_ns, end_ns + HOLD_NS
        stacks = tuple(self._layout.during(start_ns, end_ns)) if self._everywhere is None else ()
        flat = tuple(dict.fromkeys(self._flat.during(start_ns, end_ns)))
        before, before_flat, before_screen, regions = self._last
        same = len(before) == len(stacks) and all(one is other for one, other in zip(before, stacks, strict=True))
        if not same or flat != before_flat or screen != before_screen:
            regions = self._work_out(stacks, flat, screen)
            self._last = (stacks, flat, screen, regions)
        return regions

    def panes(self, start_ns: int, end_ns: int) -> Panes:
        """The windows from the top down, as in :meth:`during`; none if they did not all lie still."""
        stacks = self._layout.during(start_ns - self._before_ns, end_ns + HOLD_NS)
        lying = {panes_of(stack) for stack in stacks}
        return lying.pop() if len(lying) == 1 else ()

    def _work_out(self, stacks: Sequence[tuple[Stacked, ...]], flat: Sequence[Rects], screen: Rect) -> Regions:
        passing = len(stacks) > 1 or len(flat) > 1
        flattened = _joined(intersect_all([rect for rects in flat for rect in rects], [screen]))
        if self._everywhere == "exact":
            return _limited(screen, Regions((), tuple(flattened), (), passing))
        if self._everywhere is not None:
            if self._everywhere not in READ:
                return Regions(structure=(screen,), passing=passing)
            readable = tuple(subtract_all([screen], flattened))
            shown_in = readable if self._everywhere == "pictured" else ()
            return _limited(screen, Regions(readable, tuple(flattened), (), passing, shown_in))
        parts = dict.fromkeys(part for stack in stacks for part in self._parts_of(stack, screen))
        at: dict[str, list[Rect]] = {"structure": [], "redacted": [], "pictured": [], "exact": []}
        for level, rect in parts:
            at[level].append(rect)
        everything = _joined([*at["structure"], *at["redacted"], *at["pictured"], *at["exact"]])
        structure = _joined([*at["structure"], *intersect_all(flattened, everything)])
        redacted = _joined([*structure, *at["redacted"]])
        pictured = _joined([*redacted, *at["pictured"]])
        if max(map(len, (flattened, everything, structure, pictured))) > PIECES_LIMIT:
            return Regions(structure=(screen,), passing=passing)
        outside = subtract_all([screen], everything)
        return Regions(
            tuple(pictured[len(structure) :]),
            tuple(structure),
            tuple(outside),
            passing,
            tuple(pictured[len(redacted) :]),
        )

    def _parts_of(self, stack: tuple[Stacked, ...], screen: Rect) -> _Parts:
        """What of ``stack`` may be seen, worked out once for each."""
        known = self._parts.get(id(stack))
        if known is None or known[0] is not stack or known[1] != screen:
            parts = tuple((self._lowered(level), rect) for level, rect in shown(stack, screen, self._disclosure))
            if len(self._parts) >= STACKS_KEPT:
                self._parts.clear()
            known = self._parts[id(stack)] = (stack, screen, parts)
        return known[2]

    def _lowered(self, level: Seen) -> Seen:
        return "structure" if level in READ and not self._reads else level


def panes_of(stack: Sequence[Stacked]) -> Panes:
    """Each window's place, and a number: that of its client, another one for each that has none."""
    return tuple(
        (one.outer, one.client.window_id if one.client is not None else -2 - place)
        for place, one in reversed(list(enumerate(stack)))
    )


def _limited(screen: Rect, regions: Regions) -> Regions:
    """With too many rectangles to decide, all of it is ``structure``."""
    if max(len(regions.redacted), len(regions.structure)) > PIECES_LIMIT:
        return Regions(structure=(screen,), passing=regions.passing)
    return regions


def _joined(rects: Sequence[Rect]) -> list[Rect]:
    """Disjoint rectangles that cover the same."""
    found: list[Rect] = []
    for rect in rects:
        found += subtract_all([rect], found)
        if len(found) > PIECES_LIMIT:
            break
    return found
