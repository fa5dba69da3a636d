"""How does a process hear at once that another one changed something in the same PostgreSQL?

By LISTEN on a connection of its own, in a thread that sleeps until the server has something to say. A connection that
breaks is made again; until then nothing is heard, and whoever must know looks once a second.
"""

import threading
from collections.abc import Callable

import psycopg
from psycopg import sql
from sqlalchemy import URL

from aboveboard.vault.storage.sql.changes import CHANNEL

AGAIN_S = 1.0
LOOK_S = 2.0
"""How long a wait for words lasts before it is looked whether to end."""


class Listening:
    """Calls ``heard`` whenever a transaction that changed something was committed, by whichever process."""

    def __init__(self, url: URL, heard: Callable[[], None]) -> None:
        self._url = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._heard = heard
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listening", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; the thread ends within ``LOOK_S``, or with the process."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True) as connection:
                    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    self._heard()  # what was said before this
                    while not self._ended.is_set():
                        for _ in connection.notifies(timeout=LOOK_S):
                            self._heard()
            except psycopg.Error:
                self._ended.wait(AGAIN_S)
