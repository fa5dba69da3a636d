"""How is a recording written, and how is it read back?

As an ordinary MCAP file with the profile ``aboveboard``: zstd chunks with checksums, JSON messages with their JSON
Schema, the screen as protobuf. ``formats.recording`` names the topics; the page is ``docs/spec/recording.md``. The
same items in the same order make the same bytes. Reading believes nothing: every length is checked before it is used,
a topic that the profile does not name is an error, and so is an attachment, so that nothing rides along unseen.
"""

import io
import json
import struct
import zlib
from collections.abc import Iterator
from functools import cache
from typing import IO, Any, Final

import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Attachment, Channel, Chunk, Header, Message, Metadata
from mcap.stream_reader import StreamReader
from mcap.writer import CompressionType, IndexType, Writer

from aboveboard.base.errors import BadInput
from aboveboard.formats import screen_patch
from aboveboard.formats.fields import decode_json, encode_json, json_schema
from aboveboard.formats.recording import (
    MESSAGE_LIMIT,
    PLAIN_LIMIT_BYTES,
    PROFILE,
    SCREEN_TOPIC,
    TOPICS,
    Timed,
    topic_of,
)
from aboveboard.formats.screen_patch import ScreenPatch

LIBRARY = "aboveboard"
CHUNK_BYTES = 512 * 1024
EVENT_LIMIT_BYTES = 16 * 1024
"""The largest JSON message that is read."""

_RECORD = struct.Struct("<BQ")
_MESSAGE = struct.Struct("<HIQQ")

Item = Timed | ScreenPatch
Found = tuple[int, int, str, bytes]
"""A message as it was found: time (ns), sequence, topic, data."""


class RecordingWriter:
    """Writes items, in time order, to a binary ``stream``; :meth:`finish` writes the index. The stream stays open.

    ``bare``: without schemas, index and statistics, which would be larger than most of what they describe. For the
    parts of a segment (``formats.part_files``), which are never browsed.
    """

    def __init__(self, stream: IO[bytes], *, bare: bool = False) -> None:
        self._bare = bare
        self._writer = Writer(
            stream,
            chunk_size=CHUNK_BYTES,
            compression=CompressionType.ZSTD,
            index_types=IndexType.NONE if bare else IndexType.ALL,
            repeat_channels=not bare,
            repeat_schemas=not bare,
            use_statistics=not bare,
            use_summary_offsets=not bare,
        )
        self._writer.start(profile=PROFILE, library=LIBRARY)
        self._channels: dict[str, int] = {}
        self._sequences: dict[str, int] = {}

    def event(self, timed: Timed, sequence: int | None = None) -> None:
        """Write one event at its own time; ``sequence``: another number than its place in its topic."""
        self._add(topic_of(timed.event), timed.time_ns, encode_json(timed.event), sequence)

    def patch(self, patch: ScreenPatch, sequence: int | None = None) -> None:
        """Write one patch of the screen at its own time; ``sequence`` likewise."""
        self._add(SCREEN_TOPIC, patch.time_ns, screen_patch.encode(patch), sequence)

    def finish(self) -> None:
        """Write the last chunk, the summary and the footer. Nothing may be written afterwards."""
        self._writer.finish()

    def _add(self, topic: str, time_ns: int, data: bytes, sequence: int | None) -> None:
        channel = self._channels.get(topic)
        if channel is None:
            channel = self._channels[topic] = self._register(topic)
        if sequence is None:
            sequence = self._sequences[topic] = self._sequences.get(topic, -1) + 1
        self._writer.add_message(channel, log_time=time_ns, data=data, publish_time=time_ns, sequence=sequence)

    def _register(self, topic: str) -> int:
        if self._bare:
            return self._writer.register_channel(topic, "protobuf" if topic == SCREEN_TOPIC else "json", 0)
        if topic == SCREEN_TOPIC:
            schema = self._writer.register_schema(screen_patch.SCHEMA_NAME, "protobuf", screen_patch.SCHEMA_DATA)
            return self._writer.register_channel(topic, "protobuf", schema)
        name = f"aboveboard.{TOPICS[topic].__name__}"
        schema = self._writer.register_schema(name, "jsonschema", topic_schema(topic))
        return self._writer.register_channel(topic, "json", schema)


@cache
def topic_schema(topic: str) -> bytes:
    """The JSON Schema (draft 2020-12) of a JSON topic as stored in the file: one object, without references.

    It is the same in every file, and takes longer to make than some hundred messages.
    """
    schema = json_schema(TOPICS[topic])
    flat = _inlined(schema["$defs"][TOPICS[topic].__name__], schema["$defs"])
    return json.dumps(flat, sort_keys=True, separators=(",", ":")).encode("utf-8")


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """``schema`` with every reference replaced by what it refers to."""
    if isinstance(schema, list):
        return [_inlined(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(part, definitions) for name, part in schema.items()}


def write_recording(items: Iterator[Item] | list[Item]) -> bytes:
    """A whole recording of ``items``, which are in time order."""
    stream = io.BytesIO()
    writer = RecordingWriter(stream)
    for item in items:
        if isinstance(item, ScreenPatch):
            writer.patch(item)
        else:
            writer.event(item)
    writer.finish()
    return stream.getvalue()


def read_recording(data: bytes, *, recover: bool = False) -> Iterator[Item]:
    """The items of a recording in order of time; those of the same time in the order they were written.

    Raises :class:`BadInput` before the first item if the file is not whole or breaks a limit. With ``recover`` a file
    that was cut short or is damaged from some point on yields what its whole chunks before that point hold.
    """
    found: list[Found] = []
    collect(data, found, recover=recover)
    found.sort(key=lambda message: message[0])
    return (decoded(message) for message in found)


def collect(data: bytes, found: list[Found], *, plain_bytes: int = 0, recover: bool = False) -> int:
    """Append every message of a file to ``found``; raises :class:`BadInput`, unless it is to ``recover``.

    The limits hold for all that is in ``found`` together; ``plain_bytes`` is how much was unpacked before. Returns how
    much is then.
    """
    try:
        return _collect(data, found, plain_bytes)
    except (McapError, zstandard.ZstdError, struct.error, ValueError, EOFError, OverflowError) as error:
        if not recover:
            raise _bad(f"{error or type(error).__name__}") from error
        return plain_bytes


def _collect(data: bytes, found: list[Found], plain_bytes: int) -> int:
    if len(data) > PLAIN_LIMIT_BYTES:
        raise _bad(f"it has {len(data)} bytes; the limit is {PLAIN_LIMIT_BYTES}")
    stream = io.BytesIO(data)
    reader = StreamReader(stream, emit_chunks=True, validate_crcs=True, record_size_limit=len(data))
    topics: dict[int, str] = {}
    for place, record in enumerate(reader.records):
        if place == 0 and not (isinstance(record, Header) and record.profile == PROFILE):
            raise _bad(f"its profile is not {PROFILE!r}")
        match record:
            case Chunk():
                plain_bytes += record.uncompressed_size
                if plain_bytes > PLAIN_LIMIT_BYTES:
                    raise _bad(f"it unpacks to more than {PLAIN_LIMIT_BYTES} bytes")
                found.extend(_chunk_messages(record, topics, room=MESSAGE_LIMIT - len(found)))
            case Channel():
                _add_channel(record, topics)
            case Message() if len(found) < MESSAGE_LIMIT:
                found.append((record.log_time, record.sequence, _topic(record.channel_id, topics), record.data))
            case Message():
                raise _bad(f"it has more than {MESSAGE_LIMIT} messages")
            case Attachment() | Metadata():
                raise _bad("it carries an attachment or metadata, which a recording never does")
    if stream.tell() != len(data):
        raise _bad("bytes follow its end")
    return plain_bytes


def _chunk_messages(chunk: Chunk, topics: dict[int, str], *, room: int) -> list[Found]:
    """All messages of a chunk whose checksum holds; ``room`` is how many there may be."""
    plain = _unpack(chunk)
    found: list[Found] = []
    place = 0
    while place < len(plain):
        opcode, length = _RECORD.unpack_from(plain, place)
        body = plain[place + _RECORD.size : place + _RECORD.size + length]
        if len(body) != length:
            raise EOFError("a record is cut short")
        place += _RECORD.size + length
        if opcode == Opcode.CHANNEL:
            _add_channel(Channel.read(ReadDataStream(io.BytesIO(body))), topics)
        elif opcode == Opcode.MESSAGE:
            if len(found) >= room:
                raise _bad(f"it has more than {MESSAGE_LIMIT} messages")
            channel_id, sequence, log_time, _ = _MESSAGE.unpack_from(body)
            found.append((log_time, sequence, _topic(channel_id, topics), body[_MESSAGE.size :]))
    return found


def _unpack(chunk: Chunk) -> bytes:
    """The chunk's plain bytes, never more than it declares."""
    if chunk.compression == "zstd":
        if zstandard.get_frame_parameters(chunk.data).content_size != chunk.uncompressed_size:
            raise ValueError("a chunk's size is not what it declares")
        plain = zstandard.decompress(chunk.data)
    elif chunk.compression == "":
        plain = chunk.data
    else:
        raise _bad(f"a chunk is packed with {chunk.compression[:20]!r}; only zstd is used")
    if len(plain) != chunk.uncompressed_size:
        raise EOFError("a chunk is cut short")
    if chunk.uncompressed_crc and zlib.crc32(plain) != chunk.uncompressed_crc:
        raise ValueError("a chunk's checksum does not hold")
    return plain


def _add_channel(channel: Channel, topics: dict[int, str]) -> None:
    wanted = "protobuf" if channel.topic == SCREEN_TOPIC else "json" if channel.topic in TOPICS else None
    if wanted is None or channel.message_encoding != wanted:
        raise _bad(f"its topic {channel.topic[:60]!r} is not one that a recording has")
    if topics.setdefault(channel.id, channel.topic) != channel.topic:
        raise _bad("two topics share one channel")


def _topic(channel_id: int, topics: dict[int, str]) -> str:
    topic: Final = topics.get(channel_id)
    if topic is None:
        raise _bad("a message belongs to no topic")
    return topic


def decoded(message: Found) -> Item:
    """The item that a message is; raises :class:`BadInput`."""
    time_ns, _, topic, data = message
    if topic != SCREEN_TOPIC:
        event: Any = decode_json(data, TOPICS[topic], name=f"{topic} message", limit_bytes=EVENT_LIMIT_BYTES)
        return Timed(time_ns, event)
    patch = screen_patch.decode(data)
    if patch.time_ns != time_ns:
        raise _bad("a screen patch and its message differ in time")
    return patch


def _bad(why: str) -> BadInput:
    return BadInput(
        f"this recording cannot be read: {why}",
        cause="it was cut short, damaged, or is not a recording of this profile",
        fix="fetch it again; what its whole chunks hold can be had with 'recover'",
    )
