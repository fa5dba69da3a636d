"""Does the stored log stay what it was, while the keyholder runs?

A start hashes only what came since the last audit. The rest is gone over here, slowly and from the first entry on,
every few hours. If something does not hold, nothing is entered or released any more: see ``Entries.stop``.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from aboveboard.base.errors import AboveboardError, BadInput, Tampered
from aboveboard.keyholder import audit
from aboveboard.keyholder.desk import Desk

log = logging.getLogger("aboveboard.keyholder")

FIRST_AFTER_S = 60.0
EVERY_S = 6 * 3600.0
SHARE = 0.05
"""Of a processor, at most."""


@contextmanager
def watching(desk: Desk) -> Iterator[None]:
    """Watch from a thread of its own until the end of the block."""
    ending = threading.Event()

    def watch() -> None:
        pause_s = FIRST_AFTER_S
        while not ending.wait(pause_s):
            look(desk, ending)
            pause_s = EVERY_S

    thread = threading.Thread(target=watch, name="ledger audit", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def look(desk: Desk, ending: threading.Event) -> None:
    """Go over the whole log once, or until ``ending``. What does not hold stops the ledger."""
    try:
        done, began = 0, time.monotonic()
        for far in audit.audit(desk.entries, desk.log_key):
            done = far
            if ending.wait((time.monotonic() - began) * (1 / SHARE - 1)):
                return
            began = time.monotonic()
        with desk.database.writing():
            if done > audit.audited(desk.entries, desk.log_key):
                audit.conclude(desk.entries, desk.log_key, done)
            desk.database.commit()
    except (BadInput, Tampered) as error:
        log.critical("%s; nothing is entered or released any more", error.what)
        desk.entries.stop(error)
    except AboveboardError as error:
        log.warning("the ledger could not be audited this time: %s", error.what)
