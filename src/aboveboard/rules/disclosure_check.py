"""What does this disclosure still lack before it may be published? Everything at once, each with what to do."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from aboveboard.formats.disclosure import AppRule, Because, Disclosure, Translation
from aboveboard.formats.disclosure_words import LANGUAGES, words_in
from aboveboard.formats.disclosure_words.shape import KINDS
from aboveboard.rules.contexts import sensitive_host
from aboveboard.rules.decision import Reason
from aboveboard.rules.law import missing_in, parts_of
from aboveboard.rules.log_in import log_in_place
from aboveboard.rules.never import never_recorded
from aboveboard.rules.pages import BROWSERS

SHORTEST_WHY = 10
"""Characters: less gives no reason."""
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that make text read in another order than it is written."""


@dataclass(frozen=True)
class Lack:
    """What is wrong (``what``) and what to do (``fix``). ``reason`` is the word for it where it is refused."""

    what: str
    fix: str
    reason: Reason = Reason.DISCLOSURE_INCOMPLETE


def lacks(disclosure: Disclosure) -> list[Lack]:
    """Everything that keeps it from being published; an empty list if nothing does."""
    return [*_apps(disclosure), *_words(disclosure), *_formalities(disclosure), *_translations(disclosure)]


def never_site(pattern: str) -> bool:
    """Is nothing of the sites that this pattern names ever recorded?"""
    return sensitive_host(pattern.removeprefix("*.")) or log_in_place(pattern.removeprefix("*."), "/")


def _apps(disclosure: Disclosure) -> Iterator[Lack]:
    for app in disclosure.apps:
        named = f"application {app.name!r}"
        if not _recorded(app):
            yield Lack(f"{named} names no kind of data", "name what is recorded of it, or leave the application out")
        if never_recorded(app.wm_class):
            yield Lack(named, "leave it out: such are never recorded", Reason.DISCLOSURE_APP_NEVER)
        if app.sites and all(map(never_site, app.sites)):
            yield Lack(named, "name sites of the work, or leave it out", Reason.DISCLOSURE_SITES_NEVER)
        if app.pictures == "shown" and app.screen != "redacted":
            yield Lack(
                f"{named} shows pictures, and its screen is {app.screen!r}",
                'leave pictures out: it is for screen = "redacted"',
            )
        if app.pictures == "shown" and app.wm_class.strip().casefold() in BROWSERS and not app.sites:
            yield Lack(f"{named} shows the pictures of every site", "name the sites whose pictures the work is about")
        yield from _reasons(f"{named} does not say", app, app.because)
    names = [app.wm_class.casefold() for app in disclosure.apps]
    if len(set(names)) != len(names):
        yield Lack("an application is named twice", "put what is recorded of it under one [[apps]]")


def _recorded(app: AppRule) -> list[str]:
    return [kind for kind in KINDS if getattr(app, kind) != "none"]


def _reasons(who: str, app: AppRule, because: Because) -> Iterator[Lack]:
    for kind in _recorded(app):
        if len(getattr(because, kind).strip()) < SHORTEST_WHY:
            yield Lack(f"{who} why its {kind} is needed", f'add because.{kind} = "…", in words that give the reason')


def _words(disclosure: Disclosure) -> Iterator[Lack]:
    for field in ("title", "summary", "controller", "contact"):
        if not getattr(disclosure, field).strip():
            yield Lack(f"{field} is empty", f"write what people should read as the {field}")
    for field in ("legal_entities", "recipients", "never_collected"):
        if not all(each.strip() for each in getattr(disclosure, field)):
            yield Lack(f"an entry of {field} is empty", "write it, or take it out")
    if (
        "@" not in disclosure.contact
        and "://" not in disclosure.contact
        and not any(map(str.isdigit, disclosure.contact))
    ):
        yield Lack("contact names no way to reach anybody", "give an address, a telephone number or a link")
    if words_in(disclosure.language) is None:
        yield Lack(
            f"its fixed sentences cannot be told in {disclosure.language!r}",
            f"write it in one of {', '.join(LANGUAGES)}, and the others as translations once there are words for them",
        )
    if len(set(disclosure.countries)) != len(disclosure.countries):
        yield Lack("a country is named twice", "name each once")
    for where, text in _texts(msgspec.to_builtins(disclosure), ""):
        if any(sign in TURNING or (unicodedata.category(sign) == "Cc" and sign not in "\n\t") for sign in text):
            yield Lack(
                f"{where} holds characters that cannot be seen", "type it anew; they could make it read otherwise"
            )


def _texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, f"{where}.{key}" if where else key)
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from _texts(each, f"{where}[{place}]")


def _formalities(disclosure: Disclosure) -> Iterator[Lack]:
    for each in disclosure.formalities:
        if not each.title.strip() or not each.kept_at.strip():
            yield Lack(
                f"a formality ({each.kind}) has no title or place", "say what the document is and where it is kept"
            )
        parents = {country.partition("-")[0] for country in disclosure.countries}
        strange = [name for name in each.countries if name.partition("-")[0] not in parents]
        if strange:
            yield Lack(
                f"a formality ({each.kind}) is for {', '.join(strange)}, which the disclosure does not cover",
                "add the country to countries, or take it out here",
            )


def _translations(disclosure: Disclosure) -> Iterator[Lack]:
    tongues = [disclosure.language, *(each.language for each in disclosure.translations)]
    if len(set(tongues)) != len(tongues):
        yield Lack("it comes in one language twice", "keep one translation for each language")
    for each in disclosure.translations:
        yield from _translation(disclosure, each)


def _translation(disclosure: Disclosure, told: Translation) -> Iterator[Lack]:
    named = f"the translation into {told.language!r}"
    if words_in(told.language) is None:
        yield Lack(
            f"{named} has no fixed sentences", f"leave it out for now: there are words for {', '.join(LANGUAGES)}"
        )
    for field in ("recipients", "never_collected"):
        if len(getattr(told, field)) != len(getattr(disclosure, field)):
            yield Lack(f"{named} has another number of {field}", "translate each, in the same order, and nothing else")
        elif not all(text.strip() for text in getattr(told, field)):
            yield Lack(f"{named} has an empty entry in {field}", "translate it")
    if not told.title.strip() or not told.summary.strip():
        yield Lack(f"{named} has no title or summary", "translate both")
    apps = {app.wm_class.casefold(): app for app in told.apps}
    if len(told.apps) != len(disclosure.apps) or set(apps) != {app.wm_class.casefold() for app in disclosure.apps}:
        yield Lack(f"{named} names other applications", "translate each of [[apps]], under the same wm_class")
    for app in disclosure.apps:
        words = apps.get(app.wm_class.casefold())
        if words is not None:
            yield from _reasons(f"{named} does not say for {app.name!r}", app, words.because)
            if len(words.why.strip()) < SHORTEST_WHY or not words.name.strip():
                yield Lack(f"{named} has no name or reason for {app.name!r}", "translate both")


def waiting(disclosure: Disclosure, *, now_ns: int) -> list[str]:
    """In which of its countries nobody can be recorded yet, and for want of what: a sentence each."""
    return [
        f"{country}: nothing in [[formalities]] of the kind {need.kind} that counts today ({need.source})"
        for named in disclosure.countries
        for country in (named, *parts_of(named))
        for need in missing_in(disclosure, country, now_ns=now_ns)
    ]
