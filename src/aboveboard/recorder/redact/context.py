"""What may be told of a control or a site?

1. Who told it must be the process of the active window, and for a click of the window under the pointer too.
2. Of a secret field, only its role, place and states; so too of a control that got the focus while the focus was
   secret or unknown, and of one that was chosen while it was secret.
3. What is left is brought down to the fidelity disclosed, the lowest of all windows concerned: no word above it. At
   ``redacted`` its words are redacted (``redact.words``), or left out as one level lower if they cannot be.
4. Where a window shows pages, what is told of a control begins with the title of the page that it is on. If that is no
   title that the window had (:func:`of_the_page`), its words may be of another page, which nobody has judged.

Pure: everything it needs is given to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from aboveboard.formats.disclosure import AppRule
from aboveboard.formats.recording import Control, Site
from aboveboard.recorder.capture.port import WindowFacts
from aboveboard.recorder.redact.timeline import Focus
from aboveboard.recorder.redact.words import Words
from aboveboard.rules.disclosure import may_encode
from aboveboard.rules.pages import same_title

FRAME = "frame"
"""The role of an ordinary window."""
STEP_LIMIT = 120
"""So many letters of a step of a path are told."""
SECRET_ROLE = "password text"  # noqa: S105 - a role's name
"""AT-SPI's name for fields whose content is hidden."""


@dataclass(frozen=True)
class Context:
    """What process ``pid`` told at ``known_ns`` about a click, focus or choice of an earlier time, or of its site.

    ``secret``: the control is, or once was, a field for a password. ``point``: where the pointer clicked.
    """

    pid: int
    known_ns: int
    event: Control | Site
    secret: bool = False
    point: tuple[int, int] | None = None


def bare(control: Control) -> Control:
    """Its role, place and states, and nothing else."""
    return msgspec.structs.replace(control, path=[], name="", value="", options=[], chosen="")


def of_the_page(control: Control, titles: Iterable[str]) -> bool:
    """Is it on a page of a window with one of these titles? Its path begins with what its window is called."""
    role, _, name = control.path[0].partition(": ") if control.path else ("", "", "")
    cut = bool(control.path) and len(control.path[0]) >= STEP_LIMIT
    return role != FRAME or any(same_title(name, title, cut=cut) for title in titles)


def reduce(control: Control, rule: AppRule | None, words: Words | None) -> Control | None:
    """``control`` at the fidelity of ``rule``; ``None`` if nothing of it may be told."""
    if rule is not None and (rule.control == "role" or (rule.control == "redacted" and words is None)):
        roles = [step.split(": ", 1)[0] for step in control.path]
        control = msgspec.structs.replace(bare(control), path=roles)
    elif rule is not None and rule.control == "redacted" and words is not None:
        control = words.control(control)
    return control if may_encode(rule, control).allowed else None


def reduce_site(site: Site, rule: AppRule | None, words: Words | None) -> Site | None:
    """``site`` at the fidelity of ``rule``; ``None`` if nothing of it may be told."""
    if rule is not None and (rule.site == "host" or (rule.site == "redacted" and words is None)):
        site = Site(host=site.host)
    elif rule is not None and rule.site == "redacted" and words is not None:
        site = words.site(site)
    return site if may_encode(rule, site).allowed else None


def judge(
    context: Context,
    focus: Focus,
    concerned: list[tuple[WindowFacts | None, AppRule | None]],
    words: Words | None = None,
) -> Control | Site | None:
    """What comes out of ``context``. ``concerned``: the windows it is about with their rules, never empty."""
    if not concerned or any(window is None or window.pid != context.pid for window, _ in concerned):
        return None
    told: Control | Site | None = context.event
    if isinstance(told, Control) and _is_secret(told, focus, known=context.secret):
        told = bare(told)
    for rule in dict.fromkeys(rule for _, rule in concerned):
        if isinstance(told, Site):
            told = reduce_site(told, rule, words)
        elif told is not None:
            told = reduce(told, rule, words)
    return told


def _is_secret(control: Control, focus: Focus, *, known: bool) -> bool:
    """May no word of it be told?"""
    if known or control.role == SECRET_ROLE:
        return True
    match control.cause:
        case "click":
            return False
        case "choice":  # a menu item often opens a window, of which at first nobody knows what has the focus
            return focus is Focus.SECRET
        case _:
            return focus is not Focus.OPEN
