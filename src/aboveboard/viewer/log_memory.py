"""Is this the log that I trust, and does it still begin with all that I saw of it?

The keys come from ``trust.json``, never from whoever serves the log. The newest checkpoint that passed is kept in the
participant's folder, the same file that ``aboveboard ledger verify`` keeps. So a keyholder that changes its key, drops
its witness, rewrites the log or shows this person another one is found out here, without believing anybody.
"""

from pathlib import Path

from aboveboard.base.errors import BadInput
from aboveboard.formats.trust import Trust
from aboveboard.ledger import tiles, verify
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.viewer.shelves import Asks
from aboveboard.wire.server import write_atomically

FILE_NAME = "checkpoint-seen.txt"
OPENINGS_NAME = "openings-seen.txt"
LIMIT_BYTES = 64 * 1024
COUNT_BYTES = 20


class LogMemory:
    """What was seen of the log that ``trust`` names, in ``<home>/checkpoint-seen.txt``, and how many openings of one's
    own, in ``<home>/openings-seen.txt``."""

    def __init__(self, home: Path, trust: Trust) -> None:
        self._path = home / FILE_NAME
        self._openings_path = home / OPENINGS_NAME
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

    def openings_seen(self) -> int:
        """How many openings of this person's recordings were shown when all of them last passed; 0 before that.

        Raises :class:`BadInput` if the file does not say.
        """
        try:
            with self._openings_path.open("rb") as file:
                text = file.read(COUNT_BYTES).decode("ascii", "replace").strip()
        except FileNotFoundError:
            return 0
        if not (text.isascii() and text.isdigit()):
            raise BadInput(
                f"{self._openings_path.name} does not say how many openings were seen",
                cause="it was changed by hand or damaged",
                fix="delete it; what is missing then shows by the numbers of the entries and the vault's count only",
            )
        return int(text)

    def keep_openings_seen(self, count: int) -> None:
        """Remember it."""
        if count != self.openings_seen():
            write_atomically(self._openings_path, f"{count}\n".encode("ascii"))

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
