"""What does the person want of the recorder just now? Asked by its own thread, between two looks at its work.

One descriptor wakes it (:meth:`Hand.fileno`) when a file in its folder changed: a pause that came or went, a wish, new
settings. Each takes effect before anything else that arrived is kept.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from aboveboard.base.clock import Clock
from aboveboard.base.errors import AboveboardError, BadInput
from aboveboard.formats.recording import INSTRUCTION_LIMIT, Marker, Task
from aboveboard.recorder import holding, settings, wishes
from aboveboard.recorder.cover_hand import CoverHand
from aboveboard.recorder.covering import Exchanged
from aboveboard.recorder.discard import Note
from aboveboard.recorder.folder_watch import ANYTHING
from aboveboard.recorder.hold import Hold
from aboveboard.recorder.local_pause import PauseWatch
from aboveboard.recorder.said import hear
from aboveboard.recorder.spool import Spool
from aboveboard.recorder.upload import Uploader
from aboveboard.recorder.wishes import Answered, Asked, HeldNow


class Hand:
    """The person's hand on a recording in ``home``. ``hold_fixed``: the settings do not change this run's hold."""

    def __init__(
        self,
        home: Path,
        *,
        spool: Spool,
        hold: Hold,
        uploader: Uploader,
        clock: Clock,
        hold_fixed: bool = False,
        told: Callable[[str], None] = lambda _: None,
        covers: CoverHand | None = None,
        taken_up: Callable[[bool], None] = lambda _: None,
        exchanged: Callable[[Exchanged], None] = lambda _: None,
        mark: Callable[[Task], str] = lambda _: "nothing is recorded here",
    ) -> None:
        """``covers``: what the person wants covered. ``taken_up(anew)``: it is another from now on, and the capture has
        to begin anew. ``exchanged``: what is held is covered. ``mark`` keeps what the person says of a task, or
        says why not."""
        self._home, self._spool, self._hold, self._uploader, self._clock = home, spool, hold, uploader, clock
        self._hold_fixed = hold_fixed
        self._told = told
        self._covers, self._taken_up, self._exchanged = covers, taken_up, exchanged
        self._mark = mark
        self._watch = PauseWatch(home)
        self._asked: Asked | None = None
        self.discarded_until_boot_ns = -1
        self._untold = False
        holding.say(home, hold.hold_s)
        self._ask()
        if self._asked is not None and self._asked.kind == "mark":
            self._asked = None  # it was said of a moment that no recorder saw
            (home / wishes.ASKED_NAME).unlink(missing_ok=True)

    def fileno(self) -> int:
        """Readable when :meth:`take_in` has something to take in."""
        return self._watch.fileno()

    def take_in(self) -> None:
        """See what changed; one system call while nothing did."""
        names = self._watch.changed()
        if settings.FILE_NAME in names or ANYTHING in names:
            self._settle_hold()
        if wishes.ASKED_NAME in names or ANYTHING in names:
            self._ask()

    def paused(self) -> bool:
        """Does the person's own pause hold?"""
        return self._watch.paused(now_ns=self._clock.wall_ns())

    def fulfil(self, drop_open: Callable[[], None]) -> Marker | None:
        """Do what is wished. For a discard, ``drop_open`` must drop all that arrived and is not sealed.

        The marker is what the next segment has to say, and it must begin with a whole picture. What arrives later and
        happened before :attr:`discarded_until_boot_ns` must not be kept either.
        """
        asked, self._asked = self._asked, None
        if asked is None:
            return None
        if asked.kind in {"cover", "exchange"}:
            return self._cover(asked)
        if asked.kind == "mark":
            self._keep_mark(asked)
            return None
        if asked.kind == "send" or asked.stretch is None:
            self._uploader.send_now()
            wishes.answer(self._home, Answered(ask_id=asked.ask_id))
            return None
        stretch = msgspec.structs.replace(
            asked.stretch, until_boot_ns=self._clock.boot_ns(), until_wall_ns=self._clock.wall_ns()
        )
        self.discarded_until_boot_ns = stretch.until_boot_ns
        note = self._spool.discard(stretch, drop_open=drop_open)
        answered = Answered(ask_id=asked.ask_id, removed=note.removed, left=note.left)
        wishes.answer(self._home, answered)
        minutes = (asked.stretch.until_wall_ns - asked.stretch.since_wall_ns) / 60e9
        self._told(wishes.words_of(answered, round(minutes, 1)))
        self._untold = True
        return note.marker()

    def _keep_mark(self, asked: Asked) -> None:
        """Keep it, with what is said of it just now: half of it would be another mark."""
        words = (hear(self._home) if asked.said else "") if asked.task is not None else None
        if asked.task is None or words is None or len(words) > INSTRUCTION_LIMIT:
            failed = "what it says cannot be read"
        else:
            failed = self._mark(msgspec.structs.replace(asked.task, instruction=words))
        wishes.answer(self._home, Answered(ask_id=asked.ask_id, failed=failed))
        if asked.task is not None:
            told = wishes.words_of_mark(asked.task)  # without the words: a panel shows it to whoever is near
            self._told(f"not marked: {failed}" if failed else f"marked: {told}")

    def _cover(self, asked: Asked) -> Marker | None:
        """Cover from now on, or what is held. If that fails, it is said; what was being covered does not leave."""
        done, failed = Exchanged(), ""
        try:
            if self._covers is not None and asked.kind == "cover":
                self._taken_up(self._covers.take_up())
            elif self._covers is not None:
                done = self._covers.exchange() or done
                self._exchanged(done)
        except (AboveboardError, OSError) as error:
            failed = str(error)[:200]
        self._untold = self._untold or done.note is not None
        wishes.answer(self._home, Answered(ask_id=asked.ask_id, removed=done.removed, left=done.left, failed=failed))
        self._uploader.nudged.set()
        return done.note.marker() if done.note is not None else None

    def markers(self) -> list[Marker]:
        """What the first segment of a recording has to say of stretches discarded since the last one."""
        notes: list[Note] = self._spool.notes.all()
        self._untold = bool(notes)
        return [note.marker() for note in notes]

    def stored(self) -> None:
        """A segment is in the spool: what it had to say of discards is said."""
        if self._untold:
            self._untold = False
            self._spool.discards_told()

    def held(self) -> HeldNow:
        """What waits here; may be called from any thread."""
        waiting = self._spool.waiting()
        return HeldNow(
            len(waiting), sum(each.size_bytes for each in waiting), self._hold.hold_s, self._uploader.next_s()
        )

    def close(self) -> None:
        """Stop watching."""
        self._watch.close()
        holding.unsay(self._home)

    def _ask(self) -> None:
        try:
            self._asked = wishes.asked_in(self._home)
        except BadInput:
            (self._home / wishes.ASKED_NAME).unlink(missing_ok=True)

    def _settle_hold(self) -> None:
        """Settings that cannot be read change nothing: a hold is never shortened by a damaged file."""
        try:
            wanted = settings.load(self._home)
        except BadInput:
            return
        if not self._hold_fixed:
            self._hold.change(wanted.hold_minutes * 60)
            holding.say(self._home, self._hold.hold_s)
            self._uploader.nudged.set()
