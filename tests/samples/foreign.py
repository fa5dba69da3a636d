"""Short recordings as other recorders write them: a click, a word, a shortcut, a turn of the wheel, on a screen that
changes after the click. Written by hand from what their formats say."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
from mcap.writer import Writer

from aboveboard.replay.pixels import Pixels, encode_png

START_NS = 1_800_000_000_000_000_000
WIDTH, HEIGHT = 160, 96
SHADES = (40, 200)
CHANGE_S = 1.5
"""When the screen changes from the first shade to the second."""


def picture(shade: int) -> Pixels:
    return np.full((HEIGHT, WIDTH, 3), shade, np.uint8)


def video(path: Path, *, seconds: int = 6) -> None:
    """Ten frames a second, of the first shade until the change."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libvpx-vp9", rate=10, options={"lossless": "1"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv444p"
        for number in range(seconds * 10):
            frame = av.VideoFrame.from_ndarray(picture(SHADES[number >= CHANGE_S * 10]), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def owamcap(folder: Path, *, media: str = "video") -> Path:
    """``media``: the pictures are frames of a video, images beside it, or images inside it."""
    path = folder / "session.mcap"
    if media == "video":
        video(folder / "session.mkv")
    for shade in SHADES:
        (folder / f"{shade}.png").write_bytes(encode_png(picture(shade)))
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start()
        channels: dict[str, int] = {}

        def say(topic: str, schema: str, at_s: float, **message: Any) -> None:
            if topic not in channels:
                kind = writer.register_schema(schema, "jsonschema", b"{}")
                channels[topic] = writer.register_channel(topic, "json", kind)
            time_ns = START_NS + round(at_s * 1e9)
            data = json.dumps(message).encode()
            writer.add_message(channels[topic], log_time=time_ns, publish_time=time_ns, data=data)

        def shown(at_s: float) -> dict[str, Any]:
            shade = SHADES[at_s >= CHANGE_S]
            if media == "video":
                return {"uri": "session.mkv", "pts_ns": round(at_s * 1e9)}
            if media == "inside":
                import base64

                return {"uri": "data:image/png;base64," + base64.b64encode(encode_png(picture(shade))).decode()}
            return {"uri": f"{shade}.png"}

        for number in range(60):
            say(
                "screen",
                "desktop/ScreenCaptured",
                number / 10,
                utc_ns=START_NS + number * 10**8,
                media_ref=shown(number / 10),
            )
        say("window", "desktop/WindowInfo", 0.05, title="Notes", rect=[0, 0, WIDTH, HEIGHT], hWnd=7)
        say("mouse", "desktop/MouseEvent", 0.9, event_type="move", x=30, y=40)
        for at_s, pressed in ((1.02, True), (1.08, False)):
            say("mouse", "desktop/MouseEvent", at_s, event_type="click", x=30, y=40, button="left", pressed=pressed)
        for place, code in enumerate((0x48, 0x49)):
            say("keyboard", "desktop/KeyboardEvent", 2.01 + place / 5, event_type="press", vk=code)
            say("keyboard", "desktop/KeyboardEvent", 2.08 + place / 5, event_type="release", vk=code)
        for at_s, code, kind in (
            (3.0, 162, "press"),
            (3.1, 0x53, "press"),
            (3.2, 0x53, "release"),
            (3.3, 162, "release"),
        ):
            say("keyboard", "desktop/KeyboardEvent", at_s + 0.01, event_type=kind, vk=code)
        say("mouse", "desktop/MouseEvent", 4.02, event_type="scroll", x=30, y=40, dx=0, dy=-2)
        say("keyboard/state", "desktop/KeyboardState", 4.5, buttons=[])
        writer.finish()
    return path


def _pynput() -> list[tuple[float, str, dict[str, Any]]]:
    """The same as pynput names it: seconds, action, details."""
    point = {"x": 30.2, "y": 39.9}
    return [
        (0.9, "move", point),
        (1.02, "click", point | {"button": "left", "pressed": True}),
        (1.08, "click", point | {"button": "left", "pressed": False}),
        (2.01, "press", {"name": "h"}),
        (2.08, "release", {"name": "h"}),
        (2.21, "press", {"name": "i"}),
        (2.28, "release", {"name": "i"}),
        (3.01, "press", {"name": "ctrl_l"}),
        (3.11, "press", {"name": "s"}),
        (3.21, "release", {"name": "s"}),
        (3.31, "release", {"name": "ctrl_l"}),
        (4.02, "scroll", point | {"dx": 0, "dy": -2}),
        (4.5, "unheard of", {}),
    ]


def ducktrack(folder: Path, *, film: bool = True) -> Path:
    lines = [{"time_stamp": 1000 + at_s, "action": action, **more} for at_s, action, more in _pynput()]
    (folder / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    timings = {"OBS_WEBSOCKET_OUTPUT_STARTED": [1000.0]}
    (folder / "metadata.json").write_text(json.dumps({"system": "Linux", "obs_record_state_timings": timings}))
    if film:
        video(folder / "2026-11-22.mkv")
    return folder


def openadapt(folder: Path) -> Path:
    with sqlite3.connect(folder / "recording.db") as database:
        database.executescript(
            """CREATE TABLE recording (id INTEGER, timestamp NUMERIC, task_description TEXT, video_start_time NUMERIC);
            CREATE TABLE action_event (id INTEGER PRIMARY KEY, name TEXT, timestamp NUMERIC, recording_id INTEGER,
            mouse_x NUMERIC, mouse_y NUMERIC, mouse_dx NUMERIC, mouse_dy NUMERIC, mouse_button_name TEXT,
            mouse_pressed BOOLEAN, key_name TEXT, key_char TEXT, disabled BOOLEAN, parent_id INTEGER);
            CREATE TABLE window_event (id INTEGER PRIMARY KEY, recording_id INTEGER, timestamp NUMERIC, title TEXT,
            "left" INTEGER, top INTEGER, width INTEGER, height INTEGER, window_id TEXT);
            CREATE TABLE screenshot (id INTEGER PRIMARY KEY, recording_id INTEGER, timestamp NUMERIC, png_data BLOB);"""
        )
        start_s = START_NS / 1e9
        database.execute("INSERT INTO recording VALUES (1, ?, 'Write hi', ?)", (start_s, start_s))
        window = (start_s + 0.05, "Notes", 0, 0, WIDTH, HEIGHT, "w1")
        database.execute("INSERT INTO window_event VALUES (1, 1, ?, ?, ?, ?, ?, ?, ?)", window)
        for number, shade in enumerate(SHADES):
            row = (number, start_s + number * CHANGE_S, encode_png(picture(shade)))
            database.execute("INSERT INTO screenshot VALUES (?, 1, ?, ?)", row)
        for at_s, action, more in _pynput():
            name = more.get("name", "")
            char = name if len(name) == 1 else None
            values = (more.get("x"), more.get("y"), more.get("dx"), more.get("dy"), more.get("button"))
            row = (action, start_s + at_s, *values, more.get("pressed"), None if char else name or None, char)
            database.execute(
                "INSERT INTO action_event (name, timestamp, recording_id, mouse_x, mouse_y, mouse_dx, mouse_dy,"
                " mouse_button_name, mouse_pressed, key_name, key_char) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
    return folder


def agentnet(folder: Path) -> Path:
    codes = [
        (40, "pyautogui.click(x=0.1875, y=0.4167)"),
        (200, "pyautogui.write(message='hi')"),
        (200, "pyautogui.hotkey(['ctrl', 's'])"),
        (200, "pyautogui.scroll(-2)"),
        (200, "computer.terminate(status='success')"),
        (200, "__import__('os').system('true')"),
    ]
    for shade in SHADES:
        (folder / f"{shade}.png").write_bytes(encode_png(picture(shade)))
    steps = [
        {"index": place, "image": f"{shade}.png", "value": {"code": code}} for place, (shade, code) in enumerate(codes)
    ]
    task = {"task_id": "t1", "instruction": "Write hi", "task_completed": True, "traj": steps}
    path = folder / "tasks.jsonl"
    path.write_text(json.dumps(task) + "\n")
    return path


WRITERS: dict[str, Callable[[Path], Path]] = {
    "owamcap": owamcap,
    "ducktrack": ducktrack,
    "openadapt-capture": openadapt,
    "agentnet": agentnet,
}
