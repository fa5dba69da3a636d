"""Does this proof tie this leaf, or this older tree, to that root?

The verification algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2 (the same trees and proofs as RFC 6962). They
return nothing: a proof that does not hold raises :class:`Tampered`, so that no caller can forget to look at an answer.
"""

from collections.abc import Sequence
from typing import NoReturn

from aboveboard.base.errors import Tampered
from aboveboard.ledger.tree import EMPTY_ROOT, HASH_BYTES, SIZE_LIMIT, Hash, node_hash


def check_inclusion(leaf_hash: Hash, index: int, size: int, proof: Sequence[Hash], root: Hash) -> None:
    """Return if ``leaf_hash`` is leaf ``index`` of the tree of ``size`` leaves with ``root``; or raise."""
    # 1. Index, size and hashes have their shapes.
    if not 0 <= index < size <= SIZE_LIMIT:
        _refuse("an index is outside the log")
    _check_shapes([leaf_hash, root, *proof])
    # 2. Walk from the leaf to the root, hashing in the sibling of each level.
    number, last, value = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            _refuse("an inclusion proof is too long")
        if number & 1 or number == last:
            value = node_hash(sibling, value)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        number, last = number >> 1, last >> 1
    # 3. The walk ended at the top, at the root that the checkpoint names.
    if last != 0 or value != root:
        _refuse("an inclusion proof does not lead to the log's root")


def check_consistency(old_size: int, old_root: Hash, new_size: int, new_root: Hash, proof: Sequence[Hash]) -> None:
    """Return if the old tree is a prefix of the new one; otherwise raise :class:`Tampered`."""
    # 1. Sizes and hashes have their shapes.
    if not 0 <= old_size <= new_size <= SIZE_LIMIT:
        _refuse("the log shrank")
    _check_shapes([old_root, new_root, *proof])
    # 2. From nothing, and from a tree to itself, there is nothing to prove, and the proof must be empty.
    if old_size in (0, new_size):
        if proof:
            _refuse("a consistency proof is too long")
        if old_size == new_size and old_root != new_root:
            _refuse("two different logs of the same size were signed")
        if old_size == 0 and old_root != EMPTY_ROOT:
            _refuse("the root of an empty log is wrong")
        return
    if not proof:
        _refuse("a consistency proof is missing")
    # 3. Rebuild both roots at once from the subtrees they share. An old tree that is itself a subtree is not repeated.
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    # 4. Both are the roots that were signed.
    if _rebuild(old_size, new_size, path) != (old_root, new_root):
        _refuse("the log was changed: it no longer contains what it once did")


def _rebuild(old_size: int, new_size: int, path: Sequence[Hash]) -> tuple[Hash, Hash]:
    number, last = old_size - 1, new_size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old_value = new_value = path[0]
    for sibling in path[1:]:
        if last == 0:
            _refuse("a consistency proof is too long")
        if number & 1 or number == last:
            old_value, new_value = node_hash(sibling, old_value), node_hash(sibling, new_value)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            new_value = node_hash(new_value, sibling)
        number, last = number >> 1, last >> 1
    if last != 0:
        _refuse("a consistency proof is too short")
    return old_value, new_value


def _check_shapes(hashes: Sequence[Hash]) -> None:
    if len(hashes) > 2 + 64 or any(len(value) != HASH_BYTES for value in hashes):
        _refuse("a proof has the wrong shape")


def _refuse(what: str) -> NoReturn:
    raise Tampered(
        what,
        cause="entries were removed, changed or inserted, or the answer was altered on the way",
        fix="keep the checkpoint and the proof as evidence, and tell the witness",
    )
