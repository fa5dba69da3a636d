"""What protects people's private keys at rest?

A backend wraps them. Every implementation keeps the same promise, and start-up proves it before the first request:

* ``wrap`` MUST bind the person and the epoch, so that a wrapped key moved to another row does not unwrap;
* ``destroy`` MUST make every key wrapped for that person unrecoverable, for whoever later gets all of the keyholder's
  files, and MUST be durable when it returns;
* ``unwrap`` MUST raise :class:`~aboveboard.base.errors.Tampered` for anything but the exact wrapped bytes.
"""

from typing import Protocol

from aboveboard.base.errors import AboveboardError, SetupMissing, Tampered

PROOF_PERSON = "per_00000000000000000000000000"
"""A person who does not exist: the proof at start-up wraps for them."""


class Backend(Protocol):
    """Wraps private keys (16 to 64 bytes) for one person and key epoch. Safe for threads."""

    def wrap(self, private: bytes, *, person_id: str, key_epoch: int) -> bytes:
        """``private`` in a form that may rest on a disk."""
        ...

    def unwrap(self, wrapped: bytes, *, person_id: str, key_epoch: int) -> bytes:
        """What was wrapped; raises ``Tampered``, also after :meth:`destroy`."""
        ...

    def destroy(self, *, person_id: str) -> None:
        """End the unwrapping of everything that was wrapped for ``person_id``. Not an error if there is nothing."""
        ...


def prove(backend: Backend) -> None:
    """Show that the backend keeps its promise, on a key made for this; raises :class:`SetupMissing` if not."""
    probe = bytes(range(32))
    try:
        wrapped = backend.wrap(probe, person_id=PROOF_PERSON, key_epoch=0)
        back = backend.unwrap(wrapped, person_id=PROOF_PERSON, key_epoch=0)
        swapped = _unwraps(backend, wrapped, key_epoch=1)
        backend.destroy(person_id=PROOF_PERSON)
        survived = _unwraps(backend, wrapped, key_epoch=0)
    except (AboveboardError, OSError) as error:
        raise _unfit(f"it failed: {error}") from error
    if probe in wrapped or back != probe:
        raise _unfit("what it unwraps is not what it wrapped")
    if swapped or survived:
        raise _unfit("it unwraps for another epoch" if swapped else "it unwraps what was destroyed")


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
