"""Can a checkpoint or a proof be bent without anyone noticing?"""

import pytest

from aboveboard.base.errors import AboveboardError, BadInput, Tampered
from aboveboard.ledger import checkpoint, note, tree, verify
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.tree import MemoryStore
from aboveboard.sealing.signatures import SigningKey

ORIGIN = "keyholder.example/ledger"
LOG, WITNESS, SECOND, STRANGER = (SigningKey.from_private_bytes(bytes([number] * 32)) for number in (1, 2, 3, 4))
LOG_KEY = checkpoint.log_key(ORIGIN, LOG.public_bytes)
WITNESS_KEY = checkpoint.witness_key("council.example/w", WITNESS.public_bytes)
SECOND_KEY = checkpoint.witness_key("auditor.example/w", SECOND.public_bytes)
LEAVES = [b"aboveboard.entry/1\n%064x\n" % number for number in range(21)]
STORE = MemoryStore()
SIZE = tree.append(STORE, 0, [tree.leaf_hash(leaf) for leaf in LEAVES])
POINT = Checkpoint(ORIGIN, SIZE, tree.root(STORE, SIZE))


def witnessed(point: Checkpoint = POINT, *keys: tuple[str, SigningKey], log: SigningKey = LOG) -> str:
    """``point`` signed by the log and cosigned by ``keys`` (by default the first witness)."""
    data = checkpoint.sign(point, log)
    for name, key in keys or (("council.example/w", WITNESS),):
        data = checkpoint.add_signatures(data, note.cosign(point.text(), name, key, 1_700_000_000).line())
    return data


GOOD = witnessed()


def verified(data: str, *, quorum: int = 1) -> Checkpoint:
    return verify.verify_checkpoint(data, ORIGIN, LOG_KEY, [WITNESS_KEY, SECOND_KEY], quorum)


def test_the_good_checkpoint_is_good() -> None:
    assert verified(GOOD) == POINT


def test_no_changed_bit_of_a_checkpoint_goes_unnoticed() -> None:
    raw = GOOD.encode()
    for bit in range(len(raw) * 8):
        broken = bytearray(raw)
        broken[bit // 8] ^= 1 << (bit % 8)
        try:
            text = broken.decode()
        except UnicodeDecodeError:
            continue
        with pytest.raises((BadInput, Tampered)):
            verified(text)


def test_no_part_of_a_checkpoint_is_enough() -> None:
    for end in range(len(GOOD)):
        with pytest.raises((BadInput, Tampered)):
            verified(GOOD[:end])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(checkpoint.sign(POINT, LOG), id="without_the_witness"),
        pytest.param(witnessed(log=STRANGER), id="signed_by_a_stranger"),
        pytest.param(witnessed(POINT, ("stranger.example/w", STRANGER)), id="witnessed_by_a_stranger"),
        pytest.param(witnessed(POINT, ("council.example/w", STRANGER)), id="a_stranger_under_the_witness_s_name"),
        pytest.param(witnessed(POINT, ("council.example/w", LOG)), id="the_log_as_its_own_witness"),
        pytest.param(witnessed(Checkpoint("other.example/log", SIZE, POINT.root)), id="another_log"),
        pytest.param(
            checkpoint.add_signatures(
                checkpoint.sign(POINT, LOG), note.sign(POINT.text(), "council.example/w", WITNESS).line()
            ),
            id="a_plain_signature_in_place_of_a_cosignature",
        ),
        pytest.param(
            checkpoint.add_signatures(
                checkpoint.sign(POINT, LOG),
                note.cosign(
                    Checkpoint(ORIGIN, 20, tree.root(STORE, 20)).text(), "council.example/w", WITNESS, 1
                ).line(),
            ),
            id="the_witness_s_line_from_an_older_checkpoint",
        ),
    ],
)
def test_forged_checkpoints_are_refused(data: str) -> None:
    with pytest.raises(Tampered):
        verified(data)


def test_one_witness_counts_once() -> None:
    line = [note.cosign(POINT.text(), "council.example/w", WITNESS, at).line() for at in (1, 2, 3)]
    data = checkpoint.add_signatures(checkpoint.sign(POINT, LOG), "".join(line))
    assert verified(data, quorum=1) == POINT
    with pytest.raises(Tampered, match="1 of the 2"):
        verified(data, quorum=2)
    both = witnessed(POINT, ("council.example/w", WITNESS), ("auditor.example/w", SECOND))
    assert verified(both, quorum=2) == POINT


@pytest.mark.parametrize(
    ("log", "witnesses", "quorum"),
    [
        pytest.param(LOG_KEY, [], 1, id="a_quorum_of_nobody"),
        pytest.param(LOG_KEY, [WITNESS_KEY], 2, id="a_quorum_that_cannot_be_met"),
        pytest.param(LOG_KEY, [WITNESS_KEY], -1, id="less_than_none"),
        pytest.param(LOG_KEY, [WITNESS_KEY, WITNESS_KEY], 2, id="one_witness_twice"),
        pytest.param(
            LOG_KEY,
            [WITNESS_KEY, checkpoint.witness_key("other.example/name", WITNESS.public_bytes)],
            2,
            id="one_key_under_two_names",
        ),
        pytest.param(LOG_KEY, [checkpoint.witness_key("w", LOG.public_bytes)], 1, id="the_log_is_its_own_witness"),
        pytest.param(WITNESS_KEY, [WITNESS_KEY], 1, id="a_witness_s_key_for_the_log"),
        pytest.param(LOG_KEY, [LOG_KEY], 1, id="a_log_s_key_for_a_witness"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(log: str, witnesses: list[str], quorum: int) -> None:
    with pytest.raises(BadInput):
        verify.verify_checkpoint(GOOD, ORIGIN, log, witnesses, quorum)


@pytest.mark.parametrize("index", [0, 7, 15, 16, 20])
def test_no_changed_bit_of_an_inclusion_proof_goes_unnoticed(index: int) -> None:
    hashes = tree.inclusion_proof(STORE, index, SIZE)
    verify.verify_inclusion(LEAVES[index], index, hashes, POINT)
    for at, value in enumerate(hashes):
        for bit in range(256):
            broken = bytearray(value)
            broken[bit // 8] ^= 1 << (bit % 8)
            with pytest.raises(Tampered):
                verify.verify_inclusion(LEAVES[index], index, [*hashes[:at], bytes(broken), *hashes[at + 1 :]], POINT)
        with pytest.raises(Tampered):
            verify.verify_inclusion(LEAVES[index], index, [*hashes[:at], *hashes[at + 1 :]], POINT)
    with pytest.raises(Tampered):
        verify.verify_inclusion(LEAVES[index] + b" ", index, hashes, POINT)


def test_an_inner_node_does_not_pass_for_an_entry() -> None:
    # The two children of a node, taken for the bytes of a leaf one level higher, with the rest of the proof.
    hashes = tree.inclusion_proof(STORE, 0, 2)
    node = tree.leaf_hash(LEAVES[0]) + hashes[0]
    with pytest.raises(Tampered):
        verify.verify_inclusion(node, 0, [], Checkpoint(ORIGIN, 1, tree.root(STORE, 2)))


def test_a_log_that_went_back_or_forked_is_noticed() -> None:
    older = Checkpoint(ORIGIN, 13, tree.root(STORE, 13))
    verify.verify_consistency(older, POINT, tree.consistency_proof(STORE, 13, SIZE))
    with pytest.raises(Tampered, match="shrank"):
        verify.verify_consistency(POINT, older, [])
    with pytest.raises(Tampered, match="same size"):
        verify.verify_consistency(POINT, Checkpoint(ORIGIN, SIZE, bytes(32)), [])
    with pytest.raises(Tampered, match="different logs"):
        verify.verify_consistency(Checkpoint("other.example/log", 13, older.root), POINT, [])


def test_errors_say_what_to_do() -> None:
    with pytest.raises(AboveboardError) as caught:
        verified(checkpoint.sign(POINT, LOG))
    assert caught.value.code == "tampered"
    assert caught.value.fix
