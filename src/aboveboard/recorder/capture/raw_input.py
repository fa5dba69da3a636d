"""How is XInput2 asked for its raw events, and which are there?

A raw event tells what a device did before anybody may grab it: no pointer position, no modifiers, but at once. The
server flushes everything to everybody for each that it sends, RECORD's data too: who asks for raw motion makes a
recorder that is not read for a while lose events (``docs/spec/watchdog.md``).
"""

from typing import Any

import xcffib.xinput

NAME = "XInputExtension"
VERSION = (2, 2)
"""Raw events come in spite of other clients' grabs since 2.1, and touches are told since 2.2."""

ALL_MASTER_DEVICES = 1
RAW_KEY_PRESS, RAW_KEY_RELEASE, RAW_BUTTON_PRESS, RAW_BUTTON_RELEASE, RAW_MOTION = 13, 14, 15, 16, 17
RAW_TOUCH_BEGIN, RAW_TOUCH_UPDATE, RAW_TOUCH_END = 22, 23, 24


def agree(conn: Any) -> tuple[int, tuple[int, int]]:
    """XInput's major opcode and the version agreed on; (0, (0, 0)) if the server does not have it."""
    found = conn.core.QueryExtension(len(NAME), NAME).reply()
    if not found.present:
        return 0, (0, 0)
    version = conn(xcffib.xinput.key).XIQueryVersion(*VERSION).reply()
    return found.major_opcode, (version.major_version, version.minor_version)


def select(conn: Any, window: int, kinds_by_device: dict[int, tuple[int, ...]]) -> None:
    """Have the server send these event kinds from now on, and no others, of each device named."""
    masks = [
        xcffib.xinput.EventMask.synthetic(device, 1, [sum(1 << kind for kind in kinds)])
        for device, kinds in kinds_by_device.items()
    ]
    conn(xcffib.xinput.key).XISelectEvents(window, len(masks), masks)
    conn.flush()
