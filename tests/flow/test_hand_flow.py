"""The whole recorder seen and in hand: on a real display, against a vault on loopback."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS, SystemClock, boot_id
from aboveboard.base.errors import Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.home import Home
from aboveboard.commands.mark import mark
from aboveboard.formats.pause import Pause
from aboveboard.formats.recording import Marker, Task, Timed
from aboveboard.recorder.discard import last_minutes
from aboveboard.recorder.enrolment import Verified
from aboveboard.recorder.flow import record
from aboveboard.recorder.held import SEALED_NAME
from aboveboard.recorder.local_pause import pause_here, resume_here
from aboveboard.recorder.presence import Presence
from aboveboard.recorder.spool import Spool
from aboveboard.recorder.status import RecorderStatus
from aboveboard.recorder.wishes import ask_and_wait
from samples.recorder_world import Participant, Vault, serving
from samples.segments import items_of
from samples.synthetic_source import SyntheticSource
from samples.tray_world import TrayWorld, tray_world, until


@dataclass
class Run:
    """A recording in a thread, with a real tray."""

    world: TrayWorld
    vault: Vault
    presence: Presence
    stop: threading.Event
    states: list[RecorderStatus] = field(default_factory=list)

    @property
    def spooled(self) -> int:
        return len(list((self.world.home / "spool").glob(f"seg_*/{SEALED_NAME}")))

    @property
    def records(self) -> bool:
        return bool(self.states) and self.states[-1].state == "recording"

    def items(self) -> list[Timed]:
        """Every event that is held, segment by segment."""
        held = sorted(Spool(self.world.home / "spool").held(), key=lambda each: each.manifest.sequence)
        opened = [items_of(each.sealed(), self.vault.who.identity) for each in held]
        return [item for items in opened for item in items if isinstance(item, Timed)]

    def markers(self) -> list[Marker]:
        return [item.event for item in self.items() if isinstance(item.event, Marker)]


@dataclass
class Desk:
    world: TrayWorld
    vault: Vault
    client: object
    verified: Verified

    @contextmanager
    def recording(self, *, hold_minutes: float | None = None) -> Iterator[Run]:
        stop = threading.Event()
        presence = Presence(
            self.world.home,
            self.world.display.name,
            person_id=self.vault.who.person_id,
            stop=stop,
            hold_minutes=hold_minutes,
        )
        run = Run(self.world, self.vault, presence, stop)

        def body() -> None:
            record(
                home=self.world.home,
                client=self.client,  # type: ignore[arg-type]
                source=SyntheticSource(),
                enrolment=self.verified,
                stop=stop,
                status=run.states.append,
                presence=presence,
                segment_ns=SECOND_NS // 4,
                flush_s=3,
            )

        thread = threading.Thread(target=body)
        thread.start()
        try:
            yield run
        finally:
            stop.set()
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    who = Participant()
    home = tmp_path / "recorder"
    verified = who.settle(home)
    vault = Vault(who, verified.consent.consent_id)
    with tray_world(home) as world, serving(vault) as client:
        yield Desk(world, vault, client, verified)


def test_nothing_leaves_before_its_time_and_stopping_does_not_wait_for_it(desk: Desk) -> None:
    with desk.recording() as run:
        until(lambda: run.spooled >= 6, "segments are held")
        assert desk.vault.sealed == {}
        began_s = time.monotonic()
    assert time.monotonic() - began_s < 2
    assert desk.vault.sealed == {}
    held = run.spooled
    assert held >= 6
    with desk.recording(hold_minutes=0) as again:
        until(lambda: len(desk.vault.sealed) > held, "the next recording sends them", limit_s=15)
    assert again.spooled == 0


def test_send_now_and_then_the_rest_is_held_again(desk: Desk) -> None:
    with desk.recording() as run:
        until(lambda: run.spooled >= 3, "segments are held")
        ask_and_wait(desk.world.home, "send", limit_s=5)
        until(lambda: len(desk.vault.sealed) >= 3, "they leave")
        sent = len(desk.vault.sealed)
        until(lambda: run.spooled >= 3, "new ones are held")
        assert len(desk.vault.sealed) <= sent + 1


def test_deleting_while_it_records(desk: Desk) -> None:
    with desk.recording() as run:
        until(lambda: run.spooled >= 8, "segments are held")
        stretch = last_minutes(10, SystemClock(), boot_id())
        answered = ask_and_wait(desk.world.home, "discard", stretch=stretch, limit_s=5)
        assert answered.removed >= 8
        assert answered.left == 0
        remaining = [held.manifest for held in Spool(desk.world.home / "spool").held()]
        assert all(manifest.start_boot_ns > stretch.until_boot_ns for manifest in remaining)
        until(lambda: run.spooled >= 2, "it goes on")
    told = [marker for marker in run.markers() if marker.reason == "discarded_by_person"]
    assert told
    assert min(marker.start_ns for marker in told) <= stretch.since_wall_ns
    assert not (desk.world.home / "discards.json").exists(), "once it is told it is forgotten"


def test_a_mark_stands_where_it_was_made_and_only_while_it_records(desk: Desk) -> None:
    home = Home(desk.world.home.parent)
    with desk.recording() as run:
        until(lambda: run.spooled >= 2, "it records")
        asked_ns = time.time_ns()
        begun = mark(home, Task(what="begin", instruction="write  hello"))
        answered_ns = time.time_ns()
        ask_and_wait(desk.world.home, "mark", task=Task(what="end", outcome="success"), limit_s=10)
        held = run.spooled
        until(lambda: run.spooled >= held + 4, "it goes on")
        wish = Pause(pause_id=new_id(Kind.PAUSE), by="person", person_id=None, at_ns=1, until_ns=None, reason="a rest")
        pause_here(desk.world.home, wish)
        with pytest.raises(Unavailable, match="nothing was marked"):
            mark(home, Task(what="begin"))
        resume_here(desk.world.home)
    with pytest.raises(Unavailable, match="nothing was marked"):
        mark(home, Task(what="begin"))
    items = run.items()
    told = [item for item in items if isinstance(item.event, Task)]
    assert [item.event for item in told] == [begun, Task(what="end", outcome="success")]
    assert begun.instruction == "write hello"
    assert asked_ns <= told[0].time_ns <= answered_ns
    assert [item.time_ns for item in items] == sorted(item.time_ns for item in items)
    assert any(item.time_ns < told[0].time_ns for item in items)
    assert any(item.time_ns > told[1].time_ns for item in items)


def test_while_nothing_shows_it_nothing_is_recorded(desk: Desk) -> None:
    with desk.world.panel() as panel, desk.recording() as run:
        until(lambda: run.records, "it records")
        until(lambda: panel.title == "Aboveboard: Recording", "the panel says so")
        panel.process.kill()
        until(lambda: len(desk.world.ours()) == 1, "the indicator takes over", limit_s=1)
        cover = desk.world.windows
        cover.show(cover_all(), 0x223344, "Cover", bypass=True)
        for _ in range(150):  # it insists, and so does the indicator
            cover.conn.core.ConfigureWindow(last_of(cover), 1 << 6, [0])
            cover.sync()
            time.sleep(0.01)
            if run.states[-1].reason == "indicator:missing":
                break
        assert "indicator:missing" in {state.reason for state in run.states}
        until(lambda: run.records, "the indicator is back: it goes on")
        until(lambda: "not_visible" in {marker.reason for marker in run.markers()}, "and says what it lacks")


def cover_all() -> object:
    from aboveboard.recorder.capture.port import Rect

    return Rect(0, 0, 640, 480)


def last_of(windows: object) -> int:
    """The window that was made last on this connection."""
    core = windows.conn.core  # type: ignore[attr-defined]
    mine = windows.conn.get_setup().resource_id_base  # type: ignore[attr-defined]
    mask = windows.conn.get_setup().resource_id_mask  # type: ignore[attr-defined]
    tree = core.QueryTree(windows.screen.root).reply().children  # type: ignore[attr-defined]
    return int(next(each for each in tree if each & ~mask == mine))


def test_the_keys_pause_it_and_the_tray_resumes(desk: Desk) -> None:
    with desk.recording() as run:
        until(lambda: run.records, "it records")
        began_s = time.monotonic()
        desk.world.keys("Ctrl+Alt+Shift+p")
        until(lambda: run.states[-1].state == "paused", "it pauses")
        assert time.monotonic() - began_s < 0.5
        before = run.spooled
        time.sleep(0.6)
        assert run.spooled <= before + 1
        desk.world.keys("Ctrl+Alt+Shift+p")
        until(lambda: run.records, "it goes on", limit_s=15)
    assert run.states[-1].state == "stopped"
