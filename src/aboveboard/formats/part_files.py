"""How is a recording divided into the parts of a segment, and put together again?

Each part that holds anything is an MCAP file with the profile ``aboveboard`` and nothing but that part's topics; one
that holds nothing is empty. A message's ``sequence`` counts, from 0, the messages of the whole segment that have its
time: that is enough to put all parts together in the order in which they were, and tells whoever has one part no more
of the others than that something happened at the very same nanosecond.
"""

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from aboveboard.base.errors import BadInput
from aboveboard.formats.mcap_file import Found, Item, RecordingWriter, collect, decoded
from aboveboard.formats.parts import PART_OF_TOPIC, PARTS, PartName
from aboveboard.formats.recording import PLAIN_LIMIT_BYTES, SCREEN_TOPIC, topic_of
from aboveboard.formats.screen_patch import ScreenPatch

Parts = dict[PartName, bytes]
"""The plain parts of one segment, all of ``PARTS``."""


class PartsWriter:
    """Writes items, in time order, each to its part; :meth:`finish` gives all parts."""

    def __init__(self) -> None:
        self._streams: dict[PartName, tuple[io.BytesIO, RecordingWriter]] = {}
        self._at: Counter[int] = Counter()

    def add(self, item: Item) -> None:
        """Write one item at its own time."""
        writer, order = self._writer(part_of(item)), self._at[item.time_ns]
        self._at[item.time_ns] = order + 1
        if isinstance(item, ScreenPatch):
            writer.patch(item, order)
        else:
            writer.event(item, order)

    def finish(self) -> Parts:
        """The parts. Nothing may be written afterwards."""
        for _, writer in self._streams.values():
            writer.finish()
        return {name: self._streams[name][0].getvalue() if name in self._streams else b"" for name in PARTS}

    def _writer(self, name: PartName) -> RecordingWriter:
        if name not in self._streams:
            stream = io.BytesIO()
            self._streams[name] = stream, RecordingWriter(stream, bare=True)
        return self._streams[name][1]


def part_of(item: Item) -> PartName:
    """The part that an item belongs to."""
    return PART_OF_TOPIC[SCREEN_TOPIC if isinstance(item, ScreenPatch) else topic_of(item.event)]


def write_parts(items: Iterable[Item]) -> Parts:
    """All parts of a segment with these items, which are in time order."""
    writer = PartsWriter()
    for item in items:
        writer.add(item)
    return writer.finish()


def read_parts(parts: Mapping[PartName, bytes]) -> Iterator[Item]:
    """The items of some or all parts of one segment, in order of time; those of the same time as they were written.

    Raises :class:`BadInput` before the first item if a part is not whole, holds what belongs to another, or breaks a
    limit; the limits hold for all of them together.
    """
    return (decoded(message) for message in _messages(parts))


def count_items(parts: Mapping[PartName, bytes]) -> int:
    """How many items these parts hold, counted by reading them. Raises as :func:`read_parts` does."""
    return len(_messages(parts))


def _messages(parts: Mapping[PartName, bytes]) -> list[Found]:
    if sum(len(data) for data in parts.values()) > PLAIN_LIMIT_BYTES:
        raise _bad(f"it has more than {PLAIN_LIMIT_BYTES} bytes")
    found: list[Found] = []
    plain_bytes = 0
    for name in PARTS:
        if not parts.get(name):
            continue
        before = len(found)
        plain_bytes = collect(parts[name], found, plain_bytes=plain_bytes)
        strangers = {topic for _, _, topic, _ in found[before:] if PART_OF_TOPIC[topic] != name}
        if strangers:
            raise _bad(f"its part {name} holds {', '.join(sorted(strangers))}")
    found.sort(key=lambda message: message[:2])
    return found


def _bad(why: str) -> BadInput:
    return BadInput(
        f"this recording cannot be read: {why}",
        cause="it was put together from others, or was written by another program",
        fix="fetch it again",
    )
