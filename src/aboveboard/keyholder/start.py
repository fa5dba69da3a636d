"""May the keyholder start?

Only if it is alone in its folder, its backend wraps and destroys as promised, and the stored log is the one that it
last signed. What a crash left half done is finished first: an erasure, or a checkpoint over durable entries.
"""

import os

from aboveboard.base.clock import Clock
from aboveboard.base.errors import AboveboardError, SetupMissing
from aboveboard.keyholder import backends, publish
from aboveboard.keyholder.backends.file import FileBackend
from aboveboard.keyholder.database import Database
from aboveboard.keyholder.desk import Desk, origin_of
from aboveboard.keyholder.entries import Entries
from aboveboard.keyholder.grants import Grants
from aboveboard.keyholder.home import KeyholderHome
from aboveboard.keyholder.people import People
from aboveboard.keyholder.witnesses import open_witnesses
from aboveboard.ledger import verify


def open_desk(home: KeyholderHome, clock: Clock) -> Desk:
    """Start up; raises :class:`SetupMissing`, or :class:`Conflict` if another keyholder runs in ``home``."""
    home.prepare()
    descriptor = home.lock()
    try:
        database = Database(home.database_path)
    except BaseException:
        os.close(descriptor)
        raise
    try:
        people = People(database)
        backend = FileBackend(home.path, create=not people.any_keys())
        log_key = home.log_key()
        desk = Desk(
            home=home,
            clock=clock,
            database=database,
            backend=backend,
            people=people,
            grants=Grants(database),
            entries=Entries(database, origin_of(log_key)),
            log_key=log_key,
            statement_key=home.statement_key(),
            vault_key=home.vault_key(),
            witnesses=open_witnesses(home.witnesses()),
            lock_descriptor=descriptor,
        )
        backends.prove(backend)
        check_ledger(desk)
        finish_erasures(desk)
        publish.sign_checkpoint(desk)
    except BaseException:
        database.close()
        os.close(descriptor)
        raise
    return desk


def check_ledger(desk: Desk) -> None:
    """Is the stored log the one that was last signed? Raises :class:`SetupMissing`: the keyholder does not start."""
    # 1. The hashes kept for proofs are those of the leaves, and the leaves are those of what can be read.
    if not desk.entries.nodes_fit():
        raise _not_ours("its hashes are not those of its entries")
    if not desk.entries.readable_fits():
        raise _not_ours("an entry does not say what was entered")
    size = desk.entries.size()
    signed = desk.entries.kept("signed")
    if signed is None:
        return
    # 2. The last checkpoint is this log's own.
    try:
        checkpoint = verify.verify_checkpoint(signed.note, desk.entries.origin, desk.log_vkey)
    except AboveboardError as error:
        raise _not_ours(error.what) from error
    # 3. Every entry that it covers is there, and unchanged.
    if size < checkpoint.size:
        raise _not_ours(f"it has {size} entries, and {checkpoint.size} were signed")
    if desk.entries.audited_root(checkpoint.size) != checkpoint.root:
        raise _not_ours("an entry that was signed has been changed, removed or inserted")


def finish_erasures(desk: Desk) -> None:
    """Destroy again what is to be gone: a crash may have come between the record and the deed."""
    erased = desk.people.erased()
    for person_id in erased:
        desk.backend.destroy(person_id=person_id)
    if erased:
        desk.database.forget_deleted()


def _not_ours(why: str) -> SetupMissing:
    return SetupMissing(
        f"the stored ledger is not the one that this keyholder last signed: {why}",
        cause="the database was changed by hand, damaged, or set back to an older copy",
        fix="restore the newest backup of the keyholder's home; do not start with this one, and tell the witnesses",
    )
