"""What does an AgentNet file tell (OpenCUA)?

JSON lines, one task each: the instruction, whether it was completed, and for each step a picture and PyAutoGUI code.
The code is read, never run: known calls with literal arguments become the events that they would make; anything else is
counted. Positions from 0 to 1 are shares of the picture. There are no times: steps are put :data:`STEP_NS` apart.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.lab.dataset.imports.key_codes import name_of_pyautogui
from aboveboard.lab.dataset.imports.pictures import Pictures
from aboveboard.lab.dataset.imports.recording import Told
from aboveboard.replay.pixels import Pixels

LINE_LIMIT_BYTES = 16 * 1024 * 1024
CODE_LIMIT = 20_000
STEP_NS = 3 * SECOND_NS
_ACT_NS = 50 * MILLISECOND_NS
_BEGIN_NS = STEP_NS
_CLICKS = {
    "click": ("", 1),
    "leftClick": ("left", 1),
    "rightClick": ("right", 1),
    "middleClick": ("middle", 1),
    "doubleClick": ("left", 2),
    "tripleClick": ("left", 3),
}


class _Value(msgspec.Struct):
    code: str = ""


class _Step(msgspec.Struct):
    image: str = ""
    value: _Value = msgspec.field(default_factory=_Value)


class _Task(msgspec.Struct):
    task_id: str
    instruction: str = ""
    traj: list[_Step] = msgspec.field(default_factory=list)
    task_completed: bool | None = None


def read(path: Path, images: Path | None = None) -> Iterator[Told]:
    """Yield a :class:`Told` for each task in the file ``path``. ``images`` is the pictures' folder, the file's own by
    default. Raises :class:`BadInput` for a line that is no task."""
    pictures = Pictures(images or path.parent)
    with path.open("rb") as file:
        while line := file.readline(LINE_LIMIT_BYTES):
            if not line.strip():
                continue
            try:
                task = msgspec.json.decode(line, type=_Task)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise BadInput(
                    f"a line of {path.name} is no task of AgentNet: {error}",
                    cause="it is damaged or of another format",
                    fix="leave the line out",
                ) from error
            yield _read_task(task, pictures)


def _read_task(task: _Task, pictures: Pictures) -> Told:
    told = Told(task.task_id, instruction=task.instruction)
    told.outcome = "unknown" if task.task_completed is None else "success" if task.task_completed else "failure"
    for number, step in enumerate(task.traj):
        begin_ns = _BEGIN_NS + number * STEP_NS
        picture = _picture(step, pictures, told)
        if picture is not None:
            told.picture(begin_ns - 1, picture)
        _Hand(told, begin_ns, picture).run(step.value.code)
    return told


def _picture(step: _Step, pictures: Pictures, told: Told) -> Pixels | None:
    try:
        return pictures.image(step.image)
    except BadInput:
        told.pictures_missing += 1
        return None


@dataclass
class _Hand:
    """Tells what the code of one step does."""

    told: Told
    now_ns: int
    picture: Pixels | None
    x: float = 0
    y: float = 0

    def run(self, code: str) -> None:
        try:
            calls = ast.parse(code[:CODE_LIMIT]).body if len(code) <= CODE_LIMIT else []
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            calls = []
        if not calls:
            self.told.skip("code_not_readable")
        for call in calls:
            self._call(call)

    def _call(self, statement: ast.stmt) -> None:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and _is_module(call.func.value)):
            self.told.skip("code_not_readable")
            return
        try:
            positional = [ast.literal_eval(one) for one in call.args]
            named = {one.arg or "": ast.literal_eval(one.value) for one in call.keywords}
            self._do(call.func.attr, positional, named)
        except (ValueError, TypeError, KeyError, IndexError, SyntaxError, RecursionError, OverflowError):
            self.told.skip(f"call_not_understood:{call.func.attr[:40]}")

    def _do(self, name: str, positional: list[Any], named: dict[str, Any]) -> None:
        if name in _CLICKS:
            button, times = _CLICKS[name]
            arguments = _named(("x", "y", "clicks", "interval", "button"), positional, named)
            self._point(arguments)
            self._click(button or str(arguments.get("button", "left")), int(arguments.get("clicks", times)))
        elif name in ("moveTo", "dragTo"):
            self._move(name, _named(("x", "y", "duration"), positional, named))
        elif name in ("scroll", "hscroll", "vscroll"):
            self._scroll(name, _named(("clicks", "x", "y"), positional, named))
        elif name in ("write", "typewrite"):
            self._write(str(_named(("message", "interval"), positional, named)["message"]))
        elif name in ("press", "hotkey", "keyDown", "keyUp"):
            self._keys(name, positional or list(named.values()))
        else:
            self.told.skip(f"no_event:{name[:40]}")

    def _point(self, arguments: dict[str, Any]) -> None:
        if arguments.get("x") is None or arguments.get("y") is None:
            return
        x, y = float(arguments["x"]), float(arguments["y"])
        if 0 <= x <= 1 and 0 <= y <= 1 and (isinstance(arguments["x"], float) or isinstance(arguments["y"], float)):
            if self.picture is None:
                raise ValueError("a share of an unknown picture")
            x, y = x * self.picture.shape[1], y * self.picture.shape[0]
        self.x, self.y = x, y

    def _click(self, button: str, times: int) -> None:
        for _ in range(min(max(times, 1), 3)):
            for pressed in (True, False):
                self.told.button(self._soon(), button, self.x, self.y, pressed=pressed)

    def _move(self, name: str, arguments: dict[str, Any]) -> None:
        if name == "moveTo":
            self._point(arguments)
            self.told.move(self._soon(), self.x, self.y)
            return
        self.told.button(self._soon(), "left", self.x, self.y, pressed=True)
        self._point(arguments)
        self.told.button(self._soon(), "left", self.x, self.y, pressed=False)

    def _scroll(self, name: str, arguments: dict[str, Any]) -> None:
        self._point(arguments)
        clicks = float(arguments["clicks"])
        right, down = (clicks, 0.0) if name == "hscroll" else (0.0, -clicks)
        self.told.scroll(self._soon(), self.x, self.y, right=right, down=down)

    def _write(self, text: str) -> None:
        for character in text:
            name = {"\n": "Return", "\t": "Tab", " ": "space"}.get(character, character)
            self._tap(name, character if character.isprintable() else "")

    def _keys(self, name: str, given: list[Any]) -> None:
        keys = [name_of_pyautogui(str(one)) for one in (given[0] if isinstance(given[0], list) else given)]
        if name in ("keyDown", "keyUp"):
            self.told.key(self._soon(), keys[0], _text(keys[0]), pressed=name == "keyDown")
        elif name == "press":
            for key in keys:
                self._tap(key, _text(key))
        else:
            for pressed, some in ((True, keys), (False, keys[::-1])):
                for key in some:
                    self.told.key(self._soon(), key, _text(key), pressed=pressed)

    def _tap(self, name: str, text: str) -> None:
        for pressed in (True, False):
            self.told.key(self._soon(5 * MILLISECOND_NS), name, text, pressed=pressed)

    def _soon(self, after_ns: int = _ACT_NS) -> int:
        self.now_ns += after_ns
        return self.now_ns - after_ns


def _is_module(owner: ast.expr) -> bool:
    return isinstance(owner, ast.Name) and owner.id in ("pyautogui", "computer")


def _named(names: tuple[str, ...], positional: list[Any], named: dict[str, Any]) -> dict[str, Any]:
    return dict(zip(names, positional, strict=False)) | named


def _text(key: str) -> str:
    return " " if key == "space" else key if len(key) == 1 else ""
