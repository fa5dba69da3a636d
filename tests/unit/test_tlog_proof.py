"""Does a proof file (C2SP tlog-proof) prove its entry, in its one form, and nothing else?"""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.errors import AboveboardError, BadInput, NotFound, Tampered
from aboveboard.commands.ledger_files import prove
from aboveboard.formats import entry as entry_format
from aboveboard.formats.trust import Trust
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import note, tiles, tlog_proof, tree, verify
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.tlog_proof import LogProof
from aboveboard.sealing.signatures import SigningKey

ORIGIN, WITNESS = "keyholder.example/ledger", "witness.example/council"
LOG, COUNCIL = (SigningKey.from_private_bytes(bytes([number] * 32)) for number in (1, 2))
TRUST = Trust(
    origin=ORIGIN,
    log_key=checkpoints.log_key(ORIGIN, LOG.public_bytes),
    witness_keys=[checkpoints.witness_key(WITNESS, COUNCIL.public_bytes)],
    quorum=1,
)
SALT, READABLE = bytes(range(32)), b'{"type":"revoked"}'
SIZE, INDEX = 300, 258
LEAVES = [entry_format.leaf(SALT, READABLE + b" " * number) for number in range(SIZE)]
LEAVES[INDEX] = entry_format.leaf(SALT, READABLE)
STORE = tree.MemoryStore()
tree.append(STORE, 0, [tree.leaf_hash(leaf) for leaf in LEAVES])
HEAD = Checkpoint(ORIGIN, SIZE, tree.root(STORE, SIZE))
NOTE = checkpoints.add_signatures(checkpoints.sign(HEAD, LOG), note.cosign(HEAD.text(), WITNESS, COUNCIL, 1).line())
HASHES = tuple(tree.inclusion_proof(STORE, INDEX, SIZE))
PROOF = LogProof(SALT + READABLE, INDEX, HASHES, NOTE)


def check(data: bytes) -> Checkpoint:
    found = tlog_proof.parse(data)
    return verify.verify_proof(found, TRUST.origin, TRUST.log_key, TRUST.witness_keys, TRUST.quorum)


def test_a_proof_holds_with_what_the_entry_says_or_with_the_bare_leaf() -> None:
    text = PROOF.encode()
    assert text.startswith(f"c2sp.org/tlog-proof@v1\nextra {base64.b64encode(SALT + READABLE).decode()}\nindex 258\n")
    assert tlog_proof.parse(text.encode()) == PROOF
    assert check(text.encode()) == HEAD
    assert PROOF.readable() == READABLE
    bare = LogProof(LEAVES[INDEX], INDEX, HASHES, NOTE)
    assert check(bare.encode().encode()) == HEAD
    assert bare.readable() is None


@given(st.integers(0, len(PROOF.encode().encode()) - 1), st.integers(0, 7))
def test_no_bit_of_it_can_be_changed(at: int, bit: int) -> None:
    data = bytearray(PROOF.encode().encode())
    data[at] ^= 1 << bit
    try:
        check(bytes(data))
    except AboveboardError:
        return
    # A signature line by a key that nobody pinned counts for nothing: a changed name makes it one. Here two are needed.
    raise AssertionError(bytes(data))


@given(st.binary(max_size=400))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    for candidate in (data, b"c2sp.org/tlog-proof@v1\n" + data, b"c2sp.org/tlog-proof@v1\nindex 0\n" + data):
        try:
            found = tlog_proof.parse(candidate)
        except BadInput:
            continue
        assert found.encode().encode() == candidate


@pytest.mark.parametrize(
    "bend",
    [
        lambda text: text.replace("@v1", "@v2"),
        lambda text: text.replace("index 258", "index 0258"),
        lambda text: text.replace("index 258", "index -1"),
        lambda text: text.replace("index 258\n", ""),
        lambda text: text.replace("\n\n", "\n", 1),
        lambda text: text.replace("index 258\n", "index 258\n" + ("A" * 43 + "=\n") * 64),
        lambda text: text.replace("index 258\n", "index 258\nAAAA\n"),
        lambda text: text.replace("extra ", "extra  "),
        lambda text: "\n" + text,
        lambda text: text + "x" * tlog_proof.LIMIT_BYTES,
    ],
)
def test_other_forms_are_refused(bend: object) -> None:
    with pytest.raises(BadInput):
        check(bend(PROOF.encode()).encode())  # type: ignore[operator]


def test_another_entry_s_words_or_place_are_refused() -> None:
    for bent in (
        LogProof(SALT + READABLE + b" ", INDEX, HASHES, NOTE),
        LogProof(SALT + READABLE, INDEX - 1, HASHES, NOTE),
        LogProof(SALT + READABLE, INDEX, HASHES[:-1], NOTE),
        LogProof(SALT + READABLE, INDEX, HASHES, checkpoints.sign(HEAD, LOG)),
    ):
        with pytest.raises(Tampered):
            check(bent.encode().encode())
    with pytest.raises(BadInput, match="does not carry the entry"):
        check(LogProof(b"", INDEX, HASHES, NOTE).encode().encode())


class Served:
    """The log as its keyholder serves it; ``lie`` changes the answers."""

    def __init__(self, lie: bytes = b"") -> None:
        self.lie = lie

    def get(self, path: str) -> bytes:
        if path == "/ledger/checkpoint":
            return NOTE.encode()
        name = path.removeprefix("/ledger/tile/")
        if name.startswith("entries/"):
            wanted = tiles.parse_path("0/" + name.removeprefix("entries/"))
            first = wanted.index * tiles.FULL_WIDTH
            return tiles.encode_bundle(LEAVES[first : first + wanted.width]) + self.lie
        wanted = tiles.parse_path(name)
        return tiles.tile(STORE, wanted.level, wanted.index, wanted.width)


def test_whoever_reaches_the_log_can_make_one(tmp_path: Path) -> None:
    for index in (0, 255, 256, 299):
        proof = prove(Served(), TRUST, index)
        assert proof.leaf() == LEAVES[index]
        assert check(proof.encode().encode()) == HEAD
    with pytest.raises(NotFound, match="300 entries"):
        prove(Served(), TRUST, SIZE)
    with pytest.raises(Tampered, match="wrong length"):
        prove(Served(b"x"), TRUST, 0)
