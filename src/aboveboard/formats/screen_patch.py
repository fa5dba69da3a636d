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
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

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


def _descriptor_set() -> descriptor_pb2.FileDescriptorSet:
    kinds = descriptor_pb2.FieldDescriptorProto
    fields = [
        ("time_ns", kinds.TYPE_FIXED64),
        ("x", kinds.TYPE_UINT32),
        ("y", kinds.TYPE_UINT32),
        ("width", kinds.TYPE_UINT32),
        ("height", kinds.TYPE_UINT32),
        ("whole", kinds.TYPE_BOOL),
        ("format", kinds.TYPE_STRING),
        ("data", kinds.TYPE_BYTES),
        ("from_x", kinds.TYPE_UINT32),
        ("from_y", kinds.TYPE_UINT32),
        ("lossy", kinds.TYPE_BOOL),
        ("band", kinds.TYPE_UINT32),
        ("band_from", kinds.TYPE_UINT32),
    ]
    proto_file = descriptor_pb2.FileDescriptorProto(
        name="aboveboard/ScreenPatch.proto", package="aboveboard", syntax="proto3"
    )
    proto = proto_file.message_type.add(name="ScreenPatch")
    for number, (name, kind) in enumerate(fields, start=1):
        proto.field.add(name=name, number=number, type=kind, label=kinds.LABEL_OPTIONAL)
    return descriptor_pb2.FileDescriptorSet(file=[proto_file])


_SET = _descriptor_set()
_POOL = descriptor_pool.DescriptorPool()
_POOL.AddSerializedFile(_SET.file[0].SerializeToString())
_MESSAGE: Any = message_factory.GetMessageClass(_POOL.FindMessageTypeByName(SCHEMA_NAME))

SCHEMA_DATA: bytes = _SET.SerializeToString(deterministic=True)
"""The ``FileDescriptorSet`` that MCAP stores as the schema."""


def encode(patch: ScreenPatch) -> bytes:
    """The patch as protobuf."""
    encoded: bytes = _MESSAGE(
        time_ns=patch.time_ns,
        x=patch.x,
        y=patch.y,
        width=patch.width,
        height=patch.height,
        whole=patch.whole,
        format=patch.format,
        data=patch.data,
        from_x=patch.from_x,
        from_y=patch.from_y,
        lossy=patch.lossy,
        band=patch.band,
        band_from=patch.band_from,
    ).SerializeToString(deterministic=True)
    return encoded


def decode(data: bytes) -> ScreenPatch:
    """Parse a patch; raises :class:`BadInput`. The image itself is not decoded here."""
    if len(data) > DATA_LIMIT_BYTES:
        raise _bad(f"it has {len(data)} bytes; the limit is {DATA_LIMIT_BYTES}")
    try:
        raw = _MESSAGE.FromString(data)
    except message.DecodeError as error:
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
