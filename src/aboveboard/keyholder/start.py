"""May the keyholder start?

Only if it is alone in its folder, its backend wraps and destroys as promised, and the stored log is the one that it
last signed (``audit.py``). What a crash left half done is finished first: an erasure, or a checkpoint over durable
entries.
"""

import logging
import os
from contextlib import ExitStack

from aboveboard.base.clock import Clock
from aboveboard.base.errors import BadInput, SetupMissing, Tampered
from aboveboard.keyholder import audit, backends, epochs, history, publish
from aboveboard.keyholder.backends.choose import open_backend
from aboveboard.keyholder.database import Database
from aboveboard.keyholder.desk import Desk, origin_of
from aboveboard.keyholder.entries import Entries
from aboveboard.keyholder.grants import Grants
from aboveboard.keyholder.home import KeyholderHome
from aboveboard.keyholder.people import People
from aboveboard.keyholder.witnesses import open_witnesses

log = logging.getLogger("aboveboard.keyholder")


def open_desk(home: KeyholderHome, clock: Clock) -> Desk:
    """Start up; raises :class:`SetupMissing`, or :class:`Conflict` if another keyholder runs in ``home``."""
    home.prepare()
    descriptor = home.lock()
    with ExitStack() as opened:
        opened.callback(os.close, descriptor)
        database = Database(home.database_path)
        opened.callback(database.close)
        people = People(database)
        backend = open_backend(home.config().store, home.path, create=not people.any_keys())
        opened.callback(backend.close)
        log_key = home.log_key()
        policy = home.policy()
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
            policy=policy,
            witnesses=open_witnesses(policy),
            lock_descriptor=descriptor,
        )
        backends.prove(backend)
        check_store(desk)
        check_ledger(desk)
        history.check_newest(desk)
        epochs.finish(desk)
        publish.sign_checkpoint(desk)
        opened.pop_all()  # it stays open: see Desk.close
    return desk


def check_store(desk: Desk) -> None:
    """Are the wrapping keys of those who are enrolled in this store? Raises :class:`SetupMissing`.

    A key is made in the store first, and destroyed in the database first: one that only the database knows was
    destroyed after this copy of it was made, or is lost. ``accept_missing`` in config.json goes on without.
    """
    wanted, held = desk.people.all_held(), set(desk.backend.held())
    missing = wanted - held
    if not missing:
        return
    if missing == wanted:
        raise SetupMissing(
            f"this store holds none of the {len(wanted)} wrapping keys that this keyholder needs",
            cause="config.json names another store than before, or its keys were lost",
            fix="name the store that it was set up with; see Recovery in docs/runbooks/keyholder.md",
        )
    if not desk.home.config().accept_missing:
        raise SetupMissing(
            f"{len(missing)} of {len(wanted)} wrapping keys are not in the store any more",
            cause="the database is an old copy, from before they were destroyed; or they were lost",
            fix="restore the newest database; if they are lost, see Restoring in docs/runbooks/keyholder.md",
        )
    log.error("%d of %d wrapping keys are missing from the store: what they open is closed", len(missing), len(wanted))


def check_ledger(desk: Desk) -> None:
    """Is the stored log the one that was last signed? Raises :class:`SetupMissing`: the keyholder does not start.

    What was audited before is not hashed again here; the running keyholder does that (``watch.py``).
    """
    try:
        for _ in audit.audit(desk.entries, desk.log_key, audit.audited(desk.entries, desk.log_key)):
            pass
    except (BadInput, Tampered) as error:
        raise SetupMissing(error.what, cause=error.cause, fix=error.fix) from error
    with desk.database.writing():
        audit.conclude(desk.entries, desk.log_key, desk.entries.size())
        desk.database.commit()
