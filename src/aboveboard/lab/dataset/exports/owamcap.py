"""How does a data set look to those who read OWAMcap (open-world-agents)?

One MCAP file per session with the schemas ``desktop/KeyboardEvent``, ``MouseEvent``, ``WindowInfo`` and
``ScreenCaptured``. Every event is told, at its own time; of the screen, the frames just before each step, as PNG inside
the messages. Keys are Windows virtual keys: what a key typed has no place in the format.
"""

import base64
import io
import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from mcap.writer import Writer

from aboveboard.formats.recording import Button, Key, Pointer, Scroll, Timed, Window
from aboveboard.formats.trajectory import Step
from aboveboard.lab.dataset.exports.report import Pngs, Put, Report
from aboveboard.lab.dataset.imports.key_codes import code_of_name
from aboveboard.lab.dataset.read import Dataset, EventRow

BUTTONS = {1: "left", 2: "middle", 3: "right", 8: "x1", 9: "x2"}
TOPICS = {
    "desktop/KeyboardEvent": "keyboard",
    "desktop/MouseEvent": "mouse",
    "desktop/WindowInfo": "window",
    "desktop/ScreenCaptured": "screen",
}


def write(data: Dataset, put: Put, mark: str) -> Report:
    """Write the whole data set, a file for each session; ``mark`` goes into each file's metadata."""
    report, pngs = Report(), Pngs(data)
    steps = groupby(data.steps(), key=lambda step: step.session_id)
    stepped = next(steps, None)
    for session_id, rows in groupby(data.events(), key=lambda row: row.session_id):
        own: list[Step] = []
        if stepped is not None and stepped[0] == session_id:
            own, stepped = list(stepped[1]), next(steps, None)
        put(f"{session_id}.mcap", _session(rows, own, pngs, mark, report))
        report.files += 1
    return report


def _session(rows: Iterator[EventRow], steps: list[Step], pngs: Pngs, mark: str, report: Report) -> bytes:
    stream = io.BytesIO()
    writer = _Writer(stream, mark)
    frames = iter(steps)
    step = next(frames, None)
    shown = None
    for row in rows:
        while step is not None and step.time_ns <= row.time_ns:
            if step.frame_sha256 is not None and step.frame_sha256 != shown:
                shown = step.frame_sha256
                uri = "data:image/png;base64," + base64.b64encode(pngs(shown)).decode("ascii")
                captured = {"utc_ns": step.time_ns - 1, "media_ref": {"uri": uri}}
                writer.say("desktop/ScreenCaptured", step.time_ns - 1, captured)
            report.steps += 1
            step = next(frames, None)
        kind, message = _message(row.timed())
        if message is None:
            report.left_out[kind] += 1
        else:
            writer.say(kind, row.time_ns, message)
            report.events += 1
            report.lessened["text"] += row.topic == "/key" and bool(json.loads(row.json).get("text"))
    report.lessened["element"] += sum(one.element is not None for one in steps)
    for one in steps:
        report.lessen_assisted(one)
    writer.finish()
    return stream.getvalue()


def _message(timed: Timed) -> tuple[str, dict[str, Any] | None]:
    """The schema and the message; or the reason for which there is none, and ``None``."""
    mouse = "desktop/MouseEvent"
    match timed.event:
        case Pointer() as event:
            return mouse, {"event_type": "move", "x": event.x, "y": event.y}
        case Button() as event if event.button in BUTTONS:
            more = {"button": BUTTONS[event.button], "pressed": event.pressed}
            return mouse, {"event_type": "click", "x": event.x, "y": event.y, **more}
        case Button():
            return "button_without_name", None
        case Scroll() as event if event.dx == round(event.dx) and event.dy == round(event.dy):
            more = {"dx": round(event.dx), "dy": -round(event.dy)}
            return mouse, {"event_type": "scroll", "x": event.x, "y": event.y, **more}
        case Scroll():
            return "part_of_a_wheel_step", None
        case Key() as event:
            code = code_of_name(event.name)
            if code is None:
                return "key_without_code", None
            kind = "press" if event.pressed else "release"
            return "desktop/KeyboardEvent", {"event_type": kind, "vk": code, "timestamp": timed.time_ns}
        case Window() as event:
            rect = [event.x, event.y, event.x + event.width, event.y + event.height]
            return "desktop/WindowInfo", {"title": event.title, "rect": rect, "hWnd": event.pid}
    return f"no_message:{type(timed.event).__name__}", None


class _Writer:
    def __init__(self, stream: io.BytesIO, mark: str) -> None:
        self._writer = Writer(stream)
        self._writer.start(profile="owa", library="aboveboard")
        self._writer.add_metadata("aboveboard", {"artefact": mark})
        self._channels: dict[str, int] = {}

    def say(self, schema: str, time_ns: int, message: dict[str, Any]) -> None:
        if schema not in self._channels:
            kind = self._writer.register_schema(schema, "jsonschema", b'{"type": "object"}')
            self._channels[schema] = self._writer.register_channel(TOPICS[schema], "json", kind)
        data = json.dumps(message).encode()
        self._writer.add_message(self._channels[schema], log_time=time_ns, publish_time=time_ns, data=data)

    def finish(self) -> None:
        self._writer.finish()
