"""May a lease be issued; does this one permit recording now; did leases cover this segment?

A lease is counted on the device's boot clock from the moment of asking. The vault ties that clock to its own by the
``server_ns`` that it signed into the lease, so it never has to believe a device's wall clock.
"""

from collections.abc import Sequence

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.lease import Lease, LeaseRequest
from aboveboard.formats.segment import DURATION_LIMIT_NS, SegmentManifest
from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, no
from aboveboard.rules.pause import PauseFacts

LEASE_DURATION_NS = 15 * SECOND_NS
FUTURE_TOLERANCE_NS = 2 * SECOND_NS
"""How far a segment's end may seem to lie after its arrival, for the time that the lease's answer travelled."""


@deny_on_error
def may_issue(consent: Decision, pauses: Sequence[PauseFacts], *, bytes_left: int, now_ns: int) -> Decision:
    """May a lease be signed? ``consent`` is the answer of ``consent_live`` for the current disclosure.

    A pause of one application does not stand in the way: the lease says that it is out of scope.
    """
    if not consent.allowed:
        return consent
    for pause in pauses:
        if not pause.wm_class and pause.active(now_ns):
            return no(Reason.PAUSED_BY_PERSON if pause.by == "person" else Reason.PAUSED_BY_STEWARD, pause.reason)
    if bytes_left <= 0:
        return no(Reason.LEASE_BUDGET_SPENT)
    return ALLOWED


@deny_on_error
def answers(lease: Lease, request: LeaseRequest) -> Decision:
    """Is this the answer to that request? Guards against an old lease played back."""
    if lease.nonce != request.nonce or lease.boot_ns != request.boot_ns:
        return no(Reason.LEASE_NOT_ASKED_FOR)
    if lease.boot_id != request.boot_id:
        return no(Reason.LEASE_OTHER_BOOT)
    if lease.device_id != request.device_id:
        return no(Reason.LEASE_OTHER_DEVICE)
    if lease.consent_id != request.consent_id:
        return no(Reason.LEASE_OTHER_CONSENT)
    return ALLOWED


@deny_on_error
def lease_live(lease: Lease | None, *, boot_id: str, boot_ns: int) -> Decision:
    """Does the lease permit recording at ``boot_ns`` on the boot clock of ``boot_id``?"""
    if lease is None:
        return no(Reason.LEASE_NONE)
    if lease.boot_id != boot_id:
        return no(Reason.LEASE_OTHER_BOOT)
    if not lease.boot_ns <= boot_ns < lease.boot_ns + lease.duration_ns:
        return no(Reason.LEASE_EXPIRED)
    return ALLOWED


@deny_on_error
def leases_cover(manifest: SegmentManifest, leases: Sequence[Lease], *, now_ns: int) -> Decision:
    """Do these leases (signatures checked) cover the whole segment, without a gap?

    1. The segment has a length, and not more than a segment may have.
    2. Every lease is for this device, person, consent, disclosure and boot.
    3. All leases are of one epoch: a segment does not span a pause.
    4. Together they cover ``[start, end]`` on the boot clock.
    5. Mapped to the vault's time, the segment does not end after ``now_ns``.
    6. It is sealed to no older key of the person than each of them permits (``rules.key_epoch``).
    """
    start, end = manifest.start_boot_ns, manifest.end_boot_ns
    if not 0 <= end - start <= DURATION_LIMIT_NS:
        return no(Reason.SEGMENT_TOO_LONG)
    if not leases:
        return no(Reason.LEASE_NONE)
    for lease in leases:
        if lease.device_id != manifest.device_id or lease.person_id != manifest.person_id:
            return no(Reason.LEASE_OTHER_DEVICE)
        if lease.consent_id != manifest.consent_id or lease.disclosure_sha256 != manifest.disclosure_sha256:
            return no(Reason.LEASE_OTHER_CONSENT)
        if lease.boot_id != manifest.boot_id:
            return no(Reason.LEASE_OTHER_BOOT)
    if len({lease.epoch for lease in leases}) != 1:
        return no(Reason.SEGMENT_DURING_PAUSE, "the leases are of different epochs")
    covered_until = start
    for lease in sorted(leases, key=lambda each: each.boot_ns):
        if lease.boot_ns <= covered_until:
            covered_until = max(covered_until, lease.boot_ns + lease.duration_ns)
    if min(lease.boot_ns for lease in leases) > start or covered_until <= end:
        return no(Reason.SEGMENT_OUTSIDE_LEASE)
    if server_time_ns(leases, end) > now_ns + FUTURE_TOLERANCE_NS:
        return no(Reason.SEGMENT_FROM_THE_FUTURE)
    if manifest.key_epoch < max(lease.least_key_epoch for lease in leases):
        return no(Reason.SEGMENT_OLD_KEY)
    return ALLOWED


@deny_on_error
def outside_pauses(manifest: SegmentManifest, leases: Sequence[Lease], pauses: Sequence[PauseFacts]) -> Decision:
    """Does the segment touch no pause, wherever in the vault's time its leases let it lie?

    Each lease ties the boot clock to the vault's, late by the time that the request travelled. The earliest of them
    counts for the start and the latest for the end, so that no choice of leases moves a segment past a pause. The
    recorder drops the segment that is open when a pause reaches it: an honest one loses little that it had not dropped.
    What lies in the pause of one application needs leases that all name it: whether it was left out then is sealed.
    And a lease from before a pause began is worth nothing once it has, not even when the pause is over: its epoch says
    so (``rules.pause.epoch``: at least the time at which the newest began).
    """
    start, end = _at_most(manifest, leases)
    for pause in pauses:
        if pause.at_ns <= end and any(lease.epoch < pause.at_ns for lease in leases):
            return no(Reason.SEGMENT_DURING_PAUSE, "its lease is from before a pause that began meanwhile")
        if pause.at_ns <= end and (pause.ended_at_ns is None or start < pause.ended_at_ns):
            if not pause.wm_class:
                return no(Reason.SEGMENT_DURING_PAUSE)
            if not all(pause.wm_class.casefold() in lease.paused_apps for lease in leases):
                return no(Reason.SEGMENT_DURING_PAUSE, f"{pause.wm_class} was paused, and its lease did not say so yet")
    return ALLOWED


@deny_on_error
def while_newest(manifest: SegmentManifest, leases: Sequence[Lease], *, superseded_at_ns: int | None) -> Decision:
    """Did the segment end before a newer disclosure took the place of its own (``None``: none did)?"""
    if superseded_at_ns is not None and superseded_at_ns <= _at_most(manifest, leases)[1]:
        return no(Reason.SEGMENT_SUPERSEDED)
    return ALLOWED


def _at_most(manifest: SegmentManifest, leases: Sequence[Lease]) -> tuple[int, int]:
    """The longest stretch of the vault's wall time in which the leases let the segment lie."""
    ties = [lease.server_ns - lease.boot_ns for lease in leases]
    return manifest.start_boot_ns + min(ties), manifest.end_boot_ns + max(ties)


def server_time_ns(leases: Sequence[Lease], boot_ns: int) -> int:
    """``boot_ns`` of the device as the vault's wall time, by the newest lease asked for before it."""
    earlier = [lease for lease in leases if lease.boot_ns <= boot_ns] or list(leases)
    anchor = max(earlier, key=lambda lease: lease.boot_ns)
    return anchor.server_ns + (boot_ns - anchor.boot_ns)
