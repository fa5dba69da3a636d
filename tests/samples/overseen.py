"""The whole recorder on a real display, against a vault on loopback; and what its watchdog, its governor and its files
say."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from aboveboard.base.clock import SECOND_NS, Clock
from aboveboard.base.errors import AboveboardError
from aboveboard.formats.disclosure import Budget, Disclosure
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Marker, Timed
from aboveboard.recorder.capture.port import Source
from aboveboard.recorder.capture.pulse import X11Pulse
from aboveboard.recorder.capture.x11 import X11Source
from aboveboard.recorder.enrolment import Verified
from aboveboard.recorder.flow import record
from aboveboard.recorder.spool import Spool
from aboveboard.recorder.status import RecorderStatus
from aboveboard.recorder.tap import Tap
from aboveboard.stage.display import Display
from aboveboard.wire.client import Client
from samples.disclosed import app
from samples.recorder_world import Participant, Vault, serving
from samples.segments import items_of

APP = "Editor"


@dataclass
class Promised(Participant):
    """Whose disclosure names one application and this budget."""

    budget: Budget = field(default_factory=Budget)

    def disclosure(self) -> Disclosure:
        return replace(super().disclosure(), apps=[app(APP)], budget=self.budget)


@dataclass
class Overseen:
    """A recorder that watches ``display`` (":7"); it records from :meth:`recording` to the block's end."""

    home: Path
    display: str
    vault: Vault
    client: Client
    enrolment: Verified
    clock: Clock | None = None
    statuses: list[RecorderStatus] = field(default_factory=list)
    error: AboveboardError | None = None

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record inside the block; afterwards everything is sealed."""
        stop = threading.Event()
        thread = threading.Thread(target=self._record, args=(stop,), name="overseen")
        thread.start()
        try:
            self.until(lambda: self.last.state == "recording", "recording begins")
            yield
        finally:
            stop.set()
            thread.join(30)
            assert not thread.is_alive()

    @property
    def last(self) -> RecorderStatus:
        """What it said last."""
        return self.statuses[-1] if self.statuses else RecorderStatus("waiting", "")

    def until(self, condition: Callable[[], bool], what: str, *, limit_s: float = 15) -> float:
        """Wait; returns how long it took, in seconds."""
        began_s = time.monotonic()
        while not condition():
            waited_s = time.monotonic() - began_s
            assert waited_s < limit_s, f"waited {limit_s} s in vain: {what}; {self.last}, {self.error!r}"
            time.sleep(0.02)
        return time.monotonic() - began_s

    def items(self) -> list[Item]:
        """Everything that was sealed, sent or waiting, opened with the person's own key."""
        held = list(Spool(self.home / "spool").held())
        segments = {each.manifest.segment_id: (each.manifest, each.sealed()) for each in held}
        segments |= {name: (self.vault.manifests[name], sealed) for name, sealed in self.vault.sealed.items()}
        in_order = sorted(segments.values(), key=lambda each: (each[0].start_wall_ns, each[0].sequence))
        identity = self.vault.who.identity
        return [item for _, sealed in in_order for item in items_of(sealed, identity)]

    def markers(self) -> list[Marker]:
        """What the recording says was left out."""
        events = [item.event for item in self.items() if isinstance(item, Timed)]
        return [event for event in events if isinstance(event, Marker)]

    def _record(self, stop: threading.Event) -> None:
        def make() -> Source:
            return X11Source(self.display, self.enrolment.disclosure)

        try:
            record(
                home=self.home,
                client=self.client,
                source=Tap(make),
                enrolment=self.enrolment,
                stop=stop,
                status=self.statuses.append,
                pulse=X11Pulse(self.display),
                clock=self.clock,
                segment_ns=2 * SECOND_NS,
                flush_s=5,
            )
        except AboveboardError as error:
            self.error = error


@contextmanager
def overseen(
    home: Path, display: Display, *, budget: Budget | None = None, clock: Clock | None = None
) -> Iterator[Overseen]:
    """A recorder and its vault, not recording yet."""
    who = Promised(budget=budget or Budget(cpu_percent=100))
    enrolment = who.settle(home)
    vault = Vault(who, enrolment.consent.consent_id)
    with serving(vault) as client:
        yield Overseen(home, display.name, vault, client, enrolment, clock)
