"""Has the vault forgotten a pause or a withdrawal that this device knows of?

A vault that was restored from an old backup does not know what was paused or taken back since, and would sign leases
again. So the device remembers, in ``epoch.json``, the epoch of its newest lease, that it was told of a pause after it,
and which consent has ended; and believes no lease of less. A file that cannot be read permits nothing.
"""

from pathlib import Path

from aboveboard.base.errors import BadInput, Unavailable
from aboveboard.formats.fields import ConsentId, Document, Nanoseconds, PersonId, decode_json, encode_json
from aboveboard.formats.lease import Lease
from aboveboard.recorder.durable import replace_whole
from aboveboard.rules.decision import ALLOWED, Decision, Reason, no

FILE_NAME = "epoch.json"
LIMIT_BYTES = 1024
ENDED = {Reason.CONSENT_WITHDRAWN, Reason.CONSENT_ERASED}
PAUSED = {Reason.PAUSED_BY_PERSON, Reason.PAUSED_BY_STEWARD}


class Known(Document, frozen=True):
    """``paused``: a pause was told of since the lease of ``epoch``. ``ended``: the consent that is no more, if any."""

    person_id: PersonId
    epoch: Nanoseconds = 0
    paused: bool = False
    ended: ConsentId | None = None


class KnownEpoch:
    """What the device in the folder ``home`` knows of one person's permission; ``None`` keeps it in memory only.

    On disk before a method returns, otherwise :class:`Unavailable`. For one thread.
    """

    def __init__(self, home: Path | None, person_id: str) -> None:
        self._path = home / FILE_NAME if home is not None else None
        self._known: Known | None = Known(person_id=person_id)
        if self._path is None:
            return
        try:
            with self._path.open("rb") as file:
                known = decode_json(file.read(LIMIT_BYTES + 1), Known, name=FILE_NAME, limit_bytes=LIMIT_BYTES)
        except FileNotFoundError:
            return
        except (OSError, BadInput):
            self._known = None
            return
        if known.person_id == person_id:
            self._known = known

    def permits(self, lease: Lease) -> Decision:
        """Is the lease from a vault that knows at least as much?"""
        known = self._known
        if known is None:
            return no(Reason.LEASE_RECORD_BEHIND, f"{FILE_NAME} cannot be read")
        if lease.consent_id == known.ended:
            return no(Reason.CONSENT_WITHDRAWN, "the vault has forgotten it")
        if lease.epoch < known.epoch or (known.paused and lease.epoch == known.epoch):
            return no(Reason.LEASE_RECORD_BEHIND)
        return ALLOWED

    def leased(self, lease: Lease) -> None:
        """This lease was believed."""
        if self._known is not None:
            self._keep(Known(person_id=lease.person_id, epoch=lease.epoch, ended=self._known.ended))

    def refused(self, reason: Reason, consent_id: str) -> None:
        """The vault refused a lease under this consent."""
        known = self._known
        if known is not None and reason in ENDED:
            self._keep(Known(person_id=known.person_id, epoch=known.epoch, paused=known.paused, ended=consent_id))
        elif known is not None and reason in PAUSED:
            self._keep(Known(person_id=known.person_id, epoch=known.epoch, paused=True, ended=known.ended))

    def _keep(self, known: Known) -> None:
        if known == self._known:
            return
        if self._path is not None:
            try:
                replace_whole(self._path, encode_json(known))
            except OSError as error:
                raise Unavailable(
                    f"{self._path} cannot be written: {error.strerror}",
                    cause="the disk is full or read-only",
                    fix="make room; recording goes on by itself",
                ) from error
        self._known = known
