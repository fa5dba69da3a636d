"""How is the database opened, brought up to date, and spoken to in transactions?

SQLite runs in WAL mode with ``synchronous=FULL``: what was answered survives a power cut. PostgreSQL takes an advisory
lock for each writing transaction; both thereby let one writer in at a time, as the port asks.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from aboveboard.base.errors import AboveboardError, BadInput, Conflict, SetupMissing, Unavailable
from aboveboard.vault.storage.sql.listening import Listening
from aboveboard.vault.storage.sql.transaction import SqlTransaction
from aboveboard.vault.storage.sql.turns import Turns

LOCK_WAIT_MS = 5_000
WRITER_LOCK = 0x61626F76
"""The advisory lock that PostgreSQL's writers take, and its migrations."""


class SqlRecords:
    """The port :class:`~aboveboard.vault.storage.records.Records` on the database at ``url`` (SQLAlchemy's form).

    ``open_records`` makes one and brings its schema up to date.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._turns = Turns()
        self._listening: Listening | None = None
        self._heard: Callable[[], None] | None = None

    def listen(self, heard: Callable[[], None]) -> None:
        self._heard = heard
        if self.engine.dialect.name == "postgresql" and self._listening is None:
            self._listening = Listening(self.engine.url, heard)

    @contextmanager
    def begin(self, *, soft: bool = False) -> Iterator[SqlTransaction]:
        engine = self.engine.execution_options(aboveboard_soft=True) if soft else self.engine
        with _our_errors(), self._turn(), engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITER_LOCK})
            transaction = SqlTransaction(connection)
            yield transaction
        if transaction.changed and self._heard is not None:
            self._heard()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite's writers of this process go in turn; PostgreSQL keeps its own order."""
        if self.engine.dialect.name == "postgresql":
            yield
            return
        try:
            with self._turns.turn(wait_s=2 * LOCK_WAIT_MS / 1000):
                yield
        except TimeoutError as error:
            raise _unavailable("locked") from error

    @contextmanager
    def read(self) -> Iterator[SqlTransaction]:
        with _our_errors(), self.engine.connect().execution_options(aboveboard_read=True) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield SqlTransaction(connection)
            connection.rollback()

    def close(self) -> None:
        if self._listening is not None:
            self._listening.close()
        self.engine.dispose()


def open_records(url: str) -> SqlRecords:
    """Open the database and upgrade it to the newest schema.

    Raises :class:`SetupMissing` if its schema is newer than this program, :class:`Unavailable` if it cannot be reached.
    """
    records = SqlRecords(url)
    try:
        upgrade(records.engine)
    except BaseException:
        records.close()
        raise
    return records


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to ``revision``; never downwards."""
    with _our_errors(), as_file(files("aboveboard.vault.storage") / "migrations") as folder, engine.connect() as one:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        scripts = ScriptDirectory.from_config(config)
        if one.dialect.name == "postgresql":
            one.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": WRITER_LOCK})
            one.commit()
        try:
            found = MigrationContext.configure(one).get_current_revision()
            known = {script.revision for script in scripts.walk_revisions()}
            if found is not None and found not in known:
                raise SetupMissing(
                    f"the vault's database has the schema {found}, which this version does not know",
                    cause="a newer version of Aboveboard used it",
                    fix="update Aboveboard, or restore the backup from before the update",
                )
            one.rollback()
            config.attributes["connection"] = one
            command.upgrade(config, revision)
            one.commit()
        finally:
            if one.dialect.name == "postgresql":
                one.rollback()
                one.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": WRITER_LOCK})
                one.commit()


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=8, hide_parameters=True)
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": LOCK_WAIT_MS / 1000, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not whenever the driver sees fit
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "temp_store=MEMORY",
            "foreign_keys=ON",
            f"busy_timeout={LOCK_WAIT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("aboveboard_read")
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
        soft = connection.get_execution_options().get("aboveboard_soft")
        connection.exec_driver_sql(f"PRAGMA synchronous={'NORMAL' if soft else 'FULL'}")
        connection.exec_driver_sql("BEGIN DEFERRED" if reading else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def _our_errors() -> Iterator[None]:
    """Turn the database's errors into ours; statements and their values never leave."""
    try:
        yield
    except AboveboardError:
        raise
    except IntegrityError as error:
        raise Conflict(
            "this contradicts what is already recorded",
            cause="the same id, key or place was used before",
            fix="ask what is recorded, then decide",
        ) from error
    except DataError as error:
        raise BadInput(
            "the database cannot hold one of these values",
            cause="a text holds a character that no text should",
            fix="take control characters out of it",
        ) from error
    except OperationalError as error:
        raise _unavailable(str(error.orig)) from error
    except DBAPIError as error:
        raise Unavailable(
            f"the vault's database failed ({type(error.orig).__name__})", cause="its log says why", fix="try again"
        ) from error


def _unavailable(words: str) -> AboveboardError:
    if "locked" in words:
        return Unavailable(
            "the vault's database is locked",
            cause="another program has been writing to it for longer than 5 s",
            fix="stop the other program, for example a second vault or an open database shell",
        )
    if "full" in words:
        return Unavailable("the vault's disk is full", cause="no space is left", fix="make room, then try again")
    return Unavailable(
        "the vault's database cannot be opened",
        cause="it is not running, its folder is missing, or it may not be written",
        fix="check database_url in the vault's config.json, the folder's permissions and the free space",
    )
