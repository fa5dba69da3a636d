"""How does a person leave, for good, with or without a network?

Leaving is one action, in this order:

1. It is written down here that the person leaves: every consent of theirs taken back, signed, and the order to erase if
   they want that. From now on it happens, whatever fails.
2. Recording stops, and a recorder that runs ends.
3. The vault is told, and erases if that was wanted. If it cannot be reached, that is tried again until it has it: by a
   process of its own, and by every later command and log-in.
4. What was still held on this machine is dropped, and the enrolment is forgotten.
"""

import time
from dataclasses import dataclass

import click

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import AboveboardError, Conflict
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import autostart, parting
from aboveboard.commands.erased import erased_words
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.formats import erasure as erasure_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.erasure import ErasureOrder, ErasureReceipt
from aboveboard.formats.pause import Pause
from aboveboard.recorder import enrolment as enrolments
from aboveboard.recorder.flow import purge_held
from aboveboard.recorder.local_pause import pause_here, resume_here
from aboveboard.sealing.signatures import SigningKey

RECORDER_ENDS_S = 30.0
"""How long a running recorder may take to see that its enrolment is gone, and to end."""


@dataclass(frozen=True)
class Left:
    """What leaving did: ``dropped`` segments; was the vault ``told``; ``erased``: what it erased, if that was wanted.

    ``trouble``: why the vault has not heard of it yet, if it is not just away.
    """

    dropped: int
    told: bool
    erased: ErasureReceipt | None = None
    trouble: AboveboardError | None = None


def leave(home: Home, *, erase: bool = False) -> Left:
    """Leave; raises :class:`NotFound` if nobody is enrolled here, and :class:`Conflict` if a recorder does not end."""
    if parting.waiting(home.folder("participant")) is None:
        _begin(home, erase=erase)
    told, trouble = parting.Told(done=False), None
    try:
        told = parting.tell(home)
    except AboveboardError as error:  # nothing that a server answers keeps anybody here
        trouble = error
    dropped = _drop_held(home)
    resume_here(home.folder("recorder"))
    return Left(dropped=dropped, told=told.done, erased=told.erased, trouble=trouble)


def _begin(home: Home, *, erase: bool) -> None:
    """Steps 1 and 2."""
    enrolment = enrolments.load(home.folder("recorder"))
    now_ns = SystemClock().wall_ns()
    order = sign_order(home.person_key(), enrolment.person_id, now_ns=now_ns) if erase else None
    parting.write_down(home.folder("participant"), enrolment, home.person_key(), order=order, now_ns=now_ns)
    stop = Pause(pause_id=new_id(Kind.PAUSE), by="person", person_id=enrolment.person_id, at_ns=now_ns)
    pause_here(home.folder("recorder"), stop)
    enrolments.forget(home.folder("recorder"))
    if autostart.status().home == str(home.root):
        autostart.turn_off()


def _drop_held(home: Home) -> int:
    """Step 4: drop the spool, once a recorder that still runs has seen that it may not and has ended."""
    deadline = time.monotonic() + RECORDER_ENDS_S
    while True:
        try:
            return purge_held(home.folder("recorder"))
        except Conflict:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def sign_order(key: SigningKey, person_id: str, *, now_ns: int) -> Envelope:
    """The signed order to erase everything recorded of ``person_id``."""
    order = ErasureOrder(erasure_id=new_id(Kind.ERASURE), person_id=person_id, at_ns=now_ns)
    return key.sign(erasure_format.ORDER_TYPE, erasure_format.encode(order))


def choose() -> bool:
    """Ask whether what was collected is erased too: one key for each, neither chosen."""
    click.echo("You leave. What was collected of you until now:\n  1  Keep it, under the terms that you agreed to")
    click.echo("  2  Erase it: keys, recordings, and what was made from them; this cannot be undone")
    return bool(click.prompt("Your answer", type=click.Choice(["1", "2"]), show_choices=False) == "2")


@click.command(name="leave")
@click.option("--erase/--keep", "wanted", default=None, help="Whether what was collected is erased too.")
@click.option("--finish", is_flag=True, hidden=True, help="Go on telling the vault until it has it.")
@click.pass_obj
def leave_command(session: Session, wanted: bool | None, finish: bool) -> None:
    """Withdraw your consent. Nothing is recorded from now on; nobody asks why."""
    if finish:
        parting.finish(session.home)
        return
    enrolled_or_leaving(session.home)
    left = leave(session.home, erase=parting.asked(wanted, choose))
    if not left.told:
        parting.carry_on(session.home)
    words = [f"You have left. {left.dropped} sealed segments that were still here were dropped."]
    if not left.told:
        why = "cannot be reached now" if left.trouble is None else f"did not take it: {left.trouble.what}"
        words.append(f"The vault {why}. It is told as soon as it can be, without you doing anything.")
    elif left.erased is not None:
        words.append(f"What was collected is erased. {erased_words([left.erased])}")
    else:
        words.append("What the vault holds can be destroyed: 'aboveboard erase'.")
    session.show(" ".join(words), {"left": True, "dropped": left.dropped, "vault_told": left.told})


def enrolled_or_leaving(home: Home) -> None:
    """Raises :class:`NotFound` if there is nothing to leave."""
    if parting.waiting(home.folder("participant")) is None:
        enrolments.load(home.folder("recorder"))
