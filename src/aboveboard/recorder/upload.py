"""How does a sealed segment reach the vault, through whatever the network does?

Oldest first, and none before its hold is over (``recorder.hold``): declare the manifest, then send the bytes, then, and
only when the vault says ``stored``, forget the local copy. Both steps may be repeated, so a crash or a lost answer at
any moment costs nothing. What may pass is tried again, with a wait that doubles and is never the same for two devices;
what the vault will never take is set aside with its reason. A segment refused because it touches a pause, or is from
after its disclosure, is deleted: it was not to be recorded. In between, the thread sleeps until the next one is due.
"""

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
from aboveboard.recorder.held import Held, Refusal
from aboveboard.recorder.hold import Hold
from aboveboard.recorder.spool import Spool
from aboveboard.rules.decision import Reason
from aboveboard.wire.client import Client

SEGMENTS_PATH = "/v1/segments"
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
NETWORK_WAIT_S = 60.0
"""How long until a network that may not be used is looked at again; a nudge ends it."""

_FINAL = (BadInput, Conflict, NotFound, Refused, Tampered)
_PASSING = {Reason.LEASE_BUDGET_SPENT, Reason.RULE_ERROR, Reason.SEGMENT_FROM_THE_FUTURE}
"""The last: its lease's request travelled long, so that all of it seems later than it was, for so long."""
_UNWANTED = {Reason.SEGMENT_DURING_PAUSE, Reason.SEGMENT_SUPERSEDED, Reason.SEGMENT_ERASED}
"""Nobody wanted it recorded or kept, or not under this disclosure: it is deleted."""


class Answer(msgspec.Struct, frozen=True):
    """What the vault says of a segment."""

    state: str


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
            for each in due:
                if stop.is_set() or self._spool.covering or not self._may_send():
                    return
                with self._spool.leaving(each) as held:
                    if held is not None:
                        self._settle(held)
                self.counts.last_error = ""

    def _settle(self, held: Held) -> None:
        try:
            self.upload(held)
        except FileNotFoundError:
            # Discarded after it was declared, before a byte was sent: nothing to set aside. Else the disk lost it.
            self._spool.refuse(held, Refusal(BadInput.code, "", "its sealed bytes are gone"))
        except _FINAL as error:
            if _may_pass(error):
                raise
            reason = str(error.reason) if isinstance(error, Refused) else ""
            keep = reason not in _UNWANTED
            self._spool.refuse(held, Refusal(error.code, reason, error.what), keep=keep)
            self.counts.refused += 1
        else:
            self._spool.remove(held)
            self.counts.uploaded += 1
            self.counts.uploaded_bytes += held.manifest.size_bytes

    def upload(self, held: Held) -> None:
        """Bring one segment to the vault; returns only when the vault has said that it is stored."""
        if _state(self._client.post(SEGMENTS_PATH, held.envelope)) == "stored":
            return
        path = f"{SEGMENTS_PATH}/{held.manifest.segment_id}/sealed"
        if _state(self._client.put(path, held.sealed())) != "stored":
            raise Unavailable(
                "the vault did not say that it stored the segment",
                cause="it is busy, or is not the vault",
                fix="nothing: it is tried again",
            )


def _may_pass(error: AboveboardError) -> bool:
    """Is this a refusal of just now, not of the segment?"""
    return isinstance(error, Refused) and (error.reason in _PASSING or error.reason.startswith("request:"))


def _state(answer: bytes) -> str:
    try:
        return msgspec.json.decode(answer, type=Answer).state
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unavailable(
            "the vault's answer cannot be read",
            cause="something on the way answered instead of it",
            fix="nothing: it is tried again; check the address if it lasts",
        ) from error
