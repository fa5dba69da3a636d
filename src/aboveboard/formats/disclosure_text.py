"""How is a disclosure told in plain words?

This text is what a person reads and agrees to; the consent receipt carries its hash. It is made from the disclosure
alone, so the same disclosure always reads the same.
"""

import hashlib
import textwrap

from aboveboard.formats.disclosure import PURPOSES, AppRule, Disclosure

WIDTH = 88

_KEYSTROKES = {
    "none": "",
    "count": "how many keys you press, not which",
    "shape": "that you type letters, digits or signs, but not which letters and digits, and roughly when",
    "redacted": "what you type, without what is personal or secret in it, and roughly when",
    "exact": "the keys you press, except in password fields",
}
_SCREEN = {
    "none": "",
    "structure": "how its windows are laid out, without readable text or pictures",
    "redacted": "what its windows show, with what is personal or secret covered",
    "exact": "what its windows show, except password fields",
}
_POINTER = {"none": "", "clicks": "where you click and scroll", "full": "where you move, click and scroll"}
_WINDOW = {
    "none": "",
    "app": "that it is in front, and where",
    "redacted": "its window's title, without what is personal in it, and its place",
    "exact": "its window's title and place",
}
_SITE = {
    "none": "",
    "host": "which site the browser shows",
    "redacted": "the address of the page that the browser shows, without what is personal in it",
    "exact": "the full address of the page that the browser shows",
}
_CONTROL = {
    "none": "",
    "role": "what kind of button, menu or field you use, without its words",
    "redacted": "which button, menu, list entry or field you use, with its name, without what is personal in it",
    "exact": "which button, menu, list entry or field you use, with its name",
}
_NEVER = (
    "private windows of a browser, pages where you log in, and password managers",
    "pages about your health, your taxes, a trade union, your bank, looking for a job, dating or religion, and private "
    "mail, as far as they are recognised; the recording does not say which of these it was",
    "what other people write to you in chat, mail and calls",
)
"""Whatever a disclosure says: ``rules.pages``."""
_METERED = {"hold": "nothing is sent over a metered network", "send": "recordings are sent over metered networks too"}


def plain_text(disclosure: Disclosure) -> str:
    """The whole disclosure as text, lines of at most 88 characters."""
    parts = [
        disclosure.title.upper(),
        _wrap(disclosure.summary),
        _section("What is recorded", [_app(app) for app in disclosure.apps]),
        _section("What is never recorded", [*disclosure.never_collected, *_NEVER]),
        _section("What it is for, and nothing else", [PURPOSES[purpose] for purpose in disclosure.purposes]),
        _section(
            "Who gets it, for how long, and where",
            [
                *disclosure.recipients,
                f"kept for {disclosure.retention_days} days, then destroyed",
                f"responsible: {disclosure.controller}; questions to {disclosure.contact}",
                f"for people at {', '.join(disclosure.legal_entities)} in {', '.join(disclosure.countries)}",
            ],
        ),
        _section(
            "What it costs you",
            [
                f"at most {disclosure.budget.cpu_percent:g} % of one processor core on average",
                f"at most {disclosure.budget.megabytes_per_day} megabytes of upload a day",
                f"nothing is recorded on battery below {disclosure.budget.battery_percent} %",
                _METERED[disclosure.budget.metered],
            ],
        ),
        _section(
            "What you can do at any time",
            [
                "pause, for as long as you like: aboveboard pause",
                "see everything, what was left out, and who opened it: aboveboard view",
                "leave, at no cost and without a reason: aboveboard leave",
                "have everything erased, and what was made from it: aboveboard erase",
            ],
        ),
        _wrap(
            "Recordings are sealed on your machine for you and for a keyholder. The server that stores them cannot "
            "open "
            "them. Whoever opens one needs the approval of two people of two roles, and leaves an entry in a "
            "ledger that nobody can remove and that you can read."
        ),
        f"Programme {disclosure.programme}, version {disclosure.version}.",
    ]
    return "\n\n".join(parts) + "\n"


def shown_digest(text: str) -> str:
    """SHA-256, in hex, of the text as it was shown (UTF-8)."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _app(app: AppRule) -> str:
    kinds = [
        _WINDOW[app.window],
        _SITE[app.site],
        _SCREEN[app.screen],
        _POINTER[app.pointer],
        _CONTROL[app.control],
        _KEYSTROKES[app.keystrokes],
    ]
    sites = f" Only on {', '.join(app.sites)}." if app.sites else ""
    return f"In {app.name}: {'; '.join(kind for kind in kinds if kind)}.{sites} Why: {app.why}"


def _section(title: str, points: list[str]) -> str:
    return "\n".join([title, *(_wrap(point, first="  - ", rest="    ") for point in points)])


def _wrap(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
