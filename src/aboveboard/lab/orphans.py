"""Which files in this place have no lineage?

Where data sets and models are shared, every file belongs to an artefact that is on record: its folder holds the
artefact's ``lineage.json``, and the vault knows its digest as one of that artefact's files. Whatever else lies there is
an orphan: nobody could say who is in it, and erasure would pass it by. Names count for nothing; files are known again
by the digest of all their bytes, by that of their head, and by the marks in them (``lab.marks``).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Literal

import msgspec

from aboveboard.formats.fields import decode_json
from aboveboard.formats.lineage import Kind
from aboveboard.lab.bucket import Store
from aboveboard.lab.files import LINEAGE_FILE
from aboveboard.lab.looked_at import Seen, Unseen, in_folder, in_store
from aboveboard.lab.vault_port import Vault

AT_ONCE = 250
"""Files for which the vault is asked together: each has at most two digests, and marks."""
_ANSWER_LIMIT_BYTES = 16 * 1024 * 1024

Why = Literal["copy", "cut_or_added_to", "marked", "changed", "recording", "no_lineage", "not_a_file", "unreadable"]

WORDS: Final[dict[Why, str]] = {
    "copy": "a copy of a file of this artefact, without its lineage",
    "cut_or_added_to": "begins as a file of this artefact does, and was cut short or added to",
    "marked": "carries this artefact's mark, and is none of its files",
    "changed": "lies in this artefact's folder, and is not what was registered",
    "recording": "holds recorded data, and belongs to nothing that is on record",
    "no_lineage": "belongs to nothing that is on record",
    "not_a_file": "a link or a device: what it leads to is not looked at",
    "unreadable": "cannot be read",
}


@dataclass(frozen=True)
class Orphan:
    """``path`` is relative to the place. ``artefact_id`` and ``state`` are of the artefact that it came from, if known;
    a copy of what is ``destroyed`` should not exist at all."""

    path: str
    why: Why
    artefact_id: str | None = None
    state: Literal["live", "due", "destroyed"] | None = None


class Found(msgspec.Struct, frozen=True):
    """What the vault answers: ``sha256`` of ``None`` is an artefact that was asked for by its id."""

    artefact_id: str
    kind: Kind
    state: Literal["live", "due", "destroyed"]
    sha256: str | None


Ask = Callable[[Sequence[str], Sequence[str]], Sequence[Found]]
"""Which artefacts have a file with one of these digests, or one of these ids?"""


def asking(vault: Vault) -> Ask:
    """Ask the vault, as any member of staff may."""

    def ask(sha256: Sequence[str], artefact_ids: Sequence[str]) -> Sequence[Found]:
        wanted = msgspec.json.encode({"sha256": sha256, "artefact_ids": artefact_ids})
        answer = vault.post("/v1/artefacts/find", wanted)
        return decode_json(answer, list[Found], name="list of artefacts", limit_bytes=_ANSWER_LIMIT_BYTES)

    return ask


def orphans(place: Path | Store, ask: Ask, *, looked: Callable[[int], None] = lambda _: None) -> Iterator[Orphan]:
    """Every file under ``place`` that has no lineage, in order of path. ``looked`` is told how many were looked at.

    What another process is just making is left alone (``lab.looked_at``). Raises what ``ask`` raises, and
    :class:`Unavailable` where the store fails.
    """
    files = in_folder(place) if isinstance(place, Path) else in_store(place)
    count = 0
    while part := list(islice(files, AT_ONCE)):
        seen = [each for each in part if isinstance(each, Seen)]
        digests = {digest for each in seen for digest in (each.sha256, each.head_sha256) if digest is not None}
        ids = {name for each in seen for name in (*each.marks, each.home) if name is not None}
        found = ask(sorted(digests), sorted(ids)) if digests else []
        for each in part:
            orphan = Orphan(each.path, each.why) if isinstance(each, Unseen) else _judge(each, found)
            if orphan is not None:
                yield orphan
        count += len(part)
        looked(count)


def _judge(seen: Seen, found: Sequence[Found]) -> Orphan | None:
    """``None``: it has its lineage."""
    known = {one.artefact_id: one for one in found}
    whole = [one for one in found if one.sha256 == seen.sha256]
    at_home = next((one for one in whole if one.artefact_id == seen.home), None)
    if at_home is not None and at_home.state != "destroyed":
        return None
    about = Path(seen.path).name == LINEAGE_FILE or seen.says_where
    if about and seen.home in known and known[seen.home].state != "destroyed":
        return None
    if whole:
        return _orphan(seen, "copy", at_home or whole[0])
    headed = [one for one in found if one.sha256 is not None and one.sha256 == seen.head_sha256]
    if headed:
        return _orphan(seen, "cut_or_added_to", headed[0])
    marked = [known[name] for name in seen.marks if name in known]
    if marked:
        return _orphan(seen, "marked", marked[0])
    if seen.home in known:
        return _orphan(seen, "changed", known[seen.home])
    if seen.being_made:
        return None
    return Orphan(seen.path, "recording" if seen.recorded else "no_lineage")


def _orphan(seen: Seen, why: Why, of: Found) -> Orphan:
    return Orphan(seen.path, why, of.artefact_id, of.state)
