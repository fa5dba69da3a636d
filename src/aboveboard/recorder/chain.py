"""How is a finished segment sealed, signed, chained and put into the spool?

0. Cover what the person wants covered (``redact.own_covers``).
1. Seal the plain parts to the two keys; plain bytes end here.
2. Describe the sealed bytes in a manifest: place in the session, hash of the segment before, leases that cover it.
3. Check it with the vault's own rule (``rules.lease.leases_cover``), and with the budget (``recorder.budget``): what
   the vault would refuse is not written, nor what the disclosure does not promise.
4. Sign it with the device's key, and write both to the spool in one step.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from aboveboard.base.clock import Clock
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import envelope as envelopes
from aboveboard.formats import segment as segments
from aboveboard.formats.key_statement import KeyStatement
from aboveboard.formats.part_files import Parts
from aboveboard.formats.segment import SegmentManifest
from aboveboard.recorder.enrolment import Verified
from aboveboard.recorder.lease import Checked
from aboveboard.recorder.seal import seal_segment
from aboveboard.recorder.spool import Spool
from aboveboard.rules.decision import ALLOWED, Decision
from aboveboard.rules.lease import leases_cover, server_time_ns
from aboveboard.sealing.signatures import SigningKey


@dataclass(frozen=True)
class Span:
    """From when to when, on both clocks."""

    start_wall_ns: int
    end_wall_ns: int
    start_boot_ns: int
    end_boot_ns: int


class SegmentChain:
    """The sealed segments of one session, in order."""

    def __init__(
        self,
        session_id: str,
        enrolment: Verified,
        *,
        device_key: SigningKey,
        boot_id: str,
        spool: Spool,
        clock: Clock,
        may_store: Callable[[int], Decision] = lambda _: ALLOWED,
        covered: Callable[[Parts, int], Parts] = lambda plain, _: plain,
    ) -> None:
        """``covered``: a segment without what the person wants covered, from the plain one and its end (wall time)."""
        self._session_id = session_id
        self._enrolment = enrolment
        self._device_key = device_key
        self._boot_id = boot_id
        self._spool = spool
        self._clock = clock
        self._may_store = may_store
        self._covered = covered
        self._previous_sha256: str | None = None
        self.statement = enrolment.statement
        """Of the key in the keyholder that the next segment is sealed to."""
        self.sequence = 0
        """The number of the next segment."""
        self.sealed_bytes = 0

    def seal_to(self, statement: KeyStatement) -> None:
        """The next segment is sealed to this key."""
        self.statement = statement

    def exchanged(self, sequence: int, sha256: str) -> None:
        """The segment numbered so has other bytes now; the next goes on from it if it was the last."""
        if sequence == self.sequence - 1:
            self._previous_sha256 = sha256

    def store(self, plain: Parts, span: Span, covering: list[Checked]) -> None:
        """The steps; raises :class:`Refused` (3) or :class:`Unavailable` (4), and then nothing was written."""
        enrolment, statement = self._enrolment, self.statement
        plain = self._covered(plain, span.end_wall_ns)
        sealed = seal_segment(
            plain,
            person_recipient=enrolment.consent.person_recipient,
            keyholder_recipient=statement.recipient,
        )
        digest = hashlib.sha256(sealed).hexdigest()
        manifest = SegmentManifest(
            segment_id=new_id(Kind.SEGMENT),
            session_id=self._session_id,
            sequence=self.sequence,
            person_id=enrolment.consent.person_id,
            device_id=enrolment.consent.device_id,
            consent_id=enrolment.consent.consent_id,
            disclosure_sha256=enrolment.disclosure_sha256,
            key_epoch=statement.key_epoch,
            boot_id=self._boot_id,
            start_boot_ns=span.start_boot_ns,
            end_boot_ns=span.end_boot_ns,
            start_wall_ns=span.start_wall_ns,
            end_wall_ns=span.end_wall_ns,
            leases=[checked.envelope for checked in covering],
            size_bytes=len(sealed),
            sha256=digest,
            previous_sha256=self._previous_sha256,
        )
        leases = [checked.lease for checked in covering]
        now_ns = server_time_ns(leases, self._clock.boot_ns()) if leases else 0
        leases_cover(manifest, leases, now_ns=now_ns).require()
        self._may_store(len(sealed)).require()
        signed = self._device_key.sign(segments.PAYLOAD_TYPE, segments.encode(manifest))
        self._spool.add(sealed, envelopes.encode(signed), manifest)
        self._previous_sha256 = digest
        self.sequence += 1
        self.sealed_bytes += len(sealed)
