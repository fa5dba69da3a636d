"""Writes ``recording.mcap.b64`` and ``recording.json``: ``python tests/vectors/generate_recording.py``.

The first is a small recording with one message of every topic, as base64; the second what it holds, in the order in
which a reader returns it. Other implementations check themselves against the pair. ``test_recording_vector.py`` makes
both anew: the JSON must be the same, and so must the MCAP wherever zstd packs as it did when the file was made.
"""

import base64
import io
import json
from pathlib import Path

import msgspec
from PIL import Image

from aboveboard.formats.mcap_file import Item, write_recording
from aboveboard.formats.recording import (
    Button,
    Control,
    Covered,
    Display,
    Key,
    Keyboard,
    KeyCount,
    Marker,
    Monitor,
    Pen,
    Pointer,
    Scroll,
    Session,
    Site,
    Task,
    Timed,
    Touch,
    Window,
    topic_of,
)
from aboveboard.formats.screen_patch import ScreenPatch

FOLDER = Path(__file__).parent
START_NS = 1_800_000_000_000_000_000
MILLISECOND_NS = 1_000_000


def picture(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(stream, "PNG", compress_level=0)
    return stream.getvalue()


ZSTD_HEAD = (0xFD2FB528).to_bytes(4, "little") + bytes([0x00, 0x58])
"""A zstd frame (RFC 8878) of unknown length with a window of 2 MiB."""


def planes(colours: list[tuple[int, int, int]]) -> bytes:
    """Green, red − green and blue − green of pixels in the order told, as one raw block: every version reads it so."""
    plain = b"".join(
        bytes(value % 256 for value in plane)
        for plane in (
            [green for _, green, _ in colours],
            [red - green for red, green, _ in colours],
            [blue - green for _, green, blue in colours],
        )
    )
    return (len(plain) << 3).to_bytes(3, "little") + plain


def items() -> list[Item]:
    """One of everything, in order of time."""
    session = Session(
        session_id="ses_0123456789abcdefghjkmnpqrs",
        sequence=2,
        screen_width=16,
        screen_height=8,
        platform="Linux x86_64",
        recorder="aboveboard 0.1.0",
        clock_error_ns=1_500_000,
    )
    standing = [
        Display(monitors=[Monitor(name="eDP-1", x=0, y=0, width=16, height=8, scale=1.5, primary=True)]),
        Keyboard(layout="de(nodeadkeys)"),
        Window(app="Browser", title="a form – éü", pid=4711, x=0, y=0, width=16, height=8),
        Site(host="example.org", url="https://example.org/form"),
    ]
    later = [
        Pointer(x=3, y=4),
        Button(button=1, pressed=True, x=3, y=4),
        Button(button=1, pressed=False, x=3, y=4),
        Scroll(dx=0, dy=0.25, x=3, y=4),
        Touch(finger=0, phase="begin", x=3, y=4),
        Pen(x=3, y=4, touching=True, pressure=0.5, tilt_x=-10),
        Key(keycode=38, keysym=97, name="a", text="A", pressed=True, modifiers=["Shift"]),
        Key(keycode=38, keysym=97, name="a", text="", pressed=False, modifiers=["Shift"]),
        Key(keycode=39, keysym=115, name="s", text="", pressed=True, modifiers=["Control"], shortcut="Ctrl+S"),
        KeyCount(presses=12),
        Covered(placeholder="‹name 1›", remains=True),
        Control(
            cause="click",
            role="combo box",
            x=2,
            y=3,
            width=10,
            height=4,
            states=["enabled", "focused"],
            path=["frame: a form", "panel"],
            name="Country",
            value="Chad",
            options=["Chad", "Chile"],
            chosen="Chad",
        ),
        Task(what="end", instruction="choose the country", outcome="success"),
        Marker(
            kind="suppressed", reason="password_field", start_ns=START_NS, end_ns=START_NS + 5 * MILLISECOND_NS, count=3
        ),
    ]
    found: list[Item] = [
        Timed(START_NS, session),
        *(Timed(START_NS, event) for event in standing),
        ScreenPatch(START_NS, 0, 0, 16, 8, True, "png", picture(16, 8, (255, 255, 255))),
    ]
    found += [Timed(START_NS + place * MILLISECOND_NS, event) for place, event in enumerate(later, start=1)]
    later_ns = START_NS + 20 * MILLISECOND_NS
    found += [
        ScreenPatch(later_ns, 3, 4, 2, 1, False, "png", picture(2, 1, (200, 30, 40))),
        ScreenPatch(later_ns, 5, 4, 2, 1, False, "zstd", ZSTD_HEAD + planes([(200, 30, 40)] * 2)),
        # Two columns of three rows in bands of two, after one row: 1 2 / 3 5 / 4 6.
        ScreenPatch(
            later_ns, 8, 2, 2, 3, False, "zstd", planes([(shade, 9, 7) for shade in range(1, 7)]), band=2, band_from=1
        ),
        ScreenPatch(later_ns, 4, 2, 3, 1, False, "copy", b"", from_x=3, from_y=4),
    ]
    return found


def described(item: Item) -> dict[str, object]:
    """An item as JSON: its topic, its time, and its message (an image as base64)."""
    if isinstance(item, Timed):
        return {"topic": topic_of(item.event), "time_ns": item.time_ns, "message": msgspec.to_builtins(item.event)}
    message = {
        "x": item.x,
        "y": item.y,
        "width": item.width,
        "height": item.height,
        "whole": item.whole,
        "format": item.format,
        "data": base64.b64encode(item.data).decode("ascii"),
        "from_x": item.from_x,
        "from_y": item.from_y,
        "lossy": item.lossy,
        "band": item.band,
        "band_from": item.band_from,
    }
    return {"topic": "/screen", "time_ns": item.time_ns, "message": message}


def vectors() -> dict[str, str]:
    """File name → content."""
    return {
        "recording.mcap.b64": base64.encodebytes(write_recording(items())).decode("ascii"),
        "recording.json": json.dumps([described(item) for item in items()], indent=1, ensure_ascii=False) + "\n",
    }


if __name__ == "__main__":
    for name, content in vectors().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
