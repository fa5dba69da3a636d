"""What does an OWAMcap file tell (open-world-agents, ocap)?

MCAP with JSON messages, known by the names of their schemas: ``desktop/KeyboardEvent`` (Windows virtual keys),
``desktop/MouseEvent``, ``desktop/WindowInfo``, and ``desktop/ScreenCaptured``, which refers to a frame of a video
beside it. Keys carry no text: it is what a US keyboard types. Of pictures only those that a press or a turn of the
wheel follows are decoded.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from mcap.exceptions import McapError
from mcap.reader import SeekingReader
from zstandard import ZstdError

from aboveboard.base.errors import BadInput
from aboveboard.lab.dataset.imports.key_codes import name_of_code, text_of_code
from aboveboard.lab.dataset.imports.pictures import Pictures
from aboveboard.lab.dataset.imports.recording import Told

MESSAGE_LIMIT_BYTES = 64 * 1024 * 1024
_DAMAGED = (
    *(McapError, ZstdError, OSError, ValueError, KeyError, EOFError),
    *(RuntimeError, OverflowError, MemoryError, struct.error),
)
"""What the reader of MCAP raises for damaged files."""


class _Keyboard(msgspec.Struct):
    event_type: str
    vk: int
    timestamp: int | None = None


class _Mouse(msgspec.Struct):
    event_type: str
    x: int
    y: int
    button: str | None = None
    pressed: bool | None = None
    dx: float | None = None
    dy: float | None = None
    timestamp: int | None = None


class _WindowInfo(msgspec.Struct):
    title: str
    rect: tuple[int, int, int, int]
    handle: int = msgspec.field(default=0, name="hWnd")


class _MediaRef(msgspec.Struct):
    uri: str
    pts_ns: int | None = None


class _Screen(msgspec.Struct):
    utc_ns: int | None = None
    media_ref: _MediaRef | None = None


KINDS: dict[str, type[Any]] = {
    "desktop/KeyboardEvent": _Keyboard,
    "desktop/MouseEvent": _Mouse,
    "desktop/WindowInfo": _WindowInfo,
    "desktop/ScreenCaptured": _Screen,
}


def read(path: Path) -> Iterator[Told]:
    """Yield the same :class:`Told`, again and again while it is read, so that its items can be taken.

    Raises :class:`BadInput` for what is no MCAP file.
    """
    told = Told(path.name)
    reader = _Reader(told, Pictures(path.parent))
    try:
        with path.open("rb") as file:
            for schema, _, message in SeekingReader(file, record_size_limit=MESSAGE_LIMIT_BYTES).iter_messages():
                reader.take(schema.name if schema else "", message.log_time, message.data)
                yield told
    except _DAMAGED as error:
        raise BadInput(
            f"{path.name} cannot be read as OWAMcap: {str(error)[:200]}",
            cause="it is damaged, was cut short, or is another format",
            fix="record it again, or leave it out",
        ) from error
    reader.finish()
    yield told


class _Reader:
    def __init__(self, told: Told, pictures: Pictures) -> None:
        self._told = told
        self._pictures = pictures
        self._seen: tuple[int, _MediaRef] | None = None
        self._shift = False

    def take(self, schema: str, log_ns: int, data: bytes) -> None:
        kind = KINDS.get(schema)
        if kind is None:
            self._told.skip(f"another_kind:{schema[:60]}")
            return
        try:
            message = msgspec.json.decode(data, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._told.skip("damaged")
            return
        match message:
            case _Screen():
                self._screen(message, log_ns)
            case _Keyboard():
                self._look()
                self._key(message, log_ns)
            case _Mouse():
                self._mouse(message, log_ns)
            case _WindowInfo():
                left, top, right, bottom = message.rect
                size = right - left, bottom - top
                self._told.window(log_ns, message.title, left, top, *size, app="", pid=abs(message.handle) % 2**31)

    def finish(self) -> None:
        if self._seen is not None:
            self._told.skip("picture_before_no_action")

    def _key(self, message: _Keyboard, log_ns: int) -> None:
        pressed = message.event_type == "press"
        if message.event_type not in ("press", "release"):
            self._told.skip("unknown_event")
            return
        if message.vk in (16, 160, 161):
            self._shift = pressed
        name = name_of_code(message.vk)
        text = text_of_code(message.vk, shift=self._shift)
        self._told.key(message.timestamp or log_ns, text if text.strip() else name, text, pressed=pressed)

    def _mouse(self, message: _Mouse, log_ns: int) -> None:
        time_ns = message.timestamp or log_ns
        match message.event_type:
            case "move":
                self._told.move(time_ns, message.x, message.y)
            case "click" if message.button is not None and message.pressed is not None:
                self._look()
                self._told.button(time_ns, message.button, message.x, message.y, pressed=message.pressed)
            case "scroll":
                self._look()
                # Up is positive there.
                self._told.scroll(time_ns, message.x, message.y, right=message.dx or 0, down=-(message.dy or 0))
            case _:
                self._told.skip("unknown_event")

    def _screen(self, message: _Screen, log_ns: int) -> None:
        if message.media_ref is None:
            self._told.skip("picture_without_place")
            return
        if self._seen is not None:
            self._told.skip("picture_before_no_action")
        self._seen = message.utc_ns or log_ns, message.media_ref

    def _look(self) -> None:
        """An action comes: the last picture before it counts."""
        if self._seen is None:
            return
        (time_ns, media), self._seen = self._seen, None
        try:
            if media.pts_ns is None:
                pixels = self._pictures.image(media.uri)
            else:
                pixels = self._pictures.frame(media.uri, media.pts_ns)
        except BadInput:
            self._told.skip("picture_not_there")
            return
        self._told.picture(time_ns, pixels)
