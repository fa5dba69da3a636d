"""How does the person's wish reach a recorder that runs: from the tray, the hotkey, or a command in a terminal?

By a file in the recorder's folder, whoever wishes: ``asked.json``. The recorder is woken by the kernel, fulfils it
(``recorder.hand``) and puts what came of it into ``answered.json``. So there is one way, it needs no listening socket,
and a wish outlives a crash: it is fulfilled at the next start. A pause needs no answer: it is a file of its own.
"""

import secrets
import select
import threading
import time
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from aboveboard.base.clock import SECOND_NS, Clock
from aboveboard.base.errors import BadInput, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.fields import Count, Document, Line, Nonce, decode_json, encode_json
from aboveboard.formats.pause import Pause
from aboveboard.formats.recording import Task
from aboveboard.recorder.discard import Stretch, last_minutes
from aboveboard.recorder.durable import replace_whole
from aboveboard.recorder.folder_watch import FolderWatch
from aboveboard.recorder.local_pause import HERE_ONLY, is_paused, local_pause, pause_here, resume_here
from aboveboard.recorder.said import saying

ASKED_NAME, ANSWERED_NAME = "asked.json", "answered.json"
LIMIT_BYTES = 4 * 1024
DISCARD_MINUTES = 10.0
"""What the tray deletes at one go."""

T = TypeVar("T")


WishKind = Literal["discard", "send", "cover", "exchange", "mark"]


class Asked(Document, frozen=True):
    """One wish. ``stretch``: what to delete, for ``discard``.

    ``cover``: take up what is to be covered from now on (``own_covers``); ``exchange``: what is held was covered
    (``covering``), and is to take its place. ``mark``: the person says that a ``task`` begins or ends; what it is, if
    they ``said`` so, is never in a file (``recorder.said``).
    """

    ask_id: Nonce
    kind: WishKind
    stretch: Stretch | None = None
    task: Task | None = None
    said: bool = False


class Answered(Document, frozen=True):
    """What became of it: how many segments were deleted, and how many had left before.

    ``failed``: it could not be done, and why, in words.
    """

    ask_id: Nonce
    removed: Count = 0
    left: Count = 0
    failed: Line = ""


@dataclass(frozen=True)
class HeldNow:
    """What waits on this machine; ``next_s``: in how many seconds the first may leave, ``None`` if none waits."""

    segments: int
    size_bytes: int
    hold_s: float
    next_s: float | None


class Wishes:
    """What the tray and its window can do for the person, from any thread; each returns quickly."""

    def __init__(
        self,
        home: Path,
        *,
        person_id: str,
        clock: Clock,
        boot_id: str,
        stop: threading.Event,
        held: Callable[[], HeldNow],
        seen: Callable[[int], None] = lambda _: None,
        page: Callable[[str], None] | None = None,
    ) -> None:
        """``seen`` is told the number of a notice; ``page`` opens the person's page at a place, where it can be."""
        self._home, self._person_id = home, person_id
        self._clock, self._boot_id = clock, boot_id
        self._stop = stop
        self.held, self.seen, self.page = held, seen, page

    def pause(self, minutes: float | None) -> None:
        """Pause on this machine, for so long or until resumed. One that the vault knows of is not shortened."""
        now_ns = self._clock.wall_ns()
        if self.paused_elsewhere():
            return
        until_ns = None if minutes is None else now_ns + int(minutes * 60 * SECOND_NS)
        pause_here(
            self._home,
            Pause(
                pause_id=new_id(Kind.PAUSE),
                by="person",
                person_id=self._person_id,
                at_ns=now_ns,
                until_ns=until_ns,
                reason=HERE_ONLY,
            ),
        )

    def resume(self) -> bool:
        """End a pause that was made here; False if it was made where the vault was told, and must end there."""
        if self.paused_elsewhere():
            return False
        resume_here(self._home)
        return True

    def paused(self) -> bool:
        """Does the person's own pause hold?"""
        return is_paused(self._home, now_ns=self._clock.wall_ns())

    def paused_elsewhere(self) -> bool:
        """Is the pause in force one that the vault was told of (a command, the person's own page)?"""
        try:
            pause = local_pause(self._home)
        except BadInput:
            return False
        return pause is not None and pause.reason != HERE_ONLY and self.paused()

    def discard(self, minutes: float = DISCARD_MINUTES) -> None:
        """Delete the last minutes of what is still here."""
        ask(self._home, "discard", stretch=last_minutes(minutes, self._clock, self._boot_id))

    def send_now(self) -> None:
        """Let what is sealed leave before its time."""
        ask(self._home, "send")

    def mark(self, what: Literal["begin", "end"], outcome: Literal["unknown", "success", "failure"]) -> None:
        """Say that a task begins or ends, in the recording."""
        ask(self._home, "mark", task=Task(what=what, outcome=outcome))

    def stop(self) -> None:
        """End the recording."""
        self._stop.set()


def ask(home: Path, kind: WishKind, *, stretch: Stretch | None = None, task: Task | None = None) -> Asked:
    """Put a wish where the recorder finds it; durable when it returns. Of a task, without its words."""
    said = task is not None and bool(task.instruction)
    silent = Task(what=task.what, outcome=task.outcome) if task is not None else None
    asked = Asked(ask_id=secrets.token_hex(16), kind=kind, stretch=stretch, task=silent, said=said)
    replace_whole(home / ASKED_NAME, encode_json(asked))
    return asked


def ask_and_wait(
    home: Path, kind: WishKind, *, stretch: Stretch | None = None, task: Task | None = None, limit_s: float
) -> Answered:
    """Ask the recorder that runs in ``home``; raises :class:`Unavailable` if it does not answer in ``limit_s``."""
    said = saying(home, task.instruction) if task is not None and task.instruction else nullcontext()
    with said, closing(FolderWatch(home)) as watch:
        asked = ask(home, kind, stretch=stretch, task=task)
        end_s = time.monotonic() + limit_s
        while (left_s := end_s - time.monotonic()) > 0:
            answered = answer_to(home)
            if answered is not None and answered.ask_id == asked.ask_id:
                return answered
            select.select([watch.fileno()], [], [], left_s)
            watch.changed()
    kept = "; your wish is kept, and fulfilled at its next start if not before"
    if kind == "mark":  # later it would be said of another moment
        (home / ASKED_NAME).unlink(missing_ok=True)
        kept = ""
    raise Unavailable(
        "the recorder that runs here did not answer", cause="it is ending, or hangs", fix=f"try again{kept}"
    )


def asked_in(home: Path) -> Asked | None:
    """The wish that waits, if any; raises :class:`BadInput` if it cannot be read."""
    return _read(home / ASKED_NAME, Asked)


def answer_to(home: Path) -> Answered | None:
    """The last answer, if any."""
    return _read(home / ANSWERED_NAME, Answered)


def answer(home: Path, answered: Answered) -> None:
    """Say what became of the wish, and forget the wish."""
    replace_whole(home / ANSWERED_NAME, encode_json(answered))
    (home / ASKED_NAME).unlink(missing_ok=True)


def words_of(answered: Answered, minutes: float) -> str:
    """What a person is told of a discard."""
    stretch = "the last minute" if minutes == 1 else f"the last {minutes:g} minutes"
    words = f"deleted {answered.removed} {_segments(answered.removed)} of {stretch}"
    if not answered.left:
        return f"{words}; none had left this machine"
    return f"{words}; {answered.left} had already left, and {'is' if answered.left == 1 else 'are'} not touched"


def words_of_mark(task: Task) -> str:
    """What a person is told of what they marked."""
    how = {"unknown": "", "success": ", done", "failure": ", not done"}[task.outcome]
    return f"a task {task.what}s{how}" + (f": “{task.instruction}”" if task.instruction else "")


def _segments(count: int) -> str:
    return "segment" if count == 1 else "segments"


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        with path.open("rb") as file:
            return decode_json(file.read(LIMIT_BYTES + 1), kind, name="wish", limit_bytes=LIMIT_BYTES)
    except FileNotFoundError:
        return None
