"""What does a running vault hold? Its folder, its clock, its records and objects, its own key, and whom it knows.

Its own key signs leases and erasure receipts and its requests to the keyholder. It opens nothing: no private key that
could is ever in this process.

``roster.json`` is read anew whenever it changes; missing means that nobody has a role. ``config.json`` is described by
:class:`Config`.
"""

import fcntl
import json
import os
import stat
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import Meta

from aboveboard.base.clock import Clock, SystemClock
from aboveboard.base.errors import BadInput, Conflict, SetupMissing, Unavailable
from aboveboard.formats import roster as roster_format
from aboveboard.formats.fields import Document, decode_json
from aboveboard.formats.notice import MailAddress
from aboveboard.formats.roster import Roster
from aboveboard.sealing.keys import load_or_create_signing_key
from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault.fleet import FleetWatch
from aboveboard.vault.storage.objects import LocalObjects, Objects, S3Objects
from aboveboard.vault.storage.records import Records
from aboveboard.vault.storage.sql.engine import open_records
from aboveboard.wire.client import Client

CONFIG_LIMIT_BYTES = 64 * 1024
KEYHOLDER_TIMEOUT_S = 60.0
"""A release waits for the ledger and its witnesses."""


class MailServer(Document, frozen=True):
    """Who takes the mails. ``password_file`` holds only the password and lies in the vault's folder, the only one that
    the vault can read once it runs."""

    host: Annotated[str, Meta(min_length=1, max_length=255)]
    port: Annotated[int, Meta(ge=1, le=65535)]
    sender: MailAddress
    security: Literal["tls", "starttls", "none"] = "tls"
    user: Annotated[str, Meta(max_length=255)] | None = None
    password_file: Annotated[str, Meta(max_length=4000)] | None = None


class Config(Document, frozen=True):
    """``config.json``. Either ``keyholder_url`` or ``keyholder_address_file`` (its ``address.json``) must be given.

    ``database_url``: SQLAlchemy's form, ``postgresql+psycopg://…``; ``None``: ``records.sqlite`` in the home.
    ``objects_url``: ``s3://bucket?region=…&endpoint=…``; ``None``: ``objects/`` in the home.
    ``public_url``: the address that clients use, where a proxy stands in front. ``mail``: ``None`` sends no mail.
    """

    keyholder_url: Annotated[str, Meta(max_length=500)] | None = None
    keyholder_address_file: Annotated[str, Meta(max_length=4000)] | None = None
    database_url: Annotated[str, Meta(max_length=2000)] | None = None
    objects_url: Annotated[str, Meta(max_length=2000)] | None = None
    public_url: Annotated[str, Meta(max_length=500)] | None = None
    mail: MailServer | None = None


@dataclass
class Vault:
    """Everything that the endpoints work with. One for each process."""

    home: Path
    clock: Clock
    config: Config
    records: Records
    objects: Objects
    key: SigningKey
    lock_descriptor: int = -1
    _roster: tuple[int, Roster] | None = None
    _keyholder: Client | None = None
    fleet: Any = field(default_factory=FleetWatch)
    # Typed loosely: the web framework looks into the fields of what it injects, and cannot look into a lock.
    _changing: Any = field(default_factory=threading.Lock)

    def roster(self) -> Roster:
        """The staff as the file says now; raises :class:`BadInput` if it does not parse: then nobody is believed."""
        path = self.home / "roster.json"
        try:
            changed_ns = path.stat().st_mtime_ns
            with self._changing:
                if self._roster is None or self._roster[0] != changed_ns:
                    self._roster = (changed_ns, roster_format.decode(path.read_bytes()))
                return self._roster[1]
        except FileNotFoundError:
            return Roster(staff=[])

    def keyholder(self) -> Client:
        """A client of the keyholder, signing with this vault's key; raises Unavailable or SetupMissing."""
        url = self._keyholder_url()
        with self._changing:
            if self._keyholder is None or self._keyholder.base_url != url:
                self._keyholder = Client(url, self.key, timeout_s=KEYHOLDER_TIMEOUT_S)
            return self._keyholder

    def _keyholder_url(self) -> str:
        if self.config.keyholder_url is not None:
            return self.config.keyholder_url.rstrip("/")
        if self.config.keyholder_address_file is None:
            raise SetupMissing(
                "the vault does not know its keyholder",
                cause="config.json names neither keyholder_url nor keyholder_address_file",
                fix=f"write one of them into {self.home / 'config.json'}",
            )
        try:
            return str(json.loads(Path(self.config.keyholder_address_file).read_bytes())["url"]).rstrip("/")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(
                "the keyholder is not running",
                cause=f"{self.config.keyholder_address_file} is missing or cannot be read",
                fix="start the keyholder, then try again",
            ) from error

    def close(self) -> None:
        """Let go of the database, the connections and the folder."""
        self.records.close()
        if self._keyholder is not None:
            self._keyholder.close()
        if self.lock_descriptor >= 0:
            os.close(self.lock_descriptor)
            self.lock_descriptor = -1


def open_vault(home: Path, *, clock: Clock | None = None) -> Vault:
    """Open the vault in ``home`` (made if missing) and bring its database up to date.

    Raises :class:`SetupMissing` (folder open to others, newer schema, bad configuration), :class:`Conflict` (another
    vault runs there), :class:`Unavailable` (database locked or unreachable, disk full).
    """
    _prepare(home)
    config = _config(home)
    descriptor = _lock(home)
    try:
        key = load_or_create_signing_key(home / "vault.key")
        objects = _objects(home, config.objects_url)
        records = open_records(config.database_url or f"sqlite:///{home / 'records.sqlite'}")
    except BaseException:
        os.close(descriptor)
        raise
    return Vault(
        home=home,
        clock=clock or SystemClock(),
        config=config,
        records=records,
        objects=objects,
        key=key,
        lock_descriptor=descriptor,
    )


def _prepare(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(home.stat().st_mode)
    except OSError as error:
        raise SetupMissing(
            f"the vault's folder {home} cannot be made: {error.strerror}",
            cause="the disk is full or read-only, or the folder above belongs to somebody else",
            fix="make room or choose another ABOVEBOARD_HOME",
        ) from error
    if mode & 0o077:
        raise SetupMissing(
            f"{home} can be entered by others (mode {mode:04o})",
            cause="its permissions were changed, or it was copied",
            fix=f"chmod 700 {home}",
        )


def _config(home: Path) -> Config:
    path = home / "config.json"
    try:
        return decode_json(path.read_bytes(), Config, name="config.json", limit_bytes=CONFIG_LIMIT_BYTES)
    except FileNotFoundError:
        return Config()
    except BadInput as error:
        raise SetupMissing(error.what, cause="it was mistyped", fix=f"correct {path}") from error


def _lock(home: Path) -> int:
    descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise Conflict(
            f"another vault runs in {home}", cause="it was started before", fix="use that one, or stop it first"
        ) from error
    return descriptor


def _objects(home: Path, url: str | None) -> Objects:
    if url is None:
        return LocalObjects(home / "objects")
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc:
        raise SetupMissing(
            "objects_url in config.json is not understood",
            cause="only S3 is supported beside local files",
            fix="it looks like s3://bucket?region=eu-central-1&endpoint=https://s3.example.org",
        )
    query = parse_qs(parts.query)
    return S3Objects(
        parts.netloc, endpoint=query.get("endpoint", [None])[0], region=query.get("region", ["us-east-1"])[0]
    )


def write_config(home: Path, config: Config) -> None:
    """Write ``config.json`` (mode 0600), for setting a vault up."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(home / "config.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(config))
