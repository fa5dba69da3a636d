"""How is an action written so that a language model can say it?

As one call: ``click(x=0.512, y=0.25)``, ``type("Dear Ada")``, ``key("Control+s")``. Positions are shares of the
screen's width and height, 0 to 1 with three decimals, so that they mean the same at any size. What a model says is
parsed as strictly as any other text from outside.
"""

import ast
import json
from dataclasses import dataclass
from typing import Literal

from aboveboard.base.errors import BadInput
from aboveboard.formats.trajectory import Step

LIMIT = 8_000
"""Letters in what a model may say."""
TEXT_LIMIT, KEY_LIMIT, SCROLL_LIMIT = 4_000, 60, 100.0
BUTTONS = range(1, 10)
DECIMALS = 3

Kind = Literal["click", "double_click", "drag", "scroll", "type", "key"]
_POINTER = {"click": ("x", "y"), "double_click": ("x", "y"), "drag": ("x", "y", "to_x", "to_y"), "scroll": ("x", "y")}
_POINTER_KINDS: dict[str, Kind] = {"click": "click", "double_click": "double_click", "drag": "drag", "scroll": "scroll"}
_OPTIONAL = {"click": ("button",), "double_click": ("button",), "drag": ("button",), "scroll": ("dx", "dy")}


@dataclass(frozen=True)
class Action:
    """One action. ``x``, ``y``, ``to_x``, ``to_y`` are shares of the screen, 0 to 1; ``dx``, ``dy`` steps of the wheel.

    ``words`` is the text that ``type`` types, or the name of the key with its modifiers that ``key`` presses.
    """

    kind: Kind
    x: float = 0.0
    y: float = 0.0
    to_x: float = 0.0
    to_y: float = 0.0
    button: int = 1
    dx: float = 0.0
    dy: float = 0.0
    words: str = ""

    def pixel(self, width: int, height: int) -> tuple[int, int]:
        """Where on a screen of this size, in pixels."""
        return min(int(self.x * width), width - 1), min(int(self.y * height), height - 1)


def of_step(step: Step, width: int, height: int) -> Action | None:
    """The action that a person took, on a screen of this size; ``None`` where a policy cannot take it as one.

    A window that became active is not an action but what came of one; a choice and a shortcut are the click or key that
    made them.
    """
    x, y = _share(step.x, width), _share(step.y, height)
    match step.action:
        case "type" if 0 < len(step.text) <= TEXT_LIMIT:
            return Action("type", words=step.text)
        case "key" | "shortcut" if 0 < len(step.key) <= KEY_LIMIT:
            return Action("key", words=step.key)
        case "choose" if step.key and x is None and len(step.key) <= KEY_LIMIT:
            return Action("key", words=step.key)
    if x is None or y is None or (step.button or 1) not in BUTTONS:
        return None
    match step.action:
        case "click" | "double_click" as kind:
            return Action(kind, x, y, button=step.button or 1)
        case "choose":
            return Action("click", x, y, button=step.button or 1)
        case "drag":
            to_x, to_y = _share(step.end_x, width), _share(step.end_y, height)
            return None if to_x is None or to_y is None else Action("drag", x, y, to_x, to_y, button=step.button or 1)
        case "scroll" if max(abs(step.scroll_dx), abs(step.scroll_dy)) <= SCROLL_LIMIT:
            return Action("scroll", x, y, dx=step.scroll_dx, dy=step.scroll_dy)
    return None


def write(action: Action) -> str:
    """The call; :func:`parse` gives the action back, its positions to three decimals."""
    if action.kind in {"type", "key"}:
        return f"{action.kind}({json.dumps(action.words, ensure_ascii=False)})"
    given = [f"{name}={_number(getattr(action, name))}" for name in _POINTER[action.kind]]
    for name in _OPTIONAL[action.kind]:
        if getattr(action, name) != getattr(_DEFAULT, name):
            given.append(f"{name}={_number(getattr(action, name))}")
    return f"{action.kind}({', '.join(given)})"


def parse(text: str) -> Action:
    """The action that ``text`` says; raises :class:`BadInput`."""
    if len(text) > LIMIT:
        raise _unreadable("it is too long")
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _unreadable("it is not one call") from error
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise _unreadable("it is not one call")
    kind = call.func.id
    positional = [_constant(one) for one in call.args]
    named = {one.arg or "": _constant(one.value) for one in call.keywords}
    if len(named) != len(call.keywords):
        raise _unreadable("it gives something twice")
    if kind in {"type", "key"}:
        return _worded("type" if kind == "type" else "key", positional, named)
    if kind not in _POINTER:
        raise _unreadable(f"there is no action called {kind[:40]!r}")
    return _pointed(kind, positional, named)


_DEFAULT = Action("click")


def _worded(kind: Literal["type", "key"], positional: list[object], named: dict[str, object]) -> Action:
    limit = TEXT_LIMIT if kind == "type" else KEY_LIMIT
    match positional:
        case [str(words)] if not named and 0 < len(words) <= limit:
            return Action(kind, words=words)
    raise _unreadable(f"{kind} takes one text of at most {limit} letters")


def _pointed(kind: str, positional: list[object], named: dict[str, object]) -> Action:
    wanted, optional = _POINTER[kind], _OPTIONAL[kind]
    if positional or not set(wanted) <= set(named) <= {*wanted, *optional}:
        raise _unreadable(f"{kind} takes {', '.join(wanted)} by name, and perhaps {', '.join(optional)}")
    values: dict[str, float] = {}
    for name, value in named.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _unreadable(f"{name} is not a number")
        if not _in_range(name, value):
            raise _unreadable(f"{name} is out of range: {value}"[:200])
        values[name] = value
    return Action(
        _POINTER_KINDS[kind],
        values["x"],
        values["y"],
        values.get("to_x", 0.0),
        values.get("to_y", 0.0),
        button=int(values.get("button", _DEFAULT.button)),
        dx=values.get("dx", 0.0),
        dy=values.get("dy", 0.0),
    )


def _in_range(name: str, value: float) -> bool:
    match name:
        case "button":
            return value in BUTTONS
        case "dx" | "dy":
            return abs(value) <= SCROLL_LIMIT
    return 0 <= value <= 1


def _constant(node: ast.expr) -> object:
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -1, node.operand
    if not isinstance(node, ast.Constant):
        raise _unreadable("it has something in it that is neither a number nor a text")
    if sign < 0:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise _unreadable("it takes the negative of what is not a number")
        return -node.value
    return node.value


def _share(pixel: int | None, size: int) -> float | None:
    """The middle of the pixel as a share; ``None`` outside of the screen."""
    return (pixel + 0.5) / size if pixel is not None and 0 <= pixel < size else None


def _number(value: float) -> str:
    return f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".") or "0"


def _unreadable(why: str) -> BadInput:
    return BadInput(
        f"this is no action: {why}",
        cause="the model has not learnt how actions are written, or was cut short",
        fix="train it longer, or allow it more words",
    )
