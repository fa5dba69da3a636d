"""What changes from one version to the next, and does a consent cover it? Each field, one by one."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.formats.disclosure import AppRule, Because, Budget, CustomerPattern, Disclosure
from aboveboard.rules import disclosure_change
from aboveboard.rules.decision import Reason
from aboveboard.rules.disclosure_change import LEVELS, changes, covers
from samples.lawful import in_order
from samples.published import published

replace = msgspec.structs.replace
MADE = published()
APP = replace(MADE.apps[0], sites=("*.example.org", "crm.example.com"), site="host", keystrokes="shape")
BASE = replace(MADE, apps=[APP], customers=[CustomerPattern(name="Case", pattern="C-[0-9]{5}")], consent_days=100)


def app(**words: Any) -> dict[str, Any]:
    return {"apps": [replace(APP, **words)]}


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "another application": ("wider", {"apps": [APP, replace(APP, wm_class="Editor", name="Editor")]}),
    "another in its place": ("wider", {"apps": [replace(APP, wm_class="Editor")]}),
    "keys as they are": ("wider", app(keystrokes="exact")),
    "keys counted": ("narrower", app(keystrokes="count")),
    "no screen": ("narrower", app(screen="none")),
    "whole addresses": ("wider", app(site="exact")),
    "every site": ("wider", app(sites=())),
    "one site more": ("wider", app(sites=(*APP.sites, "mail.example.net"))),
    "one site less": ("narrower", app(sites=("*.example.org",))),
    "a part of the sites": ("narrower", app(sites=("a.example.org",))),
    "all below a site": ("wider", app(sites=("*.example.org", "*.example.com"))),
    "pictures shown": ("wider", app(pictures="shown")),
    "another why": ("other", app(why="The tasks are done in it, every day.")),
    "another reason": ("other", app(because=replace(APP.because, screen="Agents see what people see."))),
    "one purpose less": ("narrower", {"purposes": ["train_agents"]}),
    "one purpose more": ("wider", {"purposes": ["train_agents", "evaluate_agents", "study_interaction"]}),
    "another recipient": ("wider", {"recipients": [*BASE.recipients, "Example Cloud Ltd"]}),
    "another recipient instead": ("wider", {"recipients": ["Example Cloud Ltd"]}),
    "kept longer": ("wider", {"retention_days": 91}),
    "kept for less": ("narrower", {"retention_days": 89}),
    "one promise less": ("wider", {"never_collected": BASE.never_collected[1:]}),
    "a promise reworded": ("wider", {"never_collected": ["most things", *BASE.never_collected[1:]]}),
    "one promise more": ("narrower", {"never_collected": [*BASE.never_collected, "sound"]}),
    "more processor": ("wider", {"budget": Budget(cpu_percent=21.0)}),
    "more upload": ("wider", {"budget": Budget(cpu_percent=20.0, megabytes_per_day=201)}),
    "lower battery": ("wider", {"budget": Budget(cpu_percent=20.0, battery_percent=19)}),
    "metered networks": ("wider", {"budget": Budget(cpu_percent=20.0, metered="send")}),
    "less upload": ("narrower", {"budget": Budget(cpu_percent=20.0, megabytes_per_day=199)}),
    "more pictures": ("wider", {"frames_per_second": 11}),
    "another keyholder": ("wider", {"keyholder_key": "ed25519:" + "z" * 43}),
    "another lease key": ("wider", {"lease_key": "ed25519:" + "z" * 43}),
    "a pattern less": ("wider", {"customers": []}),
    "another pattern": ("wider", {"customers": [CustomerPattern(name="Case", pattern="C-[0-9]{9}")]}),
    "a pattern more": (
        "narrower",
        {"customers": [*BASE.customers, CustomerPattern(name="Order", pattern="O-[0-9]{5}")]},
    ),
    "asked less often": ("wider", {"consent_days": 101}),
    "asked more often": ("narrower", {"consent_days": 99}),
    "another controller": ("wider", {"controller": "Example Cloud Ltd"}),
    "another summary": ("wider", {"summary": "We record."}),
    "another title": ("other", {"title": "Learning"}),
    "another contact": ("other", {"contact": "+49 30 123456"}),
    "one country more": ("other", {"countries": ["DE", "FR"]}),
    "one country less": ("narrower", {"countries": ["FR"]}),
    "one entity more": ("other", {"legal_entities": [*BASE.legal_entities, "Example GmbH"]}),
    "another language first": ("other", {"language": "de"}),
    "no translation": ("other", {"translations": []}),
    "a translation that promises less": (
        "wider",
        {"translations": [replace(BASE.translations[0], never_collected=["Ton", "Bild", "Text", "Takt"])]},
    ),
    "a translation in other words": ("other", {"translations": [replace(BASE.translations[0], title="Lernen")]}),
    "no works council": ("wider", {"formalities": BASE.formalities[:-1]}),
    "another formality": ("other", {"formalities": [*BASE.formalities, *in_order(["FR"])]}),
    "another programme": ("wider", {"programme": "other-tasks"}),
}


@pytest.mark.parametrize(("direction", "words"), CASES.values(), ids=CASES)
def test_each_change_has_its_direction_and_a_sentence(direction: str, words: dict[str, Any]) -> None:
    after = replace(BASE, version=2, **words)
    found = changes(BASE, after)
    assert found[0].direction == direction, "what is wider comes first, then what is narrower"
    assert all(change.sentence[-1] in ".)…" or change.direction == "other" for change in found)
    decision = covers(BASE, [after])
    assert decision.allowed == (direction != "wider")
    if direction == "wider":
        assert decision.reason is Reason.CONSENT_OTHER_DISCLOSURE
        assert found[0].sentence in decision.detail


def test_no_change_is_none_and_versions_follow_on_one_another() -> None:
    same = replace(BASE, version=2, published_at_ns=5)
    assert changes(BASE, same) == []
    assert covers(BASE, [same]).allowed
    assert covers(BASE, []).allowed
    for later in ([replace(BASE, version=3)], [BASE], [same, same]):
        assert covers(BASE, later).reason is Reason.CONSENT_OTHER_DISCLOSURE


def test_what_was_narrowed_is_not_widened_back_behind_a_consent() -> None:
    narrow = replace(BASE, version=2, **app(screen="none"))
    back = replace(BASE, version=3)
    assert covers(BASE, [narrow]).allowed
    assert not covers(BASE, [narrow, back]).allowed


def test_a_field_that_nobody_compares_counts_as_wider(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(disclosure_change._COMPARED) == set(Disclosure.__struct_fields__)
    for field, words in (("retention_days", {"retention_days": 1}), ("title", {"title": "Other"})):
        with monkeypatch.context() as without:
            without.delitem(disclosure_change._COMPARED, field)
            assert not covers(BASE, [replace(BASE, version=2, **words)]).allowed


def test_an_error_while_comparing_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any, __: Any) -> Any:
        raise KeyError("a level of the future")

    monkeypatch.setitem(disclosure_change._COMPARED, "title", broken)
    assert covers(BASE, [replace(BASE, version=2)]).reason is Reason.RULE_ERROR


@st.composite
def rules(draw: st.DrawFn) -> AppRule:
    kinds = {kind: draw(st.sampled_from(levels)) for kind, levels in LEVELS.items()}
    hosts = ("*.example.org", "a.example.org", "b.example.org", "example.org", "*.a.example.org", "notexample.org")
    sites = tuple(draw(st.lists(st.sampled_from(hosts), unique=True, max_size=4)))
    kinds["pictures"] = draw(st.sampled_from(("covered", "shown")))
    return AppRule(name="Browser", wm_class="Chromium", why="It is made up.", sites=sites, because=Because(), **kinds)


@settings(max_examples=300, deadline=None)
@given(rules(), rules())
def test_what_a_consent_covers_records_nothing_that_was_not_agreed_to(old: AppRule, new: AppRule) -> None:
    """Whatever two versions say: covered means no kind is closer and no host is new."""
    if not covers(replace(BASE, apps=[old]), [replace(BASE, version=2, apps=[new])]).allowed:
        return
    for kind, levels in LEVELS.items():
        assert levels.index(getattr(new, kind)) <= levels.index(getattr(old, kind))
    assert (old.pictures, new.pictures) != ("covered", "shown")

    def open_to(rule: AppRule, host: str) -> bool:
        if not rule.sites:
            return True
        return any(
            host == site or (site.startswith("*.") and (host == site[2:] or host.endswith(site[1:])))
            for site in rule.sites
        )

    for host in ("example.org", "a.example.org", "x.a.example.org", "b.example.org", "notexample.org", "example.net"):
        assert not open_to(new, host) or open_to(old, host)
