"""What does the keyholder need at hand for a release? One desk for each process; ``start.py`` sets it up."""

import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from aboveboard.base.clock import Clock
from aboveboard.formats.custody import PublicKeys
from aboveboard.keyholder import publish
from aboveboard.keyholder.alarms import Alarms
from aboveboard.keyholder.backends import Backend
from aboveboard.keyholder.cedar import Policies, open_policies
from aboveboard.keyholder.database import Database
from aboveboard.keyholder.entries import Entries
from aboveboard.keyholder.grants import Grants
from aboveboard.keyholder.home import KeyholderHome
from aboveboard.keyholder.people import People
from aboveboard.keyholder.witnesses import Witness
from aboveboard.keyholder.writer import Writer
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger.policy import Policy
from aboveboard.sealing.signatures import SigningKey


@dataclass
class Desk:
    """Everything that the steps of a release work with. One for each process."""

    home: KeyholderHome
    clock: Clock
    database: Database
    backend: Backend
    people: People
    grants: Grants
    entries: Entries
    log_key: SigningKey
    statement_key: SigningKey
    vault_key: str
    policy: Policy
    witnesses: list[Witness]
    lock_descriptor: int
    writer: Writer = field(init=False)
    alarms: Alarms = field(init=False)
    policies: Policies = field(init=False)
    askers: ThreadPoolExecutor = field(init=False)
    publishing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.writer = Writer(self.database, self.entries, lambda: publish.sign_head(self))
        # Twice as many as witnesses: one that stalls is asked again meanwhile.
        self.askers = ThreadPoolExecutor(2 * len(self.witnesses) or 1, thread_name_prefix="witness")
        self.alarms = Alarms(self.database)
        self.policies = open_policies(
            self.home.path, lambda words: self.alarms.sound("policy", words, at_ns=self.clock.wall_ns())
        )

    @property
    def log_vkey(self) -> str:
        """The log's note verifier key."""
        return checkpoints.log_key(self.entries.origin, self.log_key.public_bytes)

    def public(self) -> PublicKeys:
        """What anyone may know."""
        return PublicKeys(
            statement_key=self.statement_key.public,
            log_key=self.log_vkey,
            witness_keys=[witness.verifier_key for witness in self.witnesses],
            origin=self.entries.origin,
        )

    def close(self) -> None:
        """Let go of the files."""
        self.askers.shutdown(wait=False, cancel_futures=True)
        self.backend.close()
        self.database.close()
        os.close(self.lock_descriptor)


@dataclass(frozen=True)
class LogName:
    """What a witness must be told of a log before it co-signs anything: its origin and its note verifier key."""

    origin: str
    log_key: str


def log_name(home: KeyholderHome) -> LogName:
    """The log that the keyholder in ``home`` keeps, or will keep: its keys are made if they are missing."""
    home.prepare()
    key = home.log_key()
    origin = origin_of(key)
    return LogName(origin, checkpoints.log_key(origin, key.public_bytes))


def origin_of(log_key: SigningKey) -> str:
    """The log's name. It follows from the key, so that two keyholders never share one at a witness."""
    return f"aboveboard.invalid/ledger/{hashlib.sha256(log_key.public_bytes).hexdigest()[:16]}"
