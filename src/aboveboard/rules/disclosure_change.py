"""What changes for a person from one version of a disclosure to another, and does their consent cover it?

Each change is ``wider`` (more is recorded, by more, for longer, for more, or less is promised), ``narrower``, or
``other`` (other words for the same). A consent covers a later version if nothing in it is wider, step by step through
every version in between; then that version applies at once. The same function decides on the person's machine, in the
vault and in the keyholder.

Every field of the disclosure has its own comparison in ``_COMPARED``; a field that has none counts as wider as soon as
it differs, and so does a text that nobody but a person can compare and that makes promises.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import msgspec

from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats.disclosure import AppRule, Disclosure, Formality, Translation
from aboveboard.formats.disclosure_words.en import WORDS
from aboveboard.formats.disclosure_words.shape import KINDS
from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, no

Direction = Literal["wider", "narrower", "other"]
LEVELS: dict[str, tuple[str, ...]] = {
    "keystrokes": get_args(disclosure_format.Keystrokes),
    "screen": get_args(disclosure_format.Screen),
    "pointer": get_args(disclosure_format.Pointer),
    "window": get_args(disclosure_format.Window),
    "site": get_args(disclosure_format.Site),
    "control": get_args(disclosure_format.Control),
}
"""The levels of each kind, least to most."""


@dataclass(frozen=True)
class Change:
    """One thing that changes for a person, as a sentence."""

    direction: Direction
    sentence: str


Changes = Iterator[Change]


def changes(old: Disclosure, new: Disclosure) -> list[Change]:
    """Everything that changes from ``old`` to ``new``: what is wider first."""
    found: list[Change] = []
    for field in Disclosure.__struct_fields__:
        before, after = getattr(old, field), getattr(new, field)
        compare = _COMPARED.get(field)
        if compare is not None:
            found += compare(before, after)
        elif before != after:
            found.append(Change("wider", f"{field} is another one; nobody can tell whether that is less."))
    return sorted(found, key=lambda change: get_args(Direction).index(change.direction))


@deny_on_error
def not_wider(agreed: Disclosure, later: Disclosure) -> Decision:
    """Is ``later`` a newer version in which nothing is wider than in ``agreed``?"""
    if later.version <= agreed.version:
        return no(Reason.CONSENT_OTHER_DISCLOSURE, f"version {later.version} is not newer than {agreed.version}")
    wider = [change.sentence for change in changes(agreed, later) if change.direction == "wider"]
    return no(Reason.CONSENT_OTHER_DISCLOSURE, f"version {later.version} is wider: {wider[0]}") if wider else ALLOWED


@deny_on_error
def covers(agreed: Disclosure, later: Sequence[Disclosure]) -> Decision:
    """Does a consent to ``agreed`` cover the last of ``later``? These are all the versions after it, in order."""
    before = agreed
    for after in later:
        if after.version != before.version + 1:
            return no(Reason.CONSENT_OTHER_DISCLOSURE, f"version {after.version} does not follow on {before.version}")
        decision = not_wider(before, after)
        if not decision.allowed:
            return decision
        before = after
    return ALLOWED


def _same(_: Any, __: Any) -> Changes:
    return iter(())


def _fixed(words: str) -> Callable[[Any, Any], Changes]:
    """What cannot change without being asked anew."""

    def compare(old: Any, new: Any) -> Changes:
        if old != new:
            yield Change("wider", words.format(old=old, new=new))

    return compare


def _worded(words: str) -> Callable[[Any, Any], Changes]:
    """Words that promise nothing of their own."""

    def compare(old: Any, new: Any) -> Changes:
        if old != new:
            yield Change("other", words.format(old=old, new=new))

    return compare


def _number(words: str, *, more_is: Direction = "wider") -> Callable[[Any, Any], Changes]:
    less_is: Direction = "narrower" if more_is == "wider" else "wider"

    def compare(old: Any, new: Any) -> Changes:
        if old != new:
            yield Change(more_is if new > old else less_is, words.format(old=f"{old:g}", new=f"{new:g}"))

    return compare


def _listed(added: str, taken: str, *, added_is: Direction, taken_is: Direction) -> Callable[[Any, Any], Changes]:
    def compare(old: Sequence[str], new: Sequence[str]) -> Changes:
        for each in new:
            if each not in old:
                yield Change(added_is, added.format(each=each))
        for each in old:
            if each not in new:
                yield Change(taken_is, taken.format(each=each))

    return compare


def _apps(old: Sequence[AppRule], new: Sequence[AppRule]) -> Changes:
    before = {app.wm_class.casefold(): app for app in old}
    after = {app.wm_class.casefold(): app for app in new}
    for name, app in after.items():
        if name not in before:
            yield Change("wider", f"{app.name} is recorded too.")
        else:
            yield from _app(before[name], app)
    for name, app in before.items():
        if name not in after:
            yield Change("narrower", f"{app.name} is not recorded any more.")


def _app(old: AppRule, new: AppRule) -> Changes:
    for kind in KINDS:
        before, after = getattr(old, kind), getattr(new, kind)
        if before != after:
            more = LEVELS[kind].index(after) > LEVELS[kind].index(before)
            what = WORDS.kinds[kind].get(after, f"nothing of its {kind} any more")
            yield Change("wider" if more else "narrower", f"Of {new.name} is recorded: {what}.")
    yield from _sites(old, new)
    if old.pictures != new.pictures:
        shown = new.pictures == "shown"
        yield Change("wider" if shown else "narrower", f"In {new.name} photographs and films are {new.pictures}.")
    if (old.name, old.why, old.because) != (new.name, new.why, new.because):
        yield Change("other", f"{new.name} is named or explained in other words: {new.why}")
    known = {"name", "wm_class", "why", "because", "sites", "pictures", *KINDS}
    for field in set(AppRule.__struct_fields__) - known:
        if getattr(old, field) != getattr(new, field):
            yield Change("wider", f"{field} of {new.name} is another one; nobody can tell whether that is less.")


def _sites(old: AppRule, new: AppRule) -> Changes:
    if old.sites == new.sites:
        return
    if not new.sites:
        yield Change("wider", f"{new.name} is recorded on every site, not only on {', '.join(old.sites)}.")
    elif not old.sites:
        yield Change("narrower", f"{new.name} is recorded only on {', '.join(new.sites)}.")
    else:
        for site in new.sites:
            if not any(_within(site, known) for known in old.sites):
                yield Change("wider", f"{new.name} is recorded on {site} too.")
        for site in old.sites:
            if not any(_within(site, known) for known in new.sites):
                yield Change("narrower", f"{new.name} is not recorded on all of {site} any more.")


def _within(site: str, known: str) -> bool:
    """Is every host of the pattern ``site`` one of ``known``?"""
    host = site.removeprefix("*.")
    if known.startswith("*."):
        return host == known[2:] or host.endswith(known[1:])
    return site == known


def _budget(old: disclosure_format.Budget, new: disclosure_format.Budget) -> Changes:
    yield from _number("It may take {new} % of a processor core; it was {old} %.")(old.cpu_percent, new.cpu_percent)
    upload = _number("It may send {new} megabytes a day; it was {old}.")
    yield from upload(old.megabytes_per_day, new.megabytes_per_day)
    battery = _number("On battery nothing is recorded below {new} %; it was {old} %.", more_is="narrower")
    yield from battery(old.battery_percent, new.battery_percent)
    if old.metered != new.metered:
        yield Change("wider" if new.metered == "send" else "narrower", f"Now {WORDS.metered[new.metered]}.")
    for field in set(disclosure_format.Budget.__struct_fields__) - _BUDGETED:
        if getattr(old, field) != getattr(new, field):
            yield Change("wider", f"{field} of the budget is another one; nobody can tell whether that is less.")


_BUDGETED = {"cpu_percent", "megabytes_per_day", "battery_percent", "metered"}


def _customers(old: Sequence[Any], new: Sequence[Any]) -> Changes:
    before, after = {each.pattern: each.name for each in old}, {each.pattern: each.name for each in new}
    for pattern in before.keys() - after.keys():
        yield Change("wider", f"{before[pattern]} is not covered any more, or is covered by another pattern.")
    for pattern in after.keys() - before.keys():
        yield Change("narrower", f"{after[pattern]} is covered too.")


def _formalities(old: Sequence[Formality], new: Sequence[Formality]) -> Changes:
    before = {(each.kind, country) for each in old for country in each.countries}
    after = {(each.kind, country) for each in new for country in each.countries}
    for kind, country in sorted(before - after):
        what = WORDS.formalities[kind]
        yield Change("wider", f"For {WORDS.country(country)} no document is named any more: {what}.")
    for each in new:
        if each not in old:
            where = ", ".join(map(WORDS.country, each.countries))
            yield Change("other", f"What the law asks for in {where}: {each.title} ({each.date}), at {each.kept_at}.")


def _translations(old: Sequence[Translation], new: Sequence[Translation]) -> Changes:
    before, after = {each.language: each for each in old}, {each.language: each for each in new}
    for language in sorted(before.keys() ^ after.keys()):
        yield Change("other", f"It can {'now' if language in after else 'no longer'} be read in {language!r}.")
    for language in sorted(before.keys() & after.keys()):
        was, now = before[language], after[language]
        promises = ("summary", "recipients", "never_collected")
        if any(_reworded(getattr(was, field), getattr(now, field)) for field in promises):
            yield Change("wider", f"In {language!r} it promises in other words; nobody can tell whether that is less.")
        elif msgspec.to_builtins(was) != msgspec.to_builtins(now):
            yield Change("other", f"In {language!r} it is told in other words.")


def _reworded(old: Any, new: Any) -> bool:
    """Was a sentence put otherwise, or one of a list taken away? (One more in a list shows in its own tongue.)"""
    return old != new if isinstance(old, str) else any(each not in new for each in old)


_COMPARED: dict[str, Callable[[Any, Any], Changes]] = {
    "programme": _fixed("It is another programme: {new}."),
    "version": _same,
    "published_at_ns": _same,
    "language": _worded("It is written in {new!r} first."),
    "title": _worded("It is called: {new}"),
    "summary": _fixed("It says in other words what it is, and nobody can tell whether that promises less: {new}"),
    "controller": _fixed("Somebody else is responsible: {new}."),
    "contact": _worded("Questions go to {new}."),
    "countries": lambda old, new: _listed(
        "People in {each} can take part too.",
        "People in {each} are not recorded any more.",
        added_is="other",
        taken_is="narrower",
    )([WORDS.country(each) for each in old], [WORDS.country(each) for each in new]),
    "legal_entities": _listed(
        "People at {each} can take part too.",
        "People at {each} are not recorded any more.",
        added_is="other",
        taken_is="narrower",
    ),
    "apps": _apps,
    "purposes": lambda old, new: _listed(
        "It is also for this: to {each}.", "It is no longer for this: to {each}.", added_is="wider", taken_is="narrower"
    )([WORDS.purposes[each] for each in old], [WORDS.purposes[each] for each in new]),
    "recipients": _listed(
        "{each} gets it too.", "{each} does not get it any more.", added_is="wider", taken_is="narrower"
    ),
    "retention_days": _number("It is kept for {new} days; it was {old}."),
    "never_collected": _listed(
        "This is never recorded either: {each}.",
        "This is no longer promised never to be recorded: {each}.",
        added_is="narrower",
        taken_is="wider",
    ),
    "budget": _budget,
    "frames_per_second": _number("At most {new} pictures of the screen are taken a second; it was {old}."),
    "keyholder_key": _fixed("Another keyholder keeps the keys."),
    "lease_key": _fixed("Another server gives leave to record."),
    "customers": _customers,
    "consent_days": _number("You are asked anew after {new} days; it was {old}."),
    "formalities": _formalities,
    "translations": _translations,
}
