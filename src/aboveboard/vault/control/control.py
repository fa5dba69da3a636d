"""May this device record for the next seconds, asked on its control stream; and who is told of what has changed?

All of this runs in the one thread of the event loop; the database is asked in others. The rule for what is remembered:

1. Every change that concerns anybody's permission is a line in the database, written in the same transaction.
2. Before an answer, all lines up to at most ``FRESH_S`` ago were seen; otherwise they are read first, and if they
   cannot be, there is no answer.
3. A line that was seen changes what is remembered of those whom it concerns, or makes forget it, before anything else
   is answered; then they are told.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from anyio import to_thread

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, Refused
from aboveboard.formats import control as control_format
from aboveboard.formats import lease as lease_format
from aboveboard.formats.control import Denied, Granted, Word
from aboveboard.formats.lease import Lease, LeaseRequest
from aboveboard.rules.pause import Scope
from aboveboard.vault import health
from aboveboard.vault.api import leases
from aboveboard.vault.control.held import SILENT_S, TELL_S, Held
from aboveboard.vault.control.memory import Answers, Forgotten, Memory, Remembered
from aboveboard.vault.control.words import News, news_of, spread_ms
from aboveboard.vault.pausing import scope_of
from aboveboard.vault.place import Vault
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import PauseRow
from aboveboard.wire import problem

FRESH_S = 1.0
LOOK_S = 0.5
SWEEP_S = 30.0
STORED_NS = 5 * SECOND_NS
STORED_OVERLAP_NS = 10 * SECOND_NS
"""For the time between a segment's being dated and its being committed, and for the clocks of other processes."""
OF_PAUSES = frozenset({"pause", "resume"})


@dataclass(frozen=True)
class Lines:
    """What was new in the line of changes, up to the one numbered ``newest``.

    ``endings``: pauses that will end by themselves. ``stored``: people who stored something lately. ``anew``: nothing
    that is remembered counts any more.
    """

    news: list[News]
    endings: list[PauseRow]
    newest: int
    anew: bool
    stored: list[str] = field(default_factory=list)


class Control:
    """The control streams of this process. :meth:`start` and :meth:`stop` in the event loop that serves."""

    def __init__(self, vault: Vault, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._vault, self._now_s = vault, now_s
        self._memory = Memory(now_s)
        self._held: dict[str, Held] = {}
        self._seen: int | None = None
        self._fresh_until_s = 0.0
        self._swept_s = now_s()
        self._counted_ns = vault.clock.wall_ns()
        self._endings: list[PauseRow] = []
        """Pauses that will end by themselves."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Follow the line of changes from now on."""
        loop = asyncio.get_running_loop()
        self._looking, self._nudged = asyncio.Lock(), asyncio.Event()

        def heard() -> None:
            try:
                loop.call_soon_threadsafe(self._nudged.set)
            except RuntimeError:
                return  # the loop has ended; so have the streams

        self._vault.records.listen(heard)
        self._keep(self._follow())

    async def stop(self) -> None:
        """Close the streams and follow no more."""
        for task in list(self._tasks):
            task.cancel()
        for held in list(self._held.values()):
            held.shut()

    @property
    def streams(self) -> int:
        """How many are open."""
        return len(self._held)

    def join(self, held: Held) -> None:
        """A device has opened its stream; an older one of the same device is closed."""
        older = self._held.pop(held.device.device_id, None)
        self._held[held.device.device_id] = held
        if older is not None:
            older.shut()

    def leave(self, held: Held) -> None:
        """The stream is closed."""
        if self._held.get(held.device.device_id) is held:
            del self._held[held.device.device_id]
            self._memory.forget(held.person.person_id)

    async def answer(self, held: Held, data: bytes) -> bytes:
        """The answer to a request for a lease; raises :class:`BadInput` for anything else."""
        asked = lease_format.decode_request(data)
        seen = partial(
            self._vault.fleet.seen,
            held.device.device_id,
            at_ns=self._vault.clock.wall_ns(),
            version=asked.recorder_version,
        )
        try:
            lease = await self._decide(held, asked)
        except AboveboardError as error:
            if isinstance(error, Refused):
                seen(answer=error.reason)
            return control_format.encode(_denied(error, asked))
        seen(lease_until_ns=lease.server_ns + lease.duration_ns)
        signed = self._vault.key.sign(lease_format.PAYLOAD_TYPE, lease_format.encode(lease))
        return control_format.encode(Granted(lease=signed))

    async def _decide(self, held: Held, asked: LeaseRequest) -> Lease:
        await self._note_health(held, asked)
        if self._now_s() >= self._fresh_until_s:
            await self._look()
        memory, now_ns = self._memory.of(held.person.person_id), self._vault.clock.wall_ns()
        try:
            return leases.decide(memory, held.device, asked, now_ns=now_ns)
        except Forgotten:
            generation = self._memory.generation
            answers = self._memory.known(held.person.person_id)
            try:
                return await to_thread.run_sync(self._read_and_decide, held, asked, answers)
            finally:
                self._memory.keep(held.person.person_id, answers, generation=generation)

    def _read_and_decide(self, held: Held, asked: LeaseRequest, answers: Answers) -> Lease:
        with self._vault.records.read() as tx:
            now_ns = self._vault.clock.wall_ns()
            return leases.decide(Remembered(answers, tx), held.device, asked, now_ns=now_ns)

    async def _note_health(self, held: Held, asked: LeaseRequest) -> None:
        told = " ".join(sorted(set(asked.health)))
        if told != held.health and asked.device_id == held.device.device_id:
            held.health = told
            await to_thread.run_sync(self._write_health, held.device.device_id, asked)

    def _write_health(self, device_id: str, asked: LeaseRequest) -> None:
        with self._vault.records.read() as tx:
            device = tx.device(device_id)
        if device is not None:
            health.note(self._vault.records, device, asked.health, now_ns=self._vault.clock.wall_ns())

    async def _follow(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._nudged.wait()
            except TimeoutError:
                pass
            self._nudged.clear()
            if self._held:
                try:
                    await self._look()
                except AboveboardError:
                    await asyncio.sleep(LOOK_S)  # the database is away: nothing is answered until it is back
            self._sweep()

    async def _look(self) -> None:
        """Read what is new in the line of changes, and act on it."""
        async with self._looking:
            began_s = self._now_s()
            lines = await to_thread.run_sync(self._read_lines)
            if lines.anew:
                self._memory.forget(None)
                self._endings = []
            if lines.stored:
                self._memory.forget_stored(lines.stored)
            for news in lines.news:
                self._tell(news)
            self._endings += lines.endings
            self._end_pauses()
            self._seen = lines.newest
            self._fresh_until_s = began_s + FRESH_S

    def _read_lines(self) -> Lines:
        seen, now_ns = self._seen, self._vault.clock.wall_ns()
        with self._vault.records.read() as tx:
            newest = tx.newest_change()
            if seen is None or newest < seen:  # the first look, or another database than before
                return Lines([], [row for row in tx.all_pauses() if _ends_after(row, now_ns)], newest, anew=True)
            stored = self._stored_lately(tx, now_ns)
            changes = tx.changes_after(seen) if newest > seen else []
            pauses = {change.subject: tx.pause(change.subject) for change in changes if change.kind in OF_PAUSES}
        news = [news_of(change, pauses.get(change.subject)) for change in changes]
        endings = [row for row in pauses.values() if row is not None and _ends_after(row, now_ns)]
        return Lines(news, endings, changes[-1].sequence if changes else newest, anew=False, stored=stored)

    def _stored_lately(self, tx: Transaction, now_ns: int) -> list[str]:
        """Every few seconds: who stored anything since a little before the last time."""
        if now_ns < self._counted_ns + STORED_NS:
            return []
        since_ns, self._counted_ns = self._counted_ns - STORED_OVERLAP_NS, now_ns
        return tx.people_who_stored(since_ns=max(0, since_ns))

    def _end_pauses(self) -> None:
        """Those paused until now may ask again."""
        now_ns = self._vault.clock.wall_ns()
        over = [row for row in self._endings if not _ends_after(row, now_ns)]
        if over:
            self._endings = [row for row in self._endings if _ends_after(row, now_ns)]
            for row in over:
                self._tell(News(scope_of(row), Word(what="ask"), forgets=False))

    def _tell(self, news: News) -> None:
        concerned = [held for held in self._held.values() if _concerns(news.scope, held)]
        if news.pause is not None:
            self._memory.note_pause(news.pause, {held.person.person_id for held in concerned})
        elif news.forgets:
            self._memory.forget(news.scope.person_id)
        word = news.word
        told = Word(what=word.what, reason=word.reason, why=word.why, spread_ms=spread_ms(len(concerned)))
        message = control_format.encode(told)
        telling = [(self._keep(held.tell(message)), held) for held in concerned]
        asyncio.get_running_loop().call_later(TELL_S, _give_up, telling)

    def _sweep(self) -> None:
        """Close what has been silent for too long."""
        now_s = self._now_s()
        if now_s - self._swept_s < SWEEP_S:
            return
        self._swept_s = now_s
        for held in [each for each in self._held.values() if now_s - each.asked_s > SILENT_S]:
            held.shut()

    def _keep(self, work: "asyncio._CoroutineLike[None]") -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _give_up(telling: "list[tuple[asyncio.Task[None], Held]]") -> None:
    """Whoever could not be told by now."""
    for task, held in telling:
        if not task.done():
            held.shut()


def _concerns(scope: Scope, held: Held) -> bool:
    return scope.concerns(held.person.person_id, cohort=held.person.cohort, country=held.person.country)


def _ends_after(row: PauseRow, now_ns: int) -> bool:
    return row.ended_at_ns is None and row.until_ns is not None and row.until_ns > now_ns


def _denied(error: AboveboardError, asked: LeaseRequest) -> Denied:
    said = problem.from_error(error)
    return Denied(
        nonce=asked.nonce,
        status=said.status,
        code=said.code[:200],
        reason=said.reason[:200],
        what=said.what[:2000],
        cause=said.cause[:2000],
        fix=said.fix[:2000],
    )
