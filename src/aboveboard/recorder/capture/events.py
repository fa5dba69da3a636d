"""What has the server sent, as bytes?

xcffib reads XInput2's events wrongly (it counts the words of a valuator mask, not its bits) and builds an object for
each. Those who read such events take their bytes from here, exactly as the protocol writes them.
"""

import struct
from collections.abc import Iterator
from typing import Any

import xcffib

GENERIC = 35
"""The event type that all events of XInput2 share: what they are stands further in."""
GENERIC_HEAD = struct.Struct("=BBHIHHI")
"""Type, extension's major opcode, sequence, further length in 4 bytes, event type, device, server time in ms."""
MADE_BY_SERVER = 1 << 16
"""In the flags of XInput2's events: a key that repeats, or a button that stands for a turn of the wheel or a finger."""
SHORT_BYTES = 32
_COUNTER_BYTES = 4
"""libxcb puts a counter of its own between the first 32 bytes of an event and the rest."""


def event_bytes(conn: Any) -> Iterator[bytes]:
    """Each event that has arrived at ``conn``, without waiting; errors about windows that are gone are passed over."""
    library: Any = xcffib.lib
    memory: Any = xcffib.ffi
    while True:
        event = library.xcb_poll_for_event(conn._conn)
        if event == memory.NULL:
            conn.invalid()
            return
        try:
            first = bytes(memory.buffer(event, SHORT_BYTES))
            rest_bytes = 4 * int.from_bytes(first[4:8], "little") if first[0] & 0x7F == GENERIC else 0
            whole_bytes = SHORT_BYTES + _COUNTER_BYTES + rest_bytes
            rest = memory.buffer(event, whole_bytes)[SHORT_BYTES + _COUNTER_BYTES :] if rest_bytes else b""
        finally:
            library.free(event)
        if first[0]:
            yield first + rest


def reply_bytes(conn: Any, cookie: Any) -> bytes:
    """The whole answer to a request, undecoded, for those that xcffib reads wrongly; raises as its ``reply`` does."""
    reply = conn.wait_for_reply(cookie.sequence)
    return bytes(xcffib.ffi.buffer(reply.cdata, reply.known_max))
