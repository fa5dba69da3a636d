"""Is this the log that I trust, and does it still begin with all that I saw of it?

The keys come from ``trust.json``, never from whoever serves the log. The newest checkpoint that passed is kept in the
participant's folder, the same file that ``aboveboard ledger verify`` keeps. So a keyholder that changes its key, drops
its witness, rewrites the log or shows this person another one is found out here, without believing anybody.
"""

from pathlib import Path

from aboveboard.formats.trust import Trust
from aboveboard.ledger import tiles, verify
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.viewer.shelves import Asks
from aboveboard.wire.server import write_atomically

FILE_NAME = "checkpoint-seen.txt"
LIMIT_BYTES = 64 * 1024


class LogMemory:
    """What was seen of the log that ``trust`` names, in ``<home>/checkpoint-seen.txt``."""

    def __init__(self, home: Path, trust: Trust) -> None:
        self._path = home / FILE_NAME
        self.trust = trust

    def check(self, text: str, keyholder: Asks) -> Checkpoint:
        """The checkpoint in ``text``, if it passes; it is remembered then. Raises :class:`AboveboardError` otherwise.

        1. The log signed it, and enough of its witnesses.
        2. The log still begins with all that the remembered checkpoint covered.
        """
        found = self._signed(text)
        old = self._remembered()
        if old is not None:
            nodes = tiles.TileNodes(lambda tile: keyholder.get(f"/ledger/tile/{tiles.path(tile)}"), found.size)
            verify.verify_growth(old, found, nodes)
        if old != found:
            write_atomically(self._path, text.encode("utf-8"))
        return found

    def has_seen(self) -> bool:
        """Whether anything is remembered. If so, an empty log is one that lost its entries."""
        return self._path.exists()

    def _signed(self, text: str) -> Checkpoint:
        trust = self.trust
        return verify.verify_checkpoint(text, trust.origin, trust.log_key, trust.witness_keys, trust.quorum)

    def _remembered(self) -> Checkpoint | None:
        try:
            with self._path.open("rb") as file:
                text = file.read(LIMIT_BYTES).decode("utf-8", "replace")
        except FileNotFoundError:
            return None
        return self._signed(text)
