"""What does a disclosure lack: everything at once, each with what to do. And where may people be recorded under it?"""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.disclosure import AppRule, Because, Disclosure, Formality
from aboveboard.rules import law
from aboveboard.rules.decision import Reason
from aboveboard.rules.disclosure import complete
from aboveboard.rules.disclosure_check import lacks, waiting
from aboveboard.rules.law import NEEDS, covers, may_begin, needs_of
from samples.lawful import in_order
from samples.published import published

MADE = published()
NOW_NS = 1_800_000_000 * SECOND_NS  # 2027-01-15
replace = msgspec.structs.replace


def app(**words: Any) -> AppRule:
    return replace(MADE.apps[0], **words)


def other(**words: Any) -> Disclosure:
    return replace(MADE, **words)


LACKING: dict[str, tuple[Callable[[], Disclosure], str]] = {
    "no reason for the keys": (
        lambda: other(apps=[app(because=Because(screen="it is what agents see"))]),
        "keystrokes",
    ),
    "a reason that gives none": (lambda: other(apps=[app(because=Because(keystrokes="because"))]), "keystrokes"),
    "an application twice": (lambda: other(apps=[app(), app()]), "twice"),
    "a password manager": (lambda: other(apps=[app(wm_class="KeePassXC")]), "application"),
    "pictures where nothing is redacted": (lambda: other(apps=[app(pictures="shown")]), "shows pictures"),
    "pictures of every site": (lambda: other(apps=[app(pictures="shown", screen="redacted")]), "of every site"),
    "no contact that reaches anybody": (lambda: other(contact="ask around"), "contact"),
    "a summary of nothing": (lambda: other(summary=" \n "), "summary"),
    "an empty promise": (lambda: other(never_collected=["passwords", " "]), "never_collected"),
    "text that turns round": (lambda: other(title="Office \u202eksat"), "cannot be seen"),
    "a control character": (lambda: other(apps=[app(name="Brow\x1b[8mser")]), "cannot be seen"),
    "a language without words": (lambda: other(language="fr"), "'fr'"),
    "a language twice": (lambda: other(language="de"), "one language twice"),
    "a country twice": (lambda: other(countries=["DE", "DE"]), "twice"),
    "a formality for elsewhere": (lambda: other(countries=["AT"]), "does not cover"),
    "a translation without an application": (
        lambda: other(translations=[replace(MADE.translations[0], apps=[])]),
        "other applications",
    ),
    "a translation that promises more": (
        lambda: other(translations=[replace(MADE.translations[0], never_collected=["alles"])]),
        "another number of never_collected",
    ),
}


@pytest.mark.parametrize(("make", "says"), LACKING.values(), ids=LACKING)
def test_what_lacks_is_said_with_what_to_do(make: Callable[[], Disclosure], says: str) -> None:
    made = make()
    found = [lack for lack in lacks(made) if says in lack.what]
    assert found
    assert all(lack.fix for lack in found)
    assert not complete(made).allowed


def test_everything_that_lacks_is_said_at_once() -> None:
    made = other(title=" ", contact="ask", apps=[app(because=Because())], recipients=[""])
    assert [lack.what.split()[0] for lack in lacks(made)].count("application") == 4
    assert {"title", "contact", "an"} <= {lack.what.split()[0] for lack in lacks(made)}
    assert lacks(MADE) == []


def test_what_the_law_asks_for_is_asked_for_each_country_by_itself() -> None:
    everything = other(countries=["DE", "FR", "US", "CH"], formalities=in_order(["DE", "FR", "US-NY"]))
    for country in ("DE", "FR", "US-NY", "US-WY", "CH"):
        assert may_begin(everything, country, now_ns=NOW_NS).allowed
    for country, reason in (
        ("US-CT", Reason.LAW_PRIOR_NOTICE),
        ("US", Reason.LAW_PART_UNKNOWN),
        ("AT", Reason.DISCLOSURE_COUNTRY_NOT_NAMED),
        ("", Reason.LAW_PART_UNKNOWN),
    ):
        assert may_begin(everything, country, now_ns=NOW_NS).reason is reason
    assert [each.partition(":")[0] for each in waiting(everything, now_ns=NOW_NS)] == ["US-CT", "US-DE"]


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: f"{need.kind} in {need.countries[0]}")
def test_each_thing_that_is_missing_stops_its_countries_and_no_other(need: law.Need) -> None:
    without = [each for each in in_order(need.countries) if each.kind != need.kind] + in_order(["CH"])
    made = other(countries=[*need.countries, "CH"], formalities=without)
    for country in need.countries:
        decision = may_begin(made, country, now_ns=NOW_NS)
        assert decision.reason is law.MISSING[need.kind]
        assert any(each.source in decision.detail for each in needs_of(country))
    assert may_begin(made, "CH", now_ns=NOW_NS).allowed


def test_a_document_counts_from_its_day_on() -> None:
    def dated(date: str) -> list[Formality]:
        return [replace(each, date=date) for each in in_order(["DE"])]

    assert may_begin(other(formalities=dated("2027-01-15")), "DE", now_ns=NOW_NS).allowed
    tomorrow = may_begin(other(formalities=dated("2027-01-16")), "DE", now_ns=NOW_NS)
    assert tomorrow.reason is Reason.LAW_LEGAL_BASIS


def test_a_country_is_covered_by_its_name_or_that_of_the_whole() -> None:
    assert covers(["US"], "US-NY")
    assert covers(["US-NY"], "US-NY")
    assert not covers(["US-NY"], "US")
    assert not covers(["US-NY"], "US-CT")
    assert not covers([], "")
    assert not covers([""], "")
