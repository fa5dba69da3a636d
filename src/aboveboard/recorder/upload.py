"""How does a sealed segment reach the vault, through whatever the network does?

Oldest first, and none before its hold is over (``recorder.hold``): declare the manifests of several, then send the
bytes of those that are awaited, then, and only of what the vault calls ``stored``, forget the local copy. Both steps
may be repeated, so a crash or a lost answer at any moment costs nothing. What may pass is tried again, with a wait that
doubles and is never the same for two devices; what the vault will never take is set aside with its reason. A segment
refused because it touches a pause, or is from after its disclosure, is deleted: it was not to be recorded. How many go
in one request begins with a few and doubles with each that goes well; after a failure the next goes alone, so that
neither a slow network nor one segment holds up the rest. In between, the thread sleeps until the next one is due.
"""

import itertools
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import (
    AboveboardError,
    BadInput,
    Conflict,
    NotFound,
    Refused,
    Tampered,
    Unavailable,
)
from aboveboard.recorder.discard import Waiting
from aboveboard.recorder.held import Held, Refusal
from aboveboard.recorder.hold import Hold
from aboveboard.recorder.spool import Spool
from aboveboard.rules.decision import Reason
from aboveboard.wire.client import Client
from aboveboard.wire.outcome import SEGMENTS_LIMIT, Outcome

SEGMENTS_PATH = "/v1/segments"
FIRST_AT_ONCE = 8
BYTES_AT_ONCE = 8 * 1024 * 1024
"""Sealed bytes in one request; a segment that has more goes alone."""
MANIFESTS_BYTES = 512 * 1024
"""Their manifests together."""
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
NETWORK_WAIT_S = 60.0
"""How long until a network that may not be used is looked at again; a nudge ends it."""

_FINAL = (BadInput, Conflict, NotFound, Refused, Tampered)
_PASSING = {Reason.LEASE_BUDGET_SPENT, Reason.RULE_ERROR, Reason.SEGMENT_FROM_THE_FUTURE}
"""The last: its lease's request travelled long, so that all of it seems later than it was, for so long."""
_UNWANTED = {Reason.SEGMENT_DURING_PAUSE, Reason.SEGMENT_SUPERSEDED, Reason.SEGMENT_ERASED}
"""Nobody wanted it recorded or kept, or not under this disclosure: it is deleted."""


@dataclass
class UploadCounts:
    """What happened to the segments of this run."""

    uploaded: int = 0
    uploaded_bytes: int = 0
    refused: int = 0
    last_error: str = ""


class Uploader:
    """Empties the spool. :meth:`run` is the body of a thread.

    Without ``hold`` nothing is held. ``may_send`` says whether the network of just now may be used.
    """

    def __init__(
        self,
        client: Client,
        spool: Spool,
        *,
        hold: Hold | None = None,
        may_send: Callable[[], bool] = lambda: True,
        seed: int | None = None,
    ) -> None:
        self._client = client
        self._spool = spool
        self._hold = hold or Hold(0, clock=SystemClock(), boot_id="")
        self._may_send = may_send
        self._random = random.Random(seed)  # noqa: S311 - only spreads retries
        self._at_once = FIRST_AT_ONCE
        self.counts = UploadCounts()
        self.nudged = threading.Event()
        """Set it when there is a new segment, or to end a wait."""

    def run(self, stop: threading.Event) -> None:
        """Upload until ``stop``; never raises for what a server or a network does."""
        failures = 0
        while not stop.is_set():
            self.nudged.clear()
            try:
                self.upload_all(stop)
                failures = 0
                self.nudged.wait(self.next_s())
            except AboveboardError as error:
                self.counts.last_error = error.what
                failures += 1
                stop.wait(self.wait_s(failures))
            except OSError as error:
                self.counts.last_error = f"the spool cannot be used: {error.strerror}"
                failures += 1
                stop.wait(self.wait_s(failures))

    def next_s(self) -> float | None:
        """In how many seconds the next segment may leave; 0: now; ``None`` if none waits."""
        if self._spool.covering:
            return None  # whoever ends the covering nudges
        due_s = min((self._hold.due_s(each) for each in self._spool.waiting()), default=None)
        if due_s is not None and not self._may_send():
            return max(due_s, NETWORK_WAIT_S)
        return due_s

    def send_now(self) -> None:
        """Whatever is sealed by now may leave at once."""
        self._hold.release()
        self.nudged.set()

    def wait_s(self, failures: int) -> float:
        """How long to wait after so many failures in a row: doubling, at most a minute, between half and all of it."""
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures - 1, 16))
        return longest * self._random.uniform(0.5, 1.0)

    def upload_all(self, stop: threading.Event) -> None:
        """Upload everything that may leave, oldest first; raises at the first thing that may pass later."""
        while due := [each for each in self._spool.waiting() if self._hold.due_s(each) <= 0]:
            if stop.is_set() or self._spool.covering or not self._may_send():
                return
            with self._spool.leaving(self._together(due)) as held:
                try:
                    self._upload(_fitting(held))
                except BaseException:
                    self._at_once = 1
                    raise
            self._at_once = min(2 * self._at_once, SEGMENTS_LIMIT)
            self.counts.last_error = ""

    def _together(self, due: list[Waiting]) -> list[Waiting]:
        """The first of these that go in one request: at least one."""
        sizes = itertools.accumulate(each.size_bytes for each in due)
        fitting = sum(size_bytes <= BYTES_AT_ONCE for size_bytes in sizes)
        return due[: max(min(fitting, self._at_once), 1)]

    def _upload(self, held: list[Held]) -> None:
        """Bring these to the vault; raises what may pass, once what it said of the others is settled."""
        try:
            self._upload_together(held)
        except _FINAL as error:
            if _may_pass(error):
                raise
            if len(held) == 1:
                self._refuse(held[0], error)
                return
            # The request as a whole is refused, and nobody says for which of them: each goes alone.
            waiting = {each.segment_id for each in self._spool.waiting()}
            for each in held:
                if each.manifest.segment_id in waiting:
                    self._upload([each])

    def _upload_together(self, held: list[Held]) -> None:
        later: list[AboveboardError] = []
        manifests = b"[" + b",".join(each.envelope for each in held) + b"]"
        awaited = self._settle(held, self._client.post(SEGMENTS_PATH, manifests), later) if held else []
        if self._spool.covering:
            return  # what was told goes, instead of being covered: it need not leave any more
        sealed = [(each, data) for each in awaited if (data := self._bytes(each)) is not None]
        if sealed:
            names = "&".join(f"segment_id={each.manifest.segment_id}" for each, _ in sealed)
            answer = self._client.put(f"{SEGMENTS_PATH}/sealed?{names}", [data for _, data in sealed])
            if self._settle([each for each, _ in sealed], answer, later):
                later.append(
                    Unavailable(
                        "the vault did not say that it stored the segment",
                        cause="it is busy, or is not the vault",
                        fix="nothing: it is tried again",
                    )
                )
        if later:
            raise later[0]

    def _bytes(self, held: Held) -> bytes | None:
        try:
            return held.sealed()
        except FileNotFoundError:
            # Discarded after it was declared, before a byte was sent: nothing to set aside. Else the disk lost it.
            self._spool.refuse(held, Refusal(BadInput.code, "", "its sealed bytes are gone"))
        except BadInput as error:
            self._refuse(held, error)
        return None

    def _settle(self, held: list[Held], answer: bytes, later: list[AboveboardError]) -> list[Held]:
        """Forget what is stored, set aside what never will be; what may pass goes into ``later``. The others."""
        stored: list[Held] = []
        awaited: list[Held] = []
        for each, outcome in zip(held, _outcomes(answer, len(held)), strict=True):
            error = outcome.error()
            if error is None:
                (stored if outcome.state == "stored" else awaited).append(each)
            elif isinstance(error, _FINAL) and not _may_pass(error):
                self._refuse(each, error)
            else:
                later.append(error)
        if stored:
            self._spool.remove(stored)
        self.counts.uploaded += len(stored)
        self.counts.uploaded_bytes += sum(each.manifest.size_bytes for each in stored)
        return awaited

    def _refuse(self, held: Held, error: AboveboardError) -> None:
        reason = str(error.reason) if isinstance(error, Refused) else ""
        self._spool.refuse(held, Refusal(error.code, reason, error.what), keep=reason not in _UNWANTED)
        self.counts.refused += 1


def _fitting(held: list[Held]) -> list[Held]:
    """The first of these whose manifests go in one request; the first goes in any case."""
    sizes = itertools.accumulate(len(each.envelope) for each in held)
    return [
        each for place, (each, size) in enumerate(zip(held, sizes, strict=True)) if not place or size <= MANIFESTS_BYTES
    ]


def _may_pass(error: AboveboardError) -> bool:
    """Is this a refusal of just now, not of the segment?"""
    return isinstance(error, Refused) and (error.reason in _PASSING or error.reason.startswith("request:"))


def _outcomes(answer: bytes, count: int) -> list[Outcome]:
    """What became of each of ``count`` segments."""
    try:
        found = msgspec.json.decode(answer, type=list[Outcome])
        if len(found) != count:
            raise ValueError(f"it tells of {len(found)} segments, not {count}")
        return found
    except (msgspec.DecodeError, ValueError) as error:
        raise Unavailable(
            "the vault's answer cannot be read",
            cause="something on the way answered instead of it",
            fix="nothing: it is tried again; check the address if it lasts",
        ) from error
