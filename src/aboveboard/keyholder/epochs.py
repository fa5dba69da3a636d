"""When does a person get a newer key, and how is one epoch's key ended without the others?

Each person has one key pair for each epoch, 0, 1, …, each wrapped under a wrapping key of its own. The newest is what
is sealed to from now on; the older ones stay for releases until they are destroyed, one by one or all at once. What is
destroyed is written down first, in the ledger and here: a wrapping key that comes back with an old copy is destroyed
again at the next start, and its row is never believed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Conflict
from aboveboard.formats import key_statement
from aboveboard.formats.entry import EpochDestroyed, KeyCreated
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.key_statement import KeyStatement
from aboveboard.keyholder import publish
from aboveboard.keyholder.desk import Desk
from aboveboard.sealing.keys import Identity

DAY_NS = 86_400 * SECOND_NS
EPOCHS_LIMIT = 1_000
"""How many keys of one person may exist at a time: whoever asks for more does not want to rotate."""
Why = Literal["person", "retention", "order"]


def newest(desk: Desk, person_id: str) -> KeyStatement | None:
    """The statement about this person's newest key; ``None`` if they have none (any more)."""
    signed = desk.people.statement(person_id)
    return None if signed is None else key_statement.decode(signed.body())


def wanted(desk: Desk, person_id: str, *, known_epoch: int | None, renew: bool) -> int | None:
    """The epoch of which a key is to be made now, because it is due or asked for; ``None``: the newest will do.

    Raises :class:`Conflict` if the asker knows a newer one than there is here, or there are too many.
    """
    known = newest(desk, person_id)
    if known is None:
        return None
    if known_epoch is not None and known_epoch > known.key_epoch:
        raise Conflict(
            f"the vault knows key {known_epoch} of {person_id}, and here the newest is {known.key_epoch}",
            cause="this keyholder was restored from an old backup",
            fix="stop it and restore the newest backup: docs/runbooks/keyholder.md",
        )
    lasts_ns = desk.home.config().epoch_days * DAY_NS  # as it is set now, not when the key was made
    due = 0 < lasts_ns <= desk.clock.wall_ns() - known.created_at_ns
    if not due and not (renew and known_epoch in {None, known.key_epoch}):
        return None
    if len(desk.people.epochs(person_id)) >= EPOCHS_LIMIT:
        raise Conflict(
            f"{person_id} has {EPOCHS_LIMIT} keys already",
            cause="a new one was asked for again and again, or nothing is ever destroyed",
            fix="let retention end the old epochs, or make epochs longer (epoch_days in config.json)",
        )
    return known.key_epoch + 1


def bring_up(desk: Desk, person_id: str, person_key: str, which: Callable[[], int | None]) -> Envelope | None:
    """The newest statement, of the key that is made now if ``which`` names an epoch; ``None`` if there is no key.

    The key is made before the transaction: the store that wraps it may take its time, and the ledger does not wait for
    it. ``which`` is asked again inside; if somebody else was faster, it begins anew.
    """
    while True:
        epoch = which()
        made = None if epoch is None else _make(desk, person_id, person_key, epoch)
        with desk.database.writing():
            if which() == epoch:
                if made is not None:
                    _keep(desk, made)
                signed = desk.people.statement(person_id)
                desk.database.commit()
                return signed
            desk.database.undo()


@dataclass(frozen=True)
class _Made:
    """A key that is wrapped and vouched for, and not kept yet."""

    statement: KeyStatement
    signed: Envelope
    wrapped: bytes


def _make(desk: Desk, person_id: str, person_key: str, key_epoch: int) -> _Made:
    now_ns = desk.clock.wall_ns()
    identity = Identity.generate()
    lasts_ns = desk.home.config().epoch_days * DAY_NS
    statement = KeyStatement(
        person_id=person_id,
        person_key=person_key,
        key_epoch=key_epoch,
        recipient=identity.recipient,
        created_at_ns=now_ns,
        renew_at_ns=now_ns + lasts_ns if lasts_ns else 0,
    )
    signed = desk.statement_key.sign(key_statement.PAYLOAD_TYPE, key_statement.encode(statement))
    wrapped = desk.backend.wrap(identity.scalar(), person_id=person_id, key_epoch=key_epoch)
    return _Made(statement, signed, wrapped)


def _keep(desk: Desk, made: _Made) -> None:
    """Inside ``database.writing()``."""
    said = made.statement
    if desk.people.find(said.person_id) is None:
        desk.people.add(said.person_id, said.person_key, now_ns=said.created_at_ns)
    desk.people.add_identity(said.person_id, said.key_epoch, wrapped=made.wrapped, statement=made.signed)
    entry = KeyCreated(at_ns=said.created_at_ns, person_id=said.person_id, key_epoch=said.key_epoch)
    desk.entries.append([entry])


def rotate(desk: Desk, people: Iterable[str]) -> list[str]:
    """Make a newer key for each of these now; who has none (any more) is left out. Whose keys were made."""
    made = []
    for person_id in people:
        known = newest(desk, person_id)
        if known is None:
            continue
        which = partial(wanted, desk, person_id, known_epoch=known.key_epoch, renew=True)
        if bring_up(desk, person_id, known.person_key, which) is not None:
            made.append(person_id)
    publish.try_to_publish(desk)
    return made


def destroy(
    desk: Desk, person_id: str, key_epochs: Iterable[int], *, erasure_id: str | None, why: Why
) -> dict[int, int]:
    """End these epochs of a person for good; by epoch, the ledger entry that records it. Doing it again does no harm.

    Whoever calls has checked the order. Raises :class:`Conflict` for the newest epoch: what is being recorded is sealed
    to it, so a newer one has to be made first. Which segments stay has to be moved before (``rekey``).
    """
    wanted = sorted(set(key_epochs))
    with desk.database.writing():
        known = newest(desk, person_id)
        done = desk.people.destroyed(person_id)
        if known is not None and known.key_epoch in wanted and known.key_epoch not in done:
            raise Conflict(
                f"epoch {known.key_epoch} of {person_id} is the newest, and still sealed to",
                cause="there is no newer key yet",
                fix="make one first ('renew' in a request for a key), then move what stays, then destroy",
            )
        held = desk.people.epochs(person_id)
        now_ns = desk.clock.wall_ns()
        for epoch in [each for each in wanted if each in held]:
            gone = EpochDestroyed(at_ns=now_ns, person_id=person_id, key_epoch=epoch, erasure_id=erasure_id, why=why)
            [logged] = desk.entries.append([gone])
            desk.people.mark_destroyed(person_id, epoch, now_ns=now_ns, ledger_index=logged.index)
        desk.database.commit()
    end_destroyed(desk, person_id)
    publish.try_to_publish(desk)
    done = desk.people.destroyed(person_id)
    return {epoch: done[epoch] for epoch in wanted if epoch in done}


def end_destroyed(desk: Desk, person_id: str) -> None:
    """Destroy in the backend what is written down as destroyed of this person, and clear the database of it."""
    for epoch in desk.people.destroyed(person_id):
        desk.backend.destroy(person_id=person_id, key_epoch=epoch)
    desk.database.forget_deleted()


def finish(desk: Desk) -> int:
    """At the start: destroy again what a crash, or an old copy of the backend's keys, has left; how many there were."""
    left = desk.people.destroyed_of(desk.backend.held())
    for person_id, epoch in left:
        desk.backend.destroy(person_id=person_id, key_epoch=epoch)
    if desk.people.any_destroyed():
        desk.people.forget_destroyed()
        desk.database.forget_deleted()
    return len(left)
