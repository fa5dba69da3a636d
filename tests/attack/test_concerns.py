"""Concerns: the vault does not learn who raised one anonymously, nobody counts twice, one past its date blocks."""

import base64
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from aboveboard.base.errors import AboveboardError, BadInput, Conflict, Refused, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import concern as concern_format
from aboveboard.formats.concern import ANSWER_TYPE, CONCERN_TYPE, OWNING_TYPE, Answer, Concern, Owning
from aboveboard.formats.passes import PassesAsked
from aboveboard.rules.concerns import ANSWER_WITHIN_NS, HOUR_NS, RAISE_PASSES, join_scope, raise_scope
from aboveboard.sealing.signatures import SigningKey
from aboveboard.wire.request_signing import sign_headers
from samples import pass_samples
from samples.vault_world import URL, Participant, VaultWorld

DAY_NS = 24 * HOUR_NS


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path / "vault")
    pass_samples.lay_down_key(tmp_path / "vault")
    made.disclose()
    yield made
    made.close()


def refused(reason: str, work, *arguments) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Refused) as caught:
        work(*arguments)
    assert caught.value.reason == reason


def raised_in(world: VaultWorld) -> str:
    return raise_scope(world.clock.wall_ns())


def own(world: VaultWorld, concern_id: str, name: str, by_ns: int) -> None:
    document = Owning(
        concern_id=concern_id, owner=world.staff_id(name), answer_by_ns=by_ns, at_ns=world.clock.wall_ns()
    )
    world.post(
        world.key(name),
        f"/v1/concerns/{concern_id}/owner",
        world.key(name).sign(OWNING_TYPE, concern_format.encode(document)),
    )


def answer(world: VaultWorld, concern_id: str, name: str = "stella", signer: SigningKey | None = None) -> None:
    document = Answer(
        concern_id=concern_id,
        by=world.staff_id(name),
        by_name=name,
        text="nobody opens it without two approvals",
        at_ns=world.clock.wall_ns(),
    )
    signed = (signer or world.key(name)).sign(ANSWER_TYPE, concern_format.encode(document))
    world.post(world.key(name), f"/v1/concerns/{concern_id}/answer", signed)


def everything_in(folder: Path) -> bytes:
    """All that the vault has on its disk, its database and its log beside it included."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


class TestAnonymous:
    def test_nothing_that_the_vault_keeps_ties_a_concern_to_who_raised_it(
        self, world: VaultWorld, caplog: pytest.LogCaptureFixture
    ) -> None:
        people = [world.ready() for _ in range(4)]
        passes = [pass_samples.fetch(world, who, raised_in(world)) for who in people]
        author, (key, given) = people[2], passes[2]
        world.clock.advance(1_234_567_890_123)
        concern_id = pass_samples.raise_anonymously(world, key, given)
        other, join_pass = people[1], pass_samples.fetch(world, people[1], join_scope(concern_id))
        joined = pass_samples.joining(concern_id, join_pass[0])
        world.post(join_pass[0], f"/v1/concerns/{concern_id}/joins", {"joining": joined, "joined_with": join_pass[1]})

        database = sqlite3.connect(world.home / "records.sqlite")
        [row] = database.execute("SELECT * FROM concerns").fetchall()
        [join] = database.execute("SELECT * FROM concern_joins").fetchall()
        askings = database.execute("SELECT * FROM pass_askings").fetchall()
        told = repr((row, join))
        for who in people:  # no name, key or device of anybody's stands in what was raised or joined
            for secret in (who.person_id, who.person_key.public, who.device_id, who.device_key.public):
                assert secret not in told
        # What stands beside a person is a hash of a blinded number: of each, every pass could be the fruit.
        assert {each[0] for each in askings} == {who.person_id for who in people}
        kept = everything_in(world.home).decode("latin-1") + caplog.text
        for who, (own_key, own_pass) in zip(people, passes, strict=True):
            if who is not author:
                assert own_key.public not in kept
                assert own_pass.signature not in kept
        assert other.person_id not in told
        # Neither is there a time finer than an hour, nor any beside the fetching.
        assert row[5] % HOUR_NS == 0
        assert len(askings[0]) == 3

    def test_raising_with_a_key_that_is_known_is_refused_not_kept(self, world: VaultWorld) -> None:
        who = world.ready()
        key, given = pass_samples.fetch(world, who, raised_in(world))
        now_ns = world.clock.wall_ns()
        concern = Concern(
            concern_id=new_id(Kind.CONCERN), person_id=None, text="a worry of mine", at_ns=now_ns - now_ns % HOUR_NS
        )
        body = {"concern": key.sign(CONCERN_TYPE, concern_format.encode(concern)), "raised_with": given}
        for known in (who.person_key, who.device_key, world.key("stella")):
            refused("concern:not_anonymous", world.post, known, "/v1/concerns", body)
        refused("concern:pass", world.post, SigningKey.generate(), "/v1/concerns", body)
        exact = Concern(concern_id=new_id(Kind.CONCERN), person_id=None, text="a worry of mine", at_ns=now_ns + 1)
        body["concern"] = key.sign(CONCERN_TYPE, concern_format.encode(exact))
        with pytest.raises(BadInput, match="to the hour"):
            world.post(key, "/v1/concerns", body)
        assert world.get(who.person_key, "/v1/concerns") == []

    def test_only_those_who_take_part_get_passes_and_only_so_many(self, world: VaultWorld) -> None:
        who, scope = world.ready(), raised_in(world)
        asked = PassesAsked(scope=scope, asked=["0" * 511 + "7"])
        for nobody in (SigningKey.generate(), world.key("stella"), who.device_key):
            refused("role:missing", world.post, nobody, "/v1/passes", asked)
        newcomer = world.enrol()
        refused("consent:none", world.post, newcomer.person_key, "/v1/passes", asked)
        for _ in range(RAISE_PASSES):
            pass_samples.fetch(world, who, scope)
        refused("concern:passes_gone", pass_samples.fetch, world, who, scope)
        refused("concern:passes_gone", pass_samples.fetch, world, who, "raise/2019-01")
        world.withdraw(who)
        refused("consent:none", world.post, who.person_key, "/v1/passes", asked)

    def test_a_lost_answer_loses_no_pass(self, world: VaultWorld) -> None:
        who = world.ready()
        asked = PassesAsked(scope=raised_in(world), asked=[f"{number:0512x}" for number in range(5, 5 + RAISE_PASSES)])
        first = world.post(who.person_key, "/v1/passes", asked)
        assert world.post(who.person_key, "/v1/passes", asked) == first

    def test_a_pass_that_the_vault_did_not_sign_for_this_is_refused(self, world: VaultWorld) -> None:
        who = world.ready()
        key, given = pass_samples.fetch(world, who, raised_in(world))
        forged = msgspec.structs.replace(given, signature="5" * 512)
        stolen = SigningKey.generate()
        for signer, bad in ((key, forged), (stolen, msgspec.structs.replace(given, key=stolen.public))):
            refused("concern:pass", pass_samples.raise_anonymously, world, signer, bad)
        concern_id = pass_samples.raise_anonymously(world, key, given)
        to_join = pass_samples.fetch(world, who, join_scope(concern_id))
        refused("concern:pass", pass_samples.raise_anonymously, world, *to_join)
        refused("concern:pass_spent", pass_samples.raise_anonymously, world, key, given)

    def test_a_pass_is_good_for_its_month_and_the_next(self, world: VaultWorld) -> None:
        who = world.ready()
        early = [pass_samples.fetch(world, who, raised_in(world)) for _ in range(2)]
        world.clock.advance(31 * DAY_NS)
        pass_samples.raise_anonymously(world, *early[0])
        world.clock.advance(31 * DAY_NS)
        refused("concern:pass", pass_samples.raise_anonymously, world, *early[1])


class TestJoining:
    def join(self, world: VaultWorld, who: Participant, concern_id: str, given, *, openly: bool) -> None:  # type: ignore[no-untyped-def]
        key, one = given
        signed = pass_samples.joining(
            concern_id, key, who.person_key if openly else None, who.person_id if openly else None
        )
        asker = who.person_key if openly else key
        world.post(asker, f"/v1/concerns/{concern_id}/joins", {"joining": signed, "joined_with": one})

    def test_once_for_each_person_however_they_join(self, world: VaultWorld) -> None:
        author, openly, unnamed = world.ready(), world.ready(), world.ready()
        concern_id = pass_samples.raise_openly(world, author)
        given = pass_samples.fetch(world, openly, join_scope(concern_id))
        self.join(world, openly, concern_id, given, openly=True)
        self.join(world, openly, concern_id, given, openly=True)  # the very same again: answered again
        refused("concern:pass_spent", lambda: self.join(world, openly, concern_id, given, openly=False))
        refused("concern:passes_gone", pass_samples.fetch, world, openly, join_scope(concern_id))
        other = pass_samples.fetch(world, unnamed, join_scope(concern_id))
        self.join(world, unnamed, concern_id, other, openly=False)
        [listed] = world.get(author.person_key, "/v1/concerns")
        assert (listed["joins"], listed["joins_openly"]) == (2, 1)

    def test_not_in_another_name_and_not_another_concern(self, world: VaultWorld) -> None:
        author, who, victim = world.ready(), world.ready(), world.ready()
        first, second = (pass_samples.raise_openly(world, author, f"worry number {n} of mine") for n in (1, 2))
        key, given = pass_samples.fetch(world, who, join_scope(first))
        in_their_name = pass_samples.joining(first, key, who.person_key, victim.person_id)
        refused(
            "role:missing",
            world.post,
            who.person_key,
            f"/v1/concerns/{first}/joins",
            {"joining": in_their_name, "joined_with": given},
        )
        unsigned = pass_samples.joining(first, key, None, who.person_id)
        with pytest.raises(Tampered):
            world.post(who.person_key, f"/v1/concerns/{first}/joins", {"joining": unsigned, "joined_with": given})
        for concern_id in (first, second):
            elsewhere = pass_samples.joining(second, key)
            with pytest.raises(Refused) as caught:
                world.post(key, f"/v1/concerns/{concern_id}/joins", {"joining": elsewhere, "joined_with": given})
            assert caught.value.reason == "concern:pass"
        assert [each["joins"] for each in world.get(author.person_key, "/v1/concerns")] == [0, 0]


class TestAnswering:
    def test_only_the_owner_answers_and_once(self, world: VaultWorld) -> None:
        who = world.ready()
        concern_id = pass_samples.raise_openly(world, who)
        refused("concern:not_owner", answer, world, concern_id)
        for name in ("sam", "rita", "ravi"):
            refused("role:missing", answer, world, concern_id, name)
        by_ns = world.clock.wall_ns() + DAY_NS
        own(world, concern_id, "stella", by_ns)
        refused("concern:date", own, world, concern_id, "stella", by_ns + 1)
        with pytest.raises(Tampered):
            answer(world, concern_id, signer=SigningKey.generate())
        answer(world, concern_id)
        world.clock.advance(1)
        refused("concern:answered", answer, world, concern_id)
        refused("concern:answered", own, world, concern_id, "stella", by_ns)
        refused("concern:passes_gone", pass_samples.fetch, world, who, join_scope(concern_id))
        [listed] = world.get(who.device_key, "/v1/concerns")
        assert listed["answer"] is not None
        assert not listed["overdue"]

    def test_a_date_is_never_put_off(self, world: VaultWorld) -> None:
        concern_id = pass_samples.raise_openly(world, world.ready())
        refused("concern:date", own, world, concern_id, "stella", world.clock.wall_ns() + ANSWER_WITHIN_NS + 1)

    def test_one_past_its_date_blocks_widening_until_it_is_answered(self, world: VaultWorld) -> None:
        who = world.ready()
        concern_id = pass_samples.raise_openly(world, who)
        own(world, concern_id, "stella", world.clock.wall_ns() + DAY_NS)
        world.invite()
        world.clock.advance(DAY_NS)
        [listed] = world.get(who.person_key, "/v1/concerns")
        assert listed["overdue"]
        refused("concern:overdue", world.invite)
        refused("concern:overdue", lambda: world.disclose(2, retention_days=31))
        world.disclose(2, retention_days=29)  # less is always allowed
        assert world.lease(who)  # those who take part already are not kept from it
        answer(world, concern_id)
        world.invite()
        world.disclose(3, retention_days=31)


class TestTexts:
    def test_html_comes_back_as_the_text_it_was(self, world: VaultWorld) -> None:
        text = "<script>alert(1)</script><img src=x onerror=alert(2)> &amp; {{7*7}}"
        who = world.ready()
        pass_samples.raise_openly(world, who, text)
        answered = world.http.get("/v1/concerns", headers=signed_get(world, who, "/v1/concerns"))
        assert answered.headers["content-type"].startswith("application/json")
        [listed] = answered.json()
        assert json.loads(base64.b64decode(listed["concern"]["payload"]))["text"] == text

    @pytest.mark.parametrize("text", ["short", "x" * 2001, "escapes \x1b[2J the terminal", "turns \u202e around"])
    def test_texts_have_limits_and_no_control_characters(self, world: VaultWorld, text: str) -> None:
        who = world.ready()
        with pytest.raises(BadInput):
            pass_samples.raise_openly(world, who, text)
        assert world.get(who.person_key, "/v1/concerns") == []

    def test_strangers_see_none_and_ids_are_not_taken_over(self, world: VaultWorld) -> None:
        who, other = world.ready(), world.ready()
        concern_id = pass_samples.raise_openly(world, who)
        refused("role:missing", world.get, SigningKey.generate(), "/v1/concerns")
        taken = Concern(
            concern_id=concern_id, person_id=other.person_id, text="another one altogether", at_ns=world.clock.wall_ns()
        )
        with pytest.raises(Conflict):
            world.post(
                other.person_key,
                "/v1/concerns",
                {"concern": other.person_key.sign(CONCERN_TYPE, concern_format.encode(taken))},
            )
        with pytest.raises(AboveboardError):
            world.post(
                other.person_key,
                "/v1/concerns",
                {"concern": who.person_key.sign(CONCERN_TYPE, concern_format.encode(taken))},
            )

    def test_one_person_does_not_flood_the_list(self, world: VaultWorld) -> None:
        who = world.ready()
        for number in range(10):
            pass_samples.raise_openly(world, who, f"worry number {number} of mine")
        refused("concern:too_many", pass_samples.raise_openly, world, who)


def signed_get(world: VaultWorld, who: Participant, path: str) -> dict[str, str]:
    return dict(sign_headers("GET", URL + path, b"", who.person_key, now_ns=world.clock.wall_ns()))
