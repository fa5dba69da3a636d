"""How does a data set look to those who read AgentNet (OpenCUA)?

JSON lines, one per episode, and a PNG for each frame, in zip files as AgentNet's own are. An action is PyAutoGUI code
whose positions are shares of the picture. Times have no place in the format; they are in a field of our own,
``time_ns``.
"""

import io
import json
import zipfile
from typing import Any

from aboveboard.formats.trajectory import Episode, Outcome, Step
from aboveboard.lab.dataset.exports.report import Pngs, Put, Report, episodes, name_of, words
from aboveboard.lab.dataset.read import Dataset

LINES_BYTES = 16 * 1024 * 1024
IMAGES_BYTES = 64 * 1024 * 1024
BUTTONS = {1: "left", 2: "middle", 3: "right"}
PYAUTOGUI = {
    **{"Control": "ctrl", "Alt": "alt", "Shift": "shift", "Super": "win"},
    **{"Control_L": "ctrlleft", "Control_R": "ctrlright", "Shift_L": "shiftleft", "Shift_R": "shiftright"},
    **{"Alt_L": "altleft", "Alt_R": "altright", "Super_L": "winleft", "Super_R": "winright"},
    **{"Return": "enter", "KP_Enter": "enter", "Escape": "esc", "BackSpace": "backspace", "Delete": "delete"},
    **{"Prior": "pageup", "Next": "pagedown", "Caps_Lock": "capslock", "Num_Lock": "numlock", "Print": "printscreen"},
    **{
        name: name.lower() for name in ("Tab", "space", "Home", "End", "Left", "Right", "Up", "Down", "Insert", "Pause")
    },
    **{f"F{number}": f"f{number}" for number in range(1, 25)},
    **{"plus": "+", "minus": "-", "equal": "=", "comma": ",", "period": ".", "slash": "/", "semicolon": ";"},
    **{"bracketleft": "[", "bracketright": "]", "backslash": "\\", "apostrophe": "'", "grave": "`"},
}
"""X11's name of a key → PyAutoGUI's; a single character is its own."""
_COMPLETED: dict[Outcome, bool | None] = {"success": True, "failure": False, "unknown": None}


def write(data: Dataset, put: Put, mark: str) -> Report:
    """Write the whole data set; ``mark`` names the export in each line."""
    report, pngs, seen = Report(), Pngs(data), set[str]()
    lines = bytearray()
    images: dict[str, bytes] = {}
    for episode, steps in episodes(data):
        told = [one for step in steps if (one := _step(step, data, report)) is not None]
        for name in {step.frame_sha256 for step in steps if step.frame_sha256} - seen:
            seen.add(name)
            images[f"{name}.png"] = pngs(name)
            if sum(map(len, images.values())) >= IMAGES_BYTES:
                _rest_images(images, put, report)
        lines += json.dumps(_task(episode, told, mark), ensure_ascii=False).encode() + b"\n"
        if len(lines) >= LINES_BYTES:
            _rest(lines, put, report)
    _rest(lines, put, report)
    _rest_images(images, put, report)
    return report


def _rest(lines: bytearray, put: Put, report: Report) -> None:
    if lines:
        put(f"tasks-{report.files:05}.jsonl", bytes(lines))
        report.files += 1
        lines.clear()


def _rest_images(images: dict[str, bytes], put: Put, report: Report) -> None:
    if images:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as packed:
            for name, data in images.items():
                packed.writestr(name, data)
        put(f"images-{report.files:05}.zip", stream.getvalue())
        report.files += 1
        images.clear()


def _task(episode: Episode, told: list[dict[str, Any]], mark: str) -> dict[str, Any]:
    return {
        "task_id": name_of(episode),
        "instruction": episode.instruction,
        "task_completed": _COMPLETED[episode.outcome],
        "traj": [{"index": index, **one} for index, one in enumerate(told)],
        "aboveboard": mark,
    }


def _step(step: Step, data: Dataset, report: Report) -> dict[str, Any] | None:
    if step.frame_sha256 is None:
        report.left_out["no_frame"] += 1
        return None
    size = data.frames.size(step.frame_sha256)
    code = code_of(step, size)
    if code is None:
        report.left_out[f"no_code:{step.action}"] += 1
        return None
    report.steps += 1
    report.lessened["element"] += step.element is not None
    report.lessened["window"] += bool(step.app or step.title)
    report.lessen_assisted(step)
    value = {"observation": "", "thought": "", "action": words(step), "code": code}
    return {"image": f"{step.frame_sha256}.png", "value": value, "time_ns": step.time_ns}


def code_of(step: Step, size: tuple[int, int]) -> str | None:
    """PyAutoGUI code for a step on a screen of ``size``; ``None`` where there is none, as for a ``switch``."""
    pointed = step.x is not None and step.y is not None
    match step.action:
        case "type":
            return f"pyautogui.write(message={step.text!r})"
        case "scroll" if pointed:
            return _held(step, _scroll(step, size))
        case "click" | "double_click" | "drag" | "choose" if pointed:
            return _held(step, _pointer(step, size))
        case "key" | "shortcut" | "choose":
            return _keys(step.key)
    return None


def _pointer(step: Step, size: tuple[int, int]) -> str | None:
    button = BUTTONS.get(step.button or 0)
    if button is None:
        return None
    more = "" if button == "left" else f", button={button!r}"
    at = _at(step.x, step.y, size)
    if (step.x, step.y) != (step.end_x, step.end_y) and step.action == "drag":
        return f"pyautogui.moveTo({at})\npyautogui.dragTo({_at(step.end_x, step.end_y, size)}{more})"
    return f"pyautogui.{'doubleClick' if step.action == 'double_click' else 'click'}({at}{more})"


def _scroll(step: Step, size: tuple[int, int]) -> str:
    at = _at(step.x, step.y, size)
    made = [("scroll", -step.scroll_dy), ("hscroll", step.scroll_dx)]
    return "\n".join(f"pyautogui.{name}({clicks:g}, {at})" for name, clicks in made if clicks)


def _keys(name: str) -> str | None:
    parts = ["plus" if one == "" else one for one in name.split("+")] if name != "+" else ["plus"]
    keys = [PYAUTOGUI.get(one) or (one if len(one) == 1 else None) for one in parts]
    if None in keys:
        return None
    return f"pyautogui.press({keys[0]!r})" if len(keys) == 1 else f"pyautogui.hotkey({keys!r})"


def _held(step: Step, code: str | None) -> str | None:
    """The code between the press and the release of the modifiers that were held."""
    if code is None or not step.key or step.action == "choose":
        return code
    keys = [PYAUTOGUI[one] for one in step.key.split("+") if one in PYAUTOGUI]
    down = [f"pyautogui.keyDown({key!r})" for key in keys]
    return "\n".join([*down, code, *(f"pyautogui.keyUp({key!r})" for key in reversed(keys))])


def _at(x: int | None, y: int | None, size: tuple[int, int]) -> str:
    return f"x={(x or 0) / size[0]:.6f}, y={(y or 0) / size[1]:.6f}"
