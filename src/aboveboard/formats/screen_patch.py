"""How is the screen stored?

As patches of what changed: one protobuf message ``aboveboard.ScreenPatch`` on the topic ``/screen`` for each changed
rectangle. A replay draws them in order; ``whole`` marks a patch that covers the canvas. ``format`` says what ``data``
is:

* ``zstd``: three planes of height × width bytes: green, red − green and blue − green, both modulo 256. They begin a
  zstd frame (RFC 8878; then ``data`` begins with its magic number), or go on with the one of the patch before in the
  same segment, which was flushed and not ended: letters that were shown before are then told in two bytes. A frame's
  window has at most :data:`WINDOW_BYTES`. A plane is told row by row; or, if ``band`` is not 0, in bands from the top,
  the first of ``band_from`` rows (none if 0), then of ``band`` rows each and of what is left, each band column by
  column. Lines of text in bands of their height pack into half.
* ``png``, ``webp``: a still image, for pictures. Every patch is without loss unless ``lossy`` is set.
* ``copy``: no data. The pixels are those of the rectangle of the same size at (``from_x``, ``from_y``) of the canvas
  just before this patch; the two may overlap. What was scrolled is told so.

    message ScreenPatch { fixed64 time_ns = 1; uint32 x = 2; uint32 y = 3; uint32 width = 4; uint32 height = 5;
                          bool whole = 6; string format = 7; bytes data = 8;
                          uint32 from_x = 9; uint32 from_y = 10; bool lossy = 11;
                          uint32 band = 12; uint32 band_from = 13; }
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from aboveboard.base.errors import BadInput

SCHEMA_NAME = "aboveboard.ScreenPatch"
DATA_LIMIT_BYTES = 64 * 1024 * 1024
SIDE_LIMIT = 32_768
ZSTD_MAGIC = (0xFD2FB528).to_bytes(4, "little")
WINDOW_BYTES = 8 * 1024 * 1024
"""The most that a reader must remember of a segment's planes."""
FORMATS = ("zstd", "png", "webp", "copy")


@dataclass(frozen=True)
class ScreenPatch:
    """The pixels of ``[x, x+width) × [y, y+height)`` from ``time_ns`` (wall time) on; see the module for ``data``.

    Several patches with the same ``time_ns`` make one frame.
    """

    time_ns: int
    x: int
    y: int
    width: int
    height: int
    whole: bool
    format: str
    data: bytes
    from_x: int = 0
    from_y: int = 0
    lossy: bool = False
    band: int = 0
    band_from: int = 0


_FIXED64, _UINT32, _BOOL, _STRING, _BYTES, _OPTIONAL = 6, 13, 8, 9, 12, 1
"""The numbers that descriptor.proto gives to the kinds of fields, and to a label."""

_KINDS = {
    "time_ns": _FIXED64,
    "x": _UINT32,
    "y": _UINT32,
    "width": _UINT32,
    "height": _UINT32,
    "whole": _BOOL,
    "format": _STRING,
    "data": _BYTES,
    "from_x": _UINT32,
    "from_y": _UINT32,
    "lossy": _BOOL,
    "band": _UINT32,
    "band_from": _UINT32,
}
"""The fields, in the order of their numbers, which begin with 1."""


# Written by hand: a recorder writes this one message and reads none, and the library takes 12 ms and 3 MB to load.
def _put(out: bytearray, number: int, value: int, *, wire_type: int = 0) -> None:
    """Append field ``number`` if it is not 0, its default: the key, then groups of seven bits."""
    if value:
        out.append(number << 3 | wire_type)
        while value > 0x7F:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        out.append(value)


def _put_string(out: bytearray, number: int, value: bytes | bytearray) -> None:
    _put(out, number, len(value), wire_type=2)
    out += value


def encode(patch: ScreenPatch) -> bytes:
    """The patch as protobuf: the fields in the order of :data:`_KINDS`."""
    out = bytearray()
    if patch.time_ns:
        out += b"\x09" + patch.time_ns.to_bytes(8, "little")
    _put(out, 2, patch.x)
    _put(out, 3, patch.y)
    _put(out, 4, patch.width)
    _put(out, 5, patch.height)
    _put(out, 6, patch.whole)
    _put_string(out, 7, patch.format.encode())
    _put_string(out, 8, patch.data)
    _put(out, 9, patch.from_x)
    _put(out, 10, patch.from_y)
    _put(out, 11, patch.lossy)
    _put(out, 12, patch.band)
    _put(out, 13, patch.band_from)
    return bytes(out)


def _schema_data() -> bytes:
    text: bytes | bytearray
    package, _, name = SCHEMA_NAME.encode().partition(b".")
    message = bytearray()
    _put_string(message, 1, name)
    for number, (field_name, kind) in enumerate(_KINDS.items(), start=1):
        field = bytearray()
        _put_string(field, 1, field_name.encode())
        for key, value in ((3, number), (4, _OPTIONAL), (5, kind)):
            _put(field, key, value)
        _put_string(message, 2, field)
    proto_file, file_set = bytearray(), bytearray()
    for key, text in ((1, b"aboveboard/ScreenPatch.proto"), (2, package), (4, message), (12, b"proto3")):
        _put_string(proto_file, key, text)
    _put_string(file_set, 1, proto_file)
    return bytes(file_set)


SCHEMA_DATA = _schema_data()
"""The ``FileDescriptorSet`` that MCAP stores as the schema."""


@cache
def _message_class() -> Any:
    """The library's class of the message, for reading: what is read is believed in nothing."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(descriptor_pb2.FileDescriptorSet.FromString(SCHEMA_DATA).file[0].SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(SCHEMA_NAME))


def decode(data: bytes) -> ScreenPatch:
    """Parse a patch; raises :class:`BadInput`. The image itself is not decoded here."""
    if len(data) > DATA_LIMIT_BYTES:
        raise _bad(f"it has {len(data)} bytes; the limit is {DATA_LIMIT_BYTES}")
    from google.protobuf.message import DecodeError

    try:
        raw = _message_class().FromString(data)
    except DecodeError as error:
        raise _bad(str(error)) from error
    if raw.format not in FORMATS:
        raise _bad(f"the image format {raw.format[:20]!r} is not one of {', '.join(FORMATS)}")
    if not (0 < raw.width <= SIDE_LIMIT and 0 < raw.height <= SIDE_LIMIT and raw.x < SIDE_LIMIT and raw.y < SIDE_LIMIT):
        raise _bad("its rectangle is empty or too large")
    if raw.format == "copy":
        if raw.data or raw.whole or raw.lossy or raw.from_x >= SIDE_LIMIT or raw.from_y >= SIDE_LIMIT:
            raise _bad("it copies, and says more than from where")
    elif raw.from_x or raw.from_y or (raw.lossy and raw.format != "webp"):
        raise _bad("it says what only another format can")
    if raw.band and (raw.format != "zstd" or raw.band > raw.height or raw.band_from >= raw.band):
        raise _bad("its bands do not fit it")
    if raw.band_from and not raw.band:
        raise _bad("it says where bands begin that it does not have")
    return ScreenPatch(
        time_ns=raw.time_ns,
        x=raw.x,
        y=raw.y,
        width=raw.width,
        height=raw.height,
        whole=raw.whole,
        format=raw.format,
        data=raw.data,
        from_x=raw.from_x,
        from_y=raw.from_y,
        lossy=raw.lossy,
        band=raw.band,
        band_from=raw.band_from,
    )


def _bad(why: str) -> BadInput:
    return BadInput(
        f"this screen patch cannot be read: {why}",
        cause="the recording is damaged or from a newer version",
        fix="the rest of the recording can still be read; update Aboveboard if it is newer",
    )
