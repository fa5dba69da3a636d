"""A steward pauses one application: the recorder leaves it out and goes on with the rest, and intake takes nothing in
that was recorded under a lease that did not say so yet. Each protection is taken away, and the application gets in."""

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Refused
from aboveboard.formats.recording import Key, Timed
from aboveboard.recorder.flow import record
from aboveboard.recorder.paused_apps import PausedApps
from aboveboard.recorder.status import RecorderStatus
from aboveboard.recorder.tap import Tap
from aboveboard.rules.decision import ALLOWED, Reason
from aboveboard.vault.api import intake
from samples.recorder_world import Participant, Vault, serving
from samples.segments import items_of, sealed_segment
from samples.synthetic_source import SyntheticSource
from samples.vault_world import VaultWorld

BOTH, REST = "a", "b"
"""What is typed while the application is captured, and while it is left out."""


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aboveboard.recorder.lease.SHORTEST_WAIT_S", 0.05)


class Recorder:
    """One over a capture that types :data:`BOTH` where the application is disclosed to it, else :data:`REST`."""

    def __init__(self, home: Path) -> None:
        who = Participant()
        self.verified = who.settle(home)
        self.home, self.stop = home, threading.Event()
        # Leases are asked for ten times a second, and outlast a busy machine.
        self.vault = Vault(who, self.verified.consent.consent_id)
        self.paused_apps = PausedApps()
        self.statuses: list[RecorderStatus] = []

    def made(self) -> SyntheticSource:
        named = self.paused_apps.narrowed(self.verified.disclosure).apps
        return SyntheticSource(BOTH if named else REST)

    def run(self, work: Callable[["Recorder"], None], *, tap: bool = True) -> None:
        source = Tap(self.made) if tap else self.made()
        with serving(self.vault) as client:
            thread = threading.Thread(
                target=record,
                kwargs={
                    "home": self.home,
                    "client": client,
                    "source": source,
                    "enrolment": self.verified,
                    "stop": self.stop,
                    "status": self.statuses.append,
                    "paused_apps": self.paused_apps,
                    "segment_ns": SECOND_NS // 4,
                },
            )
            thread.start()
            try:
                work(self)
            finally:
                self.stop.set()
                thread.join(30)

    def until(self, condition: Callable[[], bool]) -> None:
        end_s = time.monotonic() + 40
        while not condition():
            assert time.monotonic() < end_s, self.statuses[-1:]
            time.sleep(0.02)

    def typed_since(self, wall_ns: int) -> set[str]:
        """What is in the stored segments that began after ``wall_ns``."""
        found = set()
        for manifest in self.vault.in_order():
            if manifest.start_wall_ns > wall_ns and manifest.segment_id in self.vault.sealed:
                items = items_of(self.vault.sealed[manifest.segment_id], self.vault.who.identity)
                events = [item.event for item in items if isinstance(item, Timed)]
                found |= {event.text for event in events if isinstance(event, Key) and event.pressed}
        return found


def typed_while_paused(recorder: Recorder) -> set[str]:
    """Pause the application while it is recorded, record on for a while; what was typed in what the vault took in."""
    typed: set[str] = set()

    def work(recorder: Recorder) -> None:
        recorder.until(lambda: len(recorder.vault.sealed) >= 2)
        recorder.vault.pause_app("Chromium")
        paused_ns = recorder.vault.pauses[-1].at_ns
        recorder.until(lambda: bool(recorder.paused_apps.wanted))
        stored = len(recorder.vault.sealed)
        recorder.until(lambda: len(recorder.vault.sealed) >= stored + 3)
        typed.update(recorder.typed_since(paused_ns))

    recorder.vault.duration_ns = 6 * SECOND_NS
    recorder.run(work)
    return typed


def test_a_paused_application_is_left_out_and_the_rest_goes_on(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "recorder")
    assert typed_while_paused(recorder) == {REST}
    assert any(status.paused_apps == ("chromium",) and status.state == "recording" for status in recorder.statuses)


def test_without_the_condition_a_paused_application_is_recorded_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PausedApps, "look", lambda _: ALLOWED)
    monkeypatch.setattr(PausedApps, "left_out_all", lambda *_: True)
    assert BOTH in typed_while_paused(Recorder(tmp_path / "recorder"))


def test_a_capture_that_cannot_leave_it_out_records_nothing_until_it_is_over(tmp_path: Path) -> None:
    def work(recorder: Recorder) -> None:
        recorder.until(lambda: len(recorder.vault.sealed) >= 1)
        recorder.vault.pause_app("Chromium")
        recorder.until(lambda: recorder.statuses[-1].reason == Reason.PAUSED_BY_STEWARD)
        paused_ns, stored = time.time_ns(), len(recorder.vault.sealed)
        time.sleep(0.5)
        assert recorder.typed_since(paused_ns) == set()
        recorder.vault.resume()
        recorder.until(lambda: len(recorder.vault.sealed) > stored and bool(recorder.typed_since(paused_ns)))

    recorder = Recorder(tmp_path / "recorder")
    recorder.vault.duration_ns = 6 * SECOND_NS
    recorder.run(work, tap=False)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path / "vault")
    yield made
    made.close()


def offered_under_an_old_lease(world: VaultWorld) -> str:
    """Recorded during an application's pause, under a lease from before it; what intake says."""
    who = world.ready()
    signed, start = world.lease(who), dataclasses.replace(world.clock)
    world.clock.advance(SECOND_NS)
    world.pause(world.key("stella"), by="steward", person_id=None, reason="a finding", wm_class="Chromium")
    world.clock.advance(SECOND_NS)
    sealed = sealed_segment(b"x", [who.identity.recipient, who.keyholder_recipient])
    return world.take_in(who, world.described(who, sealed, [signed], start))


def test_what_an_old_lease_covered_during_the_pause_is_refused(world: VaultWorld) -> None:
    with pytest.raises(Refused) as caught:
        offered_under_an_old_lease(world)
    assert caught.value.reason == Reason.SEGMENT_DURING_PAUSE
    assert "from before" in caught.value.cause


def test_without_the_check_of_intake_it_gets_in(world: VaultWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "check_pauses", lambda *_: None)
    assert offered_under_an_old_lease(world) == "stored"
