"""A recorder with its watchdog and governor, on a real display, against a vault on loopback; and what its files say."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from aboveboard.base.clock import SECOND_NS, Clock, SystemClock
from aboveboard.formats.disclosure import Budget, Disclosure
from aboveboard.formats.mcap_file import Item, read_recording
from aboveboard.formats.recording import Marker, Timed
from aboveboard.recorder.budget import Governor
from aboveboard.recorder.capture.port import Pulse, Source
from aboveboard.recorder.enrolment import Verified
from aboveboard.recorder.flow import TICK_S, _Recording
from aboveboard.recorder.oversight import Oversight
from aboveboard.recorder.spool import Spool
from aboveboard.recorder.status import RecorderStatus
from aboveboard.recorder.tap import Tap
from aboveboard.rules.decision import Decision
from aboveboard.sealing.unseal import unseal
from aboveboard.wire.client import Client
from samples.disclosed import app
from samples.recorder_world import Participant, Vault, serving

APP = "Editor"


@dataclass
class Promised(Participant):
    """Whose disclosure names one application and this budget."""

    budget: Budget = field(default_factory=Budget)

    def disclosure(self) -> Disclosure:
        return replace(super().disclosure(), apps=[app(APP)], budget=self.budget)


class Overseen(_Recording):
    """The recorder's own parts, threads and steps, overseen. It records from :meth:`recording` to the block's end."""

    def __init__(
        self,
        home: Path,
        client: Client,
        enrolment: Verified,
        source: Callable[[], Source],
        pulse: Pulse | None,
        *,
        clock: Clock | None,
    ) -> None:
        clock = clock or SystemClock()
        self.tap = Tap(source)
        super().__init__(home, client, self.tap, enrolment, [], clock, 2 * SECOND_NS)
        self.governor = Governor(home, enrolment.disclosure, clock, open_bytes=lambda: self.writer.open_bytes)
        self.chain._may_store = self.governor.may_store
        self.oversight = Oversight(
            governor=self.governor,
            pulse=pulse,
            inbox=self.inbox,
            writer=self.writer,
            spool=self.spool,
            keeper=self.keeper,
            clock=clock,
        )
        self.conditions = [self.oversight]
        self.statuses: list[tuple[float, RecorderStatus, tuple[str, ...], str]] = []
        self.decision: Decision | None = None

    def _step(self) -> Decision:
        decision = super()._step()
        self.oversight.step(recording=decision.allowed)
        self.decision = decision
        return decision

    def run(self, stop: threading.Event, status: Callable[[RecorderStatus], None]) -> None:
        """As the recorder does, and with the tap shut while a condition says no."""
        while not stop.wait(TICK_S):
            decision = self._look()
            if self.tap.flowing and not self._machine.allowed:
                self.tap.stop()
                self.oversight.watch(None)
            elif not self.tap.flowing and decision.allowed:
                self.tap.start(self.inbox)
                self.oversight.watch(self.tap)
            decision = self._step()
            if decision.allowed and (self.inbox.needs_whole or self.writer.needs_whole):
                self.tap.request_whole_frame()
            self._tell(status, decision)
        self.tap.stop()
        self._step()
        self.writer.finish()

    @contextmanager
    def threads(self) -> Iterator[None]:
        with super().threads():
            others = [thread for thread in threading.enumerate() if thread.name in {"lease", "upload"}]
            thread = self.oversight.thread(others, self._ended)
            thread.start()
            try:
                yield
            finally:
                self._ended.set()
                thread.join()

    @contextmanager
    def recording(self) -> Iterator["Overseen"]:
        """Record inside the block; afterwards everything is sealed."""
        stop = threading.Event()

        def told(status: RecorderStatus) -> None:
            self.statuses.append((time.monotonic(), status, self.oversight.problems, self.oversight.pace))

        def body() -> None:
            with self.threads():
                self.run(stop, told)

        thread = threading.Thread(target=body, name="overseen")
        thread.start()
        try:
            self.until(lambda: self.decision is not None and self.decision.allowed, "recording begins")
            yield self
        finally:
            stop.set()
            thread.join(20)
            assert not thread.is_alive()

    def until(self, condition: Callable[[], bool], what: str, *, limit_s: float = 15) -> float:
        """Wait; returns how long it took, in seconds."""
        began_s = time.monotonic()
        while not condition():
            assert time.monotonic() - began_s < limit_s, f"waited {limit_s} s in vain: {what}; {self.statuses[-1:]}"
            time.sleep(0.02)
        return time.monotonic() - began_s

    @property
    def problems(self) -> tuple[str, ...]:
        return self.oversight.problems


def recorded(vault: Vault, home: Path) -> list[Item]:
    """Everything that was sealed, whether it was sent or still waits, opened with the person's own key."""
    waiting = {held.manifest.segment_id: (held.manifest, held.sealed()) for held in Spool(home / "spool").held()}
    sent = {name: (vault.manifests[name], sealed) for name, sealed in vault.sealed.items()}
    segments = sorted((waiting | sent).values(), key=lambda each: each[0].sequence)
    return [item for _, sealed in segments for item in read_recording(unseal(sealed, vault.who.identity))]


def markers(items: list[Item]) -> list[Marker]:
    """What the recording says was left out."""
    events = [item.event for item in items if isinstance(item, Timed)]
    return [event for event in events if isinstance(event, Marker)]


@contextmanager
def overseen(
    home: Path,
    source: Callable[[Disclosure], Source],
    pulse: Callable[[], Pulse | None],
    *,
    budget: Budget | None = None,
    clock: Clock | None = None,
) -> Iterator[tuple[Overseen, Vault]]:
    """A recorder and its vault, not recording yet."""
    who = Promised(budget=budget or Budget(cpu_percent=100))
    enrolment = who.settle(home)
    vault = Vault(who, enrolment.consent.consent_id)
    with serving(vault) as client:
        yield Overseen(home, client, enrolment, lambda: source(enrolment.disclosure), pulse(), clock=clock), vault
