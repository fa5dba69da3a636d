"""What the person wants covered, in the recorder that runs: from now on, and in what is held.

From now on: each segment is covered just before it is sealed (``redact.after``), whatever was captured and however it
was redacted. An application or a site that is covered is not even captured, once the capture begins anew. What is held:
see ``recorder.covering``. A segment that cannot be covered is not kept.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from aboveboard.base.errors import AboveboardError
from aboveboard.formats.part_files import Parts, read_parts, write_parts
from aboveboard.recorder import covering, own_covers
from aboveboard.recorder.covering import Exchanged
from aboveboard.recorder.redact.own_covers import OwnCovers
from aboveboard.recorder.spool import Spool
from aboveboard.sealing.signatures import SigningKey

if TYPE_CHECKING:
    from aboveboard.recorder.redact.after.session import SessionCover


class CoverHand:
    """For the recorder in ``home``. Used by its own thread. Raises :class:`BadInput` if the covers cannot be read."""

    def __init__(self, home: Path, *, spool: Spool, device_key: SigningKey) -> None:
        self._home, self._spool, self._device_key = home, spool, device_key
        self.covers = OwnCovers()
        self._session: SessionCover | None = None
        self.take_up()

    def take_up(self) -> bool:
        """What is to be covered from now on; is it another capture that is needed?"""
        before, self.covers = self.covers, own_covers.load(self._home)
        if self.covers != before:
            self._session = None
        return (self.covers.apps, self.covers.sites) != (before.apps, before.sites)

    def covered(self, plain: Parts, end_ns: int) -> Parts:
        """The plain segment that is about to be sealed, without what is covered."""
        if not self.covers:
            return plain
        from aboveboard.recorder.redact.after.session import SessionCover

        try:
            if self._session is None:
                self._session = SessionCover(self.covers)
            items = list(read_parts(plain))
            self._session.look(items)
            self._session.settle()
            left = self._session.written_anew(items, end_ns)
            self._session.next()
        except Exception as error:
            self._session = None  # it stands somewhere within this segment
            if not isinstance(error, AboveboardError):
                raise
            raise ValueError(f"a segment cannot be covered: {error.what}") from error
        return plain if left is items else write_parts(left)

    def exchange(self) -> Exchanged | None:
        """Put what was covered in the place of what is held; raises ``OSError``."""
        return covering.exchange(self._home, self._spool, self._device_key)
