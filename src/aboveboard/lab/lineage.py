"""Where did this artefact come from, who is in it, and is it to go?

Nothing of the lab comes to rest without its lineage: the files are written under a provisional name, the lineage is
signed and registered with the vault, and only then do they get their own name. What the vault marks as due is
destroyed, with everything made from it.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from aboveboard import __version__
from aboveboard.base import ids
from aboveboard.base.clock import Clock, SystemClock
from aboveboard.base.errors import AboveboardError, BadInput, NotFound, Tampered, Unavailable
from aboveboard.formats import envelope, erasure, lineage
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.erasure import DESTROYED_TYPE, Destroyed
from aboveboard.formats.fields import decode_json
from aboveboard.formats.lineage import HEAD_BYTES, ArtefactFile, Kind, Lineage
from aboveboard.lab import marks
from aboveboard.lab.bucket import Bucket, Store, note_where, store_of
from aboveboard.lab.files import CARD_FILE, LINEAGE_FILE, Files, Folder, Noted
from aboveboard.lab.vault_port import Vault
from aboveboard.rules.lineage import may_use, narrowest, terms_of, union
from aboveboard.sealing.signatures import SigningKey

LISTING_LIMIT_BYTES = 256 * 1024 * 1024
_FOUND_LIMIT_BYTES = 1024 * 1024
_PARTIAL = ".partial-"
_DESTROYING = ".destroying-"
DRAFT_PREFIXES = (_PARTIAL, _DESTROYING)
"""How the folders begin that are no artefacts: being made, or being destroyed."""

ArtefactState = Literal["live", "due", "destroyed"]


@dataclass(frozen=True)
class Registered:
    """One artefact as the vault lists it. ``sha256`` is over the lineage as it was signed; ``due_by_ns``: wall time."""

    lineage: Lineage
    state: ArtefactState
    sha256: str
    due_by_ns: int | None = None


class _Row(msgspec.Struct, frozen=True):
    lineage: Envelope
    state: ArtefactState
    due_by_ns: int | None = None


class _Found(msgspec.Struct, frozen=True):
    artefact_id: str
    state: ArtefactState


@dataclass(frozen=True)
class Draft:
    """An artefact in the making: its id, its folder, and where its files go: to the folder, or to a bucket.

    Those for a bucket are put through ``noted``, which knows what the lineage says of them.
    """

    artefact_id: str
    folder: Path
    files: Files
    noted: Noted

    def list_files(self) -> list[ArtefactFile]:
        """Every file except the lineage, in order of path; raises :class:`BadInput` for anything that is no file, and
        :class:`Tampered` where a bucket holds other files than were put."""
        if isinstance(self.files, Folder):
            return list_files(self.folder)
        found = [self.noted.files[name] for name in sorted(self.noted.files)]
        if self.files.sizes() != {one.path: one.size_bytes for one in found}:
            raise Tampered(
                f"{self.files} does not hold what was put there",
                cause="something else writes there too, or the store loses what it took",
                fix="find out which; nothing was kept",
            )
        return found


@contextmanager
def draft(lab_home: Path, store: Store | None = None) -> Iterator[Draft]:
    """A new artefact's folder under a provisional name; it is removed again unless :func:`register` took it over.

    With ``store`` the files go there, and are removed there too. What a killed process left unfinished is removed
    first: it has no lineage that anyone registered for good.
    """
    shelf = _shelf(lab_home)
    shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
    artefact_id = ids.new_id(ids.Kind.ARTEFACT)
    folder = shelf / f"{_PARTIAL}{artefact_id}"
    with _locked(shelf):
        _sweep(shelf)
        folder.mkdir(mode=0o700)
        if store is not None:
            note_where(folder, store)  # before the first file, so that whoever finds the remains knows where
        # Held as long as this process works on it, so that another's sweep can tell work from remains.
        held = _lock(folder, fcntl.LOCK_EX)
    files = Folder(folder) if store is None else store.files(artefact_id)
    try:
        yield Draft(artefact_id, folder, files, Noted(files))
    finally:
        _clear_if_possible(folder)
        os.close(held)


def _clear_if_possible(folder: Path) -> None:
    """Remove what is left of an artefact; where its bucket does not answer the next sweep does."""
    with suppress(AboveboardError, OSError):
        _clear(folder)


def _clear(remains: Path) -> None:
    """Remove what is left of an artefact, in its bucket first: without the folder nobody would know of it."""
    store = store_of(remains)
    if store is not None:
        files = store.files(remains.name.split("-")[1])
        files.remove(files.sizes())
    shutil.rmtree(remains)


def _sweep(shelf: Path) -> None:
    for folder in [*shelf.glob(f"{_PARTIAL}*"), *shelf.glob(f"{_DESTROYING}*")]:
        try:
            held = _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        _clear_if_possible(folder)
        os.close(held)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    held = _lock(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(held)


def _lock(folder: Path, how: int) -> int:
    """Lock a folder until the descriptor returned is closed, or the process ends; raises :class:`OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, how)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def register(vault: Vault, staff_key: SigningKey, made: Draft, pedigree: Lineage) -> Path:
    """Sign and register the lineage, then give the files their own name. Returns the artefact's folder.

    ``pedigree.files`` MUST be ``made.list_files()``, and each file that can carry the artefact's mark MUST do so
    (``lab.marks``); raises :class:`BadInput` otherwise. If the vault does not take the lineage, nothing is kept.
    """
    bare = next(marks.unmarked(made.folder, made.artefact_id), None)
    if bare is not None:
        raise BadInput(
            f"{bare!r} does not carry the mark of {made.artefact_id}",
            cause="it was written without it, or belongs to another artefact",
            fix="mark it before its lineage is made: lab.marks.stamp_all",
        )
    signed = envelope.encode(staff_key.sign(lineage.PAYLOAD_TYPE, lineage.encode(pedigree)))
    if isinstance(made.files, Bucket):
        Folder(made.folder).put(CARD_FILE, made.files.read(CARD_FILE))
    (made.folder / LINEAGE_FILE).write_bytes(signed)
    _sync(made.folder)
    vault.post("/v1/artefacts", signed)
    if isinstance(made.files, Bucket):
        made.files.put(LINEAGE_FILE, signed)
    place = made.folder.with_name(made.artefact_id)
    made.folder.rename(place)
    _sync_folder(place.parent)
    return place


def list_files(folder: Path) -> list[ArtefactFile]:
    """Every file in ``folder`` except the lineage, in order of path; raises :class:`BadInput` for anything else."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise BadInput(f"{name!r} is not a plain file", cause="links cannot be part of an artefact", fix="copy it")
        if path.is_file() and name != LINEAGE_FILE:
            found.append(_file(path, name))
    return found


def _file(path: Path, name: str) -> ArtefactFile:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size_bytes = path.stat().st_size
    head_sha256 = hashlib.sha256(head).hexdigest() if size_bytes > HEAD_BYTES else None
    return ArtefactFile(path=name, size_bytes=size_bytes, sha256=digest, head_sha256=head_sha256)


def inherit(made: Draft, kind: Kind, parents: Collection[Lineage], *, created_at_ns: int) -> Lineage:
    """The lineage of something made from other artefacts: everyone in them, and the narrowest of their limits.

    Raises :class:`BadInput` without parents, or where they share no purpose or are of different grants.
    """
    if not parents:
        raise BadInput(
            "an artefact without sources has no lineage", cause="the parents were not named", fix="name them"
        )
    terms = narrowest(terms_of(parent) for parent in parents)
    grants = {parent.grant_id for parent in parents}
    if not terms.purposes or len(grants) != 1:
        raise BadInput(
            "these sources cannot be combined",
            cause="they were opened for different purposes or under different grants",
            fix="ask for one grant that covers all of them",
        )
    return Lineage(
        artefact_id=made.artefact_id,
        kind=kind,
        created_at_ns=created_at_ns,
        grant_id=grants.pop(),
        purposes=sorted(terms.purposes),
        retention_until_ns=terms.until_ns,
        sources=union(*(parent.sources for parent in parents)),
        parents=[parent.artefact_id for parent in parents],
        files=made.list_files(),
        made_by=made_by(kind),
    )


def made_by(what: str) -> str:
    """The command and the version, as a lineage states it."""
    return f"aboveboard {__version__} ({what})"


def artefact_folder(lab_home: Path, artefact_id: str) -> Path:
    """Where an artefact rests; raises :class:`BadInput` for anything that is not an id."""
    return _shelf(lab_home) / ids.check_id(ids.Kind.ARTEFACT, artefact_id)


def read_lineage(lab_home: Path, artefact_id: str) -> Lineage:
    """The lineage beside an artefact; raises :class:`NotFound` or :class:`BadInput`. Its signature is not checked."""
    path = artefact_folder(lab_home, artefact_id) / LINEAGE_FILE
    try:
        return lineage.decode(lineage.decode_signed(path.read_bytes()).body())
    except FileNotFoundError as error:
        raise NotFound(
            f"there is no artefact {artefact_id} here",
            cause="it was made in another lab home, or was destroyed",
            fix="'aboveboard status' lists what is here",
        ) from error


def list_registered(vault: Vault) -> list[Registered]:
    """My artefacts, as the vault lists them."""
    rows = decode_json(
        vault.get("/v1/artefacts"), list[_Row], name="list of artefacts", limit_bytes=LISTING_LIMIT_BYTES
    )
    return [_registered(row) for row in rows]


def _registered(row: _Row) -> Registered:
    payload = row.lineage.body()
    return Registered(lineage.decode(payload), row.state, hashlib.sha256(payload).hexdigest(), row.due_by_ns)


def require_usable(vault: Vault, pedigree: Lineage, *, clock: Clock | None = None) -> None:
    """Raises :class:`Refused` unless the vault says that the artefact is on record, and nothing in it was erased."""
    asked = msgspec.json.encode({"sha256": [], "artefact_ids": [pedigree.artefact_id]})
    rows = decode_json(
        vault.post("/v1/artefacts/find", asked), list[_Found], name="list of artefacts", limit_bytes=_FOUND_LIMIT_BYTES
    )
    state = next((one.state for one in rows if one.artefact_id == pedigree.artefact_id), None)
    now_ns = (clock or SystemClock()).wall_ns()
    may_use(state, until_ns=pedigree.retention_until_ns, now_ns=now_ns).require()


def honour_erasures(
    vault: Vault,
    lab_home: Path,
    staff_key: SigningKey,
    *,
    clock: Clock | None = None,
    told: Callable[[str], None] = lambda _: None,
    remake: Callable[[Lineage], str | None] = lambda _: None,
) -> list[str]:
    """Destroy every artefact that is due, or whose time is over, and all that was made from it. Returns their ids.

    Of each its keeper says, signed, that it is gone: that goes to the person beside the receipt. Safe to repeat.
    ``told`` is called with each id once it is done. ``remake`` is asked first for what is left of a data set, and gives
    the new version's id: ``None`` if there is none; it may raise :class:`Unavailable` until the artefact is overdue.
    """
    now_ns = (clock or SystemClock()).wall_ns()
    if _shelf(lab_home).is_dir():
        with _locked(_shelf(lab_home)):
            _sweep(_shelf(lab_home))
    registered = list_registered(vault)
    known = {one.lineage.artefact_id: one.lineage for one in registered}
    known |= {one.artefact_id: one for one in _local(lab_home)}
    due = {one.lineage.artefact_id for one in registered if one.state == "due"}
    due |= {one.artefact_id for one in _local(lab_home) if one.retention_until_ns <= now_ns}
    waiting = _with_descendants(due, known.values())
    awaited = {one.lineage.artefact_id: one.sha256 for one in registered if one.state != "destroyed"}
    overdue = {one.lineage.artefact_id for one in registered if one.due_by_ns is not None and one.due_by_ns <= now_ns}
    # Data sets last: where one cannot be remade just now, all else is gone already.
    for artefact_id in sorted(waiting, key=lambda one: (one in known and known[one].kind == "dataset", one)):
        newer = None
        if artefact_folder(lab_home, artefact_id).exists() or artefact_id in awaited:
            try:
                newer = remake(known[artefact_id])
            except Unavailable:
                if artefact_id not in overdue:
                    raise
        destroy(lab_home, artefact_id)
        if artefact_id in awaited:
            gone = Destroyed(
                artefact_id=artefact_id, lineage_sha256=awaited[artefact_id], at_ns=now_ns, rebuilt_as=newer
            )
            word = staff_key.sign(DESTROYED_TYPE, erasure.encode(gone))
            vault.post(f"/v1/artefacts/{artefact_id}/destroyed", envelope.encode(word))
        told(artefact_id)
    return sorted(waiting)


def destroy(lab_home: Path, artefact_id: str) -> None:
    """Remove an artefact's files. A crash midway leaves no folder that could pass for the artefact.

    Raises :class:`Unavailable` where they rest in a bucket that does not answer: then they are not destroyed.
    """
    place = artefact_folder(lab_home, artefact_id)
    if place.exists():
        place.rename(place.with_name(f"{_DESTROYING}{artefact_id}-{secrets.token_hex(4)}"))
    for remains in _shelf(lab_home).glob(f".*-{artefact_id}*"):
        _clear(remains)
    if _shelf(lab_home).is_dir():
        _sync_folder(_shelf(lab_home))


def _with_descendants(due: set[str], pedigrees: Iterable[Lineage]) -> set[str]:
    pedigrees = list(pedigrees)
    reached = set(due)
    while more := {one.artefact_id for one in pedigrees if not reached.isdisjoint(one.parents)} - reached:
        reached |= more
    return reached


def _local(lab_home: Path) -> Iterator[Lineage]:
    for path in sorted(_shelf(lab_home).glob(f"art_*/{LINEAGE_FILE}")):
        yield read_lineage(lab_home, path.parent.name)


def _shelf(lab_home: Path) -> Path:
    return lab_home / "artefacts"


def _sync(folder: Path) -> None:
    """Everything in ``folder`` is on the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
