"""A pause, a discard and new settings reach a recorder at once; a discarded stretch leaves no byte and is told."""

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.recording import Session, Task
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder import settings, wishes
from aboveboard.recorder.discard import last_minutes
from aboveboard.recorder.hand import Hand
from aboveboard.recorder.held import SEALED_NAME
from aboveboard.recorder.hold import Hold
from aboveboard.recorder.local_pause import resume_here
from aboveboard.recorder.said import saying
from aboveboard.recorder.spool import Spool
from aboveboard.recorder.upload import Uploader
from aboveboard.recorder.wishes import Answered, HeldNow, Wishes, ask_and_wait
from samples.recorder_bench import BOOT, Bench
from samples.synthetic_source import WINDOW, key, part_frame, whole_frame


class NoVault:
    """Nothing may be sent in these tests."""

    def post(self, path: str, body: bytes) -> bytes:
        raise AssertionError("something was sent")


@dataclass
class Held:
    """A bench and the person's hand on it, wired as the recorder wires them."""

    bench: Bench
    home: Path
    hand: Hand
    hold: Hold
    uploader: Uploader
    said: list[str]

    def work(self, seconds: int, letter: str) -> None:
        for number in range(seconds):
            self.bench.grant()
            self.bench.event(key(letter))
            self.bench.frame(part_frame(self.bench.clock.wall_ns(), number))
            self.bench.pass_time(1)

    def step(self) -> None:
        """What the recorder's thread does when the folder has changed."""
        self.hand.take_in()
        writer = self.bench.writer

        def drop_open() -> None:
            self.bench.inbox.take_all()
            writer.discard_open("discarded_by_person")

        marker = self.hand.fulfil(drop_open)
        if marker is not None:
            writer.begin_anew("discarded_by_person", stretch=(marker.start_ns, marker.end_ns))

    def typed(self) -> str:
        return "".join(timed.event.text for timed in self.bench.kept())  # type: ignore[union-attr]

    def wishes(self) -> Wishes:
        return Wishes(
            self.home,
            person_id=self.bench.who.person_id,
            clock=self.bench.clock,
            boot_id=BOOT,
            stop=threading.Event(),
            held=self.hand.held,
        )


@pytest.fixture
def held(tmp_path: Path) -> Held:
    home = tmp_path / "recorder"
    bench = Bench(home)
    bench.spool.recover()
    hold = Hold(600, clock=bench.clock, boot_id=BOOT)
    uploader = Uploader(NoVault(), bench.spool, hold=hold)  # type: ignore[arg-type]
    said: list[str] = []
    hand = Hand(home, spool=bench.spool, hold=hold, uploader=uploader, clock=bench.clock, told=said.append)
    bench.grant()
    bench.frame(whole_frame(bench.clock.wall_ns()))
    bench.event(WINDOW)
    bench.step()
    return Held(bench, home, hand, hold, uploader, said)


def test_a_discarded_stretch_leaves_no_byte_and_the_next_segment_says_so(held: Held) -> None:
    bench = held.bench
    held.work(120, "a")
    held.work(62, "b")  # the last two seconds are not sealed yet
    before = len(list(bench.spool.held()))
    began_ns = bench.clock.wall_ns() - 60 * SECOND_NS
    held.wishes().discard(minutes=1)
    ended_ns = bench.clock.wall_ns()
    held.step()
    after = list(bench.spool.held())
    assert len(after) == before - held_count(held) < before
    assert "b" not in held.typed()[:-2]
    assert max(each.manifest.end_wall_ns for each in after) < began_ns
    assert len(list(held.home.rglob(SEALED_NAME))) == len(after)
    assert held.said == [f"deleted {before - len(after)} segments of the last minute; none had left this machine"]

    bench.grant()
    bench.frame(whole_frame(bench.clock.wall_ns(), 9))
    held.work(7, "c")
    bench.writer.finish()
    *_, (_, items) = [segment for segment in bench.segments() if segment[0].start_wall_ns >= ended_ns][:1]
    gap = next(marker for marker in bench.markers() if marker.reason == "discarded_by_person")
    assert (gap.start_ns <= began_ns, gap.end_ns) == (True, ended_ns)
    (head,) = [item.event for item in items if not isinstance(item, ScreenPatch) and isinstance(item.event, Session)]
    assert not head.screen_continues
    assert next(item for item in items if isinstance(item, ScreenPatch)).whole
    assert held.typed().endswith("c" * 7)


def held_count(held: Held) -> int:
    answered = wishes.answer_to(held.home)
    assert answered is not None
    assert not (held.home / wishes.ASKED_NAME).exists()
    return answered.removed


def test_what_was_typed_in_the_open_segment_and_on_its_way_is_gone_too(held: Held) -> None:
    held.bench.event(key("x"))
    held.bench.clock.advance(SECOND_NS // 10)
    held.bench.step()
    held.bench.event(key("y"))  # arrived, not yet taken
    held.wishes().discard(minutes=1)
    held.step()
    until_ns = held.hand.discarded_until_boot_ns
    assert until_ns == held.bench.clock.boot_ns()
    held.bench.clock.advance(SECOND_NS)
    held.bench.grant()
    held.bench.frame(whole_frame(held.bench.clock.wall_ns()))
    held.work(6, "z")
    held.bench.writer.finish()
    assert held.typed() == "z" * 6


def test_the_reason_is_told_even_after_a_crash(held: Held, tmp_path: Path) -> None:
    held.work(20, "a")
    held.wishes().discard(minutes=1)
    held.step()
    # It ends here. The next recorder begins with what is in the folder.
    spool = Spool(held.home / "spool")
    spool.recover()
    again = Hand(held.home, spool=spool, hold=held.hold, uploader=held.uploader, clock=held.bench.clock)
    (marker,) = again.markers()
    assert marker.reason == "discarded_by_person"
    again.stored()
    assert Hand(held.home, spool=spool, hold=held.hold, uploader=held.uploader, clock=held.bench.clock).markers() == []


def test_a_wish_that_nobody_took_up_is_fulfilled_at_the_next_start(held: Held) -> None:
    held.work(20, "a")
    held.wishes().discard(minutes=1)
    held.bench.clock.advance(3600 * SECOND_NS)
    spool = Spool(held.home / "spool")
    spool.recover()
    again = Hand(held.home, spool=spool, hold=held.hold, uploader=held.uploader, clock=held.bench.clock)
    assert spool.waiting()
    assert again.fulfil(lambda: None) is not None
    assert spool.waiting() == []


def test_a_pause_counts_from_the_next_look_on(held: Held) -> None:
    assert not held.hand.paused()
    held.wishes().pause(5)
    held.hand.take_in()
    assert held.hand.paused()
    held.bench.clock.advance(301 * SECOND_NS)
    assert not held.hand.paused(), "it ends by itself"
    held.wishes().pause(None)
    held.hand.take_in()
    assert held.hand.paused()
    resume_here(held.home)
    held.hand.take_in()
    assert not held.hand.paused()


def test_new_settings_count_at_once_and_damaged_ones_change_nothing(held: Held) -> None:
    settings.save(held.home, settings.Settings(hold_minutes=1))
    held.hand.take_in()
    assert held.hold.hold_s == 60
    (held.home / settings.FILE_NAME).write_bytes(b"{")
    held.hand.take_in()
    assert held.hold.hold_s == 60
    settings.save(held.home, settings.Settings(hold_minutes=0))
    held.hand.take_in()
    assert held.hold.hold_s == 0


def test_a_run_with_a_hold_of_its_own_keeps_it(held: Held) -> None:
    hand = Hand(
        held.home,
        spool=held.bench.spool,
        hold=held.hold,
        uploader=held.uploader,
        clock=held.bench.clock,
        hold_fixed=True,
    )
    settings.save(held.home, settings.Settings(hold_minutes=0))
    hand.take_in()
    assert held.hold.hold_s == 600


def test_send_now_lets_go_of_what_is_sealed(held: Held) -> None:
    held.work(12, "a")
    assert held.hand.held() == HeldNow(2, held.bench.spool.pending_bytes(), 600.0, held.uploader.next_s())
    assert (held.uploader.next_s() or 0) > 500
    held.wishes().send_now()
    held.step()
    assert held.uploader.next_s() == 0
    assert held.uploader.nudged.is_set()


def test_a_command_is_answered(held: Held) -> None:
    held.work(20, "a")
    answers: list[Answered] = []
    stretch = last_minutes(1, held.bench.clock, BOOT)

    def command() -> None:
        answers.append(ask_and_wait(held.home, "discard", stretch=stretch, limit_s=5))

    thread = threading.Thread(target=command)
    thread.start()
    while thread.is_alive():
        held.step()
    assert [each.removed for each in answers] == [4]


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff" * 50, b"x" * 9000, b'{"ask_id":"0","kind":"burn"}'])
def test_a_wish_that_cannot_be_read_is_none(held: Held, damage: bytes) -> None:
    held.work(6, "a")
    (held.home / wishes.ASKED_NAME).write_bytes(damage)
    held.step()
    assert held.bench.spool.waiting()
    assert not (held.home / wishes.ASKED_NAME).exists()


def test_a_mark_that_no_recorder_took_is_not_made_at_another_time(held: Held) -> None:
    marked: list[Task] = []

    def mark(task: Task) -> str:
        marked.append(task)
        return ""

    wishes.ask(held.home, "mark", task=Task(what="begin"))
    spool = Spool(held.home / "spool")
    again = Hand(held.home, spool=spool, hold=held.hold, uploader=held.uploader, clock=held.bench.clock, mark=mark)
    assert again.fulfil(lambda: None) is None
    assert marked == []
    asked = wishes.ask(held.home, "mark", task=Task(what="end", outcome="failure"))
    again.take_in()
    assert again.fulfil(lambda: None) is None
    assert marked == [Task(what="end", outcome="failure")]
    assert wishes.answer_to(held.home) == Answered(ask_id=asked.ask_id)
    for said in ("", "x" * 501, "write hello"):
        with saying(held.home, said):
            wishes.ask(held.home, "mark", task=Task(what="begin", instruction="write hello"))
            again.take_in()
            again.fulfil(lambda: None)
        answered = wishes.answer_to(held.home)
        assert answered is not None
        assert bool(answered.failed) == (said != "write hello")
    assert marked[1:] == [Task(what="begin", instruction="write hello")], "never without its words, or with others"
    again.close()
