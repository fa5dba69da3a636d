"""What do the hashes of the log say, and how are its proofs made?

The Merkle tree of RFC 6962, section 2.1, over SHA-256. Nodes rest in a store that the caller owns; node ``(level, i)``
is the hash of the complete subtree over the leaves ``[i · 2^level, (i + 1) · 2^level)``. A node, once written, never
changes, and only complete subtrees are stored: the ragged right edge is hashed anew each time.
"""

import hashlib
from collections.abc import Sequence
from typing import Protocol

from aboveboard.base.errors import BadInput

HASH_BYTES = 32
SIZE_LIMIT = 2**62
"""More leaves than any log will hold; keeps every proof below 64 hashes."""

Hash = bytes
"""32 bytes of SHA-256."""

EMPTY_ROOT: Hash = hashlib.sha256(b"").digest()


class NodeReader(Protocol):
    """Where the hashes of complete subtrees are read."""

    def get(self, level: int, index: int) -> Hash:
        """The hash of node ``(level, index)``; the reader MUST raise if it does not have it."""
        ...


class NodeStore(NodeReader, Protocol):
    """Where they are read and written. Writes become durable when the caller says so, together with the new size."""

    def put(self, level: int, index: int, value: Hash) -> None:
        """Keep the hash of node ``(level, index)``. Writing the same value again is harmless."""
        ...


class MemoryStore:
    """Nodes in memory."""

    def __init__(self) -> None:
        self.nodes: dict[tuple[int, int], Hash] = {}

    def get(self, level: int, index: int) -> Hash:
        return self.nodes[level, index]

    def put(self, level: int, index: int, value: Hash) -> None:
        self.nodes[level, index] = value


class ReadOnce:
    """Reads each node once: for many proofs in one tree, which share most of theirs."""

    def __init__(self, nodes: NodeReader) -> None:
        self._nodes = nodes
        self._known: dict[tuple[int, int], Hash] = {}

    def get(self, level: int, index: int) -> Hash:
        found = self._known.get((level, index))
        if found is None:
            found = self._known[level, index] = self._nodes.get(level, index)
        return found


def leaf_hash(leaf: bytes) -> Hash:
    """The hash of a leaf: SHA-256 of ``0x00 ‖ leaf``."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """The hash of two children: SHA-256 of ``0x01 ‖ left ‖ right``."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def parents(hashes: bytes) -> bytes:
    """The hashes of each two of ``hashes`` (32 bytes each, an even number of them), one level up."""
    sha256 = hashlib.sha256
    pairs = range(0, len(hashes), 2 * HASH_BYTES)
    return b"".join([sha256(b"\x01" + hashes[at : at + 2 * HASH_BYTES]).digest() for at in pairs])


def append(store: NodeStore, size: int, leaf_hashes: Sequence[Hash]) -> int:
    """Put leaves after the first ``size`` and every subtree they complete; return the new size.

    Writes fewer than two nodes per leaf on average. Raises :class:`BadInput` for a hash that is not 32 bytes.
    """
    _check(0 <= size <= SIZE_LIMIT - len(leaf_hashes), "the log would outgrow its limit")
    _check(all(len(value) == HASH_BYTES for value in leaf_hashes), f"a leaf hash has {HASH_BYTES} bytes")
    for value in leaf_hashes:
        store.put(0, size, value)
        level, index, joined = 0, size, value
        while index & 1:
            joined = node_hash(store.get(level, index - 1), joined)
            level, index = level + 1, index >> 1
            store.put(level, index, joined)
        size += 1
    return size


def root(store: NodeReader, size: int) -> Hash:
    """The root of the tree over the first ``size`` leaves; of none, SHA-256 of nothing."""
    _check(0 <= size <= SIZE_LIMIT, "there is no log of this size")
    return _range(store, 0, size) if size else EMPTY_ROOT


def root_of(leaf_hashes: Sequence[Hash]) -> Hash:
    """The root over these leaves, computed from nothing else: what an auditor compares a checkpoint with."""
    peaks: list[Hash] = []
    for count, value in enumerate(leaf_hashes):
        peaks = with_leaf(peaks, count, value)
    return root_of_peaks(peaks)


def with_leaf(peaks: list[Hash], size: int, leaf_hash: Hash) -> list[Hash]:
    """The peaks of a tree of ``size`` leaves, with one leaf more. Peaks are the roots of its whole subtrees, largest
    first: all that must be kept of what was read. The list that is given is used up."""
    while size & 1:
        leaf_hash = node_hash(peaks.pop(), leaf_hash)
        size >>= 1
    peaks.append(leaf_hash)
    return peaks


def root_of_peaks(peaks: Sequence[Hash]) -> Hash:
    """The root of the tree that has these peaks."""
    if not peaks:
        return EMPTY_ROOT
    joined = peaks[-1]
    for peak in reversed(peaks[:-1]):
        joined = node_hash(peak, joined)
    return joined


def inclusion_proof(store: NodeReader, index: int, size: int) -> list[Hash]:
    """The audit path of leaf ``index`` in the tree over the first ``size`` leaves (RFC 6962, 2.1.1), leaf to root."""
    _check(0 <= index < size <= SIZE_LIMIT, "there is no such leaf in a log of this size")
    path: list[Hash] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(_range(store, middle, end))
            end = middle
        else:
            path.append(_range(store, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(store: NodeReader, old_size: int, new_size: int) -> list[Hash]:
    """The proof that the first ``old_size`` leaves of the log are still its first (RFC 6962, 2.1.2).

    Empty if ``old_size`` is zero or equals ``new_size``.
    """
    _check(0 <= old_size <= new_size <= SIZE_LIMIT, "a log cannot shrink")
    if old_size in (0, new_size):
        return []
    path: list[Hash] = []
    start, end, known = 0, new_size, True
    while old_size != end:
        middle = start + split(end - start)
        if old_size <= middle:
            path.append(_range(store, middle, end))
            end = middle
        else:
            path.append(_range(store, start, middle))
            start, known = middle, False
    # Where the old tree is itself the subtree reached, the verifier knows its hash: it is the old root.
    return ([] if known else [_range(store, start, end)]) + path[::-1]


def split(count: int) -> int:
    """The largest power of two below ``count`` (at least 2): how many leaves go to the left."""
    return 1 << ((count - 1).bit_length() - 1)


def _range(store: NodeReader, start: int, end: int) -> Hash:
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        value = store.get(level, start >> level)
        _check(len(value) == HASH_BYTES, f"node {level}/{start >> level} of the store is not {HASH_BYTES} bytes")
        return value
    middle = start + split(count)
    return node_hash(_range(store, start, middle), _range(store, middle, end))


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise BadInput(what, cause="a size, an index or a hash is out of its range", fix="ask within the log's size")
