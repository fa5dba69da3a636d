"""May what was done, met or pointed at come out, by what the windows concerned showed?

1. Each of them must show a page that is told (``redact.pages``) from when it happened until it was asked about; where
   nobody can know yet, it is not told.
2. Where other people write, it comes out at the fidelity that holds no words (``rules.others``).
3. A control that is said to be in a window of another title than the window had is told without words as well: what is
   around it is remembered for a while, and an application may say late that its title changed.
4. A site must be disclosed as one, whatever was said of its window.
5. What is left of a control or a site is judged by ``redact.context``.
"""

from collections.abc import Sequence

from aboveboard.formats.disclosure import AppRule, Disclosure
from aboveboard.formats.recording import Control, Site
from aboveboard.recorder.capture.port import WindowFacts
from aboveboard.recorder.redact.context import Context, judge, of_the_page
from aboveboard.recorder.redact.key_judge import TOLD, Pointing
from aboveboard.recorder.redact.pages import Pages
from aboveboard.recorder.redact.scope import Active, Stacked, client_at, rule_of
from aboveboard.recorder.redact.timeline import Focus, FocusTimeline, Stretches
from aboveboard.recorder.redact.words import Words
from aboveboard.rules.disclosure import may_encode
from aboveboard.rules.others import without_others
from aboveboard.rules.pages import Page, Shown, judge_page, least, shows_sites


class ShownJudge:
    """Judges one thing after the other. Used by one thread.

    ``active``, ``layout``, ``pages`` and ``focus`` are those of the gate.
    """

    def __init__(
        self,
        disclosure: Disclosure,
        *,
        hold_ns: int,
        active: Stretches[Active],
        layout: Stretches[tuple[Stacked, ...]],
        pages: Pages,
        focus: FocusTimeline,
        words: Words | None,
    ) -> None:
        self._disclosure, self._hold_ns, self._words = disclosure, hold_ns, words
        self._active, self._layout, self._pages, self._focus = active, layout, pages, focus

    def shown(self, windows: Sequence[WindowFacts | None], start_ns: int, end_ns: int, known_ns: int) -> Shown:
        """What lets out least of what the windows in scope showed meanwhile."""
        found: list[Shown] = ["open"]
        for window in windows:
            rule = rule_of(window, self._disclosure)
            if window is not None and rule is not None:
                found.append(self._pages.during(window, start_ns, end_ns)[0])
                if start_ns + self._hold_ns > known_ns and shows_sites(rule, window.wm_class):
                    found.append("not_decided")
        return least(found)

    def pointer(self, time_ns: int, event: Pointing, known_ns: int) -> bool:
        """May it come out that this was done at ``time_ns``?"""
        below = client_at(self._layout.at(time_ns), event.x, event.y)
        windows = (self._active.at(time_ns).window, below)
        if self.shown(windows, time_ns, time_ns, known_ns) not in TOLD:
            return False
        return all(may_encode(rule_of(window, self._disclosure), event).allowed for window in windows)

    def context(self, about_ns: int, context: Context, said_ns: int, known_ns: int) -> Control | Site | None:
        """What comes out of ``context`` about ``about_ns``, if it is said to be of ``said_ns``; ``None``: nothing."""
        event = context.event
        windows = [self._active.at(about_ns).window]
        if isinstance(event, Site):
            windows.append(self._active.at(said_ns).window)
        elif event.cause == "click":
            layout, point = self._layout.at(about_ns), context.point
            windows.append(client_at(layout, *point) if point is not None else None)
        shown = self.shown(windows, about_ns, max(said_ns, context.known_ns), known_ns)
        if shown not in TOLD:
            return None
        if isinstance(event, Control) and not self._of_the_page(about_ns, event, context.known_ns):
            shown = "others"
        concerned = [(window, self._rule(window, shown)) for window in windows]
        if isinstance(event, Site) and not all(_discloses(event, window, rule) for window, rule in concerned):
            return None
        decided = about_ns + self._hold_ns <= known_ns
        focus = self._focus.verdict(about_ns)[0] if decided else Focus.SECRET
        return judge(context, focus, concerned, self._words)

    def _of_the_page(self, about_ns: int, control: Control, asked_ns: int) -> bool:
        """Is it on a page that the active window showed from then until it was asked about? A program is no page."""
        window = self._active.at(about_ns).window
        rule = rule_of(window, self._disclosure)
        if window is None or rule is None or not shows_sites(rule, window.wm_class):
            return True
        active = self._active.during(about_ns, max(about_ns, asked_ns))
        return of_the_page(control, [one.window.title for one in active if one.window is not None])

    def _rule(self, window: WindowFacts | None, shown: Shown) -> AppRule | None:
        rule = rule_of(window, self._disclosure)
        return without_others(rule) if rule is not None and shown != "open" else rule


def _discloses(site: Site, window: WindowFacts | None, rule: AppRule | None) -> bool:
    """Is the site one that may be told, whatever was said of the window?"""
    if window is None or rule is None or not site.url:
        return True
    address = site.url if site.host else f"{site.url}."
    return judge_page(rule, window.wm_class, Page(address=address)) in TOLD
