"""May this device record at this moment, and which leases say so?

The book keeps the leases that were checked; the keeper asks for a new one every third of a lease's life. An answer is
believed only if all of this holds:

1. It is a signed lease, by the key pinned in the disclosure (otherwise ``tampered``, ``bad_input``).
2. It answers this very request: nonce, boot clock, boot, device, consent (``rules.lease.answers``).
3. It is for this person and this disclosure.
4. Its vault has not forgotten a pause or a withdrawal that this device was told of (``recorder.known_epoch``).

Where nothing was permitted before, a lease permits from when it came, not from when it was asked for: a pause may have
ended while the request travelled. A refusal ends the permission at once; a pause, a withdrawal or another epoch also
voids the segment that is open. An answer that does not come, or is not believed, changes nothing: the lease in force
runs out by itself.
"""

import random
import secrets
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import aboveboard
from aboveboard.base.clock import SECOND_NS, Clock
from aboveboard.base.errors import AboveboardError, Refused, Tampered, Unavailable
from aboveboard.formats import envelope as envelopes
from aboveboard.formats import lease as leases
from aboveboard.formats.consent import ConsentReceipt
from aboveboard.formats.lease import HealthWord, Lease, LeaseRequest
from aboveboard.recorder.known_epoch import KnownEpoch
from aboveboard.rules.decision import ALLOWED, Decision, Reason, no
from aboveboard.rules.lease import answers, lease_live
from aboveboard.sealing.signatures import open_signed
from aboveboard.wire.client import Client

PATH = "/v1/leases"
RETRY_S = 1.0
REFUSED_WAIT_S = 3.0
STREAMED_WAIT_S = 15.0
"""After a refusal, where the vault says by itself when it is over."""
SHORTEST_WAIT_S = 0.5
KEPT_NS = 120 * SECOND_NS
"""How long an expired lease is kept, for the manifest of a segment that it covered."""
CLOCKS_PART_NS = 15 * SECOND_NS
"""The most that the vault's clock may seem to gain on the boot clock between two leases; an answer travels 10 s at most
(``wire.client``). More: a snapshot of this machine was restored, or the vault's clock was set."""


@dataclass(frozen=True)
class Checked:
    """A lease that was believed, its envelope's JSON, and when it came (boot clock)."""

    lease: Lease
    envelope: str
    received_ns: int = 0

    @property
    def end_ns(self) -> int:
        """On the boot clock; exclusive."""
        return self.lease.boot_ns + self.lease.duration_ns

    @property
    def tie_ns(self) -> int:
        """What the vault's clock shows where the boot clock shows 0."""
        return self.lease.server_ns - self.lease.boot_ns


class LeaseBook:
    """The leases of one boot and one epoch, oldest first. Safe for threads."""

    def __init__(self, boot_id: str) -> None:
        self._boot_id = boot_id
        self._lock = threading.Lock()
        self._checked: list[Checked] = []
        self._ended = no(Reason.LEASE_NONE)
        self._ended_at_ns: int | None = None
        self._epoch: int | None = None
        self._since_ns = 0
        """From when on the oldest lease permits."""
        self._sure = (0, 0)
        """From when until before when the newest lease alone says yes: almost all that is ever asked."""
        self.paused_apps: frozenset[str] = frozenset()
        """What the newest lease says is out of scope."""
        self.least_key_epoch = 0
        """The oldest key that the newest lease lets be sealed to."""
        self.drops = 0
        """How often a permission was taken back so that the open segment is void. Only grows."""

    def add(self, checked: Checked) -> None:
        """Take in a lease. Another epoch means that there was a pause in between: what was open is void.

        So it is where the boot clock stood still while the vault's went on: nobody knows when it was recorded.
        """
        with self._lock:
            parted = self._checked and abs(checked.tie_ns - self._checked[-1].tie_ns) > CLOCKS_PART_NS
            if parted or (self._epoch is not None and checked.lease.epoch != self._epoch):
                self._checked.clear()
                self.drops += 1
            if self._ended_at_ns is not None:
                self._checked.clear()  # what they covered after the end must not count again
            oldest_ns = checked.lease.boot_ns - KEPT_NS
            self._checked = [kept for kept in self._checked if kept.end_ns > oldest_ns]
            if not self._checked:
                self._since_ns = checked.received_ns
            self._checked.append(checked)
            self._epoch = checked.lease.epoch
            self._ended_at_ns = None
            newest = checked.lease
            self.paused_apps = frozenset(newest.paused_apps)
            self.least_key_epoch = newest.least_key_epoch
            since_ns = max(newest.boot_ns, self._since_ns)
            self._sure = (since_ns, checked.end_ns) if newest.boot_id == self._boot_id else (0, 0)

    def end(self, decision: Decision, *, boot_ns: int, drop: bool) -> None:
        """Nothing from ``boot_ns`` on is permitted until the next lease; with ``drop`` the open segment is void too."""
        with self._lock:
            self._ended = decision
            self._sure = (0, 0)
            self._ended_at_ns = min(boot_ns, self._ended_at_ns) if self._ended_at_ns is not None else boot_ns
            if drop and self._checked:
                self._checked.clear()
                self.drops += 1

    def at(self, boot_ns: int) -> Decision:
        """Is recording permitted at ``boot_ns``?"""
        since_ns, until_ns = self._sure
        if since_ns <= boot_ns < until_ns:
            return ALLOWED
        with self._lock:
            if not self._checked or (self._ended_at_ns is not None and boot_ns >= self._ended_at_ns):
                return self._ended
            newest = decision = lease_live(self._checked[-1].lease, boot_id=self._boot_id, boot_ns=boot_ns)
            for kept in self._checked[-2::-1]:
                if decision.allowed:
                    break
                decision = lease_live(kept.lease, boot_id=self._boot_id, boot_ns=boot_ns)
            if decision.allowed and boot_ns < self._since_ns:
                return no(Reason.LEASE_NONE, "it was before the lease came")
        return decision if decision.allowed else newest

    def covering(self, start_ns: int, end_ns: int) -> list[Checked]:
        """The fewest leases that cover ``[start_ns, end_ns]`` without a gap; none if there is one."""
        with self._lock:
            remaining, since_ns, stop_ns = list(self._checked), self._since_ns, self._ended_at_ns
        if start_ns < since_ns or (stop_ns is not None and end_ns >= stop_ns):
            return []
        chosen: list[Checked] = []
        covered_ns = start_ns
        while covered_ns <= end_ns:
            usable = [kept for kept in remaining if kept.lease.boot_ns <= covered_ns < kept.end_ns]
            if not usable:
                return []
            best = max(usable, key=lambda kept: kept.end_ns)
            chosen.append(best)
            covered_ns = best.end_ns
        return chosen

    def covered_until(self, start_ns: int, end_ns: int) -> int:
        """The last moment, at most ``end_ns``, until which all since ``start_ns`` is covered; before it if none is."""
        covered_ns = start_ns
        with self._lock:
            for kept in sorted(self._checked, key=lambda each: each.lease.boot_ns):
                if kept.lease.boot_ns <= covered_ns:
                    covered_ns = max(covered_ns, kept.end_ns)
            if self._ended_at_ns is not None:
                covered_ns = min(covered_ns, self._ended_at_ns)
        return min(covered_ns - 1, end_ns)

    def bytes_left(self) -> int:
        """What the newest lease says may still be uploaded today; 0 without one."""
        with self._lock:
            return self._checked[-1].lease.bytes_left if self._checked else 0


class LeaseKeeper:
    """Asks for leases. :meth:`run` is the body of a thread; :attr:`reason` is why the last answer was not a lease."""

    def __init__(
        self,
        client: Client,
        book: LeaseBook,
        *,
        consent: ConsentReceipt,
        lease_key: str,
        clock: Clock,
        boot_id: str,
        known: KnownEpoch | None = None,
        disclosure_sha256: str | None = None,
    ) -> None:
        """``disclosure_sha256``: of the disclosure that applies, if it is not the one that the consent is to."""
        self._client = client
        self._book = book
        self._consent = consent
        self._disclosure_sha256 = disclosure_sha256 or consent.disclosure_sha256
        self._lease_key = lease_key
        self._clock = clock
        self._boot_id = boot_id
        self._known = known or KnownEpoch(None, consent.person_id)
        self.reason = str(Reason.LEASE_NONE)
        self.error: AboveboardError | None = None
        self.held = threading.Event()
        """While set, no lease is taken: the person has paused here. It is still asked for, to hear of a withdrawal."""
        self.nudged = threading.Event()
        """Set it to ask at once."""
        self.asked = 0
        """How often it was asked so far."""
        self.health: Callable[[], list[HealthWord]] = list
        """What to tell the vault of this recorder's own health, with each request."""
        self.told: Callable[[Sequence[str]], None] = lambda _: None
        """Is told the notices that each lease names as not seen yet."""
        self.newest_key: Callable[[int], None] = lambda _: None
        """Is told the epoch of the person's newest key, as each lease names it."""
        self.post: Callable[[LeaseRequest], bytes] = lambda request: client.post(PATH, leases.encode(request))
        """Asks the vault; a control stream puts itself in its place (``recorder.control``)."""
        self.streamed: Callable[[], bool] = lambda: False
        """Would the vault say by itself when a refusal is over?"""
        self._stopped_ns = -1

    def run(self, stop: threading.Event) -> None:
        """Ask until ``stop``; never raises for what a server or a network does."""
        while not stop.is_set():
            self.nudged.clear()
            granted = self.ask()
            if granted is not None:
                wait_s = max(granted.duration_ns / SECOND_NS / 3, SHORTEST_WAIT_S)
            else:
                wait_s = RETRY_S
                if isinstance(self.error, Refused):
                    wait_s = random.uniform(0.8, 1.2) * STREAMED_WAIT_S if self.streamed() else REFUSED_WAIT_S  # noqa: S311
            self.nudged.wait(wait_s)

    def ask(self) -> Lease | None:
        """Ask once; the lease that was granted, or ``None``."""
        request = self.request()
        try:
            return self.take(self.post(request), request)
        except AboveboardError as error:
            self.failed(error)
            return None

    def request(self) -> LeaseRequest:
        """A new request, with the boot clock as it is now."""
        self.asked += 1
        return LeaseRequest(
            device_id=self._consent.device_id,
            consent_id=self._consent.consent_id,
            boot_id=self._boot_id,
            boot_ns=self._clock.boot_ns(),
            nonce=secrets.token_hex(16),
            recorder_version=f"aboveboard {aboveboard.__version__}",
            health=self.health(),
        )

    def take(self, answer: bytes, request: LeaseRequest) -> Lease:
        """The lease in ``answer``, from now on in the book; raises as :meth:`check` does, and :class:`Unavailable`."""
        checked = self.check(answer, request)
        self._known.leased(checked.lease)
        if not self.held.is_set() and request.boot_ns > self._stopped_ns:
            self._book.add(checked)
        self.reason, self.error = str(Reason.OK), None
        self.told(checked.lease.notices)
        self.newest_key(checked.lease.key_epoch)
        return checked.lease

    def failed(self, error: AboveboardError) -> None:
        """There is no lease, and this is why."""
        if isinstance(error, Refused):
            self._refused(error)
        elif isinstance(error, NotBelieved):
            self.reason, self.error = error.reason, error
            if error.reason == Reason.CONSENT_OTHER_DISCLOSURE:  # less may be recorded from now on, or nothing
                self._book.end(no(Reason.CONSENT_OTHER_DISCLOSURE), boot_ns=self._clock.boot_ns(), drop=False)
        else:
            self.reason, self.error = error.code, error

    def stop(self, reason: str, why: str) -> None:
        """A word was pushed that this device is to stop: at once, until a lease that is asked for from now on.

        The word is not signed and needs not be: it can only stop.
        """
        known = next((each for each in Reason if each == reason and reason.startswith(("pause:", "consent:"))), None)
        self._stopped_ns = self._clock.boot_ns()
        self._book.end(no(known or Reason.LEASE_NONE, why), boot_ns=self._stopped_ns, drop=True)

    def check(self, answer: bytes, request: LeaseRequest) -> Checked:
        """The four steps above; raises with the reason of the first that does not hold."""
        envelope = envelopes.decode(answer)
        lease = leases.decode(open_signed(envelope, leases.PAYLOAD_TYPE, self._lease_key))
        try:
            answers(lease, request).require()
            if lease.person_id != self._consent.person_id:
                no(Reason.CONSENT_OTHER_PERSON).require()
            if lease.disclosure_sha256 != self._disclosure_sha256:
                no(Reason.CONSENT_OTHER_DISCLOSURE).require()
            self._known.permits(lease).require()
        except Refused as error:
            raise NotBelieved(error) from error
        return Checked(lease, answer.decode("utf-8"), self._clock.boot_ns())

    def _refused(self, error: Refused) -> None:
        reason = next((each for each in Reason if each == error.reason), None)
        self.reason, self.error = error.reason or error.code, error
        if reason is None or reason in {Reason.OK, Reason.RULE_ERROR}:
            return  # not a decision about recording (a clock that is off, a server at fault): the lease runs out
        drop = reason.startswith(("pause:", "consent:"))
        self._book.end(no(reason, error.cause), boot_ns=self._clock.boot_ns(), drop=drop)
        with suppress(Unavailable):  # permission has ended; what cannot be written down is told again
            self._known.refused(reason, self._consent.consent_id)


class NotBelieved(Tampered):
    """A signed answer that is not for this request, this person or this disclosure. ``reason`` says which."""

    def __init__(self, error: Refused) -> None:
        super().__init__(error.what, cause=error.cause, fix=error.fix)
        self.reason = error.reason
