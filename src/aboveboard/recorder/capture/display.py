"""Can this display be watched, and how is it asked?

Everything the recorder needs of an X server is checked here, once, before anything is captured: what is missing is
named, together with what to do. Connections are ``Any``: xcffib's generated code has no types.
"""

import os
import select
import weakref
from collections.abc import Iterator
from typing import Any

import xcffib
import xcffib.damage
import xcffib.record
import xcffib.shape
import xcffib.shm
import xcffib.xfixes
import xcffib.xproto

from aboveboard.base.errors import SetupMissing

EXTENSIONS = {
    "RECORD": "input events",
    "MIT-SHM": "the pixels of the screen",
    "DAMAGE": "which parts of the screen changed",
    "XFIXES": "which parts of the screen changed",
    "SHAPE": "which pixels a window really covers",
}
"""What each is needed for. ``XWAYLAND`` must be absent: it shows X windows only, and only their input."""

_KEYS: dict[str, Any] = {
    "RECORD": xcffib.record.key,
    "MIT-SHM": xcffib.shm.key,
    "DAMAGE": xcffib.damage.key,
    "XFIXES": xcffib.xfixes.key,
    "SHAPE": xcffib.shape.key,
}


def connect(display: str | None) -> Any:
    """A connection to ``display`` (``None``: the one in ``DISPLAY``); raises :class:`SetupMissing`."""
    name = display or os.environ.get("DISPLAY")
    if not name:
        raise SetupMissing(
            "there is no display to record",
            cause="DISPLAY is not set: this is a text console, a remote shell, or a Wayland session without X",
            fix="run this inside a graphical X11 session; where there is none, 'make run' starts a virtual one",
        )
    opener: Any = xcffib.connect
    try:
        return opener(name)
    except xcffib.ConnectionException as error:
        raise SetupMissing(
            f"the display {name} cannot be opened",
            cause="no X server runs there, or it does not accept this user",
            fix=f"check that 'xdpyinfo -display {name}' answers; set DISPLAY and XAUTHORITY as in your session",
        ) from error


def check_extensions(conn: Any) -> None:
    """Raise :class:`SetupMissing` if the server cannot give what :data:`EXTENSIONS` names."""
    if _present(conn, "XWAYLAND"):
        raise SetupMissing(
            "this display is the X11 side of a Wayland session",
            cause="it shows the windows of older applications only, so a recording would be full of holes",
            fix="log in to an X11 session (at the login screen: 'on Xorg'), or use the virtual display of 'make run'",
        )
    for name, purpose in EXTENSIONS.items():
        if not _present(conn, name):
            raise SetupMissing(
                f"this display has no {name} extension, which tells {purpose}",
                cause="the X server was started or built without it, or the display is on another machine",
                fix=f"record on the machine that runs the X server; enable {name} in its configuration",
            )
    setup = setup_of(conn)
    depth = setup.roots[conn.pref_screen].root_depth
    formats = {form.depth: form.bits_per_pixel for form in setup.pixmap_formats}
    if depth not in {24, 32} or formats.get(depth) != 32 or setup.image_byte_order != 0:
        raise SetupMissing(
            f"this display has {depth} bits of colour in an order that cannot be read",
            cause="only 24 bits of colour in 32-bit little-endian pixels are supported",
            fix="set the X server to a depth of 24",
        )


def extension(conn: Any, name: str) -> Any:
    """The requests of one of :data:`EXTENSIONS`, its version agreed on with the server."""
    requests = conn(_KEYS[name])
    version = {
        "RECORD": (1, 13),
        "MIT-SHM": (),
        "DAMAGE": (1, 1),
        "XFIXES": (5, 0),
        "SHAPE": (),
    }[name]
    requests.QueryVersion(*version).reply()
    return requests


_setups: "weakref.WeakKeyDictionary[Any, Any]" = weakref.WeakKeyDictionary()


def setup_of(conn: Any) -> Any:
    """What the server said of itself when ``conn`` was made. The library reads it anew, for milliseconds, each time."""
    if conn not in _setups:
        _setups[conn] = conn.get_setup()
    return _setups[conn]


def screen_of(conn: Any) -> Any:
    """The default screen: its root window and sizes at the time of connecting."""
    return setup_of(conn).roots[conn.pref_screen]


def atom(conn: Any, name: str) -> int:
    """The number of an atom, made if new."""
    number: int = conn.core.InternAtom(False, len(name), name).reply().atom
    return number


def pending_events(conn: Any) -> Iterator[Any]:
    """The events that have arrived, without waiting. An error about a window that is gone is passed over."""
    while True:
        try:
            event = conn.poll_for_event()
        except xcffib.ConnectionException:
            raise
        except xcffib.XcffibException:
            continue
        if event is None:
            return
        yield event


def wait_readable(descriptors: list[int], timeout_s: float) -> list[int]:
    """Sleep until one of ``descriptors`` has something to read, at most ``timeout_s`` seconds; returns which have."""
    return select.select(descriptors, [], [], max(timeout_s, 0.0))[0]


def _present(conn: Any, name: str) -> bool:
    return bool(conn.core.QueryExtension(len(name), name).reply().present)
