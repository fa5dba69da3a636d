"""How do many callers write the ledger with one wait for the disk?

Each hands in what it wants to enter and waits. Whoever waits first, while nobody writes, takes everything that was
handed in so far, writes it in one transaction, signs the log as it then is, and commits once for all of them; whoever
comes meanwhile is in the next batch. Nobody is told anything, or shown the signature, before the commit has returned.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence

from aboveboard.base.errors import AboveboardError, Unavailable
from aboveboard.formats.entry import Entry
from aboveboard.keyholder.database import Database
from aboveboard.keyholder.entries import Entries, LoggedEntry

BATCH_LIMIT = 4096
"""So many entries of several callers go into one transaction, at most."""

Prepare = Callable[[], Sequence[Entry]]
"""Writes the rows that belong to the same transaction, and returns the entries to append. It runs in
``database.writing()``, in any caller's thread; what it raises undoes its own rows only, and is raised to its caller."""


class Pending:
    """What was handed in, and is not durable yet."""

    def __init__(self, writer: "Writer", prepare: Prepare, count: int) -> None:
        self._writer = writer
        self.prepare = prepare
        self.count = count
        self.logged: list[LoggedEntry] | None = None
        self.error: BaseException | None = None

    @property
    def settled(self) -> bool:
        """Whether it is durable, or failed."""
        return self.logged is not None or self.error is not None

    def durable(self) -> list[LoggedEntry]:
        """Wait; when this returns, the entries survive a crash of the process and of the machine.

        Raises what ``prepare`` raised, and :class:`Unavailable` if the disk failed: then nothing of it is written.
        """
        return self._writer.settle(self)


class Writer:
    """The one place where releases are entered. Safe for threads."""

    def __init__(self, database: Database, entries: Entries, sign: Callable[[], object] = lambda: None) -> None:
        """``sign`` runs inside each transaction, after its entries."""
        self._database = database
        self._entries = entries
        self._sign = sign
        self._waiting: deque[Pending] = deque()
        self._turn = threading.Lock()

    def submit(self, prepare: Prepare, count: int = 1) -> Pending:
        """Hand in what ``prepare`` will write, some ``count`` entries; :meth:`Pending.durable` waits for it."""
        pending = Pending(self, prepare, count)
        self._waiting.append(pending)
        return pending

    def settle(self, pending: Pending) -> list[LoggedEntry]:
        """Write batches until ``pending`` is among them."""
        with self._turn:
            while not pending.settled:
                self._write(self._next_batch())
        if pending.error is not None:
            raise pending.error
        assert pending.logged is not None
        return pending.logged

    def _next_batch(self) -> list[Pending]:
        batch: list[Pending] = []
        count = 0
        while self._waiting and (not batch or count + self._waiting[0].count <= BATCH_LIMIT):
            batch.append(self._waiting.popleft())
            count += batch[-1].count
        return batch

    def _write(self, batch: Sequence[Pending]) -> None:
        prepared: list[tuple[Pending, Sequence[Entry]]] = []
        try:
            with self._database.writing():
                for pending in batch:
                    try:
                        with self._database.part():
                            prepared.append((pending, pending.prepare()))
                    except Exception as error:  # noqa: BLE001 - whatever it is, its own caller is told
                        pending.error = error
                        self._database.check_writing()
                logged = self._entries.append([entry for _, entries in prepared for entry in entries])
                if logged:
                    self._sign()
                self._database.commit()
        except BaseException as error:
            for pending in batch:
                pending.error = pending.error or _not_written(error)
            if not isinstance(error, Exception):
                raise
            return
        first = 0
        for pending, entries in prepared:
            pending.logged = logged[first : first + len(entries)]
            first += len(entries)


def _not_written(error: BaseException) -> Exception:
    """One for each caller: an error that is raised in several threads would gather all their tracebacks."""
    if isinstance(error, AboveboardError):
        return Unavailable(error.what, cause=error.cause, fix=error.fix)
    return Unavailable(
        f"the ledger was not written: {type(error).__name__}: {error}",
        cause="another entry of the same batch could not be written, or this process is ending",
        fix="try again; nothing was released",
    )
