"""What the tray tells of notices: only what a known steward signed, one at a time, and "seen" only of what was seen."""

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import ManualClock
from aboveboard.base.errors import Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import disclosure, envelope
from aboveboard.formats import notice as notice_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.notice import NOTICE_TYPE, SEEN_TYPE, Audience, Notice, NoticeKind
from aboveboard.recorder.notices import NoticeKeeper, Told
from aboveboard.recorder.tray.menu import LINES, WIDTH, find, menu_of
from aboveboard.recorder.tray.notifier import unmarked
from aboveboard.recorder.tray.view import View
from aboveboard.sealing.signatures import SigningKey, open_signed

PERSON = new_id(Kind.PERSON)


@dataclass
class Vault:
    """Lists notices newest first, and keeps what it is told to be seen."""

    steward: SigningKey = field(default_factory=SigningKey.generate)
    listed: list[dict[str, Any]] = field(default_factory=list)
    said: list[tuple[str, Envelope]] = field(default_factory=list)
    away: bool = False

    def add(
        self, title: str, *, signer: SigningKey | None = None, kind: NoticeKind = "incident", **changes: Any
    ) -> str:
        notice = Notice(
            notice_id=new_id(Kind.NOTICE),
            kind=kind,
            title=title,
            text="What happened, whom it concerns and what was done about it. " * 20,
            audience=Audience(),
            at_ns=5,
        )
        payload = notice_format.encode(notice)
        signed = (signer or self.steward).sign(NOTICE_TYPE, payload)
        row = {"notice": msgspec.to_builtins(signed), "sha256": disclosure.digest(payload), "seen": False}
        self.listed.insert(0, row | {"published_at_ns": 5} | changes)
        return str(row["sha256"])

    def get(self, path: str) -> bytes:
        assert path == "/v1/notices"
        if self.away:
            raise Unavailable("the vault is away")
        return json.dumps(self.listed).encode()

    def post(self, path: str, body: bytes) -> bytes:
        if self.away:
            raise Unavailable("the vault is away")
        self.said.append((path, envelope.decode(body)))
        return b"{}"


@dataclass
class Desk:
    vault: Vault = field(default_factory=Vault)
    device: SigningKey = field(default_factory=SigningKey.generate)
    keyholder: SigningKey = field(default_factory=SigningKey.generate)
    shown: list[Told | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keeper = NoticeKeeper(
            self.vault,  # type: ignore[arg-type]
            person_id=PERSON,
            steward_keys=[self.vault.steward.public],
            keyholder_key=self.keyholder.public,
            device_key=self.device,
            clock=ManualClock(),
            show=self.shown.append,
        )

    @property
    def told(self) -> Told:
        assert self.shown[-1] is not None
        return self.shown[-1]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_oldest_first_and_the_next_when_it_is_seen(desk: Desk) -> None:
    first = desk.vault.add("The first")
    desk.vault.add("The second")
    desk.keeper.look()
    assert (desk.told.notice.title, desk.told.left) == ("The first", 2)
    desk.keeper.seen(desk.told.number)
    assert (desk.told.notice.title, desk.told.left) == ("The second", 1)
    desk.keeper._say()
    [(path, signed)] = desk.vault.said
    seen = notice_format.decode_seen(open_signed(signed, SEEN_TYPE, desk.device.public))
    assert path == f"/v1/notices/{seen.notice_id}/seen"
    assert (seen.notice_sha256, seen.person_id, seen.channel) == (first, PERSON, "tray")


def test_what_no_known_steward_signed_or_is_another_than_named_is_not_shown(desk: Desk) -> None:
    desk.vault.add("Forged", signer=SigningKey.generate())
    desk.vault.add("Exchanged", sha256="0" * 64)
    desk.vault.add("Seen before", seen=True)
    desk.keeper.look()
    assert desk.shown == [None]


def test_an_emergency_is_told_by_the_keyholder_and_nothing_else_is(desk: Desk) -> None:
    desk.vault.add("A steward says so", kind="emergency")
    desk.vault.add("The keyholder says something else", signer=desk.keyholder)
    desk.keeper.look()
    assert desk.shown == [None]
    desk.vault.add("Opened", signer=desk.keyholder, kind="emergency")
    desk.keeper.look()
    assert desk.told.headline == "Opened in an emergency: Opened"


def test_a_lease_that_names_a_notice_makes_it_look_and_one_that_names_none_does_not(desk: Desk) -> None:
    known = desk.vault.add("The first")
    desk.keeper.look()
    desk.keeper.nudged.clear()
    desk.keeper.hinted([known])
    desk.keeper.hinted([])
    assert not desk.keeper.nudged.is_set()
    desk.keeper.hinted(["1" * 64, known])
    assert desk.keeper.nudged.is_set()


def test_seen_while_the_vault_is_away_is_said_later_and_not_shown_again(desk: Desk) -> None:
    desk.vault.add("The first")
    desk.keeper.look()
    desk.vault.away = True
    desk.keeper.seen(desk.told.number)
    with pytest.raises(Unavailable):
        desk.keeper._say()
    desk.vault.away = False
    desk.keeper.look()
    assert desk.shown[-1] is None
    desk.keeper._say()
    assert len(desk.vault.said) == 1


def test_nonsense_from_the_vault_changes_nothing(desk: Desk) -> None:
    desk.vault.add("The first")
    desk.keeper.look()
    desk.vault.listed = [{"notice": "no"}]
    desk.keeper.look()
    assert desk.told.notice.title == "The first"


def test_the_menu_says_seen_only_of_the_notice_that_it_shows(desk: Desk) -> None:
    desk.vault.add("The first")
    desk.vault.add("The second")
    desk.keeper.look()
    before = menu_of(View("recording", "."), told=desk.told, page=True)
    [item] = [each for each in before if each.label.startswith("Incident: The first")]
    assert len(item.children) == LINES + 3
    assert all(len(child.label) <= WIDTH for child in item.children)
    seen = next(child for child in item.children if child.action == "seen")
    desk.keeper.seen(desk.told.number)
    after = menu_of(View("recording", "."), told=desk.told, page=True)
    assert find(after, seen.item_id) is None, "a panel's old menu would say it of another notice"
    assert find(menu_of(View("recording", "."), page=True), 25) is not None
    assert find(menu_of(View("recording", ".")), 25) is None


def test_a_message_of_the_desktop_carries_no_markup() -> None:
    assert set("<>&").isdisjoint(unmarked("<a href='https://example.org'>click & go</a>"))


def test_it_looks_by_itself_only_while_no_lease_tells(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aboveboard.recorder.notices.LOOK_S", 0.1)
    looks: list[float] = []
    vault_get = desk.vault.get

    def get(path: str) -> bytes:
        looks.append(time.monotonic())
        return vault_get(path)

    monkeypatch.setattr(desk.vault, "get", get)
    stop, told = threading.Event(), threading.Event()

    def lease() -> None:
        while not stop.wait(0.001):
            if told.is_set():
                desk.keeper.hinted([])

    threads = [threading.Thread(target=desk.keeper.run, args=(stop,)), threading.Thread(target=lease)]
    for thread in threads:
        thread.start()
    try:
        end = time.monotonic() + 20
        while len(looks) < 3:
            assert time.monotonic() < end, "nobody looked while there was no lease"
            time.sleep(0.005)
        told.set()
        time.sleep(0.1)
        before = len(looks)
        time.sleep(1)  # ten looks without leases
        assert len(looks) - before <= 6
    finally:
        stop.set()
        desk.keeper.nudged.set()
        for thread in threads:
            thread.join()
