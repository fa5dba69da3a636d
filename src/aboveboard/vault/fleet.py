"""What has happened to each device since it was last written down?

Whoever answers a request for a lease calls :meth:`FleetWatch.seen`, and intake :meth:`~FleetWatch.taken_in` and
:meth:`~FleetWatch.offered`: a few assignments in memory. ``vault.reporting`` writes them down twice a second, in one
transaction for all devices.
"""

import threading
from dataclasses import replace

from aboveboard.rules.decision import Reason
from aboveboard.rules.fleet import News

KEPT = 32
"""As many answers to one device are kept until they are written; more than that is not a recorder of ours."""
_NOTHING = News()


class FleetWatch:
    """What happened to each device since the last look. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news: dict[str, News] = {}

    def seen(
        self, device_id: str, *, at_ns: int, version: str, answer: str = Reason.OK, lease_until_ns: int = 0
    ) -> None:
        """``device_id`` asked for a lease at ``at_ns`` and was given one until ``lease_until_ns``, or was refused."""
        with self._lock:
            old = self._news.get(device_id, _NOTHING)
            self._news[device_id] = replace(
                old,
                asked_at_ns=at_ns,
                answer=answer,
                version=version,
                answers=(*old.answers, (at_ns, lease_until_ns))[-KEPT:],
            )

    def taken_in(self, device_id: str, *, end_ns: int, at_ns: int) -> None:
        """A segment was taken in at ``at_ns``; its last frame is of ``end_ns``, by the vault's clock."""
        with self._lock:
            old = self._news.get(device_id, _NOTHING)
            self._news[device_id] = replace(old, frames=(*old.frames, (end_ns, at_ns)))

    def offered(self, device_id: str, *, end_ns: int) -> None:
        """A segment that ends at ``end_ns`` was refused because a pause lies in it."""
        with self._lock:
            old = self._news.get(device_id, _NOTHING)
            self._news[device_id] = replace(old, offered=(*old.offered, end_ns))

    def take(self) -> dict[str, News]:
        """What is new, to be written."""
        with self._lock:
            news, self._news = self._news, {}
        return news

    def put_back(self, news: dict[str, News]) -> None:
        """It could not be written; what came meanwhile is newer."""
        with self._lock:
            self._news = news | self._news
