"""How are the vault, the keyholder and a witness started on one machine?

As three processes with three folders of secrets. Each gives up every path but its own folder before it listens, so none
can read another's keys although one user runs them all. ``up`` is the embedded default; in production each runs on its
own machine under ``aboveboard serve``.
"""

import ctypes
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import httpx
import msgspec

from aboveboard.base.errors import SetupMissing, Unavailable
from aboveboard.commands.home import PLACES, Home
from aboveboard.commands.main import Session
from aboveboard.formats import trust as trust_format
from aboveboard.formats.trust import Trust
from aboveboard.keyholder.desk import log_name
from aboveboard.keyholder.home import KeyholderHome, WitnessAddress, write_service, write_witnesses
from aboveboard.sealing.keys import load_or_create_signing_key
from aboveboard.wire.confine import confine
from aboveboard.witness.logs import watch_log

START_LIMIT_S = 30.0
STOP_LIMIT_S = 10.0
PR_SET_PDEATHSIG = 1


class WitnessKeys(msgspec.Struct, frozen=True):
    """The witness's public key."""

    verifier_key: str


@contextmanager
def running(home: Home) -> Iterator[dict[str, str]]:
    """Start all three, yield their addresses, stop them by process id. Raises :class:`Unavailable` with the log."""
    keyholder = KeyholderHome(home.folder("keyholder"))
    log = log_name(keyholder)
    watch_log(home.folder("witness"), log.log_key)
    vault_key = load_or_create_signing_key(home.folder("vault") / "vault.key")
    write_service(keyholder, vault_key.public)
    with ExitStack() as stack:
        urls = {"witness": stack.enter_context(running_place(home, "witness"))}
        witness_key = _witness_key(urls["witness"])
        write_witnesses(keyholder, [WitnessAddress(name="witness", url=urls["witness"], verifier_key=witness_key)])
        trust = Trust(origin=log.origin, log_key=log.log_key, witness_keys=[witness_key], quorum=1)
        (home.root / "trust.json").write_bytes(trust_format.encode(trust))
        urls["keyholder"] = stack.enter_context(running_place(home, "keyholder"))
        _configure_vault(home.folder("vault") / "config.json", keyholder_url=urls["keyholder"])
        urls["vault"] = stack.enter_context(running_place(home, "vault"))
        yield urls


def _configure_vault(path: Path, *, keyholder_url: str) -> None:
    """Where the keyholder answers this time, beside whatever else the operator has set (mail, a database)."""
    try:
        known = json.loads(path.read_bytes())
    except FileNotFoundError:
        known = {}
    except ValueError as error:
        raise SetupMissing(
            f"{path} is not JSON", cause="it was mistyped", fix="correct it, or delete it to begin anew"
        ) from error
    path.write_bytes(json.dumps({**known, "keyholder_url": keyholder_url}).encode("utf-8"))


def _witness_key(url: str) -> str:
    answer = httpx.get(f"{url}/v1/public", timeout=5, trust_env=False)
    return msgspec.json.decode(answer.content, type=WitnessKeys).verifier_key


@contextmanager
def running_place(home: Home, place: str) -> Iterator[str]:
    """One place as a child process, from the moment it answers until it has stopped."""
    folder = home.folder(place)
    (folder / "address.json").unlink(missing_ok=True)
    log_path = folder / "log.txt"
    command = [sys.executable, "-P", "-m", "aboveboard", "--home", str(home.root), "serve", place, "--with-parent"]
    with log_path.open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        yield _wait_until_it_answers(home, place, process, log_path)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(home: Home, place: str, process: subprocess.Popen[bytes], log_path: Path) -> str:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return home.address(place).url
        except Unavailable:
            time.sleep(0.02)
    words = log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-8:]
    raise Unavailable(
        f"the {place} did not start",
        cause="\n".join(words) or "it said nothing",
        fix=f"the whole log is in {log_path}",
    )


def _die_with_parent() -> None:
    """Have the kernel stop this process when its parent ends, however it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == 1:
        sys.exit(0)


@click.command(name="serve")
@click.argument("place", type=click.Choice(PLACES))
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option("--with-parent", is_flag=True, hidden=True)
@click.pass_obj
def serve_command(session: Session, place: str, port: int, with_parent: bool) -> None:
    """Run one place in the foreground, on loopback, until Ctrl-C."""
    if with_parent:
        _die_with_parent()
    folder = session.home.folder(place)
    if not confine(own=[folder]):
        click.echo(
            f"the {place} is not confined: this kernel has no Landlock; run each place as a user of its own", err=True
        )
    importlib.import_module(f"aboveboard.{place}.app").serve(folder, port)


@click.command(name="up")
@click.pass_obj
def up_command(session: Session) -> None:
    """Start the vault, the keyholder and a witness, and keep them running until Ctrl-C."""
    with running(session.home) as urls:
        lines = [f"{place:<10} {url}" for place, url in urls.items()]
        session.show("\n".join([*lines, "running; Ctrl-C stops them"]), dict(urls))
        try:
            signal.pause()
        except KeyboardInterrupt:
            session.show("stopping", {"state": "stopping"})
