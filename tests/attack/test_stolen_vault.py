"""Somebody takes all that the vault has: its folder, its database, a backup of it, its keys, and its place before the
keyholder. Nothing opens: neither with what lies there, nor by asking in the vault's name.

What a thief could ask for is asked here of a real keyholder, and every answer is searched for a key that opens.
"""

import base64
import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, BadInput
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import age_header
from aboveboard.formats import release as release_format
from aboveboard.formats.custody import KeyRequest
from aboveboard.formats.envelope import encode_base64
from aboveboard.formats.rekey import RekeyItem, RekeyRequest
from aboveboard.formats.release import ReleaseRequest
from aboveboard.keyholder import custody, endings, policy
from aboveboard.keyholder import release as steps
from aboveboard.keyholder.rekey import rekey
from aboveboard.rules.decision import ALLOWED
from aboveboard.sealing import file_key
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey
from samples.keyholder_programme import DAY_NS, Member, Participant, Programme, Segment, ask, item
from samples.segments import plain_of, plain_with
from samples.vault_world import VaultWorld
from samples.witness_process import WitnessProcess, running_witness

PLAIN = b"what was recorded, and nobody else is to read"


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def programme(tmp_path: Path, witness: WitnessProcess) -> Iterator[Programme]:
    made = Programme(tmp_path, [witness])
    yield made
    made.close()


def candidates(data: bytes) -> Iterator[bytes]:
    """Every 32 bytes of ``data`` that could be a key: as they lie there, in hex, and in base64."""
    for start in range(max(0, len(data) - 31)):
        yield data[start : start + 32]
    for line in data.split():
        for decode in (bytes.fromhex, base64.b64decode):
            try:
                found = decode(line.decode())  # type: ignore[operator]
            except ValueError:
                continue
            yield from (found[start : start + 32] for start in range(max(0, len(found) - 31)))


def keys_in(folder: Path) -> Iterator[bytes]:
    """The secret of every key file, as it is and as a thief would bend it to another use."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix != ".key":
            continue
        content = path.read_bytes()
        yield from candidates(content)
        if b"PRIVATE KEY" in content:
            private = load_pem_private_key(content, password=None)
            raw = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            yield raw[-32:]
            yield hashlib.sha512(raw[-32:]).digest()[:32]  # Ed25519's scalar, for X25519


def opens(secret: bytes, header: bytes) -> bool:
    try:
        return bool(file_key.unwrap(header, Identity(secret)))
    except AboveboardError:
        return False


def test_nothing_that_lies_in_the_vault_or_its_backup_opens_a_segment(tmp_path: Path) -> None:
    world = VaultWorld(tmp_path / "vault")
    who = world.ready()
    one = world.recorded(who, plain=PLAIN)
    world.take_in(who, one)
    world.close()
    header = age_header.split(one.sealed)[0]
    stolen = b"".join(path.read_bytes() for path in sorted(world.home.rglob("*")) if path.is_file())
    assert one.sealed in stolen, "the thief has the sealed file"
    assert PLAIN not in stolen
    assert b"AGE-SECRET-KEY-" not in stolen.upper()
    tried = list(dict.fromkeys(keys_in(world.home)))
    assert len(tried) > 50, "the thief has keys"
    assert [secret for secret in tried if opens(secret, header)] == []
    # The two that open it are nowhere: neither as bytes nor as text.
    for identity in (who.identity, world.keyholder.identities[who.person_id]):
        assert opens(identity.scalar(), header), "the search would see one that opens"
        for form in (identity.scalar(), identity.scalar().hex().encode(), base64.b64encode(identity.scalar())):
            assert form not in stolen


class Thief:
    """Has the vault's key, and so its place; every header; and keys of their own."""

    def __init__(self, programme: Programme, ada: Participant, segment: Segment) -> None:
        self.programme, self.ada, self.segment = programme, ada, segment
        self.key, self.identity = SigningKey.generate(), Identity.generate()
        self.researcher = Member.new("Thea", "researcher")
        self.approvers = [Member.new("Theo", "security"), Member.new("Tina", "representative")]
        self.answers: list[bytes] = []

    def ask(self, attempt: "itertools.chain[object] | object") -> None:
        """Note whatever comes back."""
        try:
            self.answers.append(msgspec.json.encode(attempt() if callable(attempt) else attempt))
        except AboveboardError as error:
            self.answers.append(str(error).encode())

    def releases(self, asked: ReleaseRequest) -> None:
        self.ask(lambda: steps.release(self.programme.desk, self.programme.vault.public, asked))

    def forged(self) -> ReleaseRequest:
        """A grant, all of it signed by the thief's own people."""
        request = self.programme.request(
            [self.ada], requester=self.researcher.staff.staff_id, recipient=self.identity.recipient
        )
        approvals = [self.programme.approval(request, each) for each in self.approvers]
        signed = self.programme.sign_request(request, self.researcher.key)
        return ask(self.programme.grant_of(request, approvals, signed), [self.segment])

    def borrowed(self) -> ReleaseRequest:
        """A grant that real staff gave, with the thief's recipient written into it."""
        genuine = self.programme.request([self.ada])
        approvals = [
            self.programme.approval(genuine, each) for each in (self.programme.security, self.programme.representative)
        ]
        changed = msgspec.structs.replace(genuine, recipient=self.identity.recipient)
        signed = self.programme.sign_request(changed, self.programme.vault)
        return ask(self.programme.grant_of(changed, approvals, signed), [self.segment])


def test_in_the_vault_s_name_the_keyholder_hands_out_nothing_that_opens(programme: Programme) -> None:
    ada = programme.enrol()
    segment = programme.segment(ada, PLAIN)
    thief = Thief(programme, ada, segment)
    vault, desk = programme.vault.public, programme.desk
    # Old grants that lie in the stolen database: one has run out, one was revoked.
    over = programme.granted([ada], duration_ns=SECOND_NS)
    ended = programme.granted([ada])
    endings.revoke(desk, programme.revocation(ended.grant_id, programme.steward))
    programme.clock.wall += DAY_NS
    for grant in (over, ended):
        thief.releases(ask(grant, [segment]))
    thief.releases(thief.forged())
    thief.releases(thief.borrowed())
    # Another key in Ada's name, Ada's key for somebody else, newer keys, and consents of the thief's own.
    mallory = Participant(new_id(Kind.PERSON), thief.key, thief.identity, ada.recipient)
    for person_id, key in ((ada.person_id, thief.key), (mallory.person_id, ada.key), (mallory.person_id, thief.key)):
        asked = KeyRequest(person_id=person_id, person_key=key.public)
        thief.ask(lambda asked=asked: custody.create_key(desk, vault, asked))
    renewed = KeyRequest(person_id=ada.person_id, person_key=ada.key.public, renew=True)
    thief.ask(lambda: custody.create_key(desk, vault, renewed))
    filing = programme.filing(mallory, programme.disclose())
    thief.ask(lambda: custody.file_consent(desk, vault, filing))
    # Ada's segment as the thief's own, who is enrolled now and has consented; and moved to a newer key.
    own = programme.granted([mallory], recipient=thief.identity.recipient)
    thief.releases(ReleaseRequest(grant=own, items=[item(segment, person_id=mallory.person_id)]))
    for person_id in (ada.person_id, mallory.person_id):
        moved = RekeyRequest(
            person_id=person_id,
            items=[RekeyItem(segment_id=segment.segment_id, key_epoch=0, header=encode_base64(segment.header))],
        )
        thief.ask(lambda moved=moved: rekey(desk, vault, moved))
    assert len(thief.answers) == 12
    everything = b"\n".join(thief.answers)
    assert sum(b"entry_index" in each for each in thief.answers) == 0, "no release was answered"
    headers = [segment.header, *headers_in(everything)]
    assert len(headers) == 2, "the one that was moved came back"
    for header, secret in itertools.product(headers, (thief.identity.scalar(), programme.vault.private_bytes())):
        assert not opens(secret, header)
    assert not any(opens(secret, header) for header in headers for secret in candidates(everything[:2000]))
    # Ada herself still opens it, by every header.
    for header in headers:
        assert plain_of(age_header.swap(segment.sealed, header), ada.identity) == PLAIN


def headers_in(answers: bytes) -> list[bytes]:
    """Every age header in what came back, with or without a payload after it."""
    found = []
    for word in answers.replace(b'"', b" ").split():
        try:
            data = base64.b64decode(word, validate=True)
            header = data[: data.index(b"\n", data.index(b"\n--- ") + 1) + 1]
            age_header.parse(header)
        except (ValueError, BadInput):
            continue
        found.append(header)
    return found


def test_without_the_keyholder_s_own_roster_and_rules_the_forged_grant_would_open_it(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search above would see a key: with the protections gone, the thief's own grant gives one."""
    ada = programme.enrol()
    segment = programme.segment(ada, PLAIN)
    thief = Thief(programme, ada, segment)
    programme.write_roster([*programme.members, thief.researcher, *thief.approvers])
    monkeypatch.setattr(policy, "may_release_of", lambda *_, **__: ALLOWED)
    thief.releases(thief.forged())
    [header] = headers_in(thief.answers[0])
    assert opens(thief.identity.scalar(), header)
    [key] = release_format.decode_answer(thief.answers[0]).keys
    assert plain_with(segment.sealed, key.sealed, thief.identity) == PLAIN
