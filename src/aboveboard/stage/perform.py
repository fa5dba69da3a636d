"""How is a recorded step done again?

Through XTEST, on a display like the one that it was recorded on: the same buttons, keys and positions, in the same
order. What a step does not hold (the way between press and release, the rhythm within a word) is not repeated.
"""

import time
from collections.abc import Callable, Iterable, Sequence

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.formats.trajectory import Step
from aboveboard.stage.xtest import NAMED_KEYSYMS, Xtest, keysym_of

MODIFIERS = {"Control": "Control_L", "Alt": "Alt_L", "Shift": "Shift_L", "Super": "Super_L"}
WHEEL = {"up": 4, "down": 5, "left": 6, "right": 7}
HELD_S = 0.06
"""How long a button is held."""
TYPING_S = 0.02
"""Between two characters."""
LONGEST_WAIT_S = 1.0
"""A longer pause between two steps is cut to this; shorter ones are kept, since two clicks may be a double click."""

_KEYSYMS = NAMED_KEYSYMS | {
    "space": 0x20,
    "Prior": 0xFF55,
    "Next": 0xFF56,
    "Insert": 0xFF63,
    "Menu": 0xFF67,
    "Super_L": 0xFFEB,
    "KP_Enter": 0xFF8D,
    "Caps_Lock": 0xFFE5,
    **{f"F{number}": 0xFFBD + number for number in range(1, 13)},
    **{
        name: ord(sign) for name, sign in {"plus": "+", "minus": "-", "equal": "=", "comma": ",", "period": "."}.items()
    },
    **{
        name: ord(sign)
        for name, sign in {"slash": "/", "semicolon": ";", "bracketleft": "[", "bracketright": "]"}.items()
    },
}
"""X11's numbers of the keys that a step may name; single characters are their own."""


def perform_all(steps: Sequence[Step], hand: Xtest) -> None:
    """Do ``steps`` in order, with the pauses between them; raises as :func:`perform` does."""
    for place, step in enumerate(steps):
        if place:
            pause_ns = step.time_ns - steps[place - 1].end_ns
            time.sleep(min(max(pause_ns / SECOND_NS, TYPING_S), LONGEST_WAIT_S))
        perform(step, hand)


def perform(step: Step, hand: Xtest) -> None:
    """Do one step. A ``switch`` is left to the step that brought it about.

    Raises :class:`BadInput` for what this hand cannot do: a key that no keyboard here has, part of a wheel's step.
    """
    match step.action:
        case "click" | "double_click" | "drag" | "choose" if step.x is not None:
            _point(step, hand)
        case "scroll":
            _scroll(step, hand)
        case "type":
            hand.type_text(step.text, TYPING_S)
        case "key" | "shortcut" | "choose":
            *modifiers, name = step.key.split("+") if step.key not in ("", "+") else [step.key]
            with_modifiers(hand, modifiers, lambda: hand.tap(keysym_named(name)))
        case "switch":
            pass
        case _:
            raise _cannot(f"a {step.action} without a position")
    hand.settle()


def with_modifiers(hand: Xtest, modifiers: Iterable[str], act: Callable[[], object]) -> None:
    """``act`` while these are held: Control, Alt, Shift, Super."""
    held = [keysym_named(MODIFIERS.get(name, name)) for name in modifiers if name]
    for keysym in held:
        hand.key_press(keysym)
    try:
        act()
    finally:
        for keysym in reversed(held):
            hand.key_release(keysym)


def _point(step: Step, hand: Xtest) -> None:
    def press() -> None:
        for _ in range(2 if step.action == "double_click" else 1):
            hand.press(step.button or 1)
            time.sleep(HELD_S)
            if (step.end_x, step.end_y) != (step.x, step.y):
                hand.move(step.end_x or 0, step.end_y or 0)
            hand.release(step.button or 1)

    hand.move(step.x or 0, step.y or 0)
    with_modifiers(hand, _held(step), press)


def _scroll(step: Step, hand: Xtest) -> None:
    turns: list[int] = []
    for amount, ways in ((step.scroll_dx, ("left", "right")), (step.scroll_dy, ("up", "down"))):
        if amount != round(amount):
            raise _cannot(f"{amount} steps of the wheel")
        turns += [WHEEL[ways[amount > 0]]] * abs(round(amount))

    def turn() -> None:
        for button in turns:
            hand.press(button)
            hand.release(button)
            time.sleep(TYPING_S)

    hand.move(step.x or 0, step.y or 0)
    with_modifiers(hand, _held(step), turn)


def _held(step: Step) -> list[str]:
    """The modifiers of a pointer action; a ``choose`` by mouse has none, whatever key it names."""
    return step.key.split("+") if step.key and step.action != "choose" else []


def keysym_named(name: str) -> int:
    """X11's number of a key as a step names it: "Return", "s"; raises :class:`BadInput` for one that it has not."""
    if name in _KEYSYMS:
        return _KEYSYMS[name]
    if len(name) == 1:
        return keysym_of(name)
    raise _cannot(f"the key {name[:40]!r}")


def _cannot(what: str) -> BadInput:
    return BadInput(
        f"{what} cannot be done again",
        cause="the step was recorded on another kind of keyboard or wheel",
        fix="leave the step out, and count that it was",
    )
