"""Where do this person's sealed segments lie?

On the vault's shelf, and on this machine's own for those that are still waiting to be uploaded. A shelf hands out what
it has; nothing on it is believed before ``viewer.archive`` has checked it.
"""

import contextlib
from pathlib import Path
from typing import Protocol

import msgspec

from aboveboard.base.errors import AboveboardError, BadInput, NotFound, Unavailable
from aboveboard.base.ids import Kind, check_id
from aboveboard.formats import envelope as envelopes
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.segment import SEALED_LIMIT_BYTES

MANIFEST_NAME = "manifest.json"
SEALED_NAME = "sealed.age"
LIST_LIMIT = 1_000_000
"""The most segments that are listed from one shelf."""


class Asks(Protocol):
    """What the viewer needs of ``wire.client.Client``: a signed GET that answers with bytes or raises our errors."""

    def get(self, path: str) -> bytes: ...


class Shelf(Protocol):
    """A place with sealed segments."""

    name: str

    def manifests(self) -> list[Envelope]:
        """The signed manifests of what lies here whole, unverified. Raises :class:`AboveboardError`."""
        ...

    def sealed(self, segment_id: str) -> bytes:
        """The sealed bytes, unverified. Raises :class:`AboveboardError`."""
        ...


class _Listed(msgspec.Struct):
    segment_id: str
    manifest: Envelope
    state: str


class VaultShelf:
    """What the vault has taken in: asked as the person, so that it can only answer with this person's own."""

    name = "vault"

    def __init__(self, vault: Asks) -> None:
        self._vault = vault

    def manifests(self) -> list[Envelope]:
        try:
            listed = msgspec.json.decode(self._vault.get("/v1/segments"), type=list[msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _not_understood("the vault's list of segments") from error
        found: list[Envelope] = []
        for raw in listed[:LIST_LIMIT]:
            try:
                item = msgspec.json.decode(raw, type=_Listed)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise _not_understood("an entry of the vault's list of segments") from error
            if item.state == "stored":
                found.append(item.manifest)
        return found

    def sealed(self, segment_id: str) -> bytes:
        return self._vault.get(f"/v1/segments/{check_id(Kind.SEGMENT, segment_id)}/sealed")


class FolderShelf:
    """The recorder's spool on this machine: a folder for each segment, with ``manifest.json`` and ``sealed.age``."""

    name = "spool"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def manifests(self) -> list[Envelope]:
        """Those that lie there whole. One that vanishes while this looks was just uploaded."""
        found: list[Envelope] = []
        try:
            for path in sorted(self._folder.glob(f"seg_*/{MANIFEST_NAME}"))[:LIST_LIMIT]:
                with contextlib.suppress(FileNotFoundError):
                    found.append(envelopes.decode(_read(path, envelopes.LIMIT_BYTES)))
        except OSError as error:
            raise Unavailable(
                f"the spool in {self._folder} cannot be read",
                cause=str(error.strerror or error),
                fix="check who owns this folder",
            ) from error
        return found

    def sealed(self, segment_id: str) -> bytes:
        try:
            return _read(self._folder / check_id(Kind.SEGMENT, segment_id) / SEALED_NAME, SEALED_LIMIT_BYTES)
        except FileNotFoundError as error:
            raise NotFound(
                "this segment is no longer in the spool",
                cause="it was uploaded a moment ago",
                fix="load the page again: it comes from the vault now",
            ) from error


def _read(path: Path, limit_bytes: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise BadInput(f"{path.name} is larger than {limit_bytes} bytes", cause="it is damaged", fix="move it away")
    return data


def _not_understood(what: str) -> AboveboardError:
    return BadInput(
        f"{what} cannot be read",
        cause="the vault is of another version, or something else answers at its address",
        fix="check the vault's address, or update Aboveboard",
    )
