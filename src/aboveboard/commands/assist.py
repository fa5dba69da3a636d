"""How does a policy act on a display while a person watches? ``aboveboard assist``.

Whoever touches mouse or keyboard is in control at once. What they do is recorded only if they record
(``aboveboard record``); what is kept here is an account of who was in control and what the policy was about to do.
"""

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aboveboard.base.errors import AboveboardError, SetupMissing
from aboveboard.commands import lab
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.formats import assisted as assisted_format
from aboveboard.formats.assisted import Assisted
from aboveboard.formats.trajectory import Outcome
from aboveboard.lab import flow
from aboveboard.lab.while_granted import WhileGranted

if TYPE_CHECKING:
    from aboveboard.lab.assist.run import Account


LINGER_S = 2.0
"""An application stays so long after an attempt: a recorder keeps keys only once it knows where the focus went."""


@dataclass(frozen=True)
class Wanted:
    """``attempts`` of each of ``tasks`` on ``display``, the first with number ``first``."""

    display: str
    tasks: tuple[str, ...]
    attempts: int = 1
    first: int = 0
    idle_s: float = 5.0


def assist(
    home: Home, researcher: str, model_id: str, wanted: Wanted, ready: Callable[[], None] = lambda: None
) -> tuple[str, Assisted]:
    """Let the model act, as long as its grant holds; the account's artefact id, and the account.

    Ctrl+C ends it like any other end. Where it was broken off by an error, the account is kept, and the error raised.
    ``ready`` is called once it begins.
    """
    from aboveboard.lab.assist.run import Account

    account, broken = Account(time.time_ns()), None
    try:
        _share(home, researcher, model_id, wanted, account, ready)
    except KeyboardInterrupt:
        pass
    except AboveboardError as error:
        if not account.moments:
            raise
        broken = error
    made = account.finish(model_id, time.time_ns())
    key = home.staff_key(researcher)
    with tempfile.TemporaryDirectory(prefix="aboveboard-assisted-") as folder:
        (Path(folder) / flow.ASSISTED_FILE).write_bytes(assisted_format.encode(made))
        vault = home.client("vault", key)
        _, pedigree = flow.register_assessment(vault, key, home.folder("lab"), Path(folder), [model_id])
    if broken is not None:
        raise broken
    return pedigree.artefact_id, made


def _share(
    home: Home, researcher: str, model_id: str, wanted: Wanted, account: "Account", ready: Callable[[], None]
) -> None:
    """Everything between the first and the last act; ``account`` is told as it happens."""
    from aboveboard.lab.assist.bar import Bar
    from aboveboard.lab.assist.hand import Hand
    from aboveboard.lab.assist.places import Place, Together, kind_of
    from aboveboard.lab.assist.run import Assist
    from aboveboard.stage.touch import Ear

    key = home.staff_key(researcher)
    folder, pedigree = lab.usable(home, researcher, model_id)
    with ExitStack() as held:
        asked = WhileGranted(home.client("vault", key), pedigree.grant_id, key, home.trust())
        granted = held.enter_context(asked)
        places: dict[type, Place] = {}
        for kind in {kind_of(name) for name in wanted.tasks}:
            place: AbstractContextManager[Place] = kind(folder, wanted.display)
            places[kind] = held.enter_context(place)
        ear = held.enter_context(closing(Ear(wanted.display)))
        hand = held.enter_context(closing(Hand(wanted.display, ear, granted.check)))
        bar = held.enter_context(closing(Bar(wanted.display)))
        hand.ask_for_keys()
        together = Assist(None, hand, ear, bar, account, idle_s=wanted.idle_s)
        ready()
        for name in wanted.tasks:
            for number in range(wanted.first, wanted.first + wanted.attempts):
                begin_ns = time.time_ns()
                with places[kind_of(name)].attempt(name, number) as attempt:

                    def over(attempt: Together = attempt) -> bool:
                        granted.check()
                        return attempt.over()

                    together.work(over, attempt.actor)
                    time.sleep(LINGER_S)
                    outcome: Outcome = "success" if attempt.done() else "failure"
                    account.tried(begin_ns, time.time_ns(), attempt.asked(), outcome)


@click.command(name="assist")
@click.argument("model_id", required=False)
@click.option(
    "--task",
    "tasks",
    multiple=True,
    required=True,
    help="A task of MiniWoB++, or one on a real application; may be given several times.",
)
@click.option("--attempts", type=click.IntRange(1, 1000), default=10, show_default=True, help="For each task.")
@click.option("--first", type=click.IntRange(0, 10_000_000), default=0, show_default=True, help="Which problem first.")
@click.option("--idle", "idle_s", type=click.FloatRange(1, 600), default=5.0, show_default=True, help="Seconds.")
@click.option("--display", help="Where [default: $DISPLAY].")
@lab.as_researcher
@click.pass_obj
def assist_command(
    session: Session,
    model_id: str | None,
    tasks: tuple[str, ...],
    attempts: int,
    first: int,
    idle_s: float,
    display: str | None,
    researcher: str | None,
) -> None:
    """Let MODEL_ID [default: the newest here] act on a display while you watch; take over by touching anything.

    The moment mouse or keyboard is touched, control is yours, and a bar says so. Give it back with Ctrl+Alt+Space, a
    click at the bar, or by doing nothing for --idle seconds. What you do becomes a correction if you record the display
    meanwhile ('aboveboard record'), under your own consent: 'aboveboard derive GRANT --assisted ARTEFACT' puts both
    together. Ctrl+C ends it.
    """
    where = display or os.environ.get("DISPLAY")
    if not where:
        raise SetupMissing("there is no display to act on", cause="$DISPLAY is not set", fix="name it: --display :0")
    name = lab.begin(session, researcher)
    wanted = Wanted(where, tasks, attempts, first, idle_s)
    made_id, made = assist(session.home, name, model_id or lab.newest(session.home, "model"), wanted)
    taken = sum(moment.why == "touch" for moment in made.moments)
    session.show(
        f"{made_id}: {taken} times the person took over",
        {"artefact_id": made_id, "taken_over": taken, "moments": len(made.moments)},
    )
