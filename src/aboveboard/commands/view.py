"""How do participants see what is recorded of them?

In their own viewer: a local page on their own machine, where their own key opens their recordings and every opening's
proof is checked.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import click
import httpx

from aboveboard.base.errors import Unavailable
from aboveboard.commands import leaving, parting
from aboveboard.commands.covering import Covers, Desk
from aboveboard.commands.door import PLACES
from aboveboard.commands.erasing import OwnEraser
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.mark import mark
from aboveboard.commands.person import own_enrolment, pause_self, resume_self
from aboveboard.commands.served_page import serve_to_one
from aboveboard.commands.voice import OwnVoice
from aboveboard.formats import envelope as envelope_format
from aboveboard.recorder import holding
from aboveboard.viewer.app import create_app
from aboveboard.viewer.source import Participant, ViewerSource
from aboveboard.wire.client import Client
from aboveboard.wire.page_guard import new_token

STOP_LIMIT_S = 10.0


class OwnActions(Covers):
    """What the page's buttons do: the same as the commands."""

    def __init__(self, home: Home, source: ViewerSource) -> None:
        super().__init__(Desk.of(home, source))
        self._home = home

    def pause(self) -> None:
        """Pause until resumed."""
        pause_self(self._home, minutes=None)

    def resume(self) -> None:
        """End one's own pause."""
        if not resume_self(self._home):
            raise Unavailable(
                "the recording stays paused", cause="the vault cannot be reached", fix="try again when it can"
            )

    def leave(self, *, erase: bool) -> dict[str, Any]:
        """Leave, and have everything erased if that is wanted; what it did."""
        left = leaving.leave(self._home, erase=erase)
        if not left.told:
            parting.carry_on(self._home)
        return {"dropped": left.dropped, "vault_told": left.told, "erased": left.erased is not None}


def source(home: Home) -> ViewerSource:
    """What the page shows, from the vault, the keyholder and what is still on this machine."""
    enrolment = own_enrolment(home)
    participant = Participant(
        person_id=enrolment.person_id,
        person_key=enrolment.person_key,
        device_keys=[home.device_key().public],
        steward_keys=enrolment.steward_keys,
        receipt=envelope_format.decode(enrolment.consent.encode("utf-8")),
        disclosure=envelope_format.decode(enrolment.disclosure.encode("utf-8")),
    )
    return ViewerSource(
        _reach(home, "vault"),
        _reach(home, "keyholder"),
        home.folder("participant"),
        participant=participant,
        trust=home.trust(),
        spool=home.folder("recorder") / "spool",
        hold_s=partial(holding.hold_s, home.folder("recorder")),
    )


def _reach(home: Home, place: str) -> Client | None:
    try:
        return home.client(place, home.person_key())
    except Unavailable:
        return None


def serve_page(session: Session, *, port: int, browser: bool, at: str | None = None) -> None:
    """Serve the page until Ctrl-C; its address, with the token that opens it, is printed once it answers.

    ``at``: the part of the page to begin with.
    """
    folder = session.home.folder("participant")
    token = new_token()
    shown = source(session.home)
    app = create_app(
        shown,
        token,
        OwnActions(session.home, shown),
        voice=OwnVoice(session.home),
        eraser=OwnEraser(session.home, shown),
        mark=partial(mark, session.home),
    )
    serve_to_one(session, app, token, folder, name="viewer", words="your page", port=port, browser=browser, at=at)


@dataclass(frozen=True)
class RunningViewer:
    """A viewer process that answers at ``url`` (with the token after the '#')."""

    url: str

    def check(self) -> None:
        """Ask for the page as a browser would; raises :class:`Unavailable`."""
        answer = httpx.get(self.url.partition("#")[0], timeout=10, trust_env=False)
        if answer.status_code != 200 or "<html" not in answer.text:
            raise Unavailable(
                f"the page answers with {answer.status_code}",
                cause="the page was not built",
                fix="run 'make setup'",
            )


@contextmanager
def open_viewer(home: Home) -> Iterator[RunningViewer]:
    """The viewer as a process of its own, from the moment it answers until the block ends."""
    command = [sys.executable, "-P", "-m", "aboveboard", "--home", str(home.root), "--json", "view", "--no-browser"]
    environment = {**os.environ, **({"ABOVEBOARD_PLACES": str(home.places)} if home.places is not None else {})}
    log_path = home.folder("participant") / "viewer-log.txt"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
        )
    try:
        line = process.stdout.readline() if process.stdout is not None else ""
        if not line:
            words = log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-6:]
            raise Unavailable("the page did not start", cause="\n".join(words), fix=f"the whole log is in {log_path}")
        yield RunningViewer(json.loads(line)["url"])
    finally:
        process.terminate()
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


@click.command(name="view")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option("--at", type=click.Choice(PLACES), help="Begin with this part of it.")
@click.pass_obj
def view_command(session: Session, port: int, no_browser: bool, at: str | None) -> None:
    """Open your own page: your recordings, what was left out, and who opened them."""
    serve_page(session, port=port, browser=not no_browser, at=at)
