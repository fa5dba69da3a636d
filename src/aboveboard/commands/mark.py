"""How does a person say that a task of theirs begins or ends, and what it is?

It becomes part of the recording that runs here. What they write is redacted, and what they have covered is covered,
before it leaves this process: the recorder is told the rest, in memory (``recorder.said``).
"""

import click

from aboveboard.base.errors import BadInput, Conflict, Unavailable
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.recording import INSTRUCTION_LIMIT, Task
from aboveboard.recorder import enrolment as enrolments
from aboveboard.recorder import own_covers
from aboveboard.recorder.memory import only_recorder
from aboveboard.recorder.redact.own_covers import OwnWords
from aboveboard.recorder.redact.words import words_for
from aboveboard.recorder.wishes import ask_and_wait, words_of_mark
from aboveboard.rules.disclosure import may_mark

ANSWER_LIMIT_S = 10.0


def mark(home: Home, task: Task) -> Task:
    """Put ``task`` into the recording that runs here; what of it was recorded.

    Raises :class:`Unavailable` if nothing is recorded now, :class:`Refused` where words are not disclosed,
    :class:`BadInput` for an instruction that is too long or cannot be redacted.
    """
    folder = home.folder("recorder")
    disclosure = enrolments.verify(enrolments.load(folder)).disclosure
    may_mark(disclosure, task).require()
    told = Task(what=task.what, instruction=_clean(task.instruction, disclosure), outcome=task.outcome)
    told = OwnWords(own_covers.load(folder).words).event(told)  # type: ignore[assignment]
    try:
        with only_recorder(folder):
            raise _nothing_recorded("no recorder runs here")
    except Conflict:
        answered = ask_and_wait(folder, "mark", task=told, limit_s=ANSWER_LIMIT_S)
    if answered.failed:
        raise _nothing_recorded(answered.failed)
    return told


def _clean(instruction: str, disclosure: Disclosure) -> str:
    """``instruction`` on one line, without control characters, and with nothing personal in it wherever anything is
    disclosed without that."""
    line = "".join(one for one in " ".join(instruction.split()) if one.isprintable())
    if len(line) > INSTRUCTION_LIMIT:
        raise BadInput(
            f"the instruction has {len(line)} characters",
            cause=f"a mark holds {INSTRUCTION_LIMIT}",
            fix="say it in a sentence or two",
        )
    if not line:
        return ""
    words, missing = words_for(disclosure)
    if missing:
        raise BadInput(
            "what is personal in the instruction cannot be recognised",
            cause="; ".join(missing),
            fix="mark the task without an instruction",
        )
    return words.text(line)[:INSTRUCTION_LIMIT] if words is not None else line


def _nothing_recorded(why: str) -> Unavailable:
    return Unavailable("nothing was marked", cause=why, fix="mark it while 'aboveboard record' records")


@click.command(name="mark")
@click.argument("what", type=click.Choice(["begin", "end"]))
@click.argument("instruction", default="")
@click.option("--done", "outcome", flag_value="success", help="It ends, and is done.")
@click.option("--not-done", "outcome", flag_value="failure", help="It ends, and is not done.")
@click.pass_obj
def mark_command(session: Session, what: str, instruction: str, outcome: str | None) -> None:
    """Say in your recording that a task begins or ends here; INSTRUCTION says what it is, if you like."""
    if outcome is not None and what == "begin":
        raise BadInput("a task that begins has no outcome", fix="say it with 'aboveboard mark end'")
    wanted = Task(what=what, instruction=instruction, outcome=outcome or "unknown")  # type: ignore[arg-type]
    told = mark(session.home, wanted)
    session.show(
        f"marked: {words_of_mark(told)}", {"what": told.what, "instruction": told.instruction, "outcome": told.outcome}
    )
