"""What does libxkbcommon say: which symbol does a key give, and what do dead keys compose?

The library that toolkits themselves use, found on every X desktop, called through ``ctypes``. Nothing here needs it to
be there: without it :func:`open_library` is ``None``, says so once, and who asks does without (:data:`WITHOUT`).
"""

import ctypes
import logging
import weakref
from functools import cache
from typing import Any

import xcffib

log = logging.getLogger("aboveboard.recorder")

WITHOUT = {
    "libxkbcommon.so.0": "the text of dead keys and compose sequences is not recorded",
    "libxkbcommon-x11.so.0": "of more than two keyboard layouts, or rare levels of a key, the text may be wrong",
}
"""What is lost without each of the two libraries."""

_POINTER, _INT, _U32, _SIZE = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32, ctypes.c_size_t
_SIGNATURES: dict[str, dict[str, tuple[Any, list[Any]]]] = {
    "libxkbcommon.so.0": {
        "xkb_context_new": (_POINTER, [_INT]),
        "xkb_context_set_log_level": (None, [_POINTER, _INT]),
        "xkb_compose_table_new_from_locale": (_POINTER, [_POINTER, ctypes.c_char_p, _INT]),
        "xkb_compose_state_new": (_POINTER, [_POINTER, _INT]),
        "xkb_compose_state_feed": (_INT, [_POINTER, _U32]),
        "xkb_compose_state_reset": (None, [_POINTER]),
        "xkb_compose_state_get_status": (_INT, [_POINTER]),
        "xkb_compose_state_get_utf8": (_INT, [_POINTER, ctypes.c_char_p, _SIZE]),
        "xkb_compose_state_get_one_sym": (_U32, [_POINTER]),
        "xkb_keymap_unref": (None, [_POINTER]),
        "xkb_keymap_num_layouts_for_key": (_U32, [_POINTER, _U32]),
        "xkb_keymap_key_get_syms_by_level": (_INT, [_POINTER, _U32, _U32, _U32, ctypes.POINTER(ctypes.POINTER(_U32))]),
        "xkb_state_new": (_POINTER, [_POINTER]),
        "xkb_state_unref": (None, [_POINTER]),
        "xkb_state_update_mask": (_INT, [_POINTER, _U32, _U32, _U32, _U32, _U32, _U32]),
        "xkb_state_key_get_one_sym": (_U32, [_POINTER, _U32]),
        "xkb_state_key_get_layout": (_U32, [_POINTER, _U32]),
    },
    "libxkbcommon-x11.so.0": {
        "xkb_x11_setup_xkb_extension": (_INT, [_POINTER, ctypes.c_uint16, ctypes.c_uint16, _INT, *[_POINTER] * 4]),
        "xkb_x11_get_core_keyboard_device_id": (ctypes.c_int32, [_POINTER]),
        "xkb_x11_keymap_new_from_device": (_POINTER, [_POINTER, _POINTER, ctypes.c_int32, _INT]),
    },
}
_CRITICAL = 10


@cache
def open_library(name: str) -> Any:
    """One of :data:`WITHOUT`, ready to be called; ``None`` if it is not on this machine or too old."""
    try:
        library = ctypes.CDLL(name)
        for function, (result, arguments) in _SIGNATURES[name].items():
            found = getattr(library, function)
            found.restype, found.argtypes = result, arguments
    except (OSError, AttributeError):
        log.warning("%s is missing or too old: %s", name, WITHOUT[name])
        return None
    return library


@cache
def context() -> Any:
    """The one context of this process, which says nothing on the terminal; ``None`` without the library."""
    library = open_library("libxkbcommon.so.0")
    made = library.xkb_context_new(0) if library is not None else None
    if made:
        library.xkb_context_set_log_level(made, _CRITICAL)
    return made


class Keymap:
    """The whole keymap of a server's keyboard, as it was when read. Used by one thread."""

    def __init__(self, library: Any, keymap: int) -> None:
        self._library = library
        self._keymap = keymap
        self._state = library.xkb_state_new(keymap)
        weakref.finalize(self, library.xkb_keymap_unref, keymap)
        weakref.finalize(self, library.xkb_state_unref, self._state)

    @classmethod
    def read(cls, conn: Any) -> "Keymap | None":
        """Ask the server behind ``conn``; ``None`` where the libraries or the server's XKB are missing."""
        library, asking = open_library("libxkbcommon.so.0"), open_library("libxkbcommon-x11.so.0")
        memory: Any = xcffib.ffi
        if library is None or asking is None or not context():
            return None
        server = int(memory.cast("uintptr_t", conn._conn))
        if not asking.xkb_x11_setup_xkb_extension(server, 1, 0, 0, None, None, None, None):
            return None
        device = asking.xkb_x11_get_core_keyboard_device_id(server)
        keymap = asking.xkb_x11_keymap_new_from_device(context(), server, device, 0) if device >= 0 else None
        return cls(library, keymap) if keymap else None

    def keysym(self, keycode: int, modifiers: int, group: int) -> int:
        """The symbol that the key gives with these modifier bits in this group; 0 if none."""
        self._library.xkb_state_update_mask(self._state, modifiers, 0, 0, group, 0, 0)
        symbol: int = self._library.xkb_state_key_get_one_sym(self._state, keycode)
        return symbol

    def plain(self, keycode: int, group: int) -> list[int]:
        """The key's first level in each layout, the one that ``group`` selects first; 0 for none."""
        self._library.xkb_state_update_mask(self._state, 0, 0, 0, group, 0, 0)
        chosen = self._library.xkb_state_key_get_layout(self._state, keycode)
        count = self._library.xkb_keymap_num_layouts_for_key(self._keymap, keycode)
        order = sorted(range(count), key=lambda layout: layout != chosen)
        return [self._first(keycode, layout) for layout in order]

    def _first(self, keycode: int, layout: int) -> int:
        symbols = ctypes.POINTER(_U32)()
        count = self._library.xkb_keymap_key_get_syms_by_level(self._keymap, keycode, layout, 0, ctypes.byref(symbols))
        return symbols[0] if count == 1 else 0
