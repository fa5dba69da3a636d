"""Which applications do the tasks run in, and how is each opened so that it begins the same each time?

Light ones of Debian, with their menus and dialogs as they come. Each is opened in a fresh home on a fresh display, so
nothing that another problem left is there; settings go to files in that home.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

ENVIRONMENT = {"GSETTINGS_BACKEND": "keyfile", "GTK_THEME": "Adwaita", "NO_AT_BRIDGE": "0", "HISTFILESIZE": "1000"}
"""Settings are kept in a file of their home (``config/glib-2.0/settings/keyfile``), not by a service."""


@dataclass(frozen=True)
class Application:
    """``package`` is Debian's; ``files`` are laid into the home's ``config`` folder before it is opened."""

    program: str
    package: str
    arguments: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


_THUNAR = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="thunar" version="1.0">
  <property name="last-view" type="string" value="ThunarDetailsView"/>
  <property name="last-side-pane" type="string" value="void"/>
  <property name="misc-thumbnail-mode" type="string" value="THUNAR_THUMBNAIL_MODE_NEVER"/>
</channel>
"""
"""A list of names: what is shown as icons has no names for those who cannot see."""

EDITOR = Application("mousepad", "mousepad", ("--disable-server",))
FILE_MANAGER = Application("thunar", "thunar", (), {"xfce4/xfconf/xfce-perchannel-xml/thunar.xml": _THUNAR})
SPREADSHEET = Application("gnumeric", "gnumeric", ("--no-splash",))
TERMINAL = Application("lxterminal", "lxterminal", ("--no-remote",))
MOUSE_SETTINGS = Application("xfce4-mouse-settings", "xfce4-settings")
KEYBOARD_SETTINGS = Application("xfce4-keyboard-settings", "xfce4-settings")
LOOK_SETTINGS = Application("xfce4-appearance-settings", "xfce4-settings")
ACCESS_SETTINGS = Application("xfce4-accessibility-settings", "xfce4-settings")
