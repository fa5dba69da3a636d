"""Which logs does this monitor follow, and from where does it look at them?

``monitor.json``: ``{"logs": [{"log_key", "points": ["https://…/ledger"], "witnesses": [{"verifier_key", "url"}],
"quorum"}]}``. The keys come from people, never from the servers that are looked at. The first point is the log's own
address; others are its mirrors, or the same address seen through another network.
"""

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from aboveboard.base.errors import BadInput, SetupMissing
from aboveboard.formats.fields import Document, decode_json
from aboveboard.ledger import note

FILE_NAME = "monitor.json"
LIMIT_BYTES = 256 * 1024

Url = Annotated[str, Meta(pattern="^https?://", max_length=500)]


class WatchedWitness(Document, frozen=True):
    """``url`` is the prefix before ``/<origin hash>/checkpoint``."""

    verifier_key: str
    url: Url


class WatchedLog(Document, frozen=True):
    """``points`` are prefixes of C2SP tlog-tiles; ``quorum`` is how many of the witnesses every checkpoint needs."""

    log_key: str
    points: Annotated[list[Url], Meta(min_length=1, max_length=16)]
    witnesses: Annotated[list[WatchedWitness], Meta(max_length=16)]
    quorum: Annotated[int, Meta(ge=0, le=16)]

    @property
    def origin(self) -> str:
        """The log's name."""
        return note.VerifierKey.parse(self.log_key).name

    @property
    def witness_keys(self) -> list[str]:
        """The witnesses' verifier keys."""
        return [each.verifier_key for each in self.witnesses]


class Watched(Document, frozen=True):
    """``monitor.json``."""

    logs: Annotated[list[WatchedLog], Meta(min_length=1, max_length=32)]


def watched(home: Path) -> list[WatchedLog]:
    """The logs to follow; raises :class:`SetupMissing` if the file is missing or cannot be read."""
    path = home / FILE_NAME
    try:
        logs = decode_json(path.read_bytes(), Watched, name=FILE_NAME, limit_bytes=LIMIT_BYTES).logs
        origins = [log.origin for log in logs]
        for log in logs:
            for key in log.witness_keys:
                note.VerifierKey.parse(key)
    except FileNotFoundError as error:
        raise SetupMissing(
            f"{path} is missing",
            cause="nobody said which log to follow",
            fix="write it as docs/runbooks/monitor.md says",
        ) from error
    except BadInput as error:
        raise SetupMissing(error.what, cause=error.cause, fix=f"correct {path}") from error
    if len(set(origins)) != len(origins) or any(log.quorum > len(log.witnesses) for log in logs):
        raise SetupMissing(
            f"{path} names one log twice, or asks for more witnesses than it names",
            cause="it was edited by hand",
            fix="one entry for each log, with all its points; name the witnesses",
        )
    return logs
