"""The participant's side: nothing that it sends or keeps gives away who raised a concern, whatever the vault tries."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from aboveboard.base.errors import BadInput, NotFound, Refused, Unavailable
from aboveboard.formats import concern as concern_format
from aboveboard.formats import envelope, passes
from aboveboard.formats.concern import ANSWER_TYPE, Answer
from aboveboard.formats.passes import KEY_TYPE, PassKey
from aboveboard.rules.concerns import RAISE_PASSES, raise_scope
from aboveboard.sealing.signatures import SigningKey
from aboveboard.viewer.concerns import FRESH_NS, Concerns
from aboveboard.viewer.passes import Passes
from samples import pass_samples
from samples.vault_world import Participant, VaultWorld


@dataclass
class Wire:
    """Carries requests to the vault, notes with which key each was asked, and can change or lose answers."""

    world: VaultWorld
    key: SigningKey
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)
    losing: set[str] = field(default_factory=set)

    def get(self, path: str) -> bytes:
        return self._ask("GET", path, b"")

    def post(self, path: str, body: bytes) -> bytes:
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: bytes) -> bytes:
        self.asked.append((self.key.public, path, body.decode()))
        if path in self.answers:
            return self.answers[path]
        answer = self.world.ask(self.key, method, path, body)
        if f"{method} {path}" in self.losing:
            self.losing.discard(f"{method} {path}")
            raise Unavailable("the answer was lost")
        return answer

    def by(self, key: SigningKey) -> "Wire":
        """The same wire, asked with a one-time key."""
        return Wire(self.world, key, self.asked, self.answers, self.losing)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path / "vault")
    pass_samples.lay_down_key(tmp_path / "vault")
    made.disclose()
    yield made
    made.close()


def page(world: VaultWorld, who: Participant, home: Path) -> tuple[Concerns, Wire]:
    home.mkdir(mode=0o700, exist_ok=True)
    wire = Wire(world, who.person_key)
    made = Concerns(
        wire,
        wire.by,
        Passes(home),
        person=who.person_key,
        person_id=who.person_id,
        keyholder_key=world.keyholder_key(),
        steward_keys=[world.key("stella").public],
        now_ns=world.clock.wall_ns,
    )
    return made, wire


def test_what_is_sent_anonymously_is_sent_with_the_passs_key_alone(world: VaultWorld, tmp_path: Path) -> None:
    who = world.ready()
    concerns, wire = page(world, who, tmp_path / "home")
    assert concerns.listed()["anonymous_left"] == RAISE_PASSES
    assert concerns.fresh()
    world.clock.advance(FRESH_NS)
    assert not concerns.listed()["anonymous_fresh"]
    wire.asked.clear()
    concern_id = concerns.raise_one("who reads all of this?", anonymously=True)
    [(key, path, body)] = wire.asked
    assert path == "/v1/concerns"
    for known in (who.person_key.public, who.device_key.public):
        assert key != known
    sent = json.loads(body)
    told = body + envelope.decode(json.dumps(sent["concern"]).encode()).body().decode()
    for known in (who.person_key.public, who.device_key.public, who.person_id, who.device_id):
        assert known not in told
    # Used once and forgotten: nothing on this machine says what it was used for.
    kept = b"".join(each.read_bytes() for each in (tmp_path / "home").iterdir())
    for trace in (key, sent["raised_with"]["signature"], concern_id, "who reads"):
        assert trace.encode() not in kept
    assert concerns.listed()["anonymous_left"] == RAISE_PASSES - 1


def test_passes_are_fetched_for_every_concern_before_anybody_wants_one(world: VaultWorld, tmp_path: Path) -> None:
    author, who = world.ready(), world.ready()
    concerns, wire = page(world, who, tmp_path / "home")
    first = pass_samples.raise_openly(world, author, "the first worry of mine")
    second = pass_samples.raise_openly(world, author, "the second worry of mine")
    listed = concerns.listed()["concerns"]
    assert {each["concern_id"]: each["can_join"] for each in listed} == {first: True, second: True}
    wire.asked.clear()
    concerns.join(second, anonymously=True)
    assert [path for _, path, _ in wire.asked] == [f"/v1/concerns/{second}/joins"]
    assert who.person_key.public not in repr(wire.asked)
    concerns.join(first, anonymously=False)
    with pytest.raises(NotFound):
        concerns.join(second, anonymously=False)
    assert [each["joins_openly"] for each in concerns.listed()["concerns"]] in ([1, 0], [0, 1])


def offer(world: VaultWorld, modulus: int, scope: str, signer: SigningKey) -> bytes:
    statement = PassKey(modulus=f"{modulus:0512x}", created_at_ns=world.clock.wall_ns())
    signed = signer.sign(KEY_TYPE, passes.encode(statement))
    return msgspec.json.encode({"key": signed, "allowances": [{"scope": scope, "left": 1}]})


def test_a_vault_that_shows_each_person_another_key_is_not_believed(world: VaultWorld, tmp_path: Path) -> None:
    who, scope = world.ready(), raise_scope(world.clock.wall_ns())
    other = pass_samples.KEY.modulus - 2
    concerns, wire = page(world, who, tmp_path / "home")
    wire.answers["/v1/passes"] = offer(world, other, scope, SigningKey.generate())
    fault = concerns.listed()["passes_fault"]
    assert fault["code"] == "tampered"
    wire.answers.clear()
    concerns.listed()
    # Even the keyholder's word for another one than before does not do.
    wire.answers["/v1/passes"] = offer(world, other, scope, world.keyholder.key)
    fault = concerns.listed()["passes_fault"]
    assert "another key than before" in fault["what"]
    concerns.raise_one("who reads all of this?", anonymously=True)  # the passes from before still hold


def test_a_vault_cannot_mark_somebody_by_a_pass_of_their_own_kind(world: VaultWorld, tmp_path: Path) -> None:
    who = world.ready()
    concerns, wire = page(world, who, tmp_path / "home")
    for scope in ("raise/1999-01", "raise/2150-12", "join/cnc_" + "0" * 26):
        wire.answers["/v1/passes"] = offer(world, pass_samples.KEY.modulus, scope, world.keyholder.key)
        assert concerns.listed()["anonymous_left"] == 0
    assert [path for _, path, body in wire.asked if path == "/v1/passes" and body] == []


def test_an_answer_that_is_lost_costs_no_pass(world: VaultWorld, tmp_path: Path) -> None:
    who = world.ready()
    concerns, wire = page(world, who, tmp_path / "home")
    wire.answers["/v1/passes"] = world.ask(who.person_key, "GET", "/v1/passes")  # the asking never arrives
    assert concerns.listed()["anonymous_left"] == 0
    wire.answers.clear()
    wire.losing.add("POST /v1/passes")  # it arrives, and the answer does not
    assert concerns.listed()["anonymous_left"] == 0
    assert concerns.listed()["anonymous_left"] == RAISE_PASSES
    wire.losing.add("POST /v1/concerns")
    with pytest.raises(Unavailable):
        concerns.raise_one("who reads all of this?", anonymously=True)
    # It was taken: the same pass is not good for another, and is not offered again.
    with pytest.raises(Refused):
        concerns.raise_one("another worry altogether", anonymously=True)
    concerns.raise_one("another worry altogether", anonymously=True)
    assert len(concerns.listed()["concerns"]) == 2


def test_what_the_vault_lists_is_checked(world: VaultWorld, tmp_path: Path) -> None:
    who, author = world.ready(), world.ready()
    concerns, wire = page(world, who, tmp_path / "home")
    given = pass_samples.fetch(world, author, raise_scope(world.clock.wall_ns()))
    concern_id = pass_samples.raise_anonymously(world, *given)
    assert concerns.listed()["concerns"][0]["checked"]
    [listed] = json.loads(world.ask(who.person_key, "GET", "/v1/concerns"))
    forged = Answer(
        concern_id=concern_id,
        by=world.staff_id("stella"),
        by_name="stella",
        text="there is nothing to see here",
        at_ns=world.clock.wall_ns(),
    )
    made_up = world.key("ravi").sign(ANSWER_TYPE, concern_format.encode(forged))
    wire.answers["/v1/concerns"] = msgspec.json.encode([listed | {"answer": made_up}])
    assert concerns.listed()["concerns"][0]["answer"] is None
    changed = listed | {"raised_with": listed["raised_with"] | {"signature": "7" * 512}}
    wire.answers["/v1/concerns"] = msgspec.json.encode([changed])
    assert not concerns.listed()["concerns"][0]["checked"]
    wire.answers["/v1/concerns"] = b'{"not": "a list"}'
    with pytest.raises(BadInput):
        concerns.listed()


def test_a_text_that_does_not_fit_is_refused_before_a_pass_is_used(world: VaultWorld, tmp_path: Path) -> None:
    concerns, _ = page(world, world.ready(), tmp_path / "home")
    for text in ("short", "x" * 2001, "a bell \a rings in the terminal"):
        with pytest.raises(BadInput, match="cannot be raised"):
            concerns.raise_one(text, anonymously=True)
    assert concerns.listed()["anonymous_left"] == RAISE_PASSES
