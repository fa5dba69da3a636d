"""Which acts on controls were the steps of one attempt?

A click into a field, marking what it holds and typing there are one act; opening a drop-down and taking an entry too.
Where a press met a control that was not told, it is the one that others met there. An attempt with a step that is no
act of a policy's is none: :class:`Unfit` says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aboveboard.formats.trajectory import Step
from aboveboard.lab.derive.keys import MODIFIER_KEYS
from aboveboard.lab.model.as_recorded import COMBO_BOX, MENU, Met, Named
from aboveboard.lab.model.elements import ActKind
from aboveboard.lab.train.examples import LEFT_BUTTON
from aboveboard.lab.train.known_controls import TABS, Known, as_met, tab_of
from aboveboard.stage.desktop.moves import FIELDS, KEYS

MARKING = frozenset(("End", "Home", "Shift+End", "Shift+Home", "Control+a"))
"""Keys that go before typing over what a field of one line holds: they are part of the typing."""
_ENTRY_ROLES = frozenset(("menu item", "check menu item", "radio menu item"))


class Unfit(Exception):
    """Why an attempt is not learnt from."""


@dataclass
class Done:
    """What was done to what, and in which window."""

    kind: ActKind | str
    step: Step
    on: Met | None
    window: tuple[Named, ...]
    text: str = ""

    def at(self, one: Met) -> bool:
        """Whether it was done to this control."""
        return self.on is not None and self.on.own == one.own


def read_acts(steps: Sequence[Step], known: Known) -> list[Done]:
    """The acts that these steps of one attempt were; raises :class:`Unfit`."""
    done: list[Done] = []
    for step in steps:
        match step.action:
            case "switch" | "scroll":
                pass
            case "key" if step.key in MODIFIER_KEYS:
                # Pressed and let go alone, it does nothing.
                pass
            case "click" if step.button == LEFT_BUTTON and not step.key:
                _press(done, step, _told(step) or _at(done, step, known))
            case "choose" if step.x is not None:
                _choose(done, step, known)
            case "type":
                _type(done, step)
            case "key" | "shortcut" if step.key in KEYS:
                _key(done, step, known)
            case "key" if step.key in MARKING:
                _key(done, step, known)
            case "key" | "shortcut":
                raise Unfit("a key that no policy presses")
            case _:
                raise Unfit(f"a {step.action} of another kind")
    if any(one.kind == "key" and one.text not in KEYS for one in done):
        raise Unfit("a key that no policy presses")
    if not done:
        raise Unfit("no act")
    return done


def _told(step: Step) -> Met | None:
    return as_met(step.element) if step.element is not None and step.element.path else None


def _at(done: Sequence[Done], step: Step, known: Known) -> Met | None:
    """What others met where this press was; nothing while a menu may lie over it."""
    before = done[-1].on if done else None
    return None if before is not None and before.control.role == MENU else known.at(step)


def _press(done: list[Done], step: Step, one: Met | None) -> None:
    if one is None:
        raise Unfit("a press at what is not told")
    if one.control.role == "password text":
        raise Unfit("a password, which is not recorded")
    done.append(Done("click", step, one, one.path[:1]))


def _choose(done: list[Done], step: Step, known: Known) -> None:
    told, one = step.element, _told(step)
    if told is None or one is None:
        raise Unfit("a choice from what is not told")
    if told.role in _ENTRY_ROLES and any(role == COMBO_BOX for role, _ in one.path):
        # An entry of a drop-down that was opened just before.
        if not done or done[-1].on is None or done[-1].on.control.role != COMBO_BOX:
            raise Unfit("a choice from what is not told")
        done[-1] = replace(done[-1], kind="choose", step=step, text=told.name)
    elif told.role in _ENTRY_ROLES:
        done.append(Done("click", step, one, one.path[:1]))
    elif told.role == COMBO_BOX:
        if done and done[-1].at(one):
            # The entry, after the press that opened the list: that one tells what was chosen before.
            done[-1] = replace(done[-1], kind="choose", step=step, text=told.chosen)
        elif one.holds(step.x or 0, step.y or 0):
            done.append(Done("choose", step, one, one.path[:1], told.chosen))
        else:
            # A list that changed while something else was pressed.
            _press(done, step, _at(done, step, known))
    elif told.role == TABS:
        done.append(Done("click", step, tab_of(step, one), one.path[:1]))
    else:
        raise Unfit("a choice from a list")


def _type(done: list[Done], step: Step) -> None:
    one = _told(step)
    if one is None and done and done[-1].on is not None and done[-1].step.app == step.app:
        one = done[-1].on
    if one is None or one.control.role not in FIELDS:
        raise Unfit("typing into what is not told, or is no field")
    while done and one.control.single_line and done[-1].kind == "key" and done[-1].text in MARKING:
        done.pop()
    if done and done[-1].at(one) and done[-1].kind == "click":
        done.pop()
    if done and done[-1].at(one) and done[-1].kind == "type":
        done[-1] = replace(done[-1], step=step, text=done[-1].text + step.text)
        return
    done.append(Done("type", step, one, one.path[:1], step.text))


def _key(done: list[Done], step: Step, known: Known) -> None:
    focus = _told(step)
    window = focus.path[:1] if focus is not None else known.window(step)
    if window is None:
        raise Unfit("a key in a window that is not told")
    done.append(Done("key", step, None, window, step.key))
