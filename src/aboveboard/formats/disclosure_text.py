"""How is a disclosure told in plain words?

It is told once (:func:`told`), from the disclosure alone, so that the same disclosure always reads the same; the text
and the page (``formats.disclosure_page``) only set that differently. A person agrees to the text, in the language in
which they read it; the consent receipt carries the text's hash and names the language.
"""

import hashlib
import textwrap
from dataclasses import dataclass

from aboveboard.base.errors import BadInput
from aboveboard.formats.disclosure import AppRule, Because, Disclosure, TranslatedApp, Translation
from aboveboard.formats.disclosure_words import LANGUAGES, words_in
from aboveboard.formats.disclosure_words.shape import KINDS, Words

WIDTH = 88


@dataclass(frozen=True)
class Point:
    """One thing said, and what belongs under it."""

    text: str
    under: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A heading and its points."""

    title: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Told:
    """Everything that is said, in order."""

    language: str
    title: str
    summary: str
    sections: tuple[Section, ...]
    closing: tuple[str, ...]


def languages(disclosure: Disclosure) -> list[str]:
    """The languages in which it can be read: its own first."""
    return [disclosure.language, *(each.language for each in disclosure.translations)]


def told(disclosure: Disclosure, language: str | None = None) -> Told:
    """The disclosure in ``language`` (its own, if ``None``). Raises :class:`BadInput` if it does not come in that."""
    chosen = language or disclosure.language
    words = words_in(chosen)
    own = _own_words(disclosure, chosen)
    if words is None or own is None:
        raise BadInput(
            f"this disclosure cannot be read in {chosen!r}",
            cause=f"it comes in {', '.join(languages(disclosure))}; its fixed sentences in {', '.join(LANGUAGES)}",
            fix="choose one that it comes in, or ask the steward for a translation",
        )
    sections = [
        Section(words.recorded, _apps(disclosure, own, words)),
        _section(words.never, [*own.never_collected, *words.never_ever]),
        _section(words.purpose, [words.purposes[purpose] for purpose in disclosure.purposes]),
        _section(words.who, _who(disclosure, own, words)),
        _section(words.law, _law(disclosure, words)),
        _section(words.cost, _cost(disclosure, words)),
        _section(
            words.rights,
            [words.pause, words.see, words.leave, words.erase, words.expires.format(days=disclosure.consent_days)],
        ),
    ]
    return Told(
        language=chosen,
        title=own.title,
        summary=own.summary,
        sections=tuple(section for section in sections if section.points),
        closing=(
            words.sealed,
            words.free,
            words.version.format(programme=disclosure.programme, version=disclosure.version),
        ),
    )


def plain_text(disclosure: Disclosure, language: str | None = None) -> str:
    """The whole disclosure as text, lines of at most 88 characters: the bytes that a person's signature is over."""
    what = told(disclosure, language)
    parts = [what.title.upper(), _wrap(what.summary), *map(_set_section, what.sections), *map(_wrap, what.closing)]
    return "\n\n".join(parts) + "\n"


def shown_digest(text: str) -> str:
    """SHA-256, in hex, of the text as it was shown (UTF-8)."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _own_words(disclosure: Disclosure, language: str) -> Translation | None:
    """The steward's own words in this language."""
    if language != disclosure.language:
        return next((each for each in disclosure.translations if each.language == language), None)
    apps = [
        TranslatedApp(wm_class=app.wm_class, name=app.name, why=app.why, because=app.because) for app in disclosure.apps
    ]
    return Translation(
        language=language,
        title=disclosure.title,
        summary=disclosure.summary,
        recipients=disclosure.recipients,
        never_collected=disclosure.never_collected,
        apps=apps,
    )


def _apps(disclosure: Disclosure, own: Translation, words: Words) -> tuple[Point, ...]:
    said = {each.wm_class.casefold(): each for each in own.apps}
    return tuple(_app(app, said[app.wm_class.casefold()], words) for app in disclosure.apps)


def _app(app: AppRule, own: TranslatedApp, words: Words) -> Point:
    head = words.app.format(name=own.name, why=own.why)
    if app.sites:
        head = f"{head} {words.sites.format(sites=', '.join(app.sites))}"
    kinds = [(kind, getattr(app, kind)) for kind in KINDS]
    under = [_kind(words.kinds[kind][level], kind, own.because, words) for kind, level in kinds if level != "none"]
    if app.screen == "redacted":
        under.append(words.pictures[app.pictures])
    return Point(head, tuple(under))


def _kind(what: str, kind: str, because: Because, words: Words) -> str:
    why = getattr(because, kind)
    return words.because.format(what=what, why=why) if why else what


def _who(disclosure: Disclosure, own: Translation, words: Words) -> list[str]:
    countries = ", ".join(map(words.country, disclosure.countries))
    return [
        *own.recipients,
        words.kept.format(days=disclosure.retention_days),
        words.responsible.format(controller=disclosure.controller, contact=disclosure.contact),
        words.covered.format(entities=", ".join(disclosure.legal_entities), countries=countries),
    ]


def _law(disclosure: Disclosure, words: Words) -> list[str]:
    return [
        words.formality.format(
            kind=words.formalities[each.kind],
            countries=", ".join(map(words.country, each.countries)),
            title=each.title,
            date=each.date,
            kept_at=each.kept_at,
        )
        for each in disclosure.formalities
    ]


def _cost(disclosure: Disclosure, words: Words) -> list[str]:
    budget = disclosure.budget
    said = [
        words.cpu.format(percent=f"{budget.cpu_percent:g}"),
        words.upload.format(megabytes=budget.megabytes_per_day),
        words.battery.format(percent=budget.battery_percent),
        words.metered[budget.metered],
        words.frames.format(frames=disclosure.frames_per_second),
    ]
    if disclosure.customers:
        said.append(words.customers.format(names=", ".join(each.name for each in disclosure.customers)))
    return said


def _section(title: str, points: list[str]) -> Section:
    return Section(title, tuple(map(Point, points)))


def _set_section(section: Section) -> str:
    lines = [section.title]
    for point in section.points:
        lines.append(_wrap(point.text, first="  - ", rest="    "))
        lines.extend(_wrap(each, first="      · ", rest="        ") for each in point.under)
    return "\n".join(lines)


def _wrap(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
