"""How do segments that the person covered take the place of what they were, with no way back and no hole between?

This machine cannot open what it sealed while it records, so the person's own viewer opens what is held, covers it and
seals it anew, for the same two keys, into ``covering/``; nothing plain is on the disk. Then, here:

1. ``covering.json`` says that it is under way (*open*). From then on nothing leaves this machine, whatever happens.
2. It says which segments were written anew and which go (*ready*).
3. Each session's chain is made again from the first of them on: the hash of the segment before, the size and the hash
   of the sealed bytes, the device's signature. Leases and times stay. All of it lies beside the old ones (``.new-…``).
4. It says that they may be exchanged (*exchanging*), and they are; what goes is deleted, with a note that the next
   segment tells (``recorder.discard``).
5. ``covering.json`` goes, and what is due may leave.

A crash leaves all as it was, with nothing leaving, or what the next start finishes. What the vault was told of already
cannot be exchanged: it goes.
"""

import contextlib
import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from aboveboard.base.errors import BadInput
from aboveboard.formats import envelope as envelopes
from aboveboard.formats import segment as segments
from aboveboard.formats.fields import Document, SegmentId, decode_json, encode_json
from aboveboard.formats.segment import SEALED_LIMIT_BYTES, SegmentManifest
from aboveboard.recorder.discard import Note, Stretch, Waiting
from aboveboard.recorder.durable import replace_whole, sync_folder, write_new
from aboveboard.recorder.held import Held
from aboveboard.recorder.spool import COVERING_NAME as FILE_NAME
from aboveboard.recorder.spool import Spool
from aboveboard.sealing.signatures import SigningKey

FOLDER_NAME = "covering"
LIMIT_BYTES = 16 * 1024 * 1024
SEGMENTS_LIMIT = 200_000

_Ids = Annotated[tuple[SegmentId, ...], Meta(max_length=SEGMENTS_LIMIT)]


class Covering(Document, frozen=True):
    """How far it is. ``rewritten``: their sealed bytes lie in ``covering/``; ``removed``: they go."""

    state: Literal["open", "ready", "exchanging"] = "open"
    rewritten: _Ids = ()
    removed: _Ids = ()


@dataclass
class Exchanged:
    """What became of it. ``removed`` were deleted, and ``left`` of them were on their way just then.

    ``ends``: by session, the number and the hash of the last segment here, if its hash is another one now.
    """

    rewritten: int = 0
    removed: int = 0
    left: int = 0
    ends: dict[str, tuple[int, str]] = field(default_factory=dict)
    note: Note | None = None


def under_way(home: Path) -> Covering | None:
    """What ``covering.json`` says. One that cannot be read is *open*: nothing leaves, and it is done again."""
    try:
        with (home / FILE_NAME).open("rb") as file:
            return decode(file.read(LIMIT_BYTES + 1))
    except FileNotFoundError:
        return None
    except BadInput:
        return Covering()


def decode(data: bytes) -> Covering:
    """Parse it; raises :class:`BadInput`."""
    return decode_json(data, Covering, name="note of what is being covered", limit_bytes=LIMIT_BYTES)


def begin(home: Path) -> None:
    """Step 1; what an earlier one left is forgotten."""
    replace_whole(home / FILE_NAME, encode_json(Covering()))
    shutil.rmtree(home / FOLDER_NAME, ignore_errors=True)
    (home / FOLDER_NAME).mkdir(mode=0o700)


def put(home: Path, segment_id: str, sealed: bytes) -> bool:
    """The new sealed bytes of a segment; False if they are more than may leave: the segment has to go instead."""
    if len(sealed) > SEALED_LIMIT_BYTES:
        return False
    write_new(home / FOLDER_NAME / f"{segment_id}.age", sealed)
    return True


def ready(home: Path, rewritten: Sequence[str], removed: Sequence[str]) -> None:
    """Step 2."""
    sync_folder(home / FOLDER_NAME)
    replace_whole(
        home / FILE_NAME, encode_json(Covering(state="ready", rewritten=tuple(rewritten), removed=tuple(removed)))
    )


def give_up(home: Path) -> None:
    """Before step 2: all stays as it was, and what is due may leave."""
    shutil.rmtree(home / FOLDER_NAME, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        (home / FILE_NAME).unlink()
        sync_folder(home)


def exchange(home: Path, spool: Spool, device_key: SigningKey) -> Exchanged | None:
    """Steps 3 to 5, if it is ready, or what a crash left of them. ``None``: there is nothing to exchange.

    Raises ``OSError`` if what is to be exchanged cannot be read; nothing leaves then.
    """
    covering = under_way(home)
    if covering is None or covering.state == "open":
        return None
    done = Exchanged()
    if covering.state == "ready":
        new, gone = _chained(home, spool, device_key, covering, done)
        covering = Covering(state="exchanging", rewritten=tuple(new), removed=tuple(gone))
        done.rewritten, done.removed, done.note = len(covering.rewritten), len(gone), _note(gone)
        if done.note is not None:
            with contextlib.suppress(OSError):
                spool.notes.write([*spool.notes.all(), done.note])
        replace_whole(home / FILE_NAME, encode_json(covering))
    finish(home, spool)
    return done


def finish(home: Path, spool: Spool) -> None:
    """Step 4, from wherever it stands, and step 5."""
    covering = under_way(home)
    if covering is None or covering.state != "exchanging":
        return
    spool.exchange(covering.rewritten, covering.removed)
    give_up(home)


def _chained(
    home: Path, spool: Spool, device_key: SigningKey, covering: Covering, done: Exchanged
) -> tuple[list[str], dict[str, Waiting]]:
    """Step 3: what is to be exchanged, its drafts on the disk, and what goes."""
    rewritten, removed = set(covering.rewritten), set(covering.removed)
    new: list[str] = []
    gone: dict[str, Waiting] = {}
    hashes: dict[tuple[str, int], str] = {}
    for waiting in sorted(spool.waiting(), key=lambda each: (each.session_id, each.sequence)):
        name = waiting.segment_id
        told = spool.told_of(name)
        if name in removed or (name in rewritten and told):
            gone[name] = waiting
            done.left += name in spool.leaving_now
            continue
        before = hashes.get((waiting.session_id, waiting.sequence - 1))
        if told or (name not in rewritten and before is None):
            continue
        held = spool.one(name)
        if held is None or (name not in rewritten and held.manifest.previous_sha256 == before):
            continue
        sealed = (home / FOLDER_NAME / f"{name}.age").read_bytes() if name in rewritten else held.sealed()
        manifest = _manifest(held, sealed, before)
        spool.draft(name, sealed, envelopes.encode(device_key.sign(segments.PAYLOAD_TYPE, segments.encode(manifest))))
        new.append(name)
        hashes[(waiting.session_id, waiting.sequence)] = manifest.sha256
        done.ends[waiting.session_id] = (waiting.sequence, manifest.sha256)
    return new, gone


def _manifest(held: Held, sealed: bytes, before: str | None) -> SegmentManifest:
    manifest = held.manifest
    return msgspec.structs.replace(
        manifest,
        size_bytes=len(sealed),
        sha256=hashlib.sha256(sealed).hexdigest(),
        previous_sha256=manifest.previous_sha256 if before is None else before,
    )


def _note(gone: dict[str, Waiting]) -> Note | None:
    if not gone:
        return None
    first = min(gone.values(), key=lambda each: each.start_wall_ns)
    last = max(gone.values(), key=lambda each: each.end_wall_ns)
    stretch = Stretch(
        boot_id=first.boot_id,
        since_boot_ns=first.start_boot_ns,
        until_boot_ns=max(last.end_boot_ns, first.start_boot_ns),
        since_wall_ns=first.start_wall_ns,
        until_wall_ns=last.end_wall_ns,
    )
    return Note(
        stretch=stretch,
        state="removed",
        start_wall_ns=first.start_wall_ns,
        removed=len(gone),
        reason="covered_by_person",
    )
