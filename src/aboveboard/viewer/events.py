"""How does an event of a recording become something that a page can hold?

Times in recordings are integer nanoseconds, which JavaScript numbers cannot hold. The page gets milliseconds since the
start of the session, as a float: exact to the nanosecond for the first 26 days of a session.
"""

import json
import struct
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Marker, Timed, topic_of
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.viewer.words import LEFT_OUT

Row = dict[str, Any]

SAFE_INTEGER: Final = 2**53 - 1
"""The largest whole number that JavaScript holds exactly."""

PACK_MAGIC: Final = b"ABSCREEN"
PACK_VERSION: Final = 2
_PACK_HEAD: Final = struct.Struct("<8sII")


def relative_ms(time_ns: int, origin_ns: int) -> float:
    """Milliseconds from ``origin_ns`` to ``time_ns``; negative if it lies before."""
    return (time_ns - origin_ns) / MILLISECOND_NS


def to_row(timed: Timed, origin_ns: int) -> Row:
    """One event: ``t`` in milliseconds, ``kind`` (the topic without its slash), and the event's own fields.

    A marker's ``kind`` field is called ``what``, its times are ``start`` and ``end`` in milliseconds, and its reason
    comes with its words.
    """
    row: Row = {"t": relative_ms(timed.time_ns, origin_ns), "kind": topic_of(timed.event).removeprefix("/")}
    event = timed.event
    if isinstance(event, Marker):
        words = LEFT_OUT[event.reason]
        return row | {
            "what": event.kind,
            "reason": event.reason,
            "title": words.title,
            "label": words.label,
            "sentence": words.sentence,
            "next_step": words.next_step,
            "start": relative_ms(event.start_ns, origin_ns),
            "end": relative_ms(event.end_ns, origin_ns),
            "count": _safe(event.count),
        }
    fields = msgspec.to_builtins(event)
    return row | {name: _safe(value) for name, value in fields.items()}


def to_rows(items: Iterable[Item], origin_ns: int) -> list[Row]:
    """The rows of all events among ``items``; screen patches are left to :func:`pack_screen`."""
    return [to_row(item, origin_ns) for item in items if isinstance(item, Timed)]


def pack_screen(items: Iterable[Item], origin_ns: int) -> bytes:
    """All screen patches among ``items`` in one piece, for one request.

    ``"ABSCREEN" · u32 version (2) · u32 length of the index · index (UTF-8 JSON) · images``, little-endian. The index
    is a list of ``{t, x, y, w, h, whole, format, offset, size, from_x, from_y}`` in order of time; ``offset`` counts
    from the first image. The page draws ``png``, ``webp`` and ``copy``.
    """
    index: list[Row] = []
    images: list[bytes] = []
    offset = 0
    for patch in items:
        if not isinstance(patch, ScreenPatch):
            continue
        index.append(
            {
                "t": relative_ms(patch.time_ns, origin_ns),
                "x": patch.x,
                "y": patch.y,
                "w": patch.width,
                "h": patch.height,
                "whole": patch.whole,
                "format": patch.format,
                "offset": offset,
                "size": len(patch.data),
                "from_x": patch.from_x,
                "from_y": patch.from_y,
            }
        )
        images.append(patch.data)
        offset += len(patch.data)
    head = json.dumps(index, separators=(",", ":")).encode("utf-8")
    return b"".join([_PACK_HEAD.pack(PACK_MAGIC, PACK_VERSION, len(head)), head, *images])


def _safe(value: object) -> object:
    """``value``, with a whole number that JavaScript would round brought to the nearest that it would not."""
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-SAFE_INTEGER, min(SAFE_INTEGER, value))
    if isinstance(value, list):
        return [_safe(part) for part in value]
    if isinstance(value, dict):
        return {name: _safe(part) for name, part in value.items()}
    return value
