"""When a sealed segment may leave, and that the uploader sleeps exactly until then."""

import threading
import time
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS, ManualClock
from aboveboard.recorder import settings
from aboveboard.recorder.discard import Waiting
from aboveboard.recorder.hold import Hold
from aboveboard.recorder.spool import Spool
from aboveboard.recorder.upload import Uploader
from aboveboard.wire.outcome import State
from samples.spooled import add
from samples.taking_vault import TakingVault

BOOT, EARLIER_BOOT = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
HOLD_S = 600.0


def waiting(*, end_boot_s: float, end_wall_s: float, boot_id: str = BOOT) -> Waiting:
    end_boot_ns, end_wall_ns = int(end_boot_s * SECOND_NS), int(end_wall_s * SECOND_NS)
    return Waiting(
        segment_id="seg_a",
        session_id="ses_a",
        sequence=0,
        size_bytes=1,
        boot_id=boot_id,
        start_boot_ns=end_boot_ns - 1,
        end_boot_ns=end_boot_ns,
        start_wall_ns=end_wall_ns - 1,
        end_wall_ns=end_wall_ns,
    )


def at(boot_s: float, wall_s: float) -> ManualClock:
    return ManualClock(wall=int(wall_s * SECOND_NS), boot=int(boot_s * SECOND_NS))


@pytest.mark.parametrize(
    ("what", "clock", "segment", "due_s"),
    [
        ("just ended", at(1000, 50_000), waiting(end_boot_s=1000, end_wall_s=50_000), 600),
        ("a minute old", at(1060, 50_060), waiting(end_boot_s=1000, end_wall_s=50_000), 540),
        ("old enough", at(1600, 50_600), waiting(end_boot_s=1000, end_wall_s=50_000), 0),
        ("the wall clock was set ahead", at(1060, 99_000), waiting(end_boot_s=1000, end_wall_s=50_000), 540),
        ("the wall clock was set back", at(1600, 10_000), waiting(end_boot_s=1000, end_wall_s=50_000), 0),
        ("before the restart", at(60, 50_100), waiting(end_boot_s=9000, end_wall_s=50_000, boot_id=EARLIER_BOOT), 500),
        ("before it, long ago", at(60, 60_000), waiting(end_boot_s=9000, end_wall_s=50_000, boot_id=EARLIER_BOOT), 0),
        ("before it, clock set back", at(600, 1), waiting(end_boot_s=9000, end_wall_s=50_000, boot_id=EARLIER_BOOT), 0),
    ],
)
def test_from_when_on_it_may_leave(what: str, clock: ManualClock, segment: Waiting, due_s: float) -> None:
    assert Hold(HOLD_S, clock=clock, boot_id=BOOT).due_s(segment) == due_s, what


def test_send_now_lets_go_of_what_is_there_and_not_of_what_comes() -> None:
    clock = at(1000, 50_000)
    hold = Hold(HOLD_S, clock=clock, boot_id=BOOT)
    here, before = (
        waiting(end_boot_s=1000, end_wall_s=50_000),
        waiting(end_boot_s=9000, end_wall_s=49_999, boot_id=EARLIER_BOOT),
    )
    hold.release()
    assert (hold.due_s(here), hold.due_s(before)) == (0, 0)
    assert hold.due_s(waiting(end_boot_s=1005, end_wall_s=50_005)) == 605


def test_another_hold_counts_for_what_waits_too() -> None:
    hold = Hold(HOLD_S, clock=at(1060, 50_060), boot_id=BOOT)
    segment = waiting(end_boot_s=1000, end_wall_s=50_000)
    hold.change(30)
    assert hold.due_s(segment) == 0
    hold.change(3600)
    assert hold.due_s(segment) == 3540


class Vault(TakingVault):
    """Stores all, and notes when."""

    def __init__(self) -> None:
        self.stored: list[float] = []
        super().__init__(storing=self._note)

    def _note(self, *_: object) -> State:
        self.stored.append(time.monotonic())
        return "stored"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    spool = Spool(tmp_path / "spool")
    spool.recover()
    return spool


def now_boot_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def uploading(spool: Spool, hold: Hold, **options: object) -> tuple[Uploader, Vault, threading.Event, threading.Thread]:
    vault, stop = Vault(), threading.Event()
    uploader = Uploader(vault, spool, hold=hold, **options)  # type: ignore[arg-type]
    thread = threading.Thread(target=uploader.run, args=(stop,))
    thread.start()
    return uploader, vault, stop, thread


def ended(uploader: Uploader, stop: threading.Event, thread: threading.Thread) -> None:
    stop.set()
    uploader.nudged.set()
    thread.join(5)
    assert not thread.is_alive()


def test_it_sleeps_until_the_first_is_due_and_not_a_moment_less(spool: Spool) -> None:
    from aboveboard.base.clock import SystemClock, boot_id

    end_ns = now_boot_ns()
    add(spool, boot_id=boot_id(), start_boot_ns=end_ns - 1, end_boot_ns=end_ns)
    began_s = time.monotonic()
    uploader, vault, stop, thread = uploading(spool, Hold(0.6, clock=SystemClock(), boot_id=boot_id()))
    try:
        for _ in range(400):
            if vault.stored:
                break
            time.sleep(0.01)
        (sent_s,) = vault.stored
        assert 0.55 < sent_s - began_s < 1.5
    finally:
        ended(uploader, stop, thread)


def test_while_it_waits_it_does_nothing(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    from aboveboard.base.clock import SystemClock, boot_id

    looks: list[float] = []
    look = Spool.waiting
    monkeypatch.setattr(Spool, "waiting", lambda self: (looks.append(time.monotonic()), look(self))[1])
    end_ns = now_boot_ns()
    add(spool, boot_id=boot_id(), start_boot_ns=end_ns - 1, end_boot_ns=end_ns)
    uploader, vault, stop, thread = uploading(spool, Hold(3600, clock=SystemClock(), boot_id=boot_id()))
    try:
        time.sleep(0.8)
        assert not vault.stored
        assert len(looks) == 2, "once for what is due, once for how long to sleep"
        uploader.send_now()
        for _ in range(200):
            if vault.stored:
                break
            time.sleep(0.01)
        assert len(vault.stored) == 1
        assert not spool.waiting()
    finally:
        ended(uploader, stop, thread)


def test_nothing_is_sent_over_a_network_that_may_not_be_used(spool: Spool) -> None:
    from aboveboard.base.clock import SystemClock, boot_id

    allowed = threading.Event()
    add(spool)
    hold = Hold(0, clock=SystemClock(), boot_id=boot_id())
    uploader, vault, stop, thread = uploading(spool, hold, may_send=allowed.is_set)
    try:
        time.sleep(0.2)
        assert not vault.stored
        assert (uploader.next_s() or 0) > 1
        allowed.set()
        uploader.nudged.set()
        for _ in range(200):
            if vault.stored:
                break
            time.sleep(0.01)
        assert vault.stored
    finally:
        ended(uploader, stop, thread)


def test_settings_have_limits_and_a_default(tmp_path: Path) -> None:
    from aboveboard.base.errors import BadInput

    assert settings.load(tmp_path) == settings.Settings(hold_minutes=10.0, pause_keys="Ctrl+Alt+Shift+P")
    settings.save(tmp_path, settings.Settings(hold_minutes=0.5))
    assert settings.load(tmp_path).hold_minutes == 0.5
    for bad in (b'{"hold_minutes":-1}', b'{"hold_minutes":1e9}', b'{"other":1}', b"\xff", b"{" * 9000):
        (tmp_path / settings.FILE_NAME).write_bytes(bad)
        with pytest.raises(BadInput):
            settings.load(tmp_path)
