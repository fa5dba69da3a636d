"""How do several workers share the units, and how are they stopped?

A crew is where workers are hired: :class:`Processes` of this machine, or a cluster's. :func:`run_on` deals out the
units. It looks up :data:`LOOK_S` after :data:`LOOK_S` whether all is to stop; nobody waits for a worker that is busy.
"""

import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol, TypeVar

from aboveboard.base.errors import BadInput, Unavailable
from aboveboard.lab.workers import TRIES, Answer, Course, Done, Here, Unit, Work, Workers, attempt

LOOK_S = 0.1

T = TypeVar("T")
R = TypeVar("R")
H = TypeVar("H", bound=Hashable)


class Crew(Protocol[H]):
    """Where workers are hired. Each answers once when it is ready for a first unit, and then once for each."""

    def hire(self, work: Work[Any, Any]) -> H: ...
    def give(self, hand: H, one: Any) -> None: ...
    def ready(self, hands: list[H], timeout_s: float) -> list[H]: ...
    def answer(self, hand: H) -> Answer | None:
        """What it said; None if it died."""

    def dismiss(self, hand: H) -> None:
        """End it now, whatever it is doing."""


def run_on(
    crew: Crew[H],
    count: int,
    work: Work[T, R],
    units: Sequence[Unit[T]],
    check: Callable[[], None],
    told: Callable[[int, R], None],
) -> Done[R]:
    """The units, done by ``count`` workers of ``crew``, as :class:`Workers` says."""
    course: Course[T, R] = Course(units, told, largest_first=True)
    busy: dict[H, int | None] = {}
    idle: list[H] = []
    unready: Counter[str] = Counter()
    try:
        while len(course) or any(number is not None for number in busy.values()):
            check()
            while idle and len(course):
                hand, number = idle.pop(), course.next()
                assert number is not None
                busy[hand] = number
                crew.give(hand, units[number].of)
            while len(busy) < count and sum(one is None for one in busy.values()) < len(course):
                busy[crew.hire(work)] = None
            for hand in crew.ready(list(busy), LOOK_S):
                answer, number = crew.answer(hand), busy.pop(hand)
                if answer is None or (number is None and answer.accident):
                    crew.dismiss(hand)
                else:
                    idle.append(hand)
                answer = answer or Answer(accident="its worker died")
                if number is not None:
                    course.take(number, answer)
                    continue
                answer.require()
                unready[answer.accident] += bool(answer.accident)
                if unready.total() >= TRIES * count:
                    raise Unavailable(
                        f"no worker comes to work: {unready.most_common(1)[0][0]}",
                        cause="what they need is not there, or there is no memory left",
                        fix="try with one worker, which says more",
                    )
        return course.done()
    finally:
        for hand in [*busy, *idle]:
            crew.dismiss(hand)


@dataclass(frozen=True)
class Processes:
    """``count`` processes of this machine, each a fresh one that knows only what it is given."""

    count: int

    def run(
        self,
        work: Work[T, R],
        units: Sequence[Unit[T]],
        check: Callable[[], None] = lambda: None,
        told: Callable[[int, R], None] = lambda number, result: None,
    ) -> Done[R]:
        return run_on(_Local(), self.count, work, units, check, told)


class _Local:
    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._processes: dict[Connection, Any] = {}

    def hire(self, work: Work[Any, Any]) -> Connection:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, work), daemon=True)
        process.start()
        theirs.close()
        self._processes[ours] = process
        return ours

    def give(self, hand: Connection, one: Any) -> None:
        with suppress(OSError):  # it died: :meth:`answer` will say so
            hand.send(one)

    def ready(self, hands: list[Connection], timeout_s: float) -> list[Connection]:
        return [one for one in wait(hands, timeout_s) if isinstance(one, Connection)]

    def answer(self, hand: Connection) -> Answer | None:
        try:
            said = hand.recv()
        except (EOFError, OSError):
            return None
        return said if isinstance(said, Answer) else None

    def dismiss(self, hand: Connection) -> None:
        process = self._processes.pop(hand)
        process.kill()
        hand.close()
        process.join()


def _serve(connection: Connection, work: Work[Any, Any]) -> None:
    """What a process does: say that it is ready, then one unit after the other. It ends with whoever started it."""
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def serve() -> None:
        with work() as function:
            connection.send(Answer())
            while True:
                connection.send(attempt(function, connection.recv()))

    with suppress(EOFError, OSError):
        connection.send(attempt(serve))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def workers_of(words: str) -> Workers:
    """From what a person asks for: "1", "2", or "ray://HOST:PORT" with "/COUNT" behind; raises :class:`BadInput`."""
    if words.startswith("ray:"):
        from aboveboard.lab.workers_ray import ray_workers

        return ray_workers(words)
    if not words.isdecimal() or not 1 <= int(words) <= 1024:
        raise BadInput(
            f"{words[:100]!r} says no workers",
            cause="it is neither a number from 1 nor the address of a Ray cluster",
            fix="say 2 for two processes, ray:2 for two of a Ray of one's own, or ray://HOST:10001/2 for a cluster's",
        )
    return Here() if int(words) == 1 else Processes(int(words))
