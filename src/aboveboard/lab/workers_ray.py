"""The same workers on a Ray cluster.

Ray is not installed with the rest (``pip install aboveboard[scale]``). A worker is an actor with a processor of its
own; its home and the folder of the data set must be there where it runs, at the same paths. What goes through Ray is
listings of segments, counts and the names of files: no key and nothing that was recorded.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from aboveboard.base.errors import BadInput, SetupMissing, Unavailable
from aboveboard.lab.crew import run_on
from aboveboard.lab.workers import Answer, Done, Unit, Work, Workers, attempt

T = TypeVar("T")
R = TypeVar("R")


def ray_workers(words: str) -> Workers:
    """``ray://HOST:PORT/COUNT`` of a cluster, ``ray:COUNT`` of a Ray that is started for this and stopped after it."""
    address = urlsplit(words)
    count = address.path.removeprefix("/")
    if not count.isdecimal() or not 1 <= int(count) <= 100_000:
        raise BadInput(
            f"{words[:100]!r} says no workers of a Ray cluster",
            cause="how many is missing, or is no number from 1",
            fix="say ray://127.0.0.1:10001/8 for eight of a cluster, or ray:2 for two of a Ray of one's own",
        )
    return Ray(int(count), f"ray://{address.netloc}" if address.netloc else None)


@dataclass(frozen=True)
class Ray:
    """``count`` actors of the cluster at ``address``, or of a Ray of one's own on this machine."""

    count: int
    address: str | None = None

    def run(
        self,
        work: Work[T, R],
        units: Sequence[Unit[T]],
        check: Callable[[], None] = lambda: None,
        told: Callable[[int, R], None] = lambda number, result: None,
    ) -> Done[R]:
        """As :class:`aboveboard.lab.workers.Workers` says; raises :class:`SetupMissing` without Ray."""
        try:
            import ray
        except ImportError as error:
            raise SetupMissing("Ray is not installed", fix="pip install 'aboveboard[scale]'") from error
        own = {"include_dashboard": False, "num_cpus": self.count} if self.address is None else {}
        try:
            ray.init(address=self.address or "local", log_to_driver=False, logging_level="ERROR", **own)
        except (ConnectionError, RuntimeError) as error:
            raise Unavailable(
                f"the Ray cluster {self.address or 'of this machine'} cannot be reached: {error}",
                cause="it is not running, or its version of Ray or Python is another",
                fix="see 'ray status' where it runs",
            ) from error
        try:
            return run_on(_Cluster(ray), self.count, work, units, check, told)
        finally:
            ray.shutdown()


class _Actor:
    """What runs in the cluster. Its answers are values: Ray logs no error of ours."""

    def __init__(self, work: Work[Any, Any]) -> None:
        self._work, self._held = work, ExitStack()

    def begin(self) -> Answer:
        return attempt(self._begin)

    def _begin(self) -> None:
        self._function = self._held.enter_context(self._work())

    def do(self, one: Any) -> Answer:
        return attempt(self._function, one)


class _Cluster:
    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._kind = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(_Actor)
        self._actors: dict[int, Any] = {}
        self._asked: dict[int, Any] = {}

    def hire(self, work: Work[Any, Any]) -> int:
        hand = len(self._actors)
        self._actors[hand] = self._kind.remote(work)
        self._asked[hand] = self._actors[hand].begin.remote()
        return hand

    def give(self, hand: int, one: Any) -> None:
        self._asked[hand] = self._actors[hand].do.remote(one)

    def ready(self, hands: list[int], timeout_s: float) -> list[int]:
        by_ref = {self._asked[hand]: hand for hand in hands}
        found, _ = self._ray.wait(list(by_ref), num_returns=1, timeout=timeout_s)
        return [by_ref[one] for one in found]

    def answer(self, hand: int) -> Answer | None:
        try:
            said = self._ray.get(self._asked[hand])
        except self._ray.exceptions.RayError:
            return None
        return said if isinstance(said, Answer) else None

    def dismiss(self, hand: int) -> None:
        self._ray.kill(self._actors[hand])
