"""What can the person do about what is still on their own machine: hold it back, take it back, let it go?

If a recorder runs here, it does it; else this does, under the recorder's lock.
"""

import threading
from collections.abc import Callable
from typing import Literal

import click

from aboveboard.base.clock import SystemClock, boot_id
from aboveboard.base.errors import Conflict
from aboveboard.commands.duration import Minutes
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.recorder import covering, settings
from aboveboard.recorder.discard import Stretch, last_minutes
from aboveboard.recorder.memory import only_recorder
from aboveboard.recorder.settings import LONGEST_HOLD_MINUTES
from aboveboard.recorder.spool import FOLDER_NAME, Spool
from aboveboard.recorder.upload import Uploader
from aboveboard.recorder.wishes import ASKED_NAME, DISCARD_MINUTES, Answered, ask_and_wait, words_of

ANSWER_LIMIT_S = 10.0


def discard(home: Home, minutes: float) -> Answered:
    """Delete what is still here of the last minutes; what left before is counted, and not touched."""
    folder = home.folder("recorder")
    stretch = last_minutes(minutes, SystemClock(), boot_id())

    def here() -> Answered:
        spool = Spool(folder / FOLDER_NAME)
        spool.recover()
        covering.finish(folder, spool)
        note = spool.discard(stretch)
        return Answered(ask_id="0" * 32, removed=note.removed, left=note.left)

    return _by_whoever_records(home, "discard", here, stretch)


def send(home: Home) -> tuple[int, int]:
    """Send all that is held here, without waiting for its time; how many were sent, and how many wait still.

    Where a recorder runs it is told to, and this does not wait for it: (0, what waits).
    """
    folder = home.folder("recorder")
    spool = Spool(folder / FOLDER_NAME)

    def here() -> Answered:
        spool.recover()
        uploader = Uploader(home.client("vault", home.device_key()), spool)
        uploader.upload_all(threading.Event())
        return Answered(ask_id="0" * 32, left=uploader.counts.uploaded)

    sent = _by_whoever_records(home, "send", here, None).left
    return sent, len(list(spool.held()))


def _by_whoever_records(
    home: Home, kind: Literal["discard", "send"], here: Callable[[], Answered], stretch: Stretch | None
) -> Answered:
    folder = home.folder("recorder")
    try:
        with only_recorder(folder):
            done = here()
            (folder / ASKED_NAME).unlink(missing_ok=True)  # a wish that a recorder took to its end
            return done
    except Conflict:
        return ask_and_wait(folder, kind, stretch=stretch, limit_s=ANSWER_LIMIT_S)


@click.command(name="discard")
@click.option(
    "--minutes", type=Minutes(least=1 / 60), default=DISCARD_MINUTES, show_default=True, help="Of the last 5m, 1h, …"
)
@click.option("--yes", is_flag=True, help="Do not ask again.")
@click.pass_obj
def discard_command(session: Session, minutes: float, yes: bool) -> None:
    """Delete the last minutes of your recording, as far as they have not left this machine."""
    if not yes:
        click.confirm(f"This cannot be undone. Delete the last {minutes:g} minutes?", abort=True)
    done = discard(session.home, minutes)
    session.show(words_of(done, minutes), {"deleted": done.removed, "already_left": done.left})


@click.command(name="hold")
@click.option("--minutes", type=Minutes(most=LONGEST_HOLD_MINUTES), help="0: send at once. Also 30s, 1h, …")
@click.pass_obj
def hold_command(session: Session, minutes: float | None) -> None:
    """Say or set how long recordings wait on this machine, where you can still delete them."""
    folder = session.home.folder("recorder")
    known = settings.load(folder)
    if minutes is not None:
        known = settings.Settings(hold_minutes=minutes, pause_keys=known.pause_keys)
        settings.save(folder, known)
    words = f"held here for {known.hold_minutes:g} minutes" if known.hold_minutes else "not held: sent at once"
    session.show(words, {"hold_minutes": known.hold_minutes})


@click.command(name="send")
@click.pass_obj
def send_command(session: Session) -> None:
    """Send now what is held on this machine."""
    sent, waiting = send(session.home)
    words = f"{sent} sent, {waiting} wait" if sent or not waiting else f"{waiting} wait; the recorder sends them now"
    session.show(words, {"sent": sent, "waiting": waiting})
