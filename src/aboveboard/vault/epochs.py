"""Which key of a person is the newest, and how does this vault hear of a newer one?

The keyholder makes it when it is asked and the time has come (``renew_at_ns`` in its statement), or at once where the
vault says so: to erase a part, and an hour after (``rules.key_epoch.laden``). Asked is for whoever has recorded lately,
once their key is due and each hour otherwise, in the background: a keyholder that is away holds up no lease. Until then
the older key counts.
"""

import logging
import threading
import time

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, NotFound, Unavailable
from aboveboard.formats import custody, key_statement
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.custody import KeyRequest
from aboveboard.formats.key_statement import KeyStatement
from aboveboard.rules import key_epoch as rules
from aboveboard.vault.place import Vault
from aboveboard.vault.storage.rows import PersonRow

LOOK_S = 30.0
ASK_AGAIN_NS = 3600 * SECOND_NS
LATELY_NS = 3600 * SECOND_NS
log = logging.getLogger("aboveboard.vault")


def newest(person: PersonRow) -> KeyStatement:
    """The newest statement that this vault knows; raises :class:`BadInput` if what is kept is none."""
    return key_statement.decode(envelope_format.decode(person.key_statement.encode("utf-8")).body())


def ask(vault: Vault, person_id: str, *, renew: bool = False) -> KeyStatement:
    """The person's newest statement, from the keyholder, kept here; with ``renew`` of a key that is made now.

    Raises :class:`Unavailable` if the keyholder is away, :class:`Refused` for an erased person, :class:`Conflict` if
    the keyholder knows no key as new as the one that is kept here.
    """
    with vault.records.read() as tx:
        person = tx.person(person_id)
    if person is None:
        raise NotFound("there is no such person", cause="they were never enrolled here", fix="check the id")
    known = newest(person)
    asked = KeyRequest(person_id=person_id, person_key=person.person_key, known_epoch=known.key_epoch, renew=renew)
    answer = vault.keyholder().post("/v1/keys", custody.encode(asked))
    told = key_statement.decode(envelope_format.decode(answer).body())
    if told.key_epoch > known.key_epoch:
        with vault.records.begin() as tx:
            now = tx.person(person_id)
            if now is not None and newest(now).key_epoch < told.key_epoch:
                tx.renew_key_statement(person_id, answer.decode("utf-8"), at_ns=vault.clock.wall_ns())
    return told


class Watch:
    """Asks for newer keys. :meth:`look` is one round; ``keep_looking`` the body of a thread."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._asked_ns: dict[str, int] = {}

    def look(self) -> int:
        """Ask for everyone for whom it is time; how many were answered. Raises :class:`Unavailable`: later, then.

        Who is refused (they were erased meanwhile), or whose key contradicts what is known here, holds up nobody.
        """
        now_ns = self._vault.clock.wall_ns()
        with self._vault.records.read() as tx:
            lately = tx.people_who_stored(since_ns=max(0, now_ns - LATELY_NS))
            people = [person for each in lately if (person := tx.person(each)) is not None]
        self._asked_ns = {name: at_ns for name, at_ns in self._asked_ns.items() if now_ns - at_ns < ASK_AGAIN_NS}
        asked = 0
        for person in people:
            if person.person_id in self._asked_ns and not rules.due(newest(person), now_ns=now_ns):
                continue
            self._asked_ns[person.person_id] = now_ns
            with self._vault.records.read() as tx:
                erased_at_ns = tx.part_erased_at_ns(person.person_id)
            laden = rules.laden(newest(person), part_erased_at_ns=erased_at_ns, now_ns=now_ns)
            try:
                ask(self._vault, person.person_id, renew=laden)
                asked += 1
            except Unavailable:
                del self._asked_ns[person.person_id]
                raise
            except AboveboardError as error:
                log.error("there is no newer key for %s: %s", person.person_id, error.what)
        return asked


def keep_looking(vault: Vault, stop: threading.Event) -> None:
    """Look twice a minute until ``stop``."""
    watch, said = Watch(vault), ""
    while not stop.wait(LOOK_S):
        try:
            watch.look()
            said = ""
        except AboveboardError as error:
            if error.what != said:  # once, not twice a minute
                log.warning("newer keys were not asked for: %s", error.what)
            said = error.what
        except Exception:
            log.exception("newer keys were not asked for")
            time.sleep(1)
