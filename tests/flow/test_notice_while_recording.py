"""A recorder that really records: a notice comes into its tray within seconds, is seen, and the page opens."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import Variant

from aboveboard.commands import enrol, notice, places, programme, run
from aboveboard.commands.home import Home
from aboveboard.commands.rehearsal import RecorderProcess
from aboveboard.vault.storage.sql.engine import open_records
from samples.tray_world import TrayWorld, tray_world

MENU = ("/MenuBar", "com.canonical.dbusmenu")
PROMPT_S = 15.0


def in_silence(done: int, total: int, words: str) -> None:
    """Nobody watches."""


def labels(tree: list[Any]) -> dict[str, int]:
    number, properties, children = tree
    found = {properties["label"].value: number} if "label" in properties else {}
    for child in children:
        found |= labels(child.value)
    return found


def menu(world: TrayWorld) -> dict[str, int]:
    return labels(asyncio.run(world.call(*MENU, "GetLayout", "iias", [0, -1, []]))[1])


def choose(world: TrayWorld, label: str) -> None:
    asyncio.run(world.call(*MENU, "Event", "isvu", [menu(world)[label], "clicked", Variant("i", 0), 0]))


def until(condition: Callable[[], bool], what: str, *, limit_s: float = 60.0) -> float:
    began_s = time.monotonic()
    while not condition():
        assert time.monotonic() - began_s < limit_s, f"waited in vain: {what}"
        time.sleep(0.1)
    return time.monotonic() - began_s


def test_it_is_there_within_seconds_and_seen_by_the_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "home")
    with tray_world(tmp_path / "unused") as world, world.panel() as panel, places.running(home):
        run.set_up_programme(home, in_silence)
        person = Home(home.root / "alice", places=home.root)
        own = enrol.enrol(person, programme.invite(home, run.STEWARD), run.scripted_consent)
        assert own is not None
        monkeypatch.setenv("BROWSER", "true")  # the page is opened in a browser that shows nothing
        recorder = RecorderProcess(person, world.display.env)
        try:
            recorder.wait_until_it_records()
            until(lambda: panel.title == "Aboveboard: Recording", "the panel shows that it records")
            notice_id = notice.publish(
                home,
                run.STEWARD,
                kind="incident",
                title="Sealed files could be listed",
                text="What happened, whom it concerns and what was done about it.",
                audience={},
            )
            waited_s = until(
                lambda: any(label.startswith("Incident: Sealed files") for label in menu(world)), "it is in the menu"
            )
            assert waited_s < PROMPT_S

            choose(world, "I have seen this")
            records = open_records(f"sqlite:///{home.root / 'vault' / 'records.sqlite'}")

            def seen() -> bool:
                with records.read() as tx:
                    row = tx.delivery(notice_id, own.person_id, "tray")
                assert row is not None
                return row.state == "seen" and row.seen is not None

            until(seen, "the vault has the device's word")
            records.close()
            assert "I have seen this" not in menu(world)

            # The recorder cannot read the person's folder; it can have their page opened.
            choose(world, "Raise a concern…")
            address = person.folder("participant") / "address.json"
            until(address.exists, "the page answers")
            page = json.loads(address.read_text())
        finally:
            recorder.stop()
        until(lambda: not Path(f"/proc/{page['pid']}").exists() or _zombie(page["pid"]), "it ends with the recording")


def _zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
