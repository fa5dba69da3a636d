"""A consent counts for what was shown, where the law lets it, until it runs out, and for no version that is wider."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import consent
from aboveboard.formats.consent import RECEIPT_TYPE
from aboveboard.rules.decision import Reason
from samples.lawful import in_order
from samples.vault_world import BROWSER, Participant, VaultWorld, lease_of

DAY_NS = 86_400 * SECOND_NS
LESS = msgspec.structs.replace(BROWSER, screen="redacted")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path / "vault")
    yield made
    made.close()


def reason_of(call: Callable[..., Any], *args: Any, **words: Any) -> str:
    with pytest.raises(Refused) as caught:
        call(*args, **words)
    return caught.value.reason


def give(world: VaultWorld, who: Participant, **changes: Any) -> None:
    receipt = world.receipt(who, **{"consent_id": new_id(Kind.CONSENT)} | changes)
    world.post(who.person_key, "/v1/consents", who.person_key.sign(RECEIPT_TYPE, consent.encode(receipt)))


def test_a_narrower_version_applies_at_once_and_a_wider_one_stops(world: VaultWorld) -> None:
    who = world.ready()
    agreed = who.disclosure_sha256
    narrower = world.disclose(version=2, apps=[LESS])
    assert lease_of(world.lease(who)).disclosure_sha256 == narrower
    assert world.get(who.person_key, "/v1/status")["consent_live"]
    one = world.recorded(who, disclosure_sha256=narrower)
    assert world.take_in(who, one) == "stored"
    outdated = world.recorded(who, disclosure_sha256=agreed)
    assert reason_of(world.declare, who, outdated) == Reason.LEASE_OTHER_CONSENT, "its leases are for the narrower one"
    late = world.recorded(who, disclosure_sha256=narrower)
    world.clock.advance(SECOND_NS)
    world.disclose(version=3)
    assert reason_of(world.lease, who) == Reason.CONSENT_OTHER_DISCLOSURE, "as wide as what was agreed to, but widened"
    assert world.take_in(who, late) == "stored", "what was recorded under it is still covered"
    assert not world.get(who.person_key, "/v1/status")["consent_live"]


def test_a_wider_version_is_covered_by_no_consent_to_an_earlier_one(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    wider = world.disclose(version=2, retention_days=31)
    assert reason_of(world.lease, who) == Reason.CONSENT_OTHER_DISCLOSURE
    forged = world.signed(who, msgspec.structs.replace(one.manifest, disclosure_sha256=wider))
    assert reason_of(world.declare_signed, who.device_key, forged) == Reason.CONSENT_OTHER_DISCLOSURE
    world.agree(who, wider)
    assert world.lease(who)


def test_a_consent_runs_out(world: VaultWorld) -> None:
    world.disclose(consent_days=30)
    who = world.ready()
    assert (
        reason_of(give, world, who, expires_at_ns=world.clock.wall_ns() + 31 * DAY_NS) == Reason.CONSENT_OTHER_DURATION
    )
    assert reason_of(give, world, who, expires_at_ns=None) == Reason.CONSENT_OTHER_DURATION, (
        "a year, if it does not say"
    )
    give(world, who, expires_at_ns=world.clock.wall_ns() + 30 * DAY_NS)
    world.clock.advance(30 * DAY_NS - SECOND_NS)
    one = world.recorded(who, seconds=1)
    assert reason_of(world.lease, who) == Reason.CONSENT_EXPIRED
    assert reason_of(world.declare, who, one) == Reason.CONSENT_EXPIRED
    world.agree(who, who.disclosure_sha256)
    assert world.lease(who)


def test_another_text_or_another_language_than_was_shown_is_refused(world: VaultWorld) -> None:
    who = world.ready()
    assert reason_of(give, world, who, shown_sha256="0" * 64) == Reason.CONSENT_OTHER_TEXT
    older = world.shown[who.disclosure_sha256]
    newer = world.disclose(version=2, title="Office tasks, again")
    assert reason_of(give, world, who, disclosure_sha256=newer, shown_sha256=older) == Reason.CONSENT_OTHER_TEXT
    assert reason_of(give, world, who, disclosure_sha256=newer, language="de", shown_sha256=world.shown[newer]) in {
        Reason.RULE_ERROR,
        Reason.CONSENT_OTHER_TEXT,
    }, "this disclosure was never shown in German"


def test_nobody_is_recorded_where_the_law_asks_for_more_and_others_go_on(world: VaultWorld) -> None:
    """No invitation, no consent, no lease, each with its own reason; the other country goes on."""
    both = in_order(["DE", "US-NY"])
    world.disclose(countries=["DE", "US"], formalities=both)
    german, american = world.ready(country="DE"), world.ready(country="US-NY")
    assert reason_of(world.invite, country="US-CT") == Reason.LAW_PRIOR_NOTICE
    assert reason_of(world.invite, country="US") == Reason.LAW_PART_UNKNOWN
    assert lease_of(world.lease(american))
    without = [each for each in both if each.kind != "works_council"]
    world.disclose(version=2, countries=["DE", "US"], formalities=without)
    assert reason_of(world.invite, country="DE") == Reason.LAW_WORKS_COUNCIL
    fresh = world.enrolment
    assert (
        reason_of(fresh, german.person_key, german.device_key, german.identity, country="DE")
        == Reason.LAW_WORKS_COUNCIL
    )
    newest = world.get(world.key("stella"), "/v1/status")["disclosure_sha256"]
    assert reason_of(world.agree, german, newest) == Reason.LAW_WORKS_COUNCIL
    world.agree(american, newest)
    assert world.lease(american), "its law asks for nothing that is missing"


def test_a_person_of_a_country_without_its_papers_gets_no_lease(world: VaultWorld) -> None:
    """The papers count on their day: a consent given in good time does not make up for a document that is gone."""
    both = in_order(["DE"])
    world.disclose(countries=["DE"], formalities=both)
    who = world.ready()
    assert world.lease(who)
    later = [msgspec.structs.replace(each, date="2999-01-01") for each in both]
    newest = world.disclose(version=2, countries=["DE"], formalities=[*both[:2], *later[2:]])
    who.disclosure_sha256 = newest
    assert reason_of(world.lease, who) in {Reason.CONSENT_OTHER_DISCLOSURE, Reason.LAW_WORKS_COUNCIL}
    assert reason_of(world.agree, who, newest) == Reason.LAW_WORKS_COUNCIL


def test_somebody_enrolled_before_countries_were_asked_for_needs_all_of_them_in_order(world: VaultWorld) -> None:
    world.disclose(countries=["DE", "NL"], formalities=in_order(["DE", "NL"]))
    who = world.ready(country="DE")
    with world.vault.records.begin() as tx:
        tx._connection.exec_driver_sql("UPDATE people SET country = ''")  # type: ignore[attr-defined]
    assert world.lease(who)
    newest = world.disclose(version=2, countries=["DE", "NL", "US"], formalities=in_order(["DE", "NL"]))
    assert reason_of(world.lease, who) == Reason.LAW_PART_UNKNOWN
    assert reason_of(world.agree, who, newest) == Reason.LAW_PART_UNKNOWN
