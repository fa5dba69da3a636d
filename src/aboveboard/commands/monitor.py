"""Is the log one and the same, for everybody and at all times? Followed from outside, by anybody."""

import shlex
import subprocess
import sys
import time
from pathlib import Path

import click

from aboveboard.base.errors import Tampered
from aboveboard.commands.main import Session
from aboveboard.ledger import note
from aboveboard.monitor.judge import WORDS, Finding, convicts
from aboveboard.monitor.memory import Alarm, Memory, read_alarm
from aboveboard.monitor.rounds import Follower, Look
from aboveboard.monitor.watched import watched
from aboveboard.wire.confine import confine

EVERY_S = 2.0
TELL_LIMIT_S = 30.0


@click.group(name="monitor")
def monitor_command() -> None:
    """Follow a log, its mirrors and its witnesses; raise an alarm, with evidence, if they are not one and the same."""


@monitor_command.command(name="run")
@click.option("--once", is_flag=True, help="Look once; the exit status is 6 if there is an alarm, old or new.")
@click.option("--every", "every_s", type=click.FloatRange(0.1, 3600), default=EVERY_S, show_default=True)
@click.option("--tell", default="", help="A command that is run for each new alarm, with its folder as last argument.")
@click.pass_obj
def run_command(session: Session, once: bool, every_s: float, tell: str) -> None:
    """Look at the logs that monitor/monitor.json names, every few seconds until Ctrl-C."""
    home = session.home.folder("monitor")
    if not tell:  # what is told may need any program
        confine(own=[home])
    memory = Memory(home)
    followers = [(log.origin, Follower(log, memory)) for log in watched(home)]
    for folder in memory.alarms():
        _show(session, folder, "an alarm from before")
    try:
        while True:
            for origin, follower in followers:
                result = follower.look()
                for folder in result.alarms:
                    _show(session, folder, "ALARM")
                    if tell:
                        subprocess.run([*shlex.split(tell), str(folder)], check=False, timeout=TELL_LIMIT_S)
                if once:
                    _show_look(session, origin, result)
            if once:
                break
            time.sleep(every_s)
    except KeyboardInterrupt:
        return
    if memory.alarms():
        sys.exit(Tampered.exit_status)


@monitor_command.command(name="check")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--log-key", required=True, help="The log's verifier key, as its operator publishes it.")
@click.pass_obj
def check_command(session: Session, folder: Path, log_key: str) -> None:
    """Check the evidence of an alarm in FOLDER without any server, and without believing the monitor that kept it."""
    note.VerifierKey.parse(log_key)
    alarm, finding = read_alarm(folder)
    if not _convicted(finding, log_key):
        raise Tampered(
            f"this evidence alone does not convict the log of having been {alarm.kind.replace('_', ' ')}",
            cause="it was changed, or it rests on what the monitor says it saw",
            fix="ask whoever runs the monitor, and the witnesses, for theirs",
        )
    session.show(
        f"the evidence holds: {alarm.what}; both notes are signed with this key", {"kind": alarm.kind, "convicts": True}
    )


def _convicted(finding: Finding, log_key: str) -> bool:
    return bool(finding.before and finding.after) and convicts(finding, log_key)


def _show(session: Session, folder: Path, words: str) -> None:
    alarm: Alarm = read_alarm(folder)[0]
    click.echo(f"{words}: {WORDS[alarm.kind]} ({alarm.point})\n  evidence: {folder}", err=True)
    session.show(f"{alarm.kind} {folder}", {"alarm": alarm.kind, "point": alarm.point, "folder": str(folder)})


def _show_look(session: Session, origin: str, result: Look) -> None:
    away = f"; no answer from {', '.join(result.away)}" if result.away else ""
    session.show(
        f"{origin}: {result.size} entries signed, {result.read} of them read{away}",
        {"origin": origin, "size": result.size, "read": result.read, "away": result.away},
    )
