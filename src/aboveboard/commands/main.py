"""What can a person type, and how do they learn it?

One command for each step of a recording's life. Each module is loaded only when its command is used, so ``--help`` and
completion answer at once. Errors print what happened, the likely cause and what to do, and set the exit status.
"""

import importlib
import json
import os
import sys
from pathlib import Path

import click

from aboveboard import __version__
from aboveboard.base.errors import AboveboardError, Refused, SetupMissing
from aboveboard.commands.home import Home

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("run", "The whole way on real input, from consent to a trained model."),
    "up": ("places", "Start the vault, the keyholder and a witness on this machine."),
    "staff": ("staff", "Add and list the people who run a programme; open the staff's page."),
    "disclosure": ("disclosure", "Check a disclosure, read it, and see what changes with it."),
    "disclose": ("programme", "Publish what will be recorded, of which apps, for what."),
    "invite": ("programme", "Make a one-time code with which one person can enrol."),
    "enrol": ("enrol", "Read the disclosure and decide; sign only if you agree."),
    "consent": ("consent", "See your consent, or decide anew when the disclosure has changed."),
    "record": ("record", "Record this display, visibly, while the lease lasts."),
    "pause": ("person", "Pause the recording: yours, or as a steward everyone's."),
    "resume": ("person", "End a pause that you made."),
    "discard": ("hand", "Delete the last minutes of your recording, as far as they are still here."),
    "hold": ("hand", "Say or set how long recordings wait here, where you can delete them."),
    "mark": ("mark", "Say in your recording that a task begins or ends, and what it is."),
    "cover": ("cover", "Also cover this: a word, a part of the screen, a site, an application."),
    "send": ("hand", "Send now what is held on this machine."),
    "autostart": ("autostart", "Begin to record when you log in: on, off, or status."),
    "notice": ("notice", "Read what you are told; as a steward, tell people first."),
    "concern": ("concern", "Raise a concern, openly or anonymously; see what is answered."),
    "leave": ("leaving", "Withdraw consent. Recording stops, what is still held is dropped."),
    "erase": ("erasing", "Have what is recorded of you destroyed, all or a part, wherever it went."),
    "order": ("ordered", "As a steward: erase because it was ordered, with evidence; the person is told."),
    "view": ("view", "See your recordings, what was left out, and who opened them."),
    "openings": ("openings", "Save who opened your recordings with its proof; verify such a file."),
    "export": ("export", "Save all of your recordings, opened, in a folder; or one of them as a film."),
    "request": ("access", "Ask to open recordings: whose, which data, what for, how long."),
    "requests": ("access", "List the requests and where they stand."),
    "approve": ("access", "Say yes or no to a request. A grant needs two roles."),
    "revoke": ("access", "End a grant before its time."),
    "review": ("emergency", "Say whether an emergency was justified."),
    "alarms": ("emergency", "List the keyholder's alarms, such as emergencies."),
    "open": ("lab", "Open what a grant covers and say what is in it."),
    "derive": ("lab", "Make a data set of steps and frames from what a grant covers."),
    "train": ("training", "Train a policy on a data set."),
    "tune": ("tune", "Fine-tune a vision-language model on a data set (LoRA)."),
    "assess": ("assess", "What is a data set worth: enough, which level, what next? Or a model, beside chance."),
    "assist": ("assist", "Let a model act while you watch; take over by touching anything."),
    "lineage": ("lineage", "See what was made from your recordings, or by you, and from what."),
    "lab": ("lineage", "Data sets: count, split, compare, export, import; their lineage; files without any."),
    "witness": ("witness", "Run a witness of a log on your own machine."),
    "monitor": ("monitor", "Follow a log and its witnesses from outside; keep the evidence of an alarm."),
    "ledger": ("ledger", "Verify the ledger independently of whoever keeps it."),
    "fleet": ("fleet", "As a steward: how the fleet is, how a pause arrives, and a page of all of it."),
    "drill": ("drill", "Try a pause of a slice; everybody sees what came of it."),
    "exempt": ("exempt", "As a steward: exempt somebody, with a reason; everybody sees how many are."),
    "status": ("status", "What is running, recording, paused, and why."),
    "keyholder": ("keyholder", "As its operator: newer keys, and shares of the secret that opens them."),
    "serve": ("places", "Run one place in the foreground (what 'up' starts three of)."),
}
"""Command → (module under ``commands``, one line of help), in the order of a recording's life."""


class LazyGroup(click.Group):
    """Loads a command's module when it is asked for, and turns our errors into words and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        try:
            module = importlib.import_module(f"aboveboard.commands.{entry[0]}")
        except ModuleNotFoundError as error:
            raise needs_extra(cmd_name, error) from error
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except AboveboardError as error:
            failed = error
        except ModuleNotFoundError as error:
            failed = needs_extra(str(ctx.invoked_subcommand), error)
        report(failed, as_json=bool(ctx.params.get("as_json")))
        sys.exit(failed.exit_status)


EXTRAS: dict[str, str] = {
    "serve": "vault",
    "up": "vault",
    "record": "recorder",
    "view": "recorder",
    "openings": "recorder",
    "concern": "recorder",
    "notice": "recorder",
    "fleet": "vault",
    "witness": "vault",
    "ledger": "vault",
    "keyholder": "vault",
    "staff": "vault",
    "export": "recorder,lab",
    "open": "lab",
    "derive": "lab",
    "train": "lab",
    "tune": "lab",
    "assist": "lab",
    "assess": "lab",
    "lab": "lab",
    "run": "recorder,vault,lab",
}
"""Which extra a command needs; the others need none."""


def needs_extra(command: str, error: ModuleNotFoundError) -> AboveboardError:
    """The error for a module that is not installed; one of our own missing is a fault, and is raised as it is."""
    if command not in EXTRAS or (error.name or "").partition(".")[0] == "aboveboard":
        raise error
    return SetupMissing(
        f"'aboveboard {command}' needs parts that are not installed: {error.name}",
        cause=f"the extra '{EXTRAS[command]}' was left out",
        fix=f"pip install 'aboveboard[{EXTRAS[command]}]'",
    )


def report(error: AboveboardError, *, as_json: bool) -> None:
    """Print an error to standard error, for a person or for a script."""
    if as_json:
        words = {"code": error.code, "what": error.what, "cause": error.cause, "fix": error.fix}
        if isinstance(error, Refused):
            words["reason"] = error.reason
        click.echo(json.dumps(words), err=True)
        return
    label = f"refused ({error.reason})" if isinstance(error, Refused) else "error"
    click.secho(f"{label}: ", fg="red", bold=True, nl=False, err=True)
    click.echo(error.what, err=True)
    if error.cause:
        click.echo(f"  likely cause: {error.cause}", err=True)
    if error.fix:
        click.echo(f"  what to do:   {error.fix}", err=True)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="aboveboard")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Folder of this machine's keys and data [default: $ABOVEBOARD_HOME or ~/.local/share/aboveboard].",
)
@click.option("--json", "as_json", is_flag=True, help="Print results and errors as JSON, for scripts.")
@click.pass_context
def main(ctx: click.Context, home: Path | None, as_json: bool) -> None:
    """Record computer work above board: with consent, sealed on the laptop, opened only on the record.

    A programme's life, in order: up, staff add, disclose, invite · enrol, record, view · request, approve, derive,
    train, assess · ledger verify · pause, leave, erase at any time. 'aboveboard run' shows all of it at once.

    Shell completion: eval "$(_ABOVEBOARD_COMPLETE=bash_source aboveboard)"
    """
    places = os.environ.get("ABOVEBOARD_PLACES")
    root = (home or Home.default()).resolve()
    ctx.obj = Session(Home(root, Path(places) if places else None), as_json)
    if ctx.invoked_subcommand != "leave" and (root / "participant" / "leaving.json").exists():
        importlib.import_module("aboveboard.commands.parting").carry_on(ctx.obj.home)


class Session:
    """What every command is handed: the home, and whether to speak JSON."""

    def __init__(self, home: Home, as_json: bool) -> None:
        self.home = home
        self.as_json = as_json

    def show(self, words: str, facts: dict[str, object]) -> None:
        """Print ``facts`` as one line of JSON for a script, else ``words`` for a person."""
        click.echo(json.dumps(facts) if self.as_json else words)


if __name__ == "__main__":
    main()
