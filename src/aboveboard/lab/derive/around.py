"""What was around an action: the window, the site, the control under the hand and the one that had the focus?

Rules 10 to 13 of ``docs/spec/trajectory.md``. Controls and choices are told with the time of the press that they are
about, or somewhat later, when they became known.
"""

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.recording import Control, Window
from aboveboard.formats.trajectory import ActionKind
from aboveboard.lab.derive.draft import NO_SITE, NO_WINDOW, Draft, Shot

TOLD_NS = 1_000 * MILLISECOND_NS
"""A control that is told so long after a press, or sooner, may be of that press."""
CAUSE_NS = 2_000 * MILLISECOND_NS
"""A press so long before a choice or another window, or sooner, may have brought it about."""


class Around:
    """What stands now. :attr:`latest` is the last press of a button, or of a key that types no text."""

    def __init__(self) -> None:
        self.window = NO_WINDOW
        self.site = NO_SITE
        self.latest: Draft | None = None
        self._focus: Control | None = None
        self._known = False
        self._early: tuple[int, Control] | None = None
        """A control that was told before the press that it is about."""

    def gap(self) -> None:
        """Something is missing here: what stood before says nothing about what comes."""
        self.latest, self._focus, self._known, self._early = None, None, False, None

    def begin(self, action: ActionKind, time_ns: int, shot: Shot | None) -> Draft:
        """An action that begins now."""
        focus = self._focus if action in ("type", "key", "shortcut") else None
        return Draft(action, time_ns, self.window, shot, self.site, focus)

    def is_other(self, window: Window) -> bool:
        """Is this of another application or process than the active one?"""
        return (window.app, window.pid) != (self.window.app, self.window.pid)

    def is_switch(self, window: Window) -> bool:
        """Would it be switched to from a window that is known to be the active one?"""
        return self._known and self.is_other(window)

    def activate(self, window: Window) -> None:
        """``window`` is the active one now."""
        if self.is_other(window):
            self._focus = None
        self.window, self._known = window, True

    def press(self, draft: Draft, time_ns: int, segment_id: str) -> bool:
        """A button went down. Had a control been told of it already, which now joins the step?"""
        self.latest = draft
        early, self._early = self._early, None
        if early is None or early[0] != time_ns:
            return False
        _meet(draft, early[1], time_ns, segment_id)
        return True

    def tell(self, control: Control, time_ns: int, segment_id: str) -> str:
        """A control is told: "" if it joins the step that it is about, else why it does not."""
        latest = self.cause(time_ns)
        match control.cause:
            case "choice" if latest is not None:
                latest.action = "choose"
                _meet(latest, control, time_ns, segment_id)
                return ""
            case "choice":
                return "choice_alone"
            case "focus":
                self._focus = control
            case "click" if latest is not None and _is_of(latest, control, time_ns):
                _meet(latest, control, time_ns, segment_id)
                return ""
            case "click":
                self._early = time_ns, control
        return "control"

    def cause(self, time_ns: int) -> Draft | None:
        """The last press, if it may have brought about what happens now."""
        latest = self.latest
        usable = latest is not None and not latest.discarded and time_ns - latest.time_ns <= CAUSE_NS
        return latest if usable else None


def _is_of(draft: Draft, control: Control, time_ns: int) -> bool:
    """Is this control told of this press?"""
    soon = time_ns == draft.time_ns or (time_ns - draft.time_ns <= TOLD_NS and draft.covers(control))
    return soon and draft.button is not None and draft.element is None


def _meet(draft: Draft, control: Control, time_ns: int, segment_id: str) -> None:
    draft.element = control
    draft.add(time_ns, segment_id)
