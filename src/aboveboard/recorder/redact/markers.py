"""What is said about keys that do not come out?

Two kinds of thing: how many keys were pressed in each whole second, where that is what the disclosure allows; and from
when to when keys were withheld, and why. Neither tells when a single key was pressed. A stretch that lasts is told in
parts of ``PART_NS``, so that each segment says what it lacks.
"""

from typing import Literal, get_args

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.recording import KeyCount, Marker, Timed
from aboveboard.rules.pages import Hidden

PART_NS = 5 * SECOND_NS

WithheldReason = Literal["app_not_disclosed", "password_field", "focus_unknown", "hidden_prompt"] | Hidden
LASTING = frozenset({"app_not_disclosed", *get_args(Hidden)})
"""What lasts until it is said to be over, whether or not anything is withheld meanwhile."""


class KeyCounts:
    """Presses per whole second of wall time."""

    def __init__(self) -> None:
        self._presses: dict[int, int] = {}

    def add(self, time_ns: int) -> None:
        """A key went down at ``time_ns``."""
        second = time_ns // SECOND_NS
        self._presses[second] = self._presses.get(second, 0) + 1

    def due(self, until_ns: int, *, last: bool = False) -> list[Timed]:
        """The counts of the seconds that ended by ``until_ns``; all of them if it is the ``last`` time."""
        out: list[Timed] = []
        if not self._presses:
            return out
        for second in sorted(self._presses):
            end_ns = (second + 1) * SECOND_NS
            if end_ns <= until_ns or last:
                out.append(Timed(min(end_ns, until_ns), KeyCount(presses=self._presses.pop(second))))
        return out


class WithheldStretches:
    """Stretches in which something was withheld, told once each."""

    def __init__(self) -> None:
        self._open: dict[tuple[WithheldReason, int], int | None] = {}
        self._told_until: dict[WithheldReason, int] = {}

    def add(self, reason: WithheldReason, start_ns: int, end_ns: int | None) -> None:
        """Something was withheld in ``[start_ns, end_ns)``, which is open if ``end_ns`` is ``None``."""
        start_ns = max(start_ns, self._told_until.get(reason, 0))
        if end_ns is None or end_ns > start_ns:
            overlapping = next((key for key in self._open if key[0] == reason and self._open[key] is None), None)
            if overlapping is not None and overlapping[1] <= start_ns:
                self._open[overlapping] = end_ns
            else:
                self._open[(reason, start_ns)] = end_ns

    def close(self, reason: WithheldReason, end_ns: int) -> None:
        """The open stretch of ``reason`` ended."""
        for key, known_ns in self._open.items():
            if key[0] == reason and known_ns is None:
                self._open[key] = max(end_ns, key[1])

    def lasts(self, reason: WithheldReason) -> bool:
        """Is there an open stretch of ``reason``?"""
        return any(key[0] == reason and known_ns is None for key, known_ns in self._open.items())

    def due(self, until_ns: int, *, last: bool = False) -> list[Timed]:
        """Markers for what ended by ``until_ns``, and for the part so far of what lasts; in order of time."""
        out: list[Timed] = []
        if not self._open:
            return out
        for (reason, start_ns), end_ns in sorted(self._open.items(), key=lambda item: item[0][1]):
            ended = end_ns is not None and end_ns <= until_ns
            if not ended and until_ns - start_ns < (1 if last else PART_NS):
                continue
            stop_ns = end_ns if ended and end_ns is not None else until_ns
            del self._open[(reason, start_ns)]
            self._told_until[reason] = max(self._told_until.get(reason, 0), stop_ns)
            if not ended and reason in LASTING:
                self._open[(reason, stop_ns)] = end_ns
            if stop_ns > start_ns:
                marker = Marker(kind="suppressed", reason=reason, start_ns=max(start_ns, 0), end_ns=stop_ns)
                out.append(Timed(stop_ns, marker))
        return sorted(out, key=lambda timed: timed.time_ns)
