"""Which steps did a policy do, and which of the person's put it right?

Rule 15 of ``docs/spec/trajectory.md``. What is recorded of a display tells no difference between the person's hand and
the policy's; the account of who was in control (``formats.assisted``) does. Pure.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.formats.assisted import Assisted, Moment
from aboveboard.formats.segment import SegmentManifest
from aboveboard.formats.trajectory import Mark, Step

Account = tuple[str, Assisted]
"""The session that it is of, and the account."""
CLOCKS_NS = 5 * MILLISECOND_NS
"""The account and the recording read the server's time each by themselves: so far they may lie apart."""


class Turns:
    """Who was in control of the display of the session ``session_id``, by all the ``accounts`` of it."""

    def __init__(self, accounts: Iterable[Account], session_id: str) -> None:
        own = sorted((one for session, one in accounts if session == session_id), key=lambda one: one.start_ns)
        self._moments: list[Moment | None] = []
        self._times: list[int] = []
        for one in own:
            for moment in one.moments:
                self._add(moment.time_ns, moment)
            self._add(one.end_ns, None)

    def cuts(self) -> list[int]:
        """When control changed hands: what the one had begun, the other did not finish."""
        found, before = [], None
        for time_ns, moment in zip(self._times, self._moments, strict=True):
            holder = moment.holder if moment is not None else "person"
            if holder != before:
                found.append(time_ns)
            before = holder
        return found

    def attribute(self, steps: Sequence[Step]) -> list[Step]:
        """``steps`` of the session, each with who did it and, where a person put the policy right, its proposal.

        Raises :class:`BadInput` where the policy clicked and none of its clicks is there: it is another's session.
        """
        if not self._times:
            return list(steps)
        if (clicks := list(self._clicks())) and not any(_is_there(one, steps) for one in clicks):
            raise BadInput(
                "none of what the policy did is in this recording",
                cause="the account is of another display, or of another session of it",
                fix="name the session that was recorded while it acted",
            )
        return [self._attributed(step) for step in steps]

    def _clicks(self) -> Iterator[tuple[int, int, int, int]]:
        """Each click that the policy did, undisturbed: from when, until when, and where."""
        for place, moment in enumerate(self._moments[:-1]):
            after = self._moments[place + 1]
            proposed = moment.proposed if moment is not None and moment.holder == "policy" else None
            if proposed is not None and proposed.x is not None and not (after is not None and after.why == "touch"):
                yield self._times[place], self._times[place + 1], proposed.x, proposed.y or 0

    def _attributed(self, step: Step) -> Step:
        place = bisect_right(self._times, step.time_ns)
        moment = self._moments[place - 1] if place else None
        if moment is None:
            return step
        if moment.holder == "policy":
            return msgspec.structs.replace(step, by="policy")
        return msgspec.structs.replace(step, proposed=moment.proposed)

    def _add(self, time_ns: int, moment: Moment | None) -> None:
        """Told a little early, so that the touch itself, as it was recorded, is the person's."""
        self._times.append(time_ns - CLOCKS_NS)
        self._moments.append(moment)


def marks_of(accounts: Iterable[Account], session_id: str) -> list[Mark]:
    """Where each attempt of a session began and ended, what it was to be, and what came of it."""
    found = list[Mark]()
    for session, account in accounts:
        for one in account.attempts if session == session_id else ():
            said = {"instruction": one.instruction, "instructed_by": "form"}
            found.append(Mark(session_id=session_id, time_ns=one.start_ns, kind="begin", **said))  # type: ignore[arg-type]
            found.append(Mark(session_id=session_id, time_ns=one.end_ns, kind="end", outcome=one.outcome))
    return found


def is_correction(step: Step) -> bool:
    """Did the person do something else than the policy was about to do?

    The same is: the same kind of act, within the control that was met, or a few pixels where none is known; or the same
    text.
    """
    proposed = step.proposed
    if step.by != "person" or proposed is None:
        return False
    if proposed.action in ("type", "choose") and step.action in ("type", "choose"):
        done = step.text if step.action == "type" else (step.element.chosen if step.element is not None else "")
        return proposed.text != done
    if proposed.action == "key" and step.action in ("key", "shortcut"):
        return proposed.text != step.key
    if (proposed.action, step.action) == ("click", "click"):
        return not _meets(step, proposed.x, proposed.y)
    return proposed.action != step.action


def sessions_of(account: Assisted, manifests: Iterable[SegmentManifest]) -> list[str]:
    """The sessions that were recorded while it happened."""
    return sorted(
        {
            one.session_id
            for one in manifests
            if one.start_wall_ns <= account.end_ns and account.start_ns <= one.end_wall_ns
        }
    )


def _is_there(click: tuple[int, int, int, int], steps: Sequence[Step]) -> bool:
    begin_ns, end_ns, x, y = click
    within = (one for one in steps if begin_ns <= one.time_ns <= end_ns and one.x is not None and one.y is not None)
    return any(abs((one.x or 0) - x) <= SAME_PX and abs((one.y or 0) - y) <= SAME_PX for one in within)


NEAR_PX, SAME_PX = 12, 2


def _meets(step: Step, x: int | None, y: int | None) -> bool:
    if x is None or y is None or step.x is None or step.y is None:
        return False
    met = step.element
    if met is not None and met.width > 0 and met.height > 0:
        return met.x <= x < met.x + met.width and met.y <= y < met.y + met.height
    return abs(x - step.x) <= NEAR_PX and abs(y - step.y) <= NEAR_PX
