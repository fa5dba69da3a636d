"""Which source fits this machine?

1. Windows and macOS: the portable one (``capture.portable``).
2. A display in ``DISPLAY``: the one for X11, also where the session is a Wayland one, for the display may be a virtual
   one of its own. The X11 side of a Wayland session says that it is one, and is refused.
3. A Wayland session without: refused (``capture.wayland.source`` says why).
4. Anything else has no display to record.

Refusals are :class:`SetupMissing`, with the cause and what to do.
"""

import os
import platform
from collections.abc import Mapping

from aboveboard.base.errors import SetupMissing
from aboveboard.formats.disclosure import Disclosure
from aboveboard.recorder.capture.port import Source
from aboveboard.recorder.redact.veil import Sight
from aboveboard.recorder.redact.words import Words


def choose(
    disclosure: Disclosure,
    *,
    words: Words | None = None,
    sight: Sight | None = None,
    environment: Mapping[str, str] | None = None,
    system: str | None = None,
) -> Source:
    """The source to record this machine with; raises :class:`SetupMissing` if there is none."""
    environment = os.environ if environment is None else environment
    match system or platform.system():
        case "Windows":
            from aboveboard.recorder.capture.portable.parts import windows_parts
            from aboveboard.recorder.capture.portable.source import PortableSource

            return PortableSource(windows_parts(), disclosure, words=words, sight=sight)
        case "Darwin":
            from aboveboard.recorder.capture.portable.parts import macos_parts
            from aboveboard.recorder.capture.portable.source import PortableSource

            return PortableSource(macos_parts(), disclosure, words=words, sight=sight)
        case "Linux" | "FreeBSD":
            return _unix(disclosure, words, sight, environment)
        case other:
            raise SetupMissing(
                f"this system ({other or 'unknown'}) cannot be recorded",
                cause="the recorder knows Linux with X11, Windows and macOS",
                fix="see docs/support.md",
            )


def _unix(disclosure: Disclosure, words: Words | None, sight: Sight | None, environment: Mapping[str, str]) -> Source:
    display = environment.get("DISPLAY")
    if display:
        from aboveboard.recorder.capture.x11 import X11Source

        return X11Source(display, disclosure, words=words, sight=sight)
    if environment.get("WAYLAND_DISPLAY") or environment.get("XDG_SESSION_TYPE") == "wayland":
        from aboveboard.recorder.capture.wayland.source import refusal

        raise refusal()
    raise SetupMissing(
        "there is no display to record",
        cause="DISPLAY is not set: this is a text console or a remote shell",
        fix="run it in a terminal inside an X11 session; 'aboveboard run' brings a display of its own",
    )
