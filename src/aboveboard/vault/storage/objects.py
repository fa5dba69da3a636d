"""How do sealed bytes rest, whatever stores them?

The port, and its two implementations through obstore: local files and S3. An implementation MUST:

* ``put_new``, ``put_all``: be durable when it returns; never replace other bytes under the same name; be as good as
  done when the very same bytes are there already;
* never show a part of an object;
* ``delete``, ``delete_many``: be as good as done when there is nothing, and durable when they return.

Both sides rely on ``tests/contract/test_objects.py``. Only intake, access and erasure use this port.
"""

import errno
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.exceptions import NotFoundError as ObjectNotFoundError
from obstore.store import LocalStore, S3Store

from aboveboard.base.errors import AboveboardError, Conflict, NotFound, SetupMissing, Unavailable
from aboveboard.wire.pieces import Pieces, sha256_of

if TYPE_CHECKING:
    from obstore.store import S3Config

T = TypeVar("T")

BULK = 1000
"""How many objects S3 deletes at once."""
AT_A_TIME = 8
"""How many objects are written, synced or deleted side by side: the disk does several in hardly more time than one."""
_DRAFT = "#0"


class Objects(Protocol):
    """A place for immutable bytes under names such as ``segments/seg_….age``."""

    def put_new(self, name: str, data: bytes) -> None:
        """Raise Conflict if other bytes are there, Unavailable if the store fails or is full."""

    def put_all(self, objects: Mapping[str, Pieces]) -> dict[str, AboveboardError]:
        """As :meth:`put_new` for each, of bytes in pieces, and much quicker.

        What is told of an object is that it was not put, and why.
        """

    def get(self, name: str) -> bytes:
        """The whole object; raise NotFound."""

    def get_start(self, name: str, limit_bytes: int) -> bytes:
        """At most the first ``limit_bytes``; raise NotFound."""

    def delete(self, name: str) -> None: ...

    def delete_many(self, names: Sequence[str]) -> None:
        """As :meth:`delete` for each, and much quicker."""

    def names(self) -> list[str]:
        """Every object's name, sorted."""


def name_of_segment(segment_id: str) -> str:
    """Where a segment's sealed bytes rest."""
    return f"segments/{segment_id}.age"


def segment_of_name(name: str) -> str | None:
    """The segment whose bytes rest under this name; ``None``: it is no segment's."""
    found = re.fullmatch(r"segments/(seg_[0-9a-z]{26})\.age", name)
    return None if found is None else found[1]


class _ObstoreObjects:
    """What both stores share."""

    def __init__(self, store: LocalStore | S3Store) -> None:
        self._store = store
        self._pool = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="objects")

    def put_new(self, name: str, data: bytes) -> None:
        for error in self.put_all({name: [data]}).values():
            raise error

    def put_all(self, objects: Mapping[str, Pieces]) -> dict[str, AboveboardError]:
        failed: dict[str, AboveboardError] = {}

        def tried(name: str, step: Callable[[], T]) -> T | None:
            try:
                with _our_errors(name):
                    return step()
            except AboveboardError as error:
                failed[name] = error
                return None

        def put(name: str) -> Callable[[], None] | None:
            return tried(name, lambda: self._put(name, objects[name]))

        # What is left is done by this thread alone: calls so short take less time than threads that take turns.
        for name, left in zip(objects, list(self._pool.map(put, objects)), strict=True):
            if left is not None:
                tried(name, left)
        self._sync_names([name for name in objects if name not in failed])
        return failed

    def _put(self, name: str, data: Pieces) -> Callable[[], None] | None:
        """The bytes are durable when it returns, and under their name once what it returns, if anything, was called."""
        try:
            obstore.put(self._store, name, b"".join(data), mode="create", use_multipart=False)
        except (AlreadyExistsError, PreconditionError):
            self._check_same(name, data)
        return None

    def _check_same(self, name: str, data: Pieces) -> None:
        """A crash after an earlier put, before it was recorded, leaves the same bytes: that is no conflict."""
        if sha256_of([self.get(name)]) != sha256_of(data):
            raise Conflict(
                f"another object named {name} is stored already",
                cause="the name was used before, or the stored bytes were changed",
                fix="report this: nothing was replaced",
            )

    def get(self, name: str) -> bytes:
        with _our_errors(name):
            return bytes(obstore.get(self._store, name).bytes())

    def get_start(self, name: str, limit_bytes: int) -> bytes:
        with _our_errors(name):
            size_bytes = obstore.head(self._store, name)["size"]
            if size_bytes == 0:
                return b""
            return bytes(obstore.get_range(self._store, name, start=0, end=min(limit_bytes, size_bytes)))

    def delete(self, name: str) -> None:
        with _our_errors(name):
            try:
                obstore.delete(self._store, name)
            except (ObjectNotFoundError, FileNotFoundError):
                return
        self._sync_names([name])

    def delete_many(self, names: Sequence[str]) -> None:
        with _our_errors("of several"):
            for begin in range(0, len(names), BULK):
                try:
                    obstore.delete(self._store, list(names[begin : begin + BULK]))
                except (ObjectNotFoundError, FileNotFoundError):
                    for name in names[begin : begin + BULK]:
                        self.delete(name)

    def names(self) -> list[str]:
        with _our_errors(""):
            return sorted(meta["path"] for part in obstore.list(self._store) for meta in part)

    def _sync_names(self, names: Iterable[str]) -> None:
        """Make it survive a power cut that these names are there, or are not, where the store does not do so itself."""


class LocalObjects(_ObstoreObjects):
    """Files below ``folder`` (made if missing, mode 0700), synced to the disk.

    A file gets its name once its bytes are on the disk; until then it ends in ``#`` and a number, which is nobody's
    name and which obstore does not list. What a crash leaves of it goes when the object is deleted.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        super().__init__(LocalStore(folder))

    def get_start(self, name: str, limit_bytes: int) -> bytes:
        with _our_errors(name), open(f"{self._folder}/{name}", "rb", buffering=0) as file:
            return file.read(limit_bytes)

    def delete_many(self, names: Sequence[str]) -> None:
        def unlink(name: str) -> None:
            for path in (self._folder / name, self._folder / f"{name}{_DRAFT}"):
                path.unlink(missing_ok=True)

        with _our_errors("of several"):
            list(self._pool.map(unlink, names))
        self._sync_names(names)

    def delete(self, name: str) -> None:
        self.delete_many([name])

    def _put(self, name: str, data: Pieces) -> Callable[[], None] | None:
        draft = f"{self._folder}/{name}{_DRAFT}"
        try:
            self._write(draft, data)
        except FileExistsError:  # left by a crash, or somebody puts it just now
            draft = f"{self._folder}/{name}#{secrets.randbits(64)}"
            self._write(draft, data)
        return partial(self._give_name, draft, name, data)

    def _give_name(self, draft: str, name: str, data: Pieces) -> None:
        path = f"{self._folder}/{name}"
        try:
            os.link(draft, path)  # refuses to replace
        except FileExistsError:
            self._check_same(name, data)
            _sync(Path(path))
        except FileNotFoundError as error:  # deleted while it was written
            raise _failed(full=False) from error
        finally:
            with suppress(FileNotFoundError):
                os.unlink(draft)

    def _write(self, draft: str, data: Pieces) -> None:
        """The bytes, durable, under a name that is nobody's; nothing if they cannot be."""
        descriptor = self._create(draft)
        try:
            for piece in data:
                left = memoryview(piece)
                while left:
                    left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(draft)
            raise
        finally:
            os.close(descriptor)

    def _create(self, draft: str) -> int:
        how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            return os.open(draft, how, 0o600)
        except FileNotFoundError:
            Path(draft).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(draft, how, 0o600)

    def _sync_names(self, names: Iterable[str]) -> None:
        with _our_errors("of several"):
            folders = {(self._folder / name).parent for name in names} | {self._folder}
            for folder in sorted(folders, reverse=True):  # the inner ones first
                if folder.exists():
                    _sync(folder)


class S3Objects(_ObstoreObjects):
    """A bucket. Credentials come from the environment (``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``) or the
    machine's role, never from a file of ours. ``endpoint`` of ``None``: Amazon's own."""

    def __init__(self, bucket: str, *, endpoint: str | None, region: str) -> None:
        plain = endpoint is not None and endpoint.startswith("http://")
        if plain and not any(f"//{host}" in str(endpoint) for host in ("127.0.0.1", "localhost", "[::1]")):
            raise SetupMissing(
                f"the object store at {endpoint} would be reached without TLS",
                cause="objects_url in the vault's config.json says http",
                fix="use https beyond loopback",
            )
        config: S3Config = {"region": region, "conditional_put": "etag"}
        if endpoint is not None:
            config["endpoint"] = endpoint
        super().__init__(S3Store(bucket, config=config, client_options={"allow_http": plain}))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _our_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (ObjectNotFoundError, FileNotFoundError) as error:
        raise NotFound(
            f"there is no object {name}", cause="it was erased", fix="ask which segments there are"
        ) from error
    except (PermissionDeniedError, UnauthenticatedError, PermissionError) as error:
        raise SetupMissing(
            "the vault may not use its object store",
            cause="its credentials or its permissions are wrong",
            fix="check objects_url, the credentials and the folder's permissions",
        ) from error
    except OSError as error:
        raise _failed(error.errno == errno.ENOSPC) from error
    except BaseError as error:
        raise _failed(os.strerror(errno.ENOSPC) in str(error)) from error


def _failed(full: bool) -> Unavailable:
    if full:
        return Unavailable(
            "the vault's object store is full", cause="no space is left", fix="make room, then try again"
        )
    return Unavailable("the vault's object store failed", cause="its disk or network", fix="try again")
