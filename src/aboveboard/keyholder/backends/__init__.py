"""What protects people's private keys at rest?

A backend wraps them, each person's key of each epoch under a wrapping key of its own. Every implementation keeps the
same promise, and start-up proves it before the first request:

* ``wrap`` MUST bind the person and the epoch, so that a wrapped key moved to another row does not unwrap;
* ``destroy`` MUST make every key wrapped for that person and epoch unrecoverable, for whoever later gets all of the
  keyholder's files, MUST leave every other epoch as it is, and MUST be durable when it returns;
* ``unwrap`` MUST raise :class:`~aboveboard.base.errors.Tampered` for anything but the exact wrapped bytes;
* a backend that cannot be reached, or is locked, MUST raise :class:`~aboveboard.base.errors.Unavailable`, and so does
  everything that waits for it: nothing is released meanwhile.

What each of them promises about backups is in ``docs/runbooks/keyholder.md``.
"""

from collections.abc import Iterable
from typing import Protocol

from aboveboard.base.errors import AboveboardError, SetupMissing, Tampered

PROOF_PERSON = "per_00000000000000000000000000"
"""A person who does not exist: the proof at start-up wraps for them."""
PROOF_EPOCHS = (0, 1)


class Backend(Protocol):
    """Wraps private keys (16 to 64 bytes) for one person and key epoch. Safe for threads."""

    def wrap(self, private: bytes, *, person_id: str, key_epoch: int) -> bytes:
        """``private`` in a form that may rest on a disk. Makes the wrapping key if there is none."""
        ...

    def unwrap(self, wrapped: bytes, *, person_id: str, key_epoch: int) -> bytes:
        """What was wrapped; raises ``Tampered``, also after :meth:`destroy`."""
        ...

    def destroy(self, *, person_id: str, key_epoch: int) -> None:
        """End the unwrapping of everything wrapped for this person and epoch. Not an error if there is nothing."""
        ...

    def held(self) -> Iterable[tuple[str, int]]:
        """Every person and epoch for which there is a wrapping key."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


def prove(backend: Backend) -> None:
    """Show that the backend keeps its promise, on keys made for this; raises :class:`SetupMissing` if not."""
    probe = bytes(range(32))
    try:
        _forget_probe(backend)
        wrapped, other = (backend.wrap(probe, person_id=PROOF_PERSON, key_epoch=epoch) for epoch in PROOF_EPOCHS)
        back = backend.unwrap(wrapped, person_id=PROOF_PERSON, key_epoch=0)
        swapped = _unwraps(backend, wrapped, key_epoch=1)
        listed = {epoch for person_id, epoch in backend.held() if person_id == PROOF_PERSON}
        backend.destroy(person_id=PROOF_PERSON, key_epoch=0)
        survived = _unwraps(backend, wrapped, key_epoch=0)
        spared = _unwraps(backend, other, key_epoch=1)
        _forget_probe(backend)
        left = any(person_id == PROOF_PERSON for person_id, _ in backend.held())
    except (AboveboardError, OSError) as error:
        raise _unfit(f"it failed: {error}") from error
    if probe in wrapped or back != probe:
        raise _unfit("what it unwraps is not what it wrapped")
    if swapped or survived:
        raise _unfit("it unwraps for another epoch" if swapped else "it unwraps what was destroyed")
    if not spared:
        raise _unfit("destroying one epoch destroyed another")
    if listed != set(PROOF_EPOCHS) or left:
        raise _unfit("it does not say which keys it holds")


def _forget_probe(backend: Backend) -> None:
    for epoch in PROOF_EPOCHS:
        backend.destroy(person_id=PROOF_PERSON, key_epoch=epoch)


def _unwraps(backend: Backend, wrapped: bytes, *, key_epoch: int) -> bool:
    try:
        backend.unwrap(wrapped, person_id=PROOF_PERSON, key_epoch=key_epoch)
    except Tampered:
        return False
    return True


def _unfit(why: str) -> SetupMissing:
    return SetupMissing(
        f"the store of the keyholder's keys does not keep its promise: {why}",
        cause="its key or its folder is missing, damaged, or another one's",
        fix="restore the keyholder's home from its backup; it does not start without",
    )


def does_not_unwrap(person_id: str, key_epoch: int) -> Tampered:
    """The error of every backend for a wrapped key that is not what it should be, or whose wrapping key is gone."""
    return Tampered(
        f"the wrapped key of {person_id} (epoch {key_epoch}) does not unwrap",
        cause="it was changed, belongs to another person or epoch, or was destroyed",
        fix="if it was not erased, look into docs/runbooks/keyholder.md, Recovery",
    )
