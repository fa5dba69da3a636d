"""Is the stored log the one that was signed, and does everything that can be read stand in it?

At the start only what was added since the last audit is hashed anew; how far that came is kept as a note that the log's
own key signed. :func:`audit` from 0 hashes all of it: ``aboveboard ledger audit``, and the keyholder while it runs.
"""

import hmac
from collections.abc import Iterator, Sequence

from aboveboard.base.errors import AboveboardError, BadInput, Tampered
from aboveboard.formats import entry as entry_format
from aboveboard.keyholder.entries import Entries, KeptCheckpoint
from aboveboard.keyholder.readings import OWN, Row, mac
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import tiles, tree, verify
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.note import Signer
from aboveboard.ledger.tiles import FULL_WIDTH, HEIGHT
from aboveboard.ledger.tree import HASH_BYTES, Hash


def audited(entries: Entries, log_key: Signer) -> int:
    """How many entries the last audit covered: 0, if its note is not this log's own or its root does not follow."""
    kept = entries.last_audit()
    if kept is None or kept.size > entries.size():
        return 0
    name = _name(entries)
    try:
        found = verify.verify_checkpoint(kept.note, name, checkpoints.log_key(name, log_key.public_bytes))
        return found.size if tree.root(entries, found.size) == found.root else 0
    except (BadInput, Tampered):
        return 0


def audit(entries: Entries, log_key: Signer, start: int = 0) -> Iterator[int]:
    """Check the log from entry ``start`` on, and every hash above them; yields how far it has come, now and then.

    Raises :class:`Tampered` at the first thing that does not hold. Of what is before ``start``, only the hashes over
    each 65,536 entries are looked at.
    """
    # 1. The last checkpoint is this log's own. (It is read first: the log may grow meanwhile.)
    signed = _signed(entries, log_key)
    # 2. There are exactly the tiles that the size asks for, and every entry that the checkpoint covers.
    size = _check_shape(entries)
    if signed is not None and size < signed.size:
        raise _wrong(f"it has {size} entries, and {signed.size} were signed")
    # 3. What is sealed lies as it was written, beside its leaf and under its person; what the keyholder itself can open
    #    belongs to its leaf; the leaves belong to the lowest hashes.
    first = start - start % FULL_WIDTH
    for at in range(first, size, FULL_WIDTH):
        rows = entries.rows(at, min(at + FULL_WIDTH, size))
        _check_rows(entries, rows, at, min(FULL_WIDTH, size - at))
        if b"".join(tree.leaf_hash(row[1]) for row in rows) != entries.tiles.tile(0, at // FULL_WIDTH, len(rows)):
            raise _wrong("its hashes are not those of its entries")
        yield at + len(rows)
    # 4. Each hash of a higher tile is that of the full tile below it.
    for tile in tiles.tiles_of(size):
        begin = first >> HEIGHT if tile.level == 1 else 0
        if tile.level and (tile.index + 1) * FULL_WIDTH > begin:
            _check_above(entries, tile, begin)
            yield size
    # 5. All of it leads to the root that was signed.
    if signed is not None and tree.root(entries, signed.size) != signed.root:
        raise _wrong("an entry that was signed has been changed, removed or inserted")


def conclude(entries: Entries, log_key: Signer, size: int) -> None:
    """Note that the first ``size`` entries are audited. Inside ``database.writing()``."""
    found = Checkpoint(_name(entries), size, tree.root(entries, size))
    entries.keep_audit(KeptCheckpoint(size, checkpoints.sign(found, log_key)))


def _name(entries: Entries) -> str:
    """The key's name under which audits are signed: no checkpoint of the log can be taken for one."""
    return f"{entries.origin}/audited"


def _signed(entries: Entries, log_key: Signer) -> Checkpoint | None:
    kept = entries.kept("signed")
    if kept is None:
        return None
    try:
        return verify.verify_checkpoint(
            kept.note, entries.origin, checkpoints.log_key(entries.origin, log_key.public_bytes)
        )
    except AboveboardError as error:
        raise _wrong(error.what) from error


def _check_shape(entries: Entries) -> int:
    size, widths = entries.shape()
    if widths != {(tile.level, tile.index): tile.width for tile in tiles.tiles_of(size)}:
        raise _wrong("its hashes are not those of its entries: some are missing, or too many")
    return size


def _check_rows(entries: Entries, rows: Sequence[Row], first: int, count: int) -> None:
    if [row[0] for row in rows] != list(range(first, first + count)):
        raise _wrong("an entry is missing")
    for index, leaf, kind, person, key_id, sealed, word in rows:
        if key_id is None or sealed is None or word is None:
            if not key_id is sealed is word is person:
                raise _wrong(f"entry {index} was erased by half")
            continue
        if not hmac.compare_digest(word, mac(entries.record, index, leaf, kind, person, key_id, sealed)):
            raise _wrong(f"entry {index}, or what it says, is not as it was entered")
        if key_id == OWN and leaf != entry_format.leaf(*entries.readings.open_own(sealed)):
            raise _wrong(f"entry {index} does not say what was entered")
    for each in {bytes(row[4]) for row in rows if row[4] is not None} - {OWN}:
        entries.readings.sealed_key(each)


def _check_above(entries: Entries, tile: tiles.Tile, begin: int) -> None:
    stored = entries.tiles.tile(tile.level, tile.index, tile.width)
    first = tile.index * FULL_WIDTH
    for index in range(max(first, begin), first + tile.width):
        below = entries.tiles.tile(tile.level - 1, index, FULL_WIDTH)
        place = (index - first) * HASH_BYTES
        if _root(below) != stored[place : place + HASH_BYTES]:
            raise _wrong("its hashes are not those of its entries")


def _root(hashes: bytes) -> Hash:
    while len(hashes) > HASH_BYTES:
        hashes = tree.parents(hashes)
    return hashes


def _wrong(why: str) -> Tampered:
    return Tampered(
        f"the stored ledger is not the one that this keyholder last signed: {why}",
        cause="the database was changed by hand, damaged, or set back to an older copy",
        fix="restore the newest backup of the keyholder's home; do not go on with this one, and tell the witnesses",
    )
