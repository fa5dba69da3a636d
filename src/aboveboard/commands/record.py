"""Record this display, in the foreground, for everybody to see.

The recorder's process gives up every path but its own folder before it starts: it cannot read the key with which the
person opens their recordings. It says about once a second whether it records, and if not, why; and it shows that in
the tray, without which it does not record.
"""

import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from aboveboard.commands.door import Door
from aboveboard.commands.duration import Minutes
from aboveboard.commands.main import Session
from aboveboard.recorder import enrolment as enrolments
from aboveboard.recorder.enrolment import Verified
from aboveboard.recorder.memory import look_through_less, use_little
from aboveboard.recorder.settings import LONGEST_HOLD_MINUTES
from aboveboard.rules.decision import EXPLANATIONS, Reason
from aboveboard.wire.client import Client
from aboveboard.wire.confine import confine

if TYPE_CHECKING:
    from aboveboard.recorder.capture.port import Source
    from aboveboard.recorder.status import RecorderStatus, RecordingSummary

ENDS_RECORDING = ("consent:",)
"""Refusals after which waiting makes no sense: the person has left."""


def start(session: Session, seconds: float | None, hold_minutes: float | None) -> "RecordingSummary":
    """Record until Ctrl-C, SIGTERM, the person stops it or leaves, or ``seconds`` have passed.

    A newer disclosure in which nothing is wider applies at once: the recording ends, and begins anew under it.
    """
    use_little()
    folder = session.home.folder("recorder")
    verified = enrolments.verify(enrolments.load(folder))
    client = Client(session.home.address("vault").url, session.home.device_key())
    door = Door(session.home)
    _keep_only(folder)
    from aboveboard.recorder.newer import take_up

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    if seconds is not None:
        timer = threading.Timer(seconds, ended.set)
        timer.daemon = True
        timer.start()
    while True:
        summary, reason = _record(session, verified, client, ended, hold_minutes, door)
        if ended.is_set() or reason != Reason.CONSENT_OTHER_DISCLOSURE:
            return summary
        newer = take_up(folder, client)
        if newer is None:
            return summary
        verified = newer
        click.echo(f"less is recorded from now on: version {newer.disclosure.version} of the disclosure", err=True)


def _record(
    session: Session,
    verified: Verified,
    client: Client,
    ended: threading.Event,
    hold_minutes: float | None,
    door: Door,
) -> tuple["RecordingSummary", str]:
    """Record under one disclosure until ``ended``, or until consent ends or no longer covers it; the last reason."""
    from aboveboard.recorder import own_covers
    from aboveboard.recorder.capture.choose import choose
    from aboveboard.recorder.capture.pulse import X11Pulse
    from aboveboard.recorder.flow import record
    from aboveboard.recorder.machine.watch import MachineWatch
    from aboveboard.recorder.paused_apps import PausedApps
    from aboveboard.recorder.presence import Presence
    from aboveboard.recorder.redact.veil import sight_for
    from aboveboard.recorder.redact.words import words_for
    from aboveboard.recorder.tap import Tap

    folder = session.home.folder("recorder")
    over = Round(ended)

    def told(status: "RecorderStatus") -> None:
        _show(status, as_json=session.as_json)
        if is_over(status.reason, folder):
            over.because(status.reason)

    display = os.environ.get("DISPLAY")
    disclosure = verified.disclosure
    words, missing = words_for(disclosure)
    sight, unseen = sight_for(disclosure, words)
    lowered = [f"words are left out: {why}" for why in missing]
    lowered += [f"text on the screen is left out: {why}" for why in unseen]
    for what in lowered:
        click.echo(f"what is personal cannot be recognised, so {what}", err=True)
    paused_apps = PausedApps()

    def made() -> "Source":
        narrowed = paused_apps.narrowed(own_covers.load(folder).narrowed(disclosure))
        return choose(narrowed, words=words, sight=sight)

    source = Tap(made)
    person_id = verified.consent.person_id
    machine = MachineWatch(disclosure, display)
    machine.start()
    look_through_less()
    summary = record(
        home=folder,
        client=client,
        source=source,
        enrolment=verified,
        stop=over,
        status=told,
        conditions=machine.conditions(),
        presence=Presence(folder, display, person_id=person_id, stop=ended, hold_minutes=hold_minutes, page=door.open),
        pulse=X11Pulse(display),
        lowered=lowered,
        paused_apps=paused_apps,
        may_send=lambda: disclosure.budget.metered == "send" or not machine.metered(),
    )
    return summary, over.reason


class Round(threading.Event):
    """One recording under one disclosure: over when everything has ``ended``, or for a ``reason`` of its own."""

    def __init__(self, ended: threading.Event) -> None:
        super().__init__()
        self._all = ended
        self.reason = ""

    def because(self, reason: str) -> None:
        """Only this one is over."""
        self.reason = reason
        self.set()

    def is_set(self) -> bool:
        return self._all.is_set() or super().is_set()


def is_over(reason: str, folder: Path) -> bool:
    """Has the person left, as the vault says or as this machine knows by itself?"""
    return reason.startswith(ENDS_RECORDING) or not (folder / enrolments.FILE_NAME).exists()


def _keep_only(folder: Path) -> None:
    """Leave this process its own folder, and what it takes to speak with the display."""
    cookie = os.environ.get("XAUTHORITY") or str(Path.home() / ".Xauthority")
    if not confine(own=[folder], read=[Path(cookie)]):
        click.echo("the recorder is not confined: this kernel has no Landlock", err=True)


def _show(status: "RecorderStatus", *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(status)))
        return
    sign = {"recording": "● recording", "paused": "‖ paused", "waiting": "○ waiting", "stopped": "■ stopped"}
    why = "".join(f"  {words}" for words in (status.error, status.why) if words)
    if status.paused_apps:
        why += f"  paused by a steward: {', '.join(status.paused_apps)}"
    if status.state != "recording" and status.reason in set(Reason) and status.reason != Reason.OK:
        why += f"  {EXPLANATIONS[Reason(status.reason)].sentence}"
    line = (
        f"{sign[status.state]}  {status.seconds:6.0f} s  {status.events} events  {status.frames} frames  "
        f"{status.sealed_bytes / 1e6:.2f} MB sealed  {status.uploaded} sent{why}"
    )
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{line}", nl=status.state == "stopped", err=True)
    else:
        click.echo(line, err=True)


@click.command(name="record")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="Stop after so long [default: until Ctrl-C].")
@click.option(
    "--hold",
    "hold_minutes",
    type=Minutes(most=LONGEST_HOLD_MINUTES),
    help="Hold this run back for so long: 0, 30m, 1h.",
)
@click.pass_obj
def record_command(session: Session, seconds: float | None, hold_minutes: float | None) -> None:
    """Record this display while the lease lasts. Ctrl-C stops."""
    summary = start(session, seconds, hold_minutes)
    words = (
        f"{summary.events} events and {summary.frames} frames in {summary.seconds:.0f} s; {summary.segments} segments, "
        f"{summary.uploaded} sent, {summary.refused} refused; {summary.cpu_s:.1f} s of processor time"
    )
    if summary.spooled_bytes:
        words += f"\n{summary.spooled_bytes / 1e6:.1f} MB wait on this machine: 'aboveboard send', 'aboveboard discard'"
    session.show(words, {"summary": asdict(summary)})
    _end()


def _end() -> NoReturn:
    """End this process at once.

    All that must outlast it does: ``record`` has sealed, stored, closed, and taken the light away, and what it started
    has ended. The interpreter would only take hundreds of modules apart, which the kernel frees as well.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
