"""What do the numbers of the accessibility protocol mean?

AT-SPI's roles and states by number, as its own headers name them (``atspi-constants.h``). Applications answer with
the number; their own words for it differ between toolkits and languages.
"""


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


ROLES = _names(
    """
    invalid, accelerator label, alert, animation, arrow, calendar, canvas, check box, check menu item, color chooser,
    column header, combo box, date editor, desktop icon, desktop frame, dial, dialog, directory pane, drawing area,
    file chooser, filler, focus traversable, font chooser, frame, glass pane, html container, icon, image,
    internal frame, label, layered pane, list, list item, menu, menu bar, menu item, option pane, page tab,
    page tab list, panel, password text, popup menu, progress bar, push button, radio button, radio menu item,
    root pane, row header, scroll bar, scroll pane, separator, slider, spin button, split pane, status bar, table,
    table cell, table column header, table row header, tearoff menu item, terminal, text, toggle button, tool bar,
    tool tip, tree, tree table, unknown, viewport, window, extended, header, footer, paragraph, ruler, application,
    autocomplete, editbar, embedded, entry, chart, caption, document frame, heading, page, section, redundant object,
    form, link, input method window, table row, tree item, document spreadsheet, document presentation,
    document text, document web, document email, comment, list box, grouping, image map, notification, info bar,
    level bar, title bar, block quote, audio, video, definition, article, landmark, log, marquee, math, rating, timer,
    static, math fraction, math root, subscript, superscript, description list, description term, description value,
    footnote, content deletion, content insertion, mark, suggestion, push button menu
    """
)
"""The role of number n is ``ROLES[n]``."""

STATES = _names(
    """
    invalid, active, armed, busy, checked, collapsed, defunct, editable, enabled, expandable, expanded, focusable,
    focused, has tooltip, horizontal, iconified, modal, multi line, multiselectable, opaque, pressed, resizable,
    selectable, selected, sensitive, showing, single line, stale, transient, vertical, visible, manages descendants,
    indeterminate, required, truncated, animated, invalid entry, supports autocompletion, selectable text, is default,
    visited, checkable, has popup, read only
    """
)
"""The state of bit n is ``STATES[n]``."""


def role_name(number: int) -> str:
    """The name of a role; "unknown" for one that is newer than this table."""
    return ROLES[number] if 0 <= number < len(ROLES) else "unknown"


def role(name: str) -> int:
    """The number of a role."""
    return ROLES.index(name)


def roles(names: str) -> frozenset[int]:
    """The numbers of several roles, their names parted by commas."""
    return frozenset(role(name) for name in _names(names))


def state(name: str) -> int:
    """The mask of a state."""
    return 1 << STATES.index(name)


def state_names(bits: int) -> list[str]:
    """The states in ``bits``, in order of their numbers."""
    return [name for number, name in enumerate(STATES) if bits >> number & 1]
