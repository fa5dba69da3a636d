"""A notice in the tray of a real display: in the menu until it is seen, said once by the desktop; the page's door."""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import Message, MessageType, RequestNameReply
from dbus_fast.aio import MessageBus

from aboveboard.base.clock import SystemClock, boot_id
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import door as doors
from aboveboard.commands.door import Door
from aboveboard.commands.home import Home
from aboveboard.formats.notice import Audience, Notice
from aboveboard.recorder.notices import Told
from aboveboard.recorder.tray.tray import Tray
from aboveboard.recorder.wishes import Wishes
from samples.tray_world import RECORDING, TrayWorld, tray_world, until

MENU = ("/MenuBar", "com.canonical.dbusmenu")
TEXT = "Between 9:10 and 9:50 two members of staff could see names and sizes of sealed files, not what is in them. " * 2


def told(number: int, title: str, left: int = 1) -> Told:
    notice = Notice(
        notice_id=new_id(Kind.NOTICE), kind="incident", title=title, text=TEXT, audience=Audience(), at_ns=5
    )
    return Told(number, "0" * 64, notice, left)


class Said:
    """What the tray made happen."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.opened: list[str] = []


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TrayWorld]:
    with tray_world(tmp_path / "recorder") as made:
        yield made


@contextmanager
def tray_of(world: TrayWorld, said: Said) -> Iterator[Tray]:
    wishes = Wishes(
        world.home,
        person_id=new_id(Kind.PERSON),
        clock=SystemClock(),
        boot_id=boot_id(),
        stop=world.stop,
        held=lambda: world.held,
        seen=said.seen.append,
        page=said.opened.append,
    )
    tray = Tray(world.display.name, wishes=wishes, feed=world.feed)
    tray.start()
    tray.show(RECORDING)
    try:
        yield tray
    finally:
        tray.close()


@contextmanager
def desktop(world: TrayWorld) -> Iterator[list[str]]:
    """A desktop that shows messages, and those that it was given."""
    shown: list[str] = []
    ready, ended = threading.Event(), threading.Event()

    async def serve() -> None:
        bus = await MessageBus(bus_address=world.display.env["DBUS_SESSION_BUS_ADDRESS"]).connect()
        assert await bus.request_name("org.freedesktop.Notifications") is RequestNameReply.PRIMARY_OWNER

        def heard(message: Message) -> Message | None:
            if message.message_type is MessageType.METHOD_CALL and message.member == "Notify":
                shown.append(str(message.body[4]))
                return Message.new_method_return(message, "u", [len(shown)])
            return None

        bus.add_message_handler(heard)
        ready.set()
        while not ended.is_set():
            await asyncio.sleep(0.05)
        bus.disconnect()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(8)
        yield shown
    finally:
        ended.set()
        thread.join()


def labels(tree: list[Any]) -> dict[str, int]:
    number, properties, children = tree
    found = {properties["label"].value: number} if "label" in properties else {}
    for child in children:
        found |= labels(child.value)
    return found


def menu(world: TrayWorld) -> dict[str, int]:
    return labels(asyncio.run(world.call(*MENU, "GetLayout", "iias", [0, -1, []]))[1])


def choose(world: TrayWorld, item_id: int) -> None:
    from dbus_fast import Variant

    asyncio.run(world.call(*MENU, "Event", "isvu", [item_id, "clicked", Variant("i", 0), 0]))


def starting(world: TrayWorld, words: str) -> Callable[[], bool]:
    return lambda: any(label.startswith(words) for label in menu(world))


def test_a_notice_is_said_once_stays_in_the_menu_and_is_seen_by_its_own_item(world: TrayWorld) -> None:
    said = Said()
    with world.panel() as panel, desktop(world) as shown, tray_of(world, said) as tray:
        until(lambda: panel.title == "Aboveboard: Recording", "the panel shows that it records")
        tray.tell(told(0, "Files of <b>yours</b> could be listed", left=2))
        until(starting(world, "Incident: Files of"), "it is in the menu")
        until(lambda: bool(shown), "the desktop says it")
        assert shown == ["Incident: Files of ‹b›yours‹/b› could be listed. It is in the menu of this icon."]
        old = menu(world)
        assert any(label.startswith("Between 9:10") for label in old)
        choose(world, old["Read it on your page"])
        choose(world, old["Raise a concern…"])
        choose(world, old["Say what it is…"])
        until(lambda: said.opened == ["told", "concerns", "mark"], "the page is opened at each place")
        tray.tell(told(0, "Files of <b>yours</b> could be listed"))
        tray.tell(told(1, "A second one"))
        until(starting(world, "Incident: A second one"), "the next is in the menu")
        choose(world, old["I have seen this"])  # of a menu that a panel read before
        choose(world, menu(world)["I have seen this"])
        until(lambda: bool(said.seen), "it is seen")
        assert said.seen == [1]
        tray.tell(None)
        until(lambda: "I have seen this" not in menu(world), "it is gone")
        until(lambda: len(shown) == 2, "each was said once")
        assert tray.look().allowed


def test_the_door_opens_the_page_at_three_places_and_does_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page"
    page.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\necho $$ >> {tmp_path}/pids\nexec sleep 60\n')
    page.chmod(0o700)
    monkeypatch.setattr(doors.sys, "executable", str(page))
    door = Door(Home(tmp_path / "home"))
    monkeypatch.setattr(doors.sys, "executable", sys.executable)
    asked, pids = tmp_path / "asked", tmp_path / "pids"

    def lines(path: Path) -> list[str]:
        return path.read_text().splitlines() if path.exists() else []

    def lives(pid: str) -> bool:
        stat = Path(f"/proc/{pid}/stat")
        try:
            return stat.read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    for bad in ("", "; touch gone", "concerns; touch gone", "--help"):
        with pytest.raises(ValueError, match="no place"):
            door.open(bad)
    # What a recorder that was taken over would write, past the check.
    assert door._process.stdin is not None
    door._process.stdin.write(b"told; touch /tmp/gone\n$(id)\n--at\ntold extra\n\n")
    door.open("concerns")
    until(lambda: len(lines(pids)) == 1, "the page is opened")
    assert lines(asked) == [f"-P -m aboveboard --home {tmp_path / 'home'} view --at concerns"]
    door.open("mark")
    until(lambda: len(lines(pids)) == 2, "it is opened anew")
    assert lines(asked)[1].endswith(" view --at mark")
    first, second = lines(pids)
    until(lambda: not lives(first), "the one before has ended")
    assert lives(second)
    door.close()
    until(lambda: not lives(second), "it ends with the recording")
