"""What does a DuckTrack recording tell?

A folder with ``events.jsonl`` (one event a line, as pynput names them, seconds of a clock of its own),
``metadata.json`` and a video, placed by the time at which its recorder said that it had started. Keys carry the
character that they typed.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from aboveboard.base.errors import BadInput
from aboveboard.lab.dataset.imports.key_codes import name_of_pynput
from aboveboard.lab.dataset.imports.pictures import Pictures
from aboveboard.lab.dataset.imports.recording import Told, nanoseconds

LINE_LIMIT_BYTES = 64 * 1024
VIDEOS = (".mkv", ".mp4", ".mov")
_STARTED = "OBS_WEBSOCKET_OUTPUT_STARTED"


class _Line(msgspec.Struct):
    time_stamp: float
    action: str
    x: float = 0
    y: float = 0
    dx: float = 0
    dy: float = 0
    button: str = ""
    name: str | None = None
    pressed: bool = False


class _Metadata(msgspec.Struct):
    timings: dict[str, list[float]] = msgspec.field(default_factory=dict, name="obs_record_state_timings")


def read(path: Path) -> Iterator[Told]:
    """Yield the same :class:`Told` while the folder ``path`` is read; raises :class:`BadInput` where it is none."""
    told = Told(path.name)
    reader = _Reader(told, *_video(path))
    try:
        with (path / "events.jsonl").open("rb") as file:
            while line := file.readline(LINE_LIMIT_BYTES):
                reader.take(line)
                yield told
    except OSError as error:
        raise BadInput(
            f"{path} holds no DuckTrack recording: {error.strerror}",
            cause="events.jsonl is not in it",
            fix="see the path",
        ) from error
    yield told


def _video(path: Path) -> tuple[Pictures, str, float | None]:
    """The pictures, the video's name ("" for none), and the moment at which it began."""
    video = next((one.name for one in sorted(path.glob("*")) if one.suffix in VIDEOS), "")
    try:
        metadata = msgspec.json.decode((path / "metadata.json").read_bytes(), type=_Metadata)
        begin = next(iter(metadata.timings.get(_STARTED, [])), None)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        begin = None
    return Pictures(path), video, begin


class _Reader:
    def __init__(self, told: Told, pictures: Pictures, video: str, begin_s: float | None) -> None:
        self._told, self._pictures, self._video, self._begin_s = told, pictures, video, begin_s

    def take(self, line: bytes) -> None:
        try:
            one = msgspec.json.decode(line, type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._told.skip("damaged")
            return
        time_ns = nanoseconds(one.time_stamp)
        match one.action:
            case "move":
                self._told.move(time_ns, one.x, one.y)
            case "click":
                self._look(one.time_stamp)
                self._told.button(time_ns, one.button, one.x, one.y, pressed=one.pressed)
            case "scroll":
                self._look(one.time_stamp)
                self._told.scroll(time_ns, one.x, one.y, right=one.dx, down=-one.dy)
            case "press" | "release":
                self._look(one.time_stamp)
                self._key(time_ns, one.name, pressed=one.action == "press")
            case "pause" | "resume":
                self._told.skip("pause")
            case _:
                self._told.skip("unknown_event")

    def _key(self, time_ns: int, name: str | None, *, pressed: bool) -> None:
        if not name:
            self._told.skip("key_without_name")
            return
        known = name_of_pynput(name)
        self._told.key(time_ns, known, " " if known == "space" else name if len(name) == 1 else "", pressed=pressed)

    def _look(self, time_s: float) -> None:
        """What the video showed just before."""
        if not self._video or self._begin_s is None or time_s <= self._begin_s:
            return
        before_ns = nanoseconds(time_s - self._begin_s) - 1
        try:
            self._told.picture(nanoseconds(time_s) - 1, self._pictures.frame(self._video, before_ns))
        except BadInput:
            self._told.pictures_missing += 1
            self._video = ""
