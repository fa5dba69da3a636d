"""The whole way on real input, in nine steps, from consent to a trained model. Read this as the table of contents.

1. Start the vault, the keyholder and a witness, and name the people of a programme.
2. Publish a disclosure; a person enrols a device, reads it, and signs.
3. Record: your display if you are there and agree, and a scripted person's at a real browser.
4. Ask for access; two approvers of two roles say yes.
5. Derive a data set, and compare it with what was really done.
6. Train a small policy on it.
7. Assess the policy in the real environment, beside a random one.
8. Verify the ledger, independently of whoever keeps it.
9. Show the person's own page.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import click

from aboveboard.base.errors import Conflict, Tampered
from aboveboard.commands import access, enrol, lab, ledger, places, programme, staff
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.rehearsal import RecorderProcess, Rehearsal, Work, rehearse
from aboveboard.commands.run_report import Facts, show_summary
from aboveboard.commands.terminal import Advance, long_work
from aboveboard.commands.view import open_viewer
from aboveboard.formats.roster import Role
from aboveboard.lab import lineage
from aboveboard.stage.compare import Comparison, compare

TASKS = ("click-test", "click-dialog", "focus-text")
SECRET_TASK = "login-user"  # noqa: S105 - the name of a task in which a password is typed
MARKER = "made-by-aboveboard-run"
STEWARD, SECURITY, REPRESENTATIVE, RESEARCHER = "stella", "sam", "riva", "remi"
ROLES: dict[str, Role] = {
    STEWARD: "steward",
    SECURITY: "security",
    REPRESENTATIVE: "representative",
    RESEARCHER: "researcher",
}


@dataclass(frozen=True)
class Plan:
    """How much to do: demonstrations a task, password episodes, assessed episodes a task."""

    demonstrations: int
    secrets: int
    episodes: int
    tasks: tuple[str, ...] = TASKS

    def works(self) -> list[Work]:
        return [*(Work(task, self.demonstrations) for task in self.tasks), Work(SECRET_TASK, self.secrets)]


def fresh_home(root: Path) -> Home:
    """An empty home at ``root``; only one that an earlier run made is replaced. Raises :class:`Conflict`."""
    if root.exists() and any(root.iterdir()) and not (root / MARKER).exists():
        raise Conflict(
            f"{root} is not empty and was not made by an earlier run",
            cause="it holds something of yours",
            fix="choose another folder: aboveboard --home FOLDER run",
        )
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(mode=0o700, parents=True)
    (root / MARKER).touch()
    return Home(root)


def set_up_programme(home: Home, advance: Advance) -> None:
    """Steps 1 and 2 up to the disclosure: staff in four roles, and a published disclosure."""
    for name, role in ROLES.items():
        staff.add(home, name, role)
    toml = resources.files("aboveboard.commands").joinpath("run_disclosure.toml").read_text(encoding="utf-8")
    published = programme.disclose(home, STEWARD, toml, version=1)
    advance(1, 1, f"disclosure version {published.version}, {published.sha256[:12]}…")


def scripted_consent(question: enrol.Question) -> str:
    """The scripted person agrees: there is nobody whom it could harm."""
    return question.disclosure.language


def grant_access(home: Home, people: list[str], advance: Advance) -> str:
    """Step 4; the grant's id."""
    request = access.ask(
        home,
        RESEARCHER,
        people=people,
        kinds=list(access.KINDS),
        purpose="train_agents",
        output="a policy that clicks, and its assessment",
        reason="To learn whether a small policy can be trained from what was recorded.",
        hours=2,
    )
    granted = None
    for approver in (SECURITY, REPRESENTATIVE):
        granted = access.approve(home, approver, request.request_id, verdict="approve", comment="for this run")
        advance(1, 2, f"{approver} approved")
    if granted is None:
        raise Tampered("two approvals made no grant", cause="a fault of the software", fix="report this")
    return granted


def record_yours(home: Home, invitation: str) -> str | None:
    """Step 3 where you are there: read, decide, and record your own display until you press Enter."""
    enrolment = enrol.enrol(home, invitation, enrol.asking_in_terminal())
    if enrolment is None:
        click.echo("You did not agree: your display is not recorded. The scripted person's is.")
        return None
    recorder = RecorderProcess(home, dict(os.environ))
    try:
        recorder.wait_until_it_records()
        click.prompt("● Your display is being recorded. Press Enter to stop", default="", show_default=False)
        recorder.stop()
    finally:
        recorder.kill()
    return enrolment.person_id


def go(home: Home, plan: Plan, *, ask_for_display: bool, quiet: bool, stack: ExitStack) -> tuple[Facts, Home]:
    """Steps 1 to 8; what there is to say, and the home of the person whose page is shown."""
    began = time.monotonic()
    with long_work("1 of 9  starting the places", quiet=quiet):
        stack.enter_context(places.running(home))
    with long_work("2 of 9  disclosing, enrolling, signing", quiet=quiet) as advance:
        set_up_programme(home, advance)
        scripted = Home(home.root / "scripted-person", places=home.root)
        enrolment = enrol.enrol(scripted, programme.invite(home, STEWARD), scripted_consent)
    people = [enrolment.person_id] if enrolment is not None else []
    shown = scripted
    if ask_for_display and click.confirm("A display is present. Record yours too, after you have read what for?"):
        yours = record_yours(home, programme.invite(home, STEWARD))
        if yours is not None:
            people.append(yours)
            shown = home
    with long_work("3 of 9  recording", quiet=quiet) as advance:
        rehearsal = rehearse(scripted, plan.works(), advance)
    with long_work("4 of 9  asking for access, two approvals", quiet=quiet) as advance:
        grant_id = grant_access(home, people, advance)
    with long_work("5 of 9  opening, deriving", quiet=quiet) as advance:
        dataset = lab.derive(home, RESEARCHER, grant_id, advance)
        comparison = compare_with_truth(home, dataset.artefact_id, people[0], rehearsal)
    with long_work("6 of 9  training a policy", quiet=quiet) as advance:
        model_id, trained = lab.train(home, RESEARCHER, dataset.artefact_id, advance, tasks=plan.tasks)
    with long_work("7 of 9  assessing", quiet=quiet) as advance:
        assessment_id, assessment = lab.assess(
            home, RESEARCHER, model_id, tasks=list(plan.tasks), episodes=plan.episodes, advance=advance
        )
    with long_work("8 of 9  verifying the ledger", quiet=quiet):
        verified = ledger.verify(home)
    facts = Facts(
        seconds=time.monotonic() - began,
        rehearsal=rehearsal,
        dataset=dataset,
        comparison=comparison,
        model_id=model_id,
        model_path=lineage.artefact_folder(home.folder("lab"), model_id),
        trained=trained,
        assessment_id=assessment_id,
        assessment=assessment,
        ledger=verified,
    )
    return facts, shown


def compare_with_truth(home: Home, artefact_id: str, person_id: str, rehearsal: Rehearsal) -> Comparison:
    """Is every event that was sent in the data set, and when?"""
    with lab.opened(home, RESEARCHER, artefact_id) as data:
        sessions = {step.session_id for step in data.steps() if step.person_id == person_id}
        return compare(rehearsal.sent, [row.timed() for row in data.events() if row.session_id in sessions])


def problems(facts: Facts) -> Sequence[str]:
    """What did not come out as it should: an empty list, or the run has failed."""
    found = []
    if facts.comparison.lost:
        found.append(f"{facts.comparison.lost} events that were sent are not in the data set")
    if facts.comparison.left_out == 0:
        found.append("the password that was typed was not marked as left out")
    if facts.rehearsal.summary.refused or facts.rehearsal.summary.spooled_bytes:
        found.append("some segments were not taken in")
    if len(facts.assessment.beaten()) < len(facts.assessment.rows):
        found.append(f"the policy beats random on only {len(facts.assessment.beaten())} tasks")
    return found


def _as_if_interrupted(*_: object) -> None:
    """SIGTERM stops everything that was started, like Ctrl-C."""
    raise KeyboardInterrupt


@click.command(name="run")
@click.option("--demonstrations", type=click.IntRange(2, 1000), default=24, show_default=True, help="For each task.")
@click.option(
    "--episodes", type=click.IntRange(2, 1000), default=40, show_default=True, help="Assessed, for each task."
)
@click.option("--no-display", is_flag=True, help="Do not ask to record a display that is present.")
@click.option("--no-wait", is_flag=True, help="Do not keep serving the page at the end.")
@click.pass_obj
def run_command(session: Session, demonstrations: int, episodes: int, no_display: bool, no_wait: bool) -> None:
    """Show the whole way on real input: record, seal, grant, open, derive, train, assess."""
    signal.signal(signal.SIGTERM, _as_if_interrupted)
    home = fresh_home(session.home.root if session.home.root != Home.default() else Path("build/run").resolve())
    plan = Plan(demonstrations, secrets=2, episodes=episodes)
    interactive = sys.stdin.isatty() and sys.stdout.isatty() and not session.as_json
    asks = interactive and not no_display and bool(os.environ.get("DISPLAY"))
    with ExitStack() as stack:
        facts, shown = go(home, plan, ask_for_display=asks, quiet=session.as_json, stack=stack)
        viewer = stack.enter_context(open_viewer(shown))
        viewer.check()
        show_summary(session, facts, viewer.url)
        found = problems(facts)
        for problem in found:
            click.secho(f"not as it should be: {problem}", fg="red", err=True)
        if interactive and not no_wait:
            click.echo("The page is served until Ctrl-C.")
            try:
                signal.pause()
            except KeyboardInterrupt:
                click.echo("stopping")
    sys.exit(1 if found else 0)
