"""Which monitors make up the desktop, where is each, and what changed about them?

The server knows monitors (RandR 1.5): outputs, several outputs that one screen is spread over, parts of one output that
the person made into monitors of their own. Places and sizes are pixels of the desktop, after rotation. Where RandR is
older or absent, the whole desktop is one monitor.

The watch shares a connection with whoever else follows the windows; it needs the root window's structure and property
events, which the other side selects.
"""

from typing import Any

import xcffib
import xcffib.randr
import xcffib.xfixes
from xcffib import xproto
from xcffib.randr import NotifyMask
from xcffib.xfixes import SelectionEventMask

from aboveboard.formats.recording import Display, Monitor
from aboveboard.recorder.capture.display import atom, extension, screen_of
from aboveboard.recorder.capture.scale import LIMIT_BYTES, scale_of

MONITORS_LIMIT = 32
_NAME_LIMIT = 64
_EDGE = 65536
_ANY = 0
_CHANGES = NotifyMask.ScreenChange | NotifyMask.CrtcChange | NotifyMask.OutputChange
_OWNER_CHANGES = (
    SelectionEventMask.SetSelectionOwner
    | SelectionEventMask.SelectionWindowDestroy
    | SelectionEventMask.SelectionClientClose
)


class MonitorWatch:
    """Follows the monitors on ``conn``. :meth:`changed` judges each event, :meth:`read` asks how things stand."""

    def __init__(self, conn: Any) -> None:
        self._conn = conn
        screen = screen_of(conn)
        self._root: int = screen.root
        self._claimed_px = (screen.width_in_pixels, screen.height_in_pixels)
        self._claimed_mm = (screen.width_in_millimeters, screen.height_in_millimeters)
        self._resources = atom(conn, "RESOURCE_MANAGER")
        self._settings = atom(conn, "_XSETTINGS_SETTINGS")
        self._settings_owner = atom(conn, f"_XSETTINGS_S{conn.pref_screen}")
        self._randr = self._agreed_randr()
        if self._randr is not None:
            self._randr.SelectInput(self._root, _CHANGES)
        extension(conn, "XFIXES").SelectSelectionInput(self._root, self._settings_owner, _OWNER_CHANGES)
        self._settings_window = self._find_settings()

    def changed(self, event: Any) -> bool:
        """Does ``event`` mean that :meth:`read` may have a new answer?"""
        if isinstance(event, xcffib.randr.ScreenChangeNotifyEvent):
            self._claimed_px, self._claimed_mm = (event.width, event.height), (event.mwidth, event.mheight)
            return True
        if isinstance(event, xcffib.randr.NotifyEvent):
            return True
        if isinstance(event, xproto.ConfigureNotifyEvent):
            # All that is told when a person divides a screen into monitors: as if the desktop had been resized.
            return bool(event.window == self._root)
        if isinstance(event, xcffib.xfixes.SelectionNotifyEvent) and event.selection == self._settings_owner:
            self._settings_window = self._find_settings()
            return True
        if isinstance(event, xproto.PropertyNotifyEvent):
            return (event.window, event.atom) in {
                (self._root, self._resources),
                (self._settings_window, self._settings),
            }
        return False

    def read(self) -> Display:
        """The monitors in force."""
        settings = self._property(self._settings_window, self._settings) if self._settings_window else b""
        resources = self._property(self._root, self._resources)
        scale = scale_of(settings, resources, self._claimed_px, self._claimed_mm)
        monitors = self._monitors(scale)
        if not monitors:
            geometry = self._conn.core.GetGeometry(self._root).reply()
            whole = Monitor(name="", x=0, y=0, width=geometry.width, height=geometry.height, scale=scale, primary=True)
            monitors = [whole]
        return Display(monitors=monitors)

    def _monitors(self, scale: float) -> list[Monitor]:
        if self._randr is None:
            return []
        active_only = True
        told = list(self._randr.GetMonitors(self._root, active_only).reply().monitors)[:MONITORS_LIMIT]
        names = [self._conn.core.GetAtomName(one.name) for one in told]
        return [
            Monitor(
                name=_name(cookie),
                x=max(-_EDGE, min(one.x, _EDGE)),
                y=max(-_EDGE, min(one.y, _EDGE)),
                width=one.width,
                height=one.height,
                scale=scale,
                primary=bool(one.primary),
            )
            for one, cookie in zip(told, names, strict=True)
        ]

    def _agreed_randr(self) -> Any:
        """RandR's requests if the server has version 1.5, else ``None``."""
        name = "RANDR"
        if not self._conn.core.QueryExtension(len(name), name).reply().present:
            return None
        requests = self._conn(xcffib.randr.key)
        version = requests.QueryVersion(1, 5).reply()
        return requests if (version.major_version, version.minor_version) >= (1, 5) else None

    def _find_settings(self) -> int:
        """The window that holds the desktop's settings, watched from now on; 0 if there is none."""
        window: int = self._conn.core.GetSelectionOwner(self._settings_owner).reply().owner
        if not window:
            return 0
        try:
            mask = xproto.EventMask.PropertyChange
            self._conn.core.ChangeWindowAttributesChecked(window, xproto.CW.EventMask, [mask]).check()
        except xcffib.ConnectionException:
            raise
        except xcffib.XcffibException:
            return 0
        return window

    def _property(self, window: int, name: int) -> bytes:
        """A property's bytes; empty if it is not there or the window has gone."""
        try:
            reply = self._conn.core.GetProperty(False, window, name, _ANY, 0, LIMIT_BYTES // 4).reply()
        except xcffib.ConnectionException:
            raise
        except xcffib.XcffibException:
            return b""
        return bytes(reply.value.buf()) if reply.format else b""


def _name(cookie: Any) -> str:
    """A monitor's name; empty if the monitor has gone meanwhile, and its name with it."""
    try:
        return bytes(cookie.reply().name.buf()).decode("utf-8", "replace")[:_NAME_LIMIT]
    except xcffib.ConnectionException:
        raise
    except xcffib.XcffibException:
        return ""
