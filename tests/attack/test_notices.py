"""Notices: only a steward's own words go out, only to those whom they concern, to them first, and "seen" is theirs."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, BadInput, Conflict, NotFound, Refused, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import notice as notice_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.notice import NOTICE_TYPE, SEEN_TYPE, Audience, Notice, Seen
from aboveboard.rules.fleet import LEAST_PEOPLE
from aboveboard.rules.notices import ATTEMPTS, EMBARGO_NS, wait_ns
from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault import addresses, mailer
from aboveboard.vault.place import MailServer
from samples.mail_server import Box, mail_server
from samples.vault_world import Participant, VaultWorld, lease_of


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path / "vault")
    made.disclose()
    yield made
    made.close()


@pytest.fixture
def box(world: VaultWorld) -> Iterator[Box]:
    with mail_server() as found:
        server = MailServer(host="127.0.0.1", port=found.port, sender="aboveboard@example.org", security="none")
        world.vault.config = msgspec.structs.replace(world.vault.config, mail=server)
        yield found


def refused(reason: str, work, *arguments) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Refused) as caught:
        work(*arguments)
    assert caught.value.reason == reason


def written(world: VaultWorld, **words: Any) -> Notice:
    facts: dict[str, Any] = {
        "notice_id": new_id(Kind.NOTICE),
        "kind": "incident",
        "title": "A file was readable for an hour",
        "text": "What happened, whom it concerns and what was done about it.",
        "audience": Audience(),
        "at_ns": world.clock.wall_ns(),
    }
    return Notice(**(facts | words))


def publish(world: VaultWorld, notice: Notice, *, signer: SigningKey | None = None, asker: str = "stella") -> Any:
    signed = (signer or world.key(asker)).sign(NOTICE_TYPE, notice_format.encode(notice))
    return world.post(world.key(asker), "/v1/notices", signed)


def own(world: VaultWorld, key: SigningKey) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.get(key, "/v1/notices")
    return found


def seen_of(world: VaultWorld, who: Participant, notice: Notice, **words: Any) -> Seen:
    facts: dict[str, Any] = {
        "notice_id": notice.notice_id,
        "notice_sha256": own(world, who.person_key)[0]["sha256"],
        "person_id": who.person_id,
        "channel": "page",
        "at_ns": world.clock.wall_ns(),
    }
    return Seen(**(facts | words))


def say_seen(
    world: VaultWorld, asker: SigningKey, seen: Seen, signer: SigningKey | None = None, path: str = ""
) -> None:
    signed = (signer or asker).sign(SEEN_TYPE, notice_format.encode(seen))
    world.post(asker, f"/v1/notices/{path or seen.notice_id}/seen", signed)


def state(world: VaultWorld, notice: Notice, who: Participant, channel: str) -> str:
    with world.vault.records.read() as tx:
        row = tx.delivery(notice.notice_id, who.person_id, channel)
    assert row is not None
    return row.state


class TestForged:
    def test_only_a_steward_sends_and_only_what_they_signed(self, world: VaultWorld) -> None:
        who = world.ready()
        for name in ("sam", "rita", "ravi"):
            refused("role:missing", lambda name=name: publish(world, written(world), asker=name))
        with pytest.raises(Tampered):
            publish(world, written(world), signer=world.key("sam"))
        refused("role:missing", world.post, who.person_key, "/v1/notices", who.person_key.sign(NOTICE_TYPE, b"{}"))
        old = written(world, at_ns=world.clock.wall_ns() - 3600 * SECOND_NS)
        with pytest.raises(BadInput, match="dated"):
            publish(world, old)
        notice = written(world)
        publish(world, notice)
        assert publish(world, notice)["people"] == 1
        with pytest.raises(Conflict):
            publish(world, msgspec.structs.replace(notice, title="Nothing happened at all"))
        assert len(own(world, who.person_key)) == 1

    @pytest.mark.parametrize("title", ["two\nBcc: everyone@example.org", "two\r\nlines", "hidden \u202e words", ""])
    def test_a_title_is_one_line(self, world: VaultWorld, title: str) -> None:
        world.ready()
        with pytest.raises(BadInput):
            publish(world, written(world, title=title))


class TestWhom:
    def test_a_notice_goes_to_those_whom_it_concerns_and_to_nobody_else(self, world: VaultWorld) -> None:
        world.disclose(2, countries=["DE", "FR"])
        alice, bob, carla = (
            world.enrol(country="DE", cohort="pilot"),
            world.enrol(country="FR"),
            world.enrol(country="DE"),
        )
        for audience, concerned in (
            (Audience(people=[bob.person_id]), {bob.person_id}),
            (Audience(country="DE"), {alice.person_id, carla.person_id}),
            (Audience(country="DE", cohort="pilot"), {alice.person_id}),
            (Audience(), {alice.person_id, bob.person_id, carla.person_id}),
        ):
            notice = written(world, audience=audience)
            assert publish(world, notice)["people"] == len(concerned)
            for who in (alice, bob, carla):
                texts = [json.dumps(each) for each in own(world, who.person_key) + own(world, who.device_key)]
                newest = notice_ids(own(world, who.device_key))
                assert (notice.notice_id in newest) is (who.person_id in concerned), texts
        for stranger in (SigningKey.generate(), world.key("stella"), world.key("ravi")):
            refused("role:missing", own, world, stranger)
        with pytest.raises(NotFound):
            publish(world, written(world, audience=Audience(people=[bob.person_id, new_id(Kind.PERSON)])))
        with pytest.raises(NotFound):
            publish(world, written(world, audience=Audience(cohort="nobody")))


def notice_ids(listed: list[dict[str, Any]]) -> set[str]:
    return {notice_format.decode_notice(msgspec.convert(each["notice"], Envelope).body()).notice_id for each in listed}


class TestSeen:
    def test_it_is_the_persons_own_and_for_this_notice(self, world: VaultWorld) -> None:
        who, other = world.ready(), world.ready()
        notice = written(world, audience=Audience(people=[who.person_id]))
        theirs = written(world, audience=Audience(people=[other.person_id]))
        publish(world, notice)
        publish(world, theirs)
        assert state(world, notice, who, "page") == "waiting"
        seen = seen_of(world, who, notice)
        assert state(world, notice, who, "page") == "offered"
        # Somebody else says it, for themselves or in this name; a steward does.
        refused("notice:not_yours", say_seen, world, other.person_key, seen)
        with pytest.raises(Tampered):
            say_seen(world, other.person_key, seen, who.person_key)
        refused("role:missing", say_seen, world, world.key("stella"), seen)
        # Another notice's, another hash, another channel than the key's, for a notice that was not sent to them.
        refused("notice:not_yours", lambda: say_seen(world, who.person_key, seen, path=theirs.notice_id))
        refused(
            "notice:not_yours", say_seen, world, who.person_key, seen_of(world, who, notice, notice_sha256="0" * 64)
        )
        refused("notice:not_yours", say_seen, world, who.person_key, seen_of(world, who, notice, channel="tray"))
        refused("notice:not_yours", say_seen, world, who.device_key, seen)
        foreign = seen_of(world, who, theirs, notice_sha256=own(world, other.person_key)[0]["sha256"])
        refused("notice:not_yours", say_seen, world, who.person_key, foreign)
        with pytest.raises(BadInput, match="later than now"):
            say_seen(world, who.person_key, seen_of(world, who, notice, at_ns=world.clock.wall_ns() + 3600 * SECOND_NS))
        assert state(world, notice, who, "page") == "offered"
        # One that was sent to both: each says it for themselves.
        world.clock.advance(SECOND_NS)
        both = written(world, title="For both of you")
        publish(world, both)
        refused("notice:not_yours", say_seen, world, other.person_key, seen_of(world, who, both))
        say_seen(world, other.person_key, seen_of(world, other, both))
        assert state(world, both, who, "page") == "offered"
        say_seen(world, who.person_key, seen)
        assert state(world, notice, who, "page") == "seen"
        assert own(world, who.device_key)[1]["seen"]

    def test_replayed_it_changes_nothing(self, world: VaultWorld) -> None:
        who = world.ready()
        first, second = written(world), written(world, title="A second one")
        publish(world, first)
        seen = seen_of(world, who, first)
        say_seen(world, who.person_key, seen)
        rows = sqlite3.connect(world.home / "records.sqlite").execute("SELECT * FROM deliveries").fetchall()
        publish(world, second)
        world.clock.advance(SECOND_NS)
        say_seen(world, who.person_key, seen)
        refused("notice:not_yours", lambda: say_seen(world, who.person_key, seen, path=second.notice_id))
        after = sqlite3.connect(world.home / "records.sqlite").execute("SELECT * FROM deliveries").fetchall()
        assert set(rows) <= set(after)
        assert state(world, second, who, "page") == "waiting"


class TestWithLeases:
    def test_a_lease_names_what_was_not_seen_newest_first(self, world: VaultWorld) -> None:
        who, other = world.ready(), world.ready()
        first, second = written(world), written(world, title="A second one")
        publish(world, first)
        world.clock.advance(SECOND_NS)
        publish(world, msgspec.structs.replace(second, at_ns=world.clock.wall_ns()))
        newest, oldest = (each["sha256"] for each in own(world, who.device_key))
        assert lease_of(world.lease(who)).notices == [newest, oldest]
        say_seen(world, who.device_key, seen_of(world, who, first, channel="tray", notice_sha256=oldest))
        assert lease_of(world.lease(who)).notices == [newest]
        assert lease_of(world.lease(other)).notices == [newest, oldest]


class TestBeforeAnybodyElse:
    def test_staff_and_everybody_wait_until_those_concerned_were_told(self, world: VaultWorld) -> None:
        people = [world.ready() for _ in range(LEAST_PEOPLE)]
        notice = written(world)
        publish(world, notice)
        path = f"/v1/notices/{notice.notice_id}/release"

        def told(name: str) -> bool:
            [listed] = world.get(world.key(name), "/v1/notices/sent")
            return listed["notice"] is not None

        assert told("stella")
        for number, who in enumerate(people):
            [sent] = world.get(world.key("stella"), "/v1/notices/sent")
            assert sent["reached"] == number
            assert not any(told(name) for name in ("sam", "rita", "ravi"))
            refused("notice:embargo", world.post, world.key("stella"), path, {})
            assert json.loads(world.ask(None, "GET", "/v1/released-notices")) == []
            own(world, who.device_key)
        assert all(told(name) for name in ("sam", "rita", "ravi"))
        refused("role:missing", world.post, world.key("ravi"), path, {})
        world.post(world.key("stella"), path, {})
        assert len(json.loads(world.ask(None, "GET", "/v1/released-notices"))) == 1

    def test_a_notice_to_few_does_not_tell_who_is_at_work(self, world: VaultWorld) -> None:
        """Sending somebody a notice and asking whether it has arrived would say when their machine is on."""
        who, *others = [world.ready() for _ in range(LEAST_PEOPLE)]
        # Ten are enough for a count, but not ten that the steward has chosen: nine whom they know, and one.
        audience = Audience(people=[each.person_id for each in (who, *others)])
        notice = written(world, audience=audience)
        publish(world, notice)
        for other in others:
            own(world, other.device_key)
        before = world.get(world.key("stella"), "/v1/notices/sent")
        assert (before[0]["reached"], before[0]["seen"]) == (None, None)
        path = f"/v1/notices/{notice.notice_id}/release"
        refused("notice:embargo", world.post, world.key("stella"), path, {})
        say_seen(world, who.person_key, seen_of(world, who, notice))
        assert world.get(world.key("stella"), "/v1/notices/sent") == before
        refused("notice:embargo", world.post, world.key("stella"), path, {})
        world.clock.advance(EMBARGO_NS)
        [after] = world.get(world.key("stella"), "/v1/notices/sent")
        assert (after["reached"], after["seen"]) == (LEAST_PEOPLE, 1)

    def test_whom_nothing_reaches_does_not_silence_it_for_ever(self, world: VaultWorld) -> None:
        world.ready()
        notice = written(world, kind="disclosure")
        publish(world, notice)
        path = f"/v1/notices/{notice.notice_id}/release"
        world.clock.advance(EMBARGO_NS - 1)
        refused("notice:embargo", world.post, world.key("stella"), path, {})
        world.clock.advance(1)
        world.post(world.key("stella"), path, {})


class TestMail:
    def give_address(self, world: VaultWorld, who: Participant, address: str | None = "alice@example.org") -> None:
        world.post(who.person_key, "/v1/mail-address", {"address": address})

    def test_it_is_sent_once_with_the_notices_words_and_the_servers_answer_is_kept(
        self, world: VaultWorld, box: Box
    ) -> None:
        who, without = world.ready(), world.ready()
        self.give_address(world, who)
        notice = written(world, text="<b>What happened</b>\n.\nand what was done about it")
        publish(world, notice)
        assert mailer.send_due(world.vault) == 1
        assert mailer.send_due(world.vault) == 0
        [(address, message)] = box.taken
        assert address == "alice@example.org"
        assert message["Subject"] == "Incident: A file was readable for an hour"
        assert message.get_content_type() == "text/plain"
        assert notice.text in message.get_content().replace("\r\n", "\n")
        assert who.person_id not in message.as_string()
        with world.vault.records.read() as tx:
            row = tx.delivery(notice.notice_id, who.person_id, "mail")
        assert row is not None
        assert (row.state, row.attempts, row.detail) == ("offered", 1, "250 OK")
        assert without.person_id not in {each[0] for each in box.taken}

    def test_a_no_for_now_is_tried_again_later_each_time_and_a_last_no_is_listed(
        self, world: VaultWorld, box: Box
    ) -> None:
        who = world.ready()
        self.give_address(world, who)
        publish(world, written(world))
        box.answers = ["451 come again"] * 2
        first_ns, second_ns = wait_ns(1), wait_ns(2)
        assert first_ns is not None
        assert second_ns is not None
        assert mailer.send_due(world.vault) == 1
        assert mailer.send_due(world.vault) == 0
        world.clock.advance(first_ns)
        assert mailer.send_due(world.vault) == 1
        world.clock.advance(first_ns)
        assert mailer.send_due(world.vault) == 0
        world.clock.advance(second_ns - first_ns)
        assert mailer.send_due(world.vault) == 1
        assert len(box.taken) == 1
        assert world.get(world.key("stella"), "/v1/dead-letters") == []

        publish(world, written(world, title="Another one"))
        box.answers = ["550 <{to}>: no such user here"]
        assert mailer.send_due(world.vault) == 1
        [dead] = world.get(world.key("stella"), "/v1/dead-letters")
        assert dead["detail"] == "550 (an address) no such user here"
        refused("role:missing", world.get, world.key("ravi"), "/v1/dead-letters")

    def test_a_server_that_stays_away_makes_a_dead_letter_in_the_end(self, world: VaultWorld) -> None:
        world.vault.config = msgspec.structs.replace(
            world.vault.config, mail=MailServer(host="127.0.0.1", port=1, sender="a@example.org", security="none")
        )
        who = world.ready()
        self.give_address(world, who)
        notice = written(world)
        publish(world, notice)
        tried, gaps_ns, last_ns = 0, [], world.clock.wall_ns()
        for _ in range(5000):
            if mailer.send_due(world.vault):
                tried += 1
                gaps_ns.append(world.clock.wall_ns() - last_ns)
                last_ns = world.clock.wall_ns()
            if world.get(world.key("stella"), "/v1/dead-letters"):
                break
            world.clock.advance(600 * SECOND_NS if tried > 6 else 30 * SECOND_NS)
        assert tried == ATTEMPTS
        assert gaps_ns[1:] == sorted(gaps_ns[1:])

    def test_the_address_is_nowhere_but_sealed_and_in_the_mail(self, world: VaultWorld, box: Box) -> None:
        who, other = world.ready(), world.ready()
        self.give_address(world, who, "alice.secret@example.org")
        self.give_address(world, other, "bob@example.org")
        publish(world, written(world))
        box.answers = ["550 Alice.Secret@Example.org is unknown", "550 no <{to}> here"]
        mailer.send_due(world.vault)
        kept = b"".join(path.read_bytes() for path in world.home.rglob("*") if path.is_file())
        assert b"alice.secret" not in kept.lower()
        assert b"bob@example.org" not in kept.lower()
        assert kept.count(b"(an address)") >= 2
        for key in (who.person_key, world.key("stella")):
            for path in ("/v1/mail-address", "/v1/dead-letters", "/v1/notices/sent", "/v1/status"):
                try:
                    assert b"alice.secret" not in world.ask(key, "GET", path)
                except Refused:
                    continue
        # A row put in another's place does not open.
        with world.vault.records.read() as tx:
            sealed = tx.mail_addresses()
        with pytest.raises(Tampered):
            addresses.unseal(world.vault, other.person_id, sealed[who.person_id])

    def test_only_the_person_sets_it_and_takes_it_back(self, world: VaultWorld, box: Box) -> None:
        who = world.ready()
        for key in (who.device_key, world.key("stella"), SigningKey.generate()):
            refused("role:missing", world.post, key, "/v1/mail-address", {"address": "eve@example.org"})
        for bad in ("a@b\r\nRCPT TO:<eve@example.org>", "alice", "a b@example.org", "<a@example.org>", "a@b,c@d"):
            with pytest.raises(AboveboardError):
                self.give_address(world, who, bad)
        self.give_address(world, who)
        publish(world, written(world))
        self.give_address(world, who, None)
        mailer.send_due(world.vault)
        assert box.taken == []
        assert world.get(who.person_key, "/v1/mail-address") == {"given": False}
