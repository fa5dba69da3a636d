"""Which segments are there, and which of them must not be opened?"""

from dataclasses import dataclass

from aboveboard.base.errors import AboveboardError, NotFound
from aboveboard.formats.segment import SegmentManifest
from aboveboard.viewer.shelves import Shelf


@dataclass(frozen=True)
class Fault:
    """Why something cannot be shown: ``code`` from the closed list of errors, and words for a person."""

    code: str
    what: str
    cause: str
    fix: str

    @classmethod
    def of(cls, error: AboveboardError) -> "Fault":
        return cls(error.code, error.what, error.cause, error.fix)


@dataclass(frozen=True)
class Listed:
    """One segment as its manifest tells it; with a ``fault`` it must not be opened."""

    manifest: SegmentManifest
    shelf: Shelf
    fault: Fault | None


@dataclass(frozen=True)
class Listing:
    """Everything that is there. ``unreadable`` are manifests that do not even parse; ``silent`` shelves that failed."""

    sessions: dict[str, list[Listed]]
    unreadable: list[Fault]
    silent: dict[str, Fault]

    def find(self, session_id: str, segment_id: str) -> Listed:
        """The segment; raises :class:`NotFound`."""
        for listed in self.session(session_id):
            if listed.manifest.segment_id == segment_id:
                return listed
        raise NotFound("there is no such segment in this session", cause="it was erased", fix="load the page again")

    def session(self, session_id: str) -> list[Listed]:
        """Its segments in order; raises :class:`NotFound`."""
        if session_id not in self.sessions:
            raise NotFound("there is no such session", cause="it was erased", fix="load the page again")
        return self.sessions[session_id]
