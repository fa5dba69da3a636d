"""What of this application may be captured, under this disclosure?"""

from aboveboard.formats.disclosure import AppRule, Disclosure
from aboveboard.formats.recording import (
    SCREEN_TOPIC,
    Button,
    Control,
    Covered,
    Display,
    Event,
    Key,
    Keyboard,
    KeyCount,
    Marker,
    Pen,
    Pointer,
    Scroll,
    Session,
    Site,
    Task,
    Touch,
    Window,
    topic_of,
)
from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, no
from aboveboard.rules.disclosure_check import lacks
from aboveboard.rules.never import never_recorded

WORDED = frozenset({"redacted", "exact"})
"""The fidelities at which words come out: all of them, or those that ``recorder.redact.words`` leaves."""

SEEN = frozenset({"structure", "redacted", "exact"})
"""The fidelities at which the screen comes out: all of it, or what ``recorder.redact.veil`` leaves."""

KEYED = frozenset({"shape", "redacted", "exact"})
"""The fidelities at which keys come out: all of them, or what ``recorder.redact.keys`` leaves."""


def find_app(disclosure: Disclosure, wm_class: str) -> AppRule | None:
    """The rule for the application whose ``WM_CLASS`` class part is ``wm_class``; ``None``: it is not recorded."""
    if never_recorded(wm_class):
        return None
    wanted = wm_class.casefold()
    return next((app for app in disclosure.apps if app.wm_class.casefold() == wanted), None)


@deny_on_error
def may_capture_screen(app: AppRule | None) -> Decision:
    """May the pixels of a window of this application be captured? What of them comes out: ``recorder.redact.veil``."""
    if app is None:
        return no(Reason.DISCLOSURE_APP_NOT_NAMED)
    return ALLOWED if app.screen in SEEN else no(Reason.DISCLOSURE_KIND_NOT_NAMED, SCREEN_TOPIC)


@deny_on_error
def may_encode(app: AppRule | None, event: Event) -> Decision:
    """May this event, made while this application was active, be written? What is not named here is a no."""
    if isinstance(event, Session | Display | Keyboard | Marker):
        return ALLOWED
    if app is None:
        return no(Reason.DISCLOSURE_APP_NOT_NAMED)
    match event:
        case Key():
            named = app.keystrokes in KEYED
        case Covered():
            named = app.keystrokes == "redacted"
        case KeyCount():
            named = app.keystrokes == "count"
        case Pointer() | Touch(phase="move") | Pen(touching=False):
            named = app.pointer == "full"
        case Button() | Scroll() | Touch() | Pen():
            named = app.pointer in {"clicks", "full"}
        case Window():
            named = app.window in WORDED or (app.window == "app" and not event.title and not event.pid)
        case Site():
            named = app.site in WORDED or (app.site == "host" and not event.url)
        case Control():
            named = app.control in WORDED or (app.control == "role" and _nameless(event))
        case _:
            named = False
    return ALLOWED if named else no(Reason.DISCLOSURE_KIND_NOT_NAMED, topic_of(event))


@deny_on_error
def may_mark(disclosure: Disclosure, task: Task) -> Decision:
    """May what the person says of a task be recorded? Words that they type, only where such words are disclosed."""
    if not task.instruction or any(app.keystrokes in WORDED for app in disclosure.apps):
        return ALLOWED
    return no(Reason.DISCLOSURE_KIND_NOT_NAMED, topic_of(task))


@deny_on_error
def complete(disclosure: Disclosure) -> Decision:
    """Does the disclosure say everything it must? The first thing that it lacks: ``rules.disclosure_check`` has all."""
    found = lacks(disclosure)
    return no(found[0].reason, found[0].what) if found else ALLOWED


def _nameless(control: Control) -> bool:
    """Does it hold nothing but roles, states and places?"""
    words = (control.name, control.value, control.chosen, *control.options)
    return not any(words) and not any(": " in step for step in control.path)
