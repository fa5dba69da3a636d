"""How does somebody outside run a witness? On their own machine, with nothing else of Aboveboard."""

import click
import msgspec

from aboveboard.base.errors import NotFound
from aboveboard.commands.main import Session
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.sealing.keys import load_signing_key
from aboveboard.wire.confine import confine


@click.group(name="witness")
def witness_command() -> None:
    """Run a witness on your own machine: it signs for a log as long as that only grows (docs/runbooks/witness.md)."""


@witness_command.command(name="watch")
@click.argument("log_key")
@click.pass_obj
def watch_command(session: Session, log_key: str) -> None:
    """Sign for the log with the verifier key LOG_KEY from now on. Compare it by voice with the log's operator first."""
    from aboveboard.witness.logs import watch_log

    watch_log(session.home.folder("witness"), log_key)
    origin = log_key.partition("+")[0]
    session.show(f"this witness signs for {origin}", {"origin": origin, "log_key": log_key})


@witness_command.command(name="run")
@click.option("--port", type=click.IntRange(0, 65535), default=8042, show_default=True, help="0 takes a free one.")
@click.option(
    "--name", default=None, help="The witness's name in its key, for its first start: witness.council.example"
)
@click.pass_obj
def run_command(session: Session, port: int, name: str | None) -> None:
    """Run it in the foreground, on loopback, until Ctrl-C."""
    from aboveboard.witness import app

    folder = session.home.folder("witness")
    if not confine(own=[folder]):
        click.echo("the witness is not confined: this kernel has no Landlock; run it as a user of its own", err=True)
    app.serve(folder, port, name=name or _name(session) or app.DEFAULT_NAME)


@witness_command.command(name="key")
@click.pass_obj
def key_command(session: Session) -> None:
    """The verifier key with which others believe this witness. It exists once the witness has run."""
    folder, name = session.home.folder("witness"), _name(session)
    if name is None:
        raise NotFound(
            "this witness has no key yet", cause="it has never run here", fix="start it once: 'aboveboard witness run'"
        )
    key = checkpoints.witness_key(name, load_signing_key(folder / "witness.key").public_bytes)
    session.show(key, {"verifier_key": key})


class _Named(msgspec.Struct):
    name: str


def _name(session: Session) -> str | None:
    """The name that it was set up with; ``None`` before its first start."""
    try:
        content = (session.home.folder("witness") / "state.json").read_bytes()
        return msgspec.json.decode(content, type=_Named).name
    except (FileNotFoundError, msgspec.DecodeError):
        return None
