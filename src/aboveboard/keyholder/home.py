"""Whom does this keyholder believe? Nobody but the files in its own folder, which only its operator writes.

* ``roster.json``: the staff, with roles and keys. Read anew for every decision; missing means nobody.
* ``service.json``: ``{"vault_key": "ed25519:…"}``, the one caller that may ask for releases.
* ``witnesses.json``: ``[{"name", "url", "verifier_key"}]``, at least one. Every one of them must co-sign.
* ``witness-policy.txt``: instead of that, which of them are enough, and which must be on another machine (C2SP
  tlog-policy, ``docs/runbooks/witness.md``).
* ``config.json``: how the keyholder works (:class:`Config`); missing means the defaults.
"""

import fcntl
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from aboveboard.base.errors import BadInput, Conflict, SetupMissing
from aboveboard.formats import roster as roster_format
from aboveboard.formats.fields import Document, PublicKey, decode_json
from aboveboard.formats.roster import Roster
from aboveboard.keyholder.backends.choose import FileStore, Store
from aboveboard.ledger import policy as policies
from aboveboard.ledger.note import VerifierKey
from aboveboard.ledger.policy import Policy, PolicyWitness
from aboveboard.sealing.keys import load_or_create_signing_key
from aboveboard.sealing.signatures import SigningKey

T = TypeVar("T")
SMALL_BYTES = 64 * 1024
WITNESS_LIMIT = 16


class Service(Document, frozen=True):
    """``vault_key`` is the key that the vault signs its requests with."""

    vault_key: PublicKey


class WitnessAddress(Document, frozen=True):
    """``url`` is the prefix before ``/add-checkpoint``; ``verifier_key`` the witness's note verifier key."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    url: Annotated[str, Meta(pattern="^https?://", max_length=500)]
    verifier_key: Annotated[str, Meta(min_length=1, max_length=500)]


class Config(Document, frozen=True):
    """``epoch_days``: after how many days a person gets a newer key; 0: only when told to.

    ``store``: what wraps people's private keys (``backends/choose.py``). ``accept_missing``: start although wrapping
    keys are missing from it; only for keys that are lost for good (docs/runbooks/keyholder.md).
    """

    epoch_days: Annotated[int, Meta(ge=0, le=3650)] = 7
    store: Store = FileStore()
    accept_missing: bool = False


@dataclass(frozen=True)
class KeyholderHome:
    """The folder at ``path``, mode 0700."""

    path: Path

    @property
    def database_path(self) -> Path:
        """Where the state rests."""
        return self.path / "keys.sqlite"

    def prepare(self) -> None:
        """Make the folder and the two signing keys if they are missing; raises :class:`SetupMissing` if others may
        enter it."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(self.path.stat().st_mode)
        if mode & 0o077:
            raise SetupMissing(
                f"{self.path} can be entered by others (mode {mode:04o})",
                cause="its permissions were changed, or it was copied",
                fix=f"if nobody else uses this machine: chmod 700 {self.path}; otherwise replace the keys",
            )
        self.log_key()
        self.statement_key()

    def lock(self) -> int:
        """Keep every other keyholder out of this folder until the process ends; returns the lock's descriptor.

        Two at once would grow two ledgers. Raises :class:`Conflict`.
        """
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise Conflict(
                f"another keyholder runs in {self.path}",
                cause="it was started before",
                fix="use that one, or stop it first",
            ) from error
        return descriptor

    def log_key(self) -> SigningKey:
        """The key that signs checkpoints."""
        return load_or_create_signing_key(self.path / "ledger.key")

    def statement_key(self) -> SigningKey:
        """The key that vouches for people's keys: disclosures pin it as ``keyholder_key``."""
        return load_or_create_signing_key(self.path / "statement.key")

    def roster(self) -> Roster:
        """The staff as the file says now; raises :class:`BadInput` if it does not parse: then nobody is believed."""
        try:
            return roster_format.decode((self.path / "roster.json").read_bytes())
        except FileNotFoundError:
            return Roster(staff=[])

    def config(self) -> Config:
        """How it works; raises :class:`SetupMissing` if the file does not parse."""
        return self._read("config.json", Config) if (self.path / "config.json").exists() else Config()

    def vault_key(self) -> str:
        """The vault's service key; raises :class:`SetupMissing`."""
        return self._read("service.json", Service).vault_key

    def witnesses(self) -> list[WitnessAddress]:
        """The witnesses, at least one; raises :class:`SetupMissing`."""
        found = self._read("witnesses.json", list[WitnessAddress])
        if not 1 <= len(found) <= WITNESS_LIMIT or len({each.verifier_key for each in found}) != len(found):
            raise SetupMissing(
                f"witnesses.json names {len(found)} witnesses, or one of them twice",
                cause="a keyholder that nobody watches could show two histories",
                fix=f"name 1 to {WITNESS_LIMIT} different witnesses in {self.path / 'witnesses.json'}",
            )
        return found

    def policy(self) -> Policy:
        """Which witnesses must co-sign: what ``witness-policy.txt`` says, else all in ``witnesses.json``.

        Raises :class:`SetupMissing` if it would go without a witness, or does not say where one is.
        """
        path = self.path / "witness-policy.txt"
        try:
            found = policies.parse(path.read_bytes())
        except FileNotFoundError:
            return _all_of(self.witnesses())
        except BadInput as error:
            raise SetupMissing(error.what, cause=error.cause, fix=f"correct {path}") from error
        urls = [each.url for each in found.witnesses.values()]
        if found.satisfied([]) or not all(url.startswith(("http://", "https://")) for url in urls):
            raise SetupMissing(
                f"{path} can be met without any witness, or names one without its address",
                cause="a keyholder that nobody watches could show two histories",
                fix="give each witness its http address, and name a group of them as the quorum",
            )
        return found

    def _read(self, name: str, kind: type[T]) -> T:
        path = self.path / name
        try:
            return decode_json(path.read_bytes(), kind, name=name, limit_bytes=SMALL_BYTES)
        except FileNotFoundError as error:
            raise SetupMissing(
                f"{path} is missing",
                cause="this keyholder was not told yet whom to believe",
                fix="write it as docs/spec/release.md says, or run 'aboveboard up'",
            ) from error
        except BadInput as error:
            raise SetupMissing(error.what, cause=error.cause, fix=f"correct {path}") from error


def _all_of(addresses: list[WitnessAddress]) -> Policy:
    names = [each.name for each in addresses]
    if len(set(names)) != len(names):
        names = [f"{each.name} ({number})" for number, each in enumerate(addresses, 1)]
    witnesses = {
        name: PolicyWitness(VerifierKey.parse(each.verifier_key), each.url)
        for name, each in zip(names, addresses, strict=True)
    }
    return Policy(witnesses=witnesses, groups={"all": (len(names), names)}, quorum="all")


def write_service(home: KeyholderHome, vault_key: str) -> None:
    """Say which vault to believe."""
    _replace(home.path / "service.json", msgspec.json.encode(Service(vault_key=vault_key)))


def write_witnesses(home: KeyholderHome, witnesses: list[WitnessAddress]) -> None:
    """Say which witnesses must co-sign."""
    _replace(home.path / "witnesses.json", msgspec.json.encode(witnesses))


def _replace(path: Path, content: bytes) -> None:
    waiting = path.with_name(f".{path.name}.new")
    descriptor = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(path)
