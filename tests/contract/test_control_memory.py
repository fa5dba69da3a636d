"""What the vault remembers to answer a fleet quickly is never older than a second, whoever changed what lies there."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Unavailable
from aboveboard.formats import control, lease
from aboveboard.formats.control import Denied, Granted, Word
from aboveboard.rules.decision import Reason
from aboveboard.vault.control.control import FRESH_S, Control
from aboveboard.vault.control.held import Held
from aboveboard.vault.control.memory import Answers, Forgotten, Memory, Remembered
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import PauseRow
from aboveboard.vault.storage.sql.engine import SqlRecords
from samples.vault_world import Participant, VaultWorld, lease_of


class Desk:
    """The control of a vault whose clock is in the test's hand, and one device's stream, on which it ``told``."""

    def __init__(self, world: VaultWorld) -> None:
        self.world, self.who = world, world.ready()
        self.now_s = 100.0
        self.control = Control(world.vault, now_s=lambda: self.now_s)
        self.told: list[Any] = []
        with world.vault.records.read() as tx:
            device, person = tx.device(self.who.device_id), tx.person(self.who.person_id)
        assert device is not None
        assert person is not None
        self.held = Held(device, person, send=self._send, shut=lambda: None, asked_s=0)

    async def _send(self, message: bytes) -> None:
        self.told.append(control.decode(message))

    async def ask(self, who: Participant | None = None) -> Any:
        self.world.clock.advance(SECOND_NS // 100)
        asked = self.world.lease_request(who or self.who)
        return control.decode(await self.control.answer(self.held, lease.encode(asked)))

    def run(self, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def whole() -> None:
            await self.control.start()
            self.control.join(self.held)
            try:
                await story()
            finally:
                await self.control.stop()

        asyncio.run(asyncio.wait_for(whole(), 60))

    @contextmanager
    def elsewhere(self) -> Iterator[Transaction]:
        """A transaction of another process over the same database, of which this one hears nothing."""
        other = SqlRecords(self.world.vault.records.engine.url.render_as_string())  # type: ignore[attr-defined]
        with other.begin() as tx:
            yield tx
        other.close()

    def pause_elsewhere(self) -> None:
        with self.elsewhere() as tx:
            tx.add_pause(PauseRow("pau_1", "steward", None, "{}", self.world.clock.wall_ns(), reason="a finding"))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr("aboveboard.vault.control.control.LOOK_S", 3600)  # only what is asked makes it look
    world = VaultWorld(tmp_path / "vault")
    yield Desk(world)
    world.close()


def test_the_second_answer_asks_the_database_nothing_and_is_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        first = await desk.ask()
        with monkeypatch.context() as patch:
            patch.setattr(desk.world.vault.records, "read", None)
            second = await desk.ask()
        over_http = lease_of(desk.world.lease(desk.who))
        for told in (first, second):
            assert isinstance(told, Granted)
            signed = lease_of(told.lease)
            for field in (
                "person_id",
                "device_id",
                "consent_id",
                "disclosure_sha256",
                "epoch",
                "bytes_left",
                "duration_ns",
            ):
                assert getattr(signed, field) == getattr(over_http, field)

    desk.run(story)


def test_a_pause_by_another_process_counts_after_a_second_at_most(desk: Desk) -> None:
    async def story() -> None:
        assert isinstance(await desk.ask(), Granted)
        desk.pause_elsewhere()
        desk.now_s += FRESH_S
        told = await desk.ask()
        assert (told.reason, told.cause) == (Reason.PAUSED_BY_STEWARD, "a finding")
        await asyncio.sleep(0)
        assert desk.told == [Word(what="stop", reason="pause:by_steward", why="a finding")]

    desk.run(story)


def test_without_forgetting_it_would_go_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        assert isinstance(await desk.ask(), Granted)
        monkeypatch.setattr(Memory, "note_pause", lambda *_: None)
        desk.pause_elsewhere()
        desk.now_s += FRESH_S
        assert isinstance(await desk.ask(), Granted)

    desk.run(story)


def test_a_pause_by_this_process_is_pushed_at_once(desk: Desk) -> None:
    async def story() -> None:
        assert isinstance(await desk.ask(), Granted)
        await asyncio.to_thread(
            desk.world.pause, desk.world.key("stella"), by="steward", person_id=None, reason="a finding"
        )
        while not desk.told:
            await asyncio.sleep(0.01)
        assert desk.told[0].what == "stop"
        assert isinstance(await desk.ask(), Denied)

    desk.run(story)


def test_while_the_database_is_away_nothing_older_than_a_second_is_answered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Any:
        raise Unavailable("the database is away", cause="a test says so", fix="none")

    async def story() -> None:
        assert isinstance(await desk.ask(), Granted)
        monkeypatch.setattr(desk.world.vault.records, "read", away)
        assert isinstance(await desk.ask(), Granted)
        desk.now_s += FRESH_S
        told = await desk.ask()
        assert (told.code, told.status) == ("unavailable", 503)

    desk.run(story)


def test_a_pause_and_its_end_need_nothing_read_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause of everyone makes a whole fleet ask at once."""

    async def story() -> None:
        assert isinstance(await desk.ask(), Granted)
        desk.pause_elsewhere()
        desk.now_s += FRESH_S
        await desk.control._look()
        with monkeypatch.context() as patch:
            patch.setattr(desk.world.vault.records, "read", None)
            assert (await desk.ask()).cause == "a finding"
        with desk.elsewhere() as tx:
            tx.end_pause("pau_1", at_ns=desk.world.clock.wall_ns())
        desk.now_s += FRESH_S
        await desk.control._look()
        with monkeypatch.context() as patch:
            patch.setattr(desk.world.vault.records, "read", None)
            again = await desk.ask()
        assert lease_of(again.lease).epoch == lease_of(desk.world.lease(desk.who)).epoch > 0

    desk.run(story)


def test_consent_that_is_withdrawn_and_a_newer_disclosure_count_too(desk: Desk) -> None:
    async def story() -> None:
        assert isinstance(await desk.ask(), Granted)
        with desk.elsewhere() as tx:
            tx.withdraw_consent(desk.who.consent_id, withdrawal="{}", at_ns=1)
        desk.now_s += FRESH_S
        assert (await desk.ask()).reason == Reason.CONSENT_WITHDRAWN
        await asyncio.sleep(0)
        assert [word.what for word in desk.told] == ["stop"]

    desk.run(story)


def test_another_database_than_before_is_noticed(desk: Desk) -> None:
    """Restored from a backup under the running vault: the line of changes is shorter than what was seen."""

    async def story() -> None:
        assert isinstance(await desk.ask(), Granted)
        desk.control._seen = 10**6
        desk.pause_elsewhere()
        desk.now_s += FRESH_S
        assert (await desk.ask()).reason == Reason.PAUSED_BY_STEWARD

    desk.run(story)


def test_what_was_stored_meanwhile_is_counted_within_seconds(desk: Desk) -> None:
    async def story() -> None:
        before = lease_of((await desk.ask()).lease).bytes_left
        one = desk.world.recorded(desk.who)
        await asyncio.to_thread(desk.world.take_in, desk.who, one)
        desk.world.clock.advance(10 * SECOND_NS)
        desk.now_s += FRESH_S
        assert lease_of((await desk.ask()).lease).bytes_left == before - len(one.sealed)

    desk.run(story)


def test_news_for_somebody_makes_them_look(desk: Desk) -> None:
    async def story() -> None:
        await desk.ask()
        with desk.elsewhere() as tx:
            tx.note_change("news", desk.who.person_id, at_ns=1)
            tx.note_change("news", "per_somebody_else", at_ns=1)
            tx.note_change("news", "", at_ns=1)
        desk.now_s += FRESH_S
        await desk.ask()
        await asyncio.sleep(0)
        assert desk.told == [Word(what="look"), Word(what="look")]

    desk.run(story)


def test_only_what_may_be_remembered_is() -> None:
    asked: list[tuple[object, ...]] = []

    class Asked:
        def person(self, *arguments: object, **words: object) -> str:
            asked.append((*arguments, *words))
            return "row"

        count_people = person

    answers: Answers = {}
    reading = Remembered(answers, Asked())  # type: ignore[arg-type]
    assert [reading.person("per_1"), reading.person("per_1"), reading.person("per_2")] == ["row"] * 3
    assert asked == [("per_1",), ("per_2",)]
    assert [reading.count_people(), reading.count_people()] == ["row"] * 2
    assert len(asked) == 4, "what is not listed is asked each time"
    remembered = Remembered(answers)
    assert remembered.person("per_1") == "row"
    for ask in (lambda: remembered.person("per_3"), remembered.__getattr__("pauses_of"), lambda: remembered.add_pause):
        with pytest.raises(Forgotten):
            ask()


def test_what_changed_while_it_was_read_is_not_kept() -> None:
    memory, read = Memory(lambda: 0.0), {("person", ("per_1",)): "row"}
    memory.keep("per_1", dict(read), generation=memory.generation)
    assert memory.of("per_1").person("per_1") == "row"
    before = memory.generation
    memory.forget("per_2")
    memory.keep("per_1", {("person", ("per_1",)): "older"}, generation=before)
    assert memory.of("per_1").person("per_1") == "row"
    memory.forget("per_1")
    with pytest.raises(Forgotten):
        memory.of("per_1").person("per_1")
