"""Which applications has a steward paused, and does the capture leave them out?

The newest lease names them. For the capture they are then not disclosed, as if they were somebody else's. A capture
that still sees them may record nothing: it is shut, made anew without them, and goes on. One that cannot be made anew
waits until the pause is over.
"""

from collections.abc import Iterable

import msgspec

from aboveboard.formats.disclosure import Disclosure
from aboveboard.rules.decision import ALLOWED, Decision, Reason, no


class PausedApps:
    """What the leases want left out, and what the capture of just now leaves out, in lower case.

    It is a condition (``recorder.conditions``).
    """

    def __init__(self) -> None:
        self.wanted: frozenset[str] = frozenset()
        self._left_out: frozenset[str] = frozenset()

    def want(self, apps: Iterable[str]) -> None:
        """As the newest lease says."""
        self.wanted = frozenset(apps)

    def narrowed(self, disclosure: Disclosure) -> Disclosure:
        """``disclosure`` without what is wanted left out, for a capture that is made now."""
        self._left_out = self.wanted
        apps = [rule for rule in disclosure.apps if rule.wm_class.casefold() not in self._left_out]
        return msgspec.structs.replace(disclosure, apps=apps) if len(apps) != len(disclosure.apps) else disclosure

    @property
    def stale(self) -> bool:
        """Does the capture see other applications than it may?"""
        return self.wanted != self._left_out

    def left_out_all(self, apps: frozenset[str]) -> bool:
        """Is what the capture leaves out just ``apps``?"""
        return self._left_out == apps

    def look(self) -> Decision:
        """May anything be recorded with the capture as it is?"""
        return no(Reason.PAUSED_BY_STEWARD, f"of {', '.join(sorted(self.wanted))}") if self.stale else ALLOWED

    def close(self) -> None:
        """There is nothing to stop."""
