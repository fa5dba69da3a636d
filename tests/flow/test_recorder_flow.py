"""The whole recorder against a vault on loopback: leases, segments, pauses, outages, restarts."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, Conflict, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.pause import Pause
from aboveboard.formats.recording import Marker, Session, Timed, Window
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.enrolment import Verified
from aboveboard.recorder.flow import purge_held, record
from aboveboard.recorder.local_pause import pause_here, resume_here
from aboveboard.recorder.spool import Spool
from aboveboard.recorder.status import RecorderStatus, RecordingSummary
from aboveboard.replay.canvas import Canvas
from aboveboard.rules.decision import Reason
from aboveboard.wire.client import Client
from samples.recorder_world import Participant, Vault, serving
from samples.segments import items_of
from samples.synthetic_source import WINDOW, SyntheticSource


@dataclass
class Run:
    """A recording in a thread."""

    vault: Vault
    source: SyntheticSource
    home: Path
    statuses: list[RecorderStatus] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    summary: RecordingSummary | None = None
    error: BaseException | None = None

    def until(self, condition: Callable[[], bool], *, limit_s: float = 15) -> None:
        end_s = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < end_s, f"never happened; last status {self.statuses[-1:]}, {self.error!r}"
            time.sleep(0.01)

    def segments(self) -> list[list[Timed | ScreenPatch]]:
        """Every stored segment, opened with the participant's own key."""
        identity = self.vault.who.identity
        return [
            items_of(self.vault.sealed[manifest.segment_id], identity)
            for manifest in self.vault.in_order()
            if manifest.segment_id in self.vault.sealed
        ]

    def events(self) -> list[Timed]:
        items = [item for segment in self.segments() for item in segment if isinstance(item, Timed)]
        return [item for item in items if not isinstance(item.event, Session | Marker)]

    def markers(self) -> list[Marker]:
        items = [item for segment in self.segments() for item in segment if isinstance(item, Timed)]
        return [item.event for item in items if isinstance(item.event, Marker)]


@dataclass
class World:
    vault: Vault
    client: Client
    verified: Verified
    home: Path

    @contextmanager
    def recording(
        self, source: SyntheticSource | None = None, *, segment_s: float = 0.5, lowered: tuple[str, ...] = ()
    ) -> Iterator[Run]:
        run = Run(self.vault, source or SyntheticSource(), self.home)

        def body() -> None:
            try:
                run.summary = record(
                    home=self.home,
                    client=self.client,
                    source=run.source,
                    enrolment=self.verified,
                    stop=run.stop,
                    status=run.statuses.append,
                    lowered=lowered,
                    segment_ns=int(segment_s * SECOND_NS),
                    flush_s=5,
                )
            except AboveboardError as error:
                run.error = error

        thread = threading.Thread(target=body)
        thread.start()
        try:
            yield run
        finally:
            run.stop.set()
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits between attempts, a tenth as long."""
    monkeypatch.setattr("aboveboard.recorder.lease.RETRY_S", 0.1)
    monkeypatch.setattr("aboveboard.recorder.lease.REFUSED_WAIT_S", 0.3)
    monkeypatch.setattr("aboveboard.recorder.upload.FIRST_WAIT_S", 0.1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    who = Participant()
    home = tmp_path / "recorder"
    verified = who.settle(home)
    vault = Vault(who, verified.consent.consent_id)
    with serving(vault) as client:
        yield World(vault, client, verified, home)


def test_everything_that_happened_arrives_in_order_and_opens(world: World) -> None:
    with world.recording() as run:
        run.until(lambda: len(world.vault.sealed) >= 3)
    assert run.error is None
    assert run.summary is not None
    kept = run.events()
    assert kept[0].event == WINDOW
    typed = [(timed.time_ns, timed.event) for timed in kept if not isinstance(timed.event, Window)]
    assert typed == [(time_ns, event) for time_ns, event in run.source.sent if event is not WINDOW]
    assert run.summary.events == len(run.source.sent) + 1  # and the marker that it stopped
    assert run.summary.spooled_bytes == 0
    assert run.summary.uploaded == run.summary.segments == len(world.vault.sealed)
    assert run.statuses[-1].state == "stopped"


def test_every_segment_says_how_things_stand_goes_on_and_is_chained(world: World) -> None:
    with world.recording() as run:
        run.until(lambda: len(world.vault.sealed) >= 4)
    previous, canvas = None, Canvas()
    for number, (manifest, items) in enumerate(zip(world.vault.in_order(), run.segments(), strict=True)):
        assert manifest.sequence == number
        assert manifest.previous_sha256 == previous
        previous = hashlib.sha256(world.vault.sealed[manifest.segment_id]).hexdigest()
        first = items[0]
        assert isinstance(first, Timed)
        assert isinstance(first.event, Session)
        assert first.event.sequence == number
        assert first.time_ns == manifest.start_wall_ns
        assert first.event.screen_continues == (number > 0)
        assert any(isinstance(item, ScreenPatch) and item.whole for item in items) == (number == 0)
        if number:
            assert isinstance(items[1], Timed)
            assert items[1].event == WINDOW
        for item in items:
            if isinstance(item, ScreenPatch):
                canvas.apply(item)
            elif isinstance(item.event, Session):
                canvas.begin(item.event)
            assert canvas.known or number == 0
            assert manifest.start_wall_ns <= item.time_ns <= manifest.end_wall_ns
    ends = [manifest.end_boot_ns for manifest in world.vault.in_order()]
    starts = [manifest.start_boot_ns for manifest in world.vault.in_order()]
    assert starts[1:] == ends[:-1], "nothing between two segments is uncovered"


def test_nothing_is_captured_before_the_first_lease(world: World) -> None:
    world.vault.refuse_leases = Reason.CONSENT_WITHDRAWN
    with world.recording() as run:
        run.until(lambda: world.vault.asked > 0)
        run.until(lambda: any(status.reason == Reason.CONSENT_WITHDRAWN for status in run.statuses))
        assert not run.source.started.is_set()
    assert not run.source.started.is_set()
    assert not world.vault.manifests
    assert not list(Spool(world.home / "spool").held())


def test_nothing_happened_makes_no_segment(world: World) -> None:
    with world.recording(segment_s=0.2) as run:
        run.until(lambda: len(world.vault.sealed) >= 2)
        run.source.quiet.set()
        time.sleep(0.5)
        count = len(world.vault.manifests)
        time.sleep(0.8)
        assert len(world.vault.manifests) == count
        run.source.quiet.clear()
        run.until(lambda: len(world.vault.sealed) > count)


def a_pause(world: World) -> Pause:
    return Pause(pause_id=new_id(Kind.PAUSE), by="person", person_id=world.vault.who.person_id, at_ns=1)


def test_a_pause_on_the_machine_takes_effect_at_once_even_without_a_network(world: World) -> None:
    with world.recording(segment_s=60) as run:
        run.until(lambda: len(run.source.sent) > 40)
        world.vault.down = True
        pause_here(world.home, a_pause(world))
        paused_ns = time.time_ns()
        run.until(lambda: run.statuses[-1].state == "paused")
        assert run.statuses[-1].reason == Reason.PAUSED_BY_PERSON
        time.sleep(0.3)
        resumed_ns = time.time_ns()
        resume_here(world.home)
        world.vault.down = False
        run.until(lambda: run.statuses[-1].state == "recording")
        again = len(run.source.sent)
        run.until(lambda: len(run.source.sent) > again + 20)
    times = [timed.time_ns for timed in run.events()]
    assert times
    assert min(times) >= resumed_ns, "the open segment was dropped, and nothing came in during the pause"
    (pause,) = [marker for marker in run.markers() if marker.kind == "paused"]
    assert pause.reason == "paused_by_person"
    assert pause.start_ns < paused_ns
    assert pause.end_ns >= resumed_ns
    assert pause.count == 0
    assert [marker.kind for marker in run.markers()].count("started") == 1
    assert run.summary is not None
    assert run.summary.dropped["paused_by_person"] > 0


@pytest.mark.parametrize("by", ["person", "steward"])
def test_a_pause_at_the_vault_drops_the_open_segment(world: World, by: str) -> None:
    world.vault.duration_ns = 2 * SECOND_NS
    with world.recording(segment_s=60) as run:
        run.until(lambda: len(run.source.sent) > 40)
        world.vault.pause(by)
        run.until(lambda: run.statuses[-1].state == "paused")
        assert run.statuses[-1].reason == f"pause:by_{by}"
        resumed_ns = time.time_ns()
        world.vault.resume()
        run.until(lambda: run.statuses[-1].state == "recording")
        again = len(run.source.sent)
        run.until(lambda: len(run.source.sent) > again + 20)
    times = [timed.time_ns for timed in run.events()]
    assert times
    assert min(times) >= resumed_ns
    assert [marker.reason for marker in run.markers() if marker.kind == "paused"] == [f"paused_by_{by}"]


def test_without_the_vault_recording_ends_with_the_lease_and_nothing_is_lost(world: World) -> None:
    world.vault.duration_ns = 2 * SECOND_NS
    with world.recording(segment_s=0.4) as run:
        run.until(lambda: len(run.source.sent) > 40)
        world.vault.down = True
        run.until(lambda: run.statuses[-1].state == "waiting")
        lapsed_ns = time.time_ns()
        run.until(lambda: run.statuses[-1].spooled_bytes > 0)
        time.sleep(0.5)
        back_ns = time.time_ns()
        world.vault.down = False
        run.until(lambda: run.statuses[-1].state == "recording")
        again = len(world.vault.sealed)
        run.until(lambda: len(world.vault.sealed) > again + 2)
    times = [timed.time_ns for timed in run.events()]
    assert not [time_ns for time_ns in times if lapsed_ns < time_ns < back_ns]
    assert [time_ns for time_ns in times if time_ns < lapsed_ns]
    assert [time_ns for time_ns in times if time_ns > back_ns]
    (gap,) = [marker for marker in run.markers() if marker.kind == "gap"]
    assert gap.reason == "no_lease"
    assert gap.start_ns <= lapsed_ns
    assert gap.end_ns >= back_ns
    assert run.summary is not None
    assert run.summary.spooled_bytes == 0
    assert run.summary.refused == 0


def test_a_lost_answer_costs_nothing(world: World) -> None:
    with world.recording() as run:
        run.until(lambda: len(world.vault.sealed) >= 1)
        world.vault.lose_answers = 3
        again = len(world.vault.sealed)
        run.until(lambda: len(world.vault.sealed) >= again + 3)
    assert run.summary is not None
    assert run.summary.uploaded == len(world.vault.sealed)
    assert len(world.vault.manifests) == len(world.vault.sealed)


def test_what_was_not_uploaded_is_uploaded_at_the_next_start(world: World) -> None:
    with world.recording() as run:
        run.until(run.source.started.is_set)
        world.vault.lie_stored = b'{"state":"declared"}'
        run.until(lambda: bool(run.statuses) and run.statuses[-1].spooled_bytes > 0)
    first = list(Spool(world.home / "spool").held())
    assert first
    assert run.summary is not None
    assert run.summary.spooled_bytes > 0
    world.vault.lie_stored = None
    with world.recording() as run:
        run.until(lambda: {held.manifest.segment_id for held in first} <= set(world.vault.sealed))
    assert not list(Spool(world.home / "spool").held())


def test_a_stored_segment_is_only_forgotten_when_the_vault_says_so(world: World) -> None:
    world.vault.lie_stored = b"<html>a captive portal</html>"
    with world.recording() as run:
        run.until(lambda: run.source.started.is_set() and bool(world.vault.manifests))
        time.sleep(0.3)
    held = list(Spool(world.home / "spool").held())
    assert {each.manifest.segment_id for each in held} >= set(world.vault.manifests)


def test_a_spent_budget_stops_recording_with_its_reason(world: World) -> None:
    world.vault.bytes_left = 1
    world.vault.lie_stored = b"{}"
    with world.recording() as run:
        run.until(lambda: any(status.reason == Reason.LEASE_BUDGET_SPENT for status in run.statuses))
        held = len(list(Spool(world.home / "spool").held()))
        sent = len(run.source.sent)
        run.until(lambda: len(run.source.sent) > sent + 150)
    assert len(list(Spool(world.home / "spool").held())) <= held + 1, "only what was open, with the word that it ended"


def test_two_recorders_never_share_a_home(world: World) -> None:
    with world.recording() as run:
        run.until(run.source.started.is_set)
        with pytest.raises(Conflict, match="another recorder"):
            purge_held(world.home)
        with world.recording() as second:
            second.until(lambda: second.error is not None)
        assert isinstance(second.error, Conflict)
        assert not second.source.started.is_set()
    assert run.error is None


def test_while_the_disk_is_full_nothing_is_kept_and_then_it_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with world.recording() as run:
        run.until(lambda: len(world.vault.sealed) >= 1)
        with monkeypatch.context() as patch:
            patch.setattr("aboveboard.recorder.durable.os.write", full)
            time.sleep(1.5)
            assert not [path for path in (world.home / "spool").iterdir() if path.name.startswith(".")]
        before = len(world.vault.sealed)
        run.until(lambda: len(world.vault.sealed) >= before + 2)
    assert run.error is None
    assert run.summary is not None
    assert run.summary.dropped["spool:full"] > 0
    assert "disk_full" in {marker.reason for marker in run.markers()}


def test_a_disk_with_little_room_is_not_filled(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.recording() as run:
        run.until(lambda: len(world.vault.sealed) >= 1)
        with monkeypatch.context() as patch:
            patch.setattr("aboveboard.recorder.disk_room.DiskRoom._enough", lambda self: False)
            run.until(lambda: run.statuses[-1].reason == "spool:full")
        run.until(lambda: run.statuses[-1].state == "recording")
    assert "disk_full" in {marker.reason for marker in run.markers()}


def test_what_is_left_out_for_want_of_a_detector_is_said_to_the_person_and_in_the_recording(world: World) -> None:
    with world.recording(lowered=("words are left out: tagger: its model is not there",)) as run:
        run.until(lambda: len(world.vault.sealed) >= 1)
    assert "words are left out: tagger: its model is not there" in run.statuses[0].problems
    assert "detector_missing" in {marker.reason for marker in run.markers()}


def test_a_display_that_breaks_is_reported_and_what_was_before_is_kept(world: World) -> None:
    with world.recording() as run:
        run.until(lambda: len(run.source.sent) > 60)
        run.source.broken = RuntimeError("the display closed")
        run.until(lambda: run.error is not None)
    assert isinstance(run.error, Unavailable)
    assert run.events()


def test_leaving_deletes_what_waits(world: World) -> None:
    world.vault.lie_stored = b"{}"
    with world.recording() as run:
        run.until(lambda: bool(run.statuses) and run.statuses[-1].spooled_bytes > 0)
    assert purge_held(world.home) > 0
    assert not list(Spool(world.home / "spool").held())


def test_the_current_window_is_known_in_every_later_segment(world: World) -> None:
    with world.recording(segment_s=0.3) as run:
        run.until(lambda: len(world.vault.sealed) >= 3)
    for items in run.segments():
        assert [item for item in items if isinstance(item, Timed) and isinstance(item.event, Window)]


def test_a_pause_with_an_end_ends_by_itself(world: World) -> None:
    until_ns = time.time_ns() + 2 * SECOND_NS
    pause_here(
        world.home,
        Pause(
            pause_id=new_id(Kind.PAUSE),
            by="person",
            person_id=world.vault.who.person_id,
            at_ns=until_ns - 3 * SECOND_NS,
            until_ns=until_ns,
        ),
    )
    with world.recording() as run:
        run.until(lambda: bool(run.statuses) and run.statuses[-1].state == "paused")
        assert not run.source.started.is_set()
        run.until(lambda: run.statuses[-1].state == "recording")
    assert time.time_ns() >= until_ns


def test_a_damaged_pause_pauses(world: World) -> None:
    (world.home / "paused.json").write_bytes(b"{")
    with world.recording() as run:
        run.until(lambda: bool(run.statuses) and run.statuses[-1].state == "paused")
        assert not run.source.started.is_set()


def test_a_recorder_that_is_paused_here_still_hears_that_its_person_left(world: World) -> None:
    with world.recording() as run:
        run.until(lambda: len(run.source.sent) > 20)
        pause_here(world.home, a_pause(world))
        run.until(lambda: run.statuses[-1].state == "paused")
        world.vault.refuse_leases = Reason.CONSENT_WITHDRAWN
        run.until(lambda: run.statuses[-1].reason == Reason.CONSENT_WITHDRAWN)
    assert not run.events()


def test_the_window_in_force_is_told_again_after_a_gap(world: World) -> None:
    world.vault.duration_ns = 2 * SECOND_NS
    with world.recording(segment_s=0.3) as run:
        run.until(lambda: len(world.vault.sealed) >= 2)
        world.vault.pause()
        run.until(lambda: run.statuses[-1].state == "paused")
        world.vault.resume()
        run.until(lambda: run.statuses[-1].state == "recording")
        again = len(world.vault.sealed)
        run.until(lambda: len(world.vault.sealed) > again + 2)
    last = [item.event for item in run.segments()[-1] if isinstance(item, Timed)]
    assert WINDOW in last
