"""What does a recording of openadapt-capture tell?

A folder with ``recording.db`` (SQLite) and, mostly, a video. ``action_event`` has moves, clicks, turns of the wheel and
keys as pynput names them; ``window_event`` the active window; ``screenshot`` may hold whole pictures. Times are seconds
since 1970 as floating-point numbers: good to about a microsecond.
"""

import base64
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aboveboard.base.errors import BadInput
from aboveboard.lab.dataset.imports.key_codes import name_of_pynput
from aboveboard.lab.dataset.imports.pictures import Pictures
from aboveboard.lab.dataset.imports.recording import Told, nanoseconds

_ACTIONS = """SELECT name, timestamp, mouse_x, mouse_y, mouse_dx, mouse_dy, mouse_button_name, mouse_pressed,
key_name, key_char, disabled, parent_id FROM action_event WHERE recording_id = ? ORDER BY timestamp, id"""
_WINDOWS = """SELECT timestamp, title, left, top, width, height, window_id FROM window_event WHERE recording_id = ?
ORDER BY timestamp, id"""


def read(path: Path) -> Iterator[Told]:
    """Yield a :class:`Told` for each recording in the folder ``path``; raises :class:`BadInput` where there is none."""
    try:
        with sqlite3.connect(f"{(path / 'recording.db').resolve().as_uri()}?mode=ro", uri=True) as database:
            database.row_factory = sqlite3.Row
            for recording in database.execute("SELECT * FROM recording ORDER BY id").fetchall():
                yield from _Reader(path, database, recording).read()
    except sqlite3.Error as error:
        raise BadInput(
            f"{path} holds no recording of openadapt-capture: {error}",
            cause="recording.db is not in it, is damaged, or is of another version",
            fix="see the path, or leave it out",
        ) from error


class _Reader:
    def __init__(self, path: Path, database: sqlite3.Connection, recording: sqlite3.Row) -> None:
        names = recording.keys()
        self._database, self._recording = database, recording
        self._pictures = Pictures(path)
        begin = recording["video_start_time"] if "video_start_time" in names else None
        self._begin_s = float(begin) if begin is not None else None
        self._video = next((one.name for one in sorted(path.glob("*.mp4"))), "")
        words = recording["task_description"] if "task_description" in names else None
        self.told = Told(path.name, instruction=str(words or ""))

    def read(self) -> Iterator[Told]:
        number = self._recording["id"]
        windows = iter(self._database.execute(_WINDOWS, (number,)).fetchall())
        window = next(windows, None)
        for row in self._database.execute(_ACTIONS, (number,)):
            while window is not None and (window["timestamp"] or 0) <= (row["timestamp"] or 0):
                self._window(window)
                window = next(windows, None)
            self._action(row)
            yield self.told
        while window is not None:
            self._window(window)
            window = next(windows, None)
        yield self.told

    def _window(self, row: sqlite3.Row) -> None:
        sides = [int(row[name] or 0) for name in ("left", "top", "width", "height")]
        handle = sum(str(row["window_id"] or "").encode())
        self.told.window(_time_ns(row["timestamp"]), str(row["title"] or ""), *sides, app="", pid=handle)

    def _action(self, row: sqlite3.Row) -> None:
        if row["disabled"] or row["parent_id"] is not None:
            self.told.skip("disabled_or_within_another")
            return
        time_ns, x, y = _time_ns(row["timestamp"]), float(row["mouse_x"] or 0), float(row["mouse_y"] or 0)
        match row["name"]:
            case "move":
                self.told.move(time_ns, x, y)
            case "click":
                self._look(row["timestamp"])
                self.told.button(time_ns, str(row["mouse_button_name"]), x, y, pressed=bool(row["mouse_pressed"]))
            case "scroll":
                self._look(row["timestamp"])
                right, down = float(row["mouse_dx"] or 0), -float(row["mouse_dy"] or 0)
                self.told.scroll(time_ns, x, y, right=right, down=down)
            case "press" | "release":
                self._look(row["timestamp"])
                self._key(time_ns, row["key_name"], row["key_char"], pressed=row["name"] == "press")
            case _:
                self.told.skip("unknown_event")

    def _key(self, time_ns: int, name: Any, char: Any, *, pressed: bool) -> None:
        if not name and not char:
            self.told.skip("key_without_name")
            return
        known = name_of_pynput(str(char or name))
        text = " " if known == "space" else str(char or "")
        self.told.key(time_ns, known, text if len(text) == 1 else "", pressed=pressed)

    def _look(self, timestamp: Any) -> None:
        """What was on the screen just before: a stored picture, else the video's frame."""
        time_ns = _time_ns(timestamp)
        row = self._database.execute(
            "SELECT png_data FROM screenshot WHERE recording_id = ? AND timestamp < ? AND png_data IS NOT NULL"
            " ORDER BY timestamp DESC LIMIT 1",
            (self._recording["id"], timestamp),
        ).fetchone()
        try:
            if row is not None:
                encoded = base64.b64encode(row["png_data"]).decode("ascii")
                pixels = self._pictures.image(f"data:image/png;base64,{encoded}")
            elif self._video and self._begin_s is not None and float(timestamp) > self._begin_s:
                pixels = self._pictures.frame(self._video, nanoseconds(float(timestamp) - self._begin_s) - 1)
            else:
                return
        except BadInput:
            self.told.pictures_missing += 1
            return
        self.told.picture(time_ns - 1, pixels)


def _time_ns(timestamp: Any) -> int:
    return nanoseconds(float(timestamp)) if timestamp is not None else -1
