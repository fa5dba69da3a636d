"""How does the keyholder's state reach the disk, and leave it?

One SQLite file, one writer at a time, and readers beside it that do not wait for it: they see what was committed last.
A commit is on the disk when it returns (WAL, synchronous FULL). What is deleted is overwritten (secure_delete) and,
after :meth:`Database.forget_deleted`, gone from the log beside it. What names somebody is filed and sealed with the
record key (``record_key.py``), a file beside it.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aboveboard.base.errors import SetupMissing, Unavailable
from aboveboard.keyholder import record_key
from aboveboard.keyholder.record_key import RecordKey
from aboveboard.keyholder.schema import ADDED, OPEN_VERSION, SCHEMA, SEALED_VERSION, VERSION
from aboveboard.keyholder.seal_up import seal_up

BUSY_MS = 5_000
COMPACT_BYTES = 256 * 1024 * 1024
"""A file of ten million entries would be busy for minutes, and twice as large meanwhile."""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON", "temp_store=MEMORY")
"""``temp_store``: nothing of this database is ever written outside its own folder, not even while it is compacted."""


class Database:
    """The file at ``path``, created with mode 0600 if it is new, as is ``record.key`` beside it. Safe for threads."""

    record: RecordKey

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._path = path
        self._writing_thread: int | None = None
        self._readers: list[sqlite3.Connection] = []
        self._closed = False
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
            for pragma in PRAGMAS:
                self._connection.execute(f"PRAGMA {pragma}")
            self._migrate()
        except (sqlite3.Error, OSError) as error:
            raise SetupMissing(
                f"{path} cannot be opened: {error}",
                cause="it is damaged, or this user may not write it",
                fix="restore the keyholder's home from its backup",
            ) from error

    def _migrate(self) -> None:
        self._connection.create_aggregate("joined", 2, _Joined)  # type: ignore[arg-type]
        [version] = self.one("PRAGMA user_version") or [0]
        is_new = version == 0
        if is_new:
            self._connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version=1; COMMIT;")
            version = 1
        while version in ADDED:
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {ADDED[version]} PRAGMA user_version={version + 1}; COMMIT;"
            )
            version += 1
        if version == OPEN_VERSION:
            self.record = record_key.load_or_create(self._path.with_name(record_key.FILE_NAME))
            with self.writing():
                seal_up(self)
                version = VERSION if is_new else SEALED_VERSION
                self.run(f"PRAGMA user_version={version}")
                self.commit()
        if version == SEALED_VERSION:
            self.forget_deleted()
            version = VERSION
            self.run(f"PRAGMA user_version={version}")
        if version != VERSION:
            raise SetupMissing(
                f"{self._path} is of version {version}; this software knows version {VERSION}",
                cause="it was written by another version of Aboveboard",
                fix="use that version, or a newer one",
            )
        path = self._path.with_name(record_key.FILE_NAME)
        self.record = record_key.load(path)
        if self.one("SELECT tag FROM record_check") != (self.record.check(),):
            raise record_key.other(path)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction that nobody else writes in. Whoever opens it must :meth:`commit`; an error undoes it."""
        with self._lock:
            self._do("BEGIN IMMEDIATE")
            self._writing_thread = threading.get_ident()
            try:
                yield
            except BaseException:
                self.undo()
                raise
            finally:
                self._writing_thread = None

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of the transaction: an error in it undoes that part alone. Inside :meth:`writing`."""
        self._do("SAVEPOINT part")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:
                self._do("ROLLBACK TO part")
                self._do("RELEASE part")
            raise
        self._do("RELEASE part")

    @property
    def is_writing(self) -> bool:
        """Whether this thread is inside of :meth:`writing`, and so reads what is not durable yet."""
        return self._writing_thread == threading.get_ident()

    def check_writing(self) -> None:
        """Raises :class:`Unavailable` if the transaction is over: a full disk undoes all of it, not a part."""
        if not self._connection.in_transaction:
            raise Unavailable(
                f"the keyholder's database {self._path.name} gave up a transaction",
                cause="the disk is full or failing",
                fix="make room on the disk, then try again; nothing was released",
            )

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing is written meanwhile: what is read in here still holds when it ends."""
        with self._lock:
            yield

    def commit(self) -> None:
        """Make the transaction durable: when this returns, it survives a crash of the process and the machine."""
        self._do("COMMIT")

    def undo(self) -> None:
        """End the transaction without a change."""
        with self._lock:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """One statement, inside :meth:`writing`."""
        self._do(sql, values)

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """One statement for each row, inside :meth:`writing`."""
        with self._lock, _translated(self._path):
            self._connection.executemany(sql, rows)

    def one(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row, or ``None``."""
        return next(iter(self.all(sql, values)), None)

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Every row: inside :meth:`writing` with what was written there, otherwise as it was committed last."""
        with self._reading() as connection, _translated(self._path):
            return connection.execute(sql, values).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if self.is_writing:
            yield self._connection
            return
        connection = self._readers.pop() if self._readers else self._open_reader()
        try:
            yield connection
        finally:
            if self._closed:
                connection.close()
            else:
                self._readers.append(connection)

    def _open_reader(self) -> sqlite3.Connection:
        with _translated(self._path):
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
            connection.execute("PRAGMA query_only=ON")
        return connection

    def forget_deleted(self) -> None:
        """Overwrite what was deleted wherever it still lies: in the file and in the write-ahead log beside it.

        In the file it was overwritten when it was deleted. A small one is written anew as well, which takes no time.
        """
        with self._lock, _translated(self._path):
            [pages], [page_bytes] = (
                self._connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
            )
            if pages * page_bytes <= COMPACT_BYTES:
                self._connection.execute("VACUUM")
            busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy is None or busy[0] != 0:
            raise Unavailable(
                "deleted keys could not be cleared from the database's log yet",
                cause="another program reads the keyholder's database",
                fix="end it, then ask again",
            )

    def close(self) -> None:
        """Close the file; an open transaction is undone."""
        with self._lock:
            self._closed = True
            while self._readers:
                self._readers.pop().close()
            self._connection.close()

    def _do(self, sql: str, values: Sequence[Any] = ()) -> None:
        with self._lock, _translated(self._path):
            self._connection.execute(sql, values)


class _Joined:
    """SQL's ``joined(place, bytes)``: the bytes of a group in the order of their places."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, bytes]] = []

    def step(self, place: int, part: bytes) -> None:
        self._parts.append((place, part))

    def finalize(self) -> bytes:
        return b"".join(part for _, part in sorted(self._parts))


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Unavailable(
            f"the keyholder's database {path.name} failed: {error}",
            cause="the disk is full or failing, or another program holds the file",
            fix="make room on the disk, then try again; nothing was released",
        ) from error
