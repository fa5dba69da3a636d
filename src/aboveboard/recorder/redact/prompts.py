"""Did a terminal hide what was typed when this key was pressed?

A program that asks for a password tells the terminal's line discipline not to echo (``sudo``, ``ssh``, ``read -s``).
Nobody is told of it, so the terminals of the active window are looked at again and again while keys wait. A key is
judged by the looks around it, from the last before it to the first at least the hold after it:

1. one look that found a hidden prompt withholds it, so keys are withheld from the look before echo ended, widened by
   the hold, until the look after it came back;
2. so does one that found something that cannot be judged; or no look soon after the key, in a terminal;
3. a terminal that has no other field than the terminal (``Prompt.SOLE``) needs nobody else to say where the focus is.

Nothing here reads a clock or looks at anything.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.recorder.redact.timeline import HOLD_NS
from aboveboard.rules.terminals import ASK_IN_STARS, ELSEWHERE, STARS_WITH_SIGNALS, is_plain, is_terminal

SOON_NS = 400 * MILLISECOND_NS
"""How soon after a key there must be a look: nobody reads a prompt, answers it and is done within that."""


class Prompt(StrEnum):
    """What a look at the active window's terminals found; the worst first."""

    HIDDEN = "hidden_prompt"
    UNKNOWN = "unknown"
    OPEN = "open"
    SOLE = "sole"
    """Open, and the window is a terminal and nothing else."""
    NONE = "none"
    """It has no terminal."""


@dataclass(frozen=True)
class Terminal:
    """One pseudo-terminal as it was found.

    ``echo``, ``lines`` (it waits for whole lines) and ``signals`` (Ctrl-C makes one) are those of its line discipline;
    ``programs`` the names of the processes in its foreground.
    """

    echo: bool
    lines: bool
    signals: bool
    programs: frozenset[str]


@dataclass(frozen=True)
class Terminals:
    """Those of one window. ``program`` is its process; ``whole``: no terminal of it stayed unread; ``pinentry``: one
    runs somewhere."""

    program: str
    found: tuple[Terminal, ...]
    whole: bool = True
    pinentry: bool = False


def judge_look(wm_class: str, seen: Terminals | None) -> Prompt:
    """What ``seen`` means for keys that go to a window of ``wm_class``; ``None``: the look failed."""
    if seen is None or (not seen.found and seen.whole):
        return Prompt.UNKNOWN if is_terminal(wm_class) else Prompt.NONE
    if any(_hides(terminal, pinentry=seen.pinentry) for terminal in seen.found):
        return Prompt.HIDDEN
    if not seen.whole or any(_leads_elsewhere(terminal) for terminal in seen.found):
        return Prompt.UNKNOWN
    return Prompt.SOLE if is_plain(wm_class, seen.program) else Prompt.OPEN


def _hides(terminal: Terminal, *, pinentry: bool) -> bool:
    if terminal.echo:
        return False
    if terminal.lines or pinentry or terminal.programs & ASK_IN_STARS:
        return True
    return terminal.signals and bool(terminal.programs & STARS_WITH_SIGNALS)


def _leads_elsewhere(terminal: Terminal) -> bool:
    """Do the keys go on, letter by letter, to where it cannot be seen, or to nobody knows whom?"""
    return not terminal.lines and (not terminal.programs or bool(terminal.programs & ELSEWHERE))


@dataclass(frozen=True)
class _Look:
    """At ``time_ns`` this was ``found`` of process ``pid``. ``since_ns``: what is withheld for it begins then."""

    time_ns: int
    pid: int
    found: Prompt
    since_ns: int


class PromptTimeline:
    """What the looks found, over time."""

    def __init__(self, *, hold_ns: int = HOLD_NS, soon_ns: int = SOON_NS) -> None:
        self._hold_ns = hold_ns
        self._soon_ns = soon_ns
        self._looks: list[_Look] = []

    def looked(self, time_ns: int, pid: int, found: Prompt) -> None:
        """A look that began at ``time_ns`` found this of process ``pid``'s terminals."""
        if self._looks and time_ns < self._looks[-1].time_ns:
            self._looks.clear()  # the clock was set back: nothing from before can be compared
        before = next((look for look in reversed(self._looks) if look.pid == pid), None)
        if before is None:
            since_ns = time_ns - self._hold_ns
        else:
            since_ns = before.since_ns if before.found is found else before.time_ns - self._hold_ns
        self._looks.append(_Look(time_ns, pid, found, since_ns))

    def verdict(self, start_ns: int, end_ns: int | None, pid: int, *, terminal: bool) -> tuple[Prompt, int, int | None]:
        """May a key of ``start_ns`` be told that went to ``pid``, which was active until ``end_ns`` (``None``: still)?

        ``terminal``: it is known to be one. With HIDDEN and UNKNOWN comes the stretch of withholding (end ``None``:
        open).
        """
        until_ns = start_ns + self._hold_ns
        looks = [look for look in self._looks if look.pid == pid]
        times = [look.time_ns for look in looks]
        over = end_ns is not None and end_ns <= until_ns
        first = max(bisect_right(times, start_ns) - 1, 0)
        last = bisect_left(times, min(until_ns, end_ns) if over and end_ns is not None else until_ns)
        around = [look.found for look in looks[first : last + 1]]
        for bad in (Prompt.HIDDEN, Prompt.UNKNOWN):
            if bad in around:
                return bad, *_stretch(looks, first + around.index(bad))
        if not terminal and all(found is Prompt.NONE for found in around):
            return Prompt.NONE, start_ns, None
        since_ns = start_ns - self._soon_ns if over else start_ns
        soon = any(since_ns <= time_ns <= start_ns + self._soon_ns for time_ns in times)
        if not soon or (last == len(times) and not over):
            after = bisect_right(times, start_ns)
            return Prompt.UNKNOWN, times[after - 1] if after else 0, times[after] if after < len(times) else None
        return (Prompt.SOLE if set(around) == {Prompt.SOLE} else Prompt.OPEN), start_ns, None

    def forget(self, before_ns: int) -> None:
        """Drop the looks before ``before_ns`` but for the last of them."""
        keep = bisect_left(self._looks, before_ns, key=lambda look: look.time_ns)
        del self._looks[: max(keep - 1, 0)]


def _stretch(looks: Sequence[_Look], place: int) -> tuple[int, int | None]:
    """From the look before those that found what the one at ``place`` did, widened by the hold, to the one after."""
    end_ns = next((look.time_ns for look in looks[place:] if look.found is not looks[place].found), None)
    return looks[place].since_ns, end_ns
