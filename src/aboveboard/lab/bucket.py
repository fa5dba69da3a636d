"""How do the files of an artefact rest in a bucket of S3?

Under ``PREFIX/ARTEFACT/``, in a store that is named by its URL: ``s3://bucket/prefix?region=…&endpoint=…``. Credentials
come from the environment (``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``) or the machine's role, never from a file of
ours. Only what is sealed may rest there, beside a data set's card and its lineage, which are plain on a disk too.
"""

import io
import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import parse_qs, urlsplit

from aboveboard.base.errors import BadInput, Conflict, NotFound, SetupMissing, Unavailable
from aboveboard.formats.fields import Document, decode_json, encode_json
from aboveboard.lab.files import CARD_FILE, LINEAGE_FILE, Files, Folder, Ranged

if TYPE_CHECKING:
    from obstore.store import RetryConfig, S3Config, S3Store

WHERE_FILE = "where.json"
"""In an artefact's folder: its other files rest in a bucket, in this one."""
_WHERE_LIMIT_BYTES = 4096
_PLAIN = frozenset({CARD_FILE, LINEAGE_FILE})
SEALED = b"age-encryption.org/v1\n"
_BLOCK_BYTES = 1024 * 1024
_BLOCKS_KEPT = 4
_RETRY: "RetryConfig" = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Where(Document, frozen=True):
    """What :data:`WHERE_FILE` says."""

    store: str


@dataclass(frozen=True)
class Store:
    """A place in a bucket, for many artefacts; raises :class:`BadInput` for a URL that names none, or one without TLS
    beyond loopback."""

    url: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        query = parse_qs(parts.query)
        endpoint = urlsplit(query.get("endpoint", ["https://amazon"])[0])
        plain = endpoint.scheme == "http" and endpoint.hostname in _LOOPBACK
        named = parts.scheme == "s3" and parts.netloc and not parts.fragment and re.fullmatch(r"[\w./-]*", parts.path)
        if not named or query.keys() - {"endpoint", "region"} or not (endpoint.scheme == "https" or plain):
            raise BadInput(
                f"{self.url[:200]!r} names no store",
                cause="it is no bucket of S3, or it would be reached without TLS",
                fix="it looks like s3://bucket/prefix?region=eu-central-1&endpoint=https://s3.example.org",
            )

    @property
    def prefix(self) -> str:
        """What the names of all its objects begin with: "" or "…/"."""
        path = urlsplit(self.url).path.strip("/")
        return f"{path}/" if path else ""

    def files(self, artefact_id: str) -> "Bucket":
        return Bucket(self, artefact_id)

    def objects(self, below: str = "") -> Iterator[dict[str, Any]]:
        """What obstore tells of each object whose name begins with ``prefix`` and the folder ``below``, in order."""
        import obstore

        with our_errors(str(self)):
            found = [one for part in obstore.list(self.at, prefix=self.prefix + below) for one in part]
        yield from sorted(found, key=lambda one: one["path"])  # type: ignore[misc]

    def opened(self, key: str) -> BinaryIO:
        """An object as a file, read in parts; raises :class:`NotFound`."""
        return io.BufferedReader(_File(_Object(self, key)), _BLOCK_BYTES)

    @property
    def at(self) -> "S3Store":
        return _connect(self.url)

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"s3://{parts.netloc}/{self.prefix}"


@cache
def _connect(url: str) -> "S3Store":
    try:
        from obstore.store import S3Store
    except ImportError as error:
        raise SetupMissing("obstore is not installed", fix="pip install 'aboveboard[lab]'") from error
    parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
    config: S3Config = {"region": query.get("region", ["us-east-1"])[0], "conditional_put": "etag"}
    endpoint = query.get("endpoint", [None])[0]
    if endpoint is not None:
        config["endpoint"] = endpoint
    plain = endpoint is not None and endpoint.startswith("http://")
    return S3Store(parts.netloc, config=config, client_options={"allow_http": plain}, retry_config=_RETRY)


@dataclass(frozen=True)
class Bucket:
    """The files of one artefact in a store."""

    store: Store
    artefact_id: str

    def __str__(self) -> str:
        return f"{self.store}{self.artefact_id}"

    def put(self, name: str, data: bytes) -> None:
        """Raises :class:`BadInput` for what is neither sealed nor a card or a lineage, and :class:`SetupMissing` where
        the bucket keeps older versions."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        if not (name in _PLAIN or (name.endswith(".age") and data.startswith(SEALED))):
            raise BadInput(f"{name!r} is not sealed", cause="only sealed files rest in a bucket", fix="keep it here")
        with our_errors(str(self)):
            try:
                made = obstore.put(self.store.at, self._key(name), data, mode="create", use_multipart=False)
            except (AlreadyExistsError, PreconditionError) as error:
                raise Conflict(
                    f"{self}/{name} is there already", cause="it was written before", fix="begin again"
                ) from error
        if made["version"] not in (None, "null"):
            raise SetupMissing(
                f"{self.store} keeps older versions: what is erased would stay there",
                cause="versioning is on for this bucket",
                fix="use a bucket without it, and delete what was just put, with its versions",
            )

    def sizes(self) -> dict[str, int]:
        begin = len(self._key(""))
        return {one["path"][begin:]: one["size"] for one in self.store.objects(f"{self.artefact_id}/")}

    def read(self, name: str) -> bytes:
        import obstore

        with our_errors(f"{self}/{name}"):
            return bytes(obstore.get(self.store.at, self._key(name)).bytes())

    def parts(self, name: str) -> Path | Ranged:
        return _Object(self.store, self._key(name))

    def sha256(self, name: str) -> str | None:
        return None

    def take(self, older: Files, name: str) -> None:
        import obstore

        assert isinstance(older, Bucket)
        with our_errors(f"{older}/{name}"):
            obstore.copy(self.store.at, older._key(name), self._key(name))

    def remove(self, names: Collection[str]) -> None:
        import obstore
        from obstore.exceptions import NotFoundError

        with our_errors(str(self)):
            for name in sorted(names):
                try:
                    obstore.delete(self.store.at, self._key(name))
                except (NotFoundError, FileNotFoundError):
                    continue

    def _key(self, name: str) -> str:
        return f"{self.store.prefix}{self.artefact_id}/{name}"


class _Object:
    """An object that is read in blocks, the last few of which are kept."""

    def __init__(self, store: Store, key: str) -> None:
        import obstore

        self._store, self._key = store.at, key
        self._blocks: dict[int, bytes] = {}
        with our_errors(key):
            self.size_bytes: int = obstore.head(self._store, key)["size"]

    def read(self, offset: int, size_bytes: int) -> bytes:
        end = min(offset + size_bytes, self.size_bytes)
        if offset >= end:
            return b""
        first, last = offset // _BLOCK_BYTES, (end - 1) // _BLOCK_BYTES
        data = b"".join(self._block(number) for number in range(first, last + 1))
        begin = offset - first * _BLOCK_BYTES
        return data[begin : begin + end - offset]

    def close(self) -> None:
        self._blocks.clear()

    def _block(self, number: int) -> bytes:
        import obstore

        if number not in self._blocks:
            begin = number * _BLOCK_BYTES
            end = min(begin + _BLOCK_BYTES, self.size_bytes)
            with our_errors(self._key):
                data = bytes(obstore.get_range(self._store, self._key, start=begin, end=end))
            self._blocks[number] = data
            if len(self._blocks) > _BLOCKS_KEPT:
                del self._blocks[next(iter(self._blocks))]
        return self._blocks[number]


class _File(io.RawIOBase):
    def __init__(self, source: Ranged) -> None:
        self._source, self._at = source, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size_bytes}[whence]
        self._at = max(0, begin + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(self._at, len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def files_at(folder: Path) -> Files:
    """The files of the artefact whose folder it is, wherever they rest; raises :class:`BadInput`."""
    store = store_of(folder)
    return Folder(folder) if store is None else store.files(folder.name)


def store_of(folder: Path) -> Store | None:
    """The store in which the files rest of the artefact whose folder it is; ``None``: in the folder itself."""
    try:
        data = (folder / WHERE_FILE).read_bytes()
    except FileNotFoundError:
        return None
    return Store(decode_json(data, Where, name="word of where files rest", limit_bytes=_WHERE_LIMIT_BYTES).store)


def note_where(folder: Path, store: Store) -> None:
    """Say in an artefact's folder that its files rest in ``store``."""
    with (folder / WHERE_FILE).open("wb") as file:
        file.write(encode_json(Where(store.url)))
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def our_errors(what: str) -> Iterator[None]:
    """What obstore raises as errors of ours; ``what`` was asked for."""
    from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError

    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise NotFound(
            f"there is no {what}",
            cause="it was erased, or there is no such bucket",
            fix="check the bucket's name and the endpoint",
        ) from error
    except (PermissionDeniedError, UnauthenticatedError, PermissionError) as error:
        raise SetupMissing(
            f"this lab may not use {what}",
            cause="its credentials or its permissions are wrong",
            fix="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and let them read, write, list and delete",
        ) from error
    except (BaseError, OSError) as error:
        raise Unavailable(
            f"{what} does not answer",
            cause="the store or the network failed, or there is no such bucket",
            fix="check the URL, then try again",
        ) from error
