"""To which of the person's keys in the keyholder is sealed just now, and how does this device hear of a newer one?

Each lease names the newest epoch; a newer one than is sealed to here is fetched at once. What the vault answers is
believed only if all of this holds:

1. It is a statement signed by the keyholder's key that the disclosure pins, for this person, naming their own key.
2. Its epoch is newer than the one that is sealed to: an old statement played back changes nothing.
3. Its key is not the person's own: a segment is sealed to two.

Then it is kept for the next start, and the next segment is sealed to it. What is not believed, or does not come, is
asked for again with the next lease; after a while leases permit the older key no more (``rules.key_epoch``).
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from aboveboard.base.errors import AboveboardError, Tampered
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.key_statement import KeyStatement
from aboveboard.recorder import enrolment as enrolments
from aboveboard.recorder.enrolment import Verified
from aboveboard.wire.client import Client

PATH = "/v1/key-statement"
AGAIN_S = 5.0
log = logging.getLogger("aboveboard.recorder")


class KeyKeeper:
    """For one enrolment in the recorder's folder ``home``. :meth:`run` is the body of a thread.

    ``seal_to`` is told the statement that counts from now on.
    """

    def __init__(
        self, client: Client, enrolment: Verified, *, home: Path, seal_to: Callable[[KeyStatement], None]
    ) -> None:
        self._client, self._home, self._seal_to = client, home, seal_to
        self._disclosure: Disclosure = enrolment.disclosure
        self._person = enrolment.enrolment
        self.statement = enrolment.statement
        self.nudged = threading.Event()
        self._wanted = self.statement.key_epoch

    def hinted(self, key_epoch: int) -> None:
        """A lease named this as the newest epoch."""
        if key_epoch > self.statement.key_epoch:
            self._wanted = key_epoch
            self.nudged.set()

    def run(self, stop: threading.Event) -> None:
        """Fetch what a lease hints at; never raises for what a server does."""
        while not stop.is_set():
            self.nudged.wait()
            self.nudged.clear()
            if stop.is_set() or self._wanted <= self.statement.key_epoch:
                continue
            try:
                self.fetch()
            except AboveboardError as error:
                log.warning("the newer key was not taken: %s", error.what)
                stop.wait(AGAIN_S)

    def fetch(self) -> KeyStatement:
        """Ask for the newest statement and seal to it from now on; raises if one of the steps does not hold."""
        answer = self._client.get(PATH).decode("utf-8", "replace")
        statement = enrolments.verify_statement(  # 1
            answer,
            disclosure=self._disclosure,
            person_id=self._person.person_id,
            person_key=self._person.person_key,
        )
        if statement.key_epoch <= self.statement.key_epoch:  # 2
            raise _not_believed(f"it is of epoch {statement.key_epoch}, and {self.statement.key_epoch} is sealed to")
        if statement.recipient == self._person.person_recipient:  # 3
            raise _not_believed("it names the person's own key")
        enrolments.renew_key(self._home, answer)
        self.statement = statement
        self._seal_to(statement)
        return statement


def _not_believed(why: str) -> Tampered:
    return Tampered(
        f"the newer key is not one to seal to: {why}",
        cause="the vault answered with an old statement, or with somebody else's",
        fix="nothing: what is recorded is sealed to the key that is known; tell the steward if it goes on",
    )
