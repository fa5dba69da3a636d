"""What is erased because its time is over, by itself?

Once an hour :class:`Watch` finds the segments whose time is over within the hour, and orders their erasure, signed with
the vault's own key, together with what is over within a day: nobody gets a receipt every hour, and nothing is kept
longer than was promised. From then on it is an erasure like any other (``vault.erasure``), with a receipt that the
person sees.

The time that counts only goes on: the latest that was ever seen here and what has passed since by the clock that nobody
sets, or the wall clock if that is later. A clock that is set back gives no more days.
"""

import logging
import threading
from collections.abc import Sequence

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import erasure as erasure_format
from aboveboard.formats.erasure import LISTED_LIMIT, ORDER_TYPE, ErasureOrder
from aboveboard.rules.erasure import DAY_NS, latest_ns
from aboveboard.vault import ordering
from aboveboard.vault.erasure import carry_out
from aboveboard.vault.place import Vault
from aboveboard.vault.retained import Retained

log = logging.getLogger("aboveboard.vault")
LOOK_S = 3600.0
SOON_NS = 2 * 3600 * SECOND_NS
"""Whatever is over before the look after the next is over now."""
CLOCK = "retention"


class Watch:
    """Looks for what is over. One for each process."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._last: tuple[int, int] | None = None

    def look(self) -> list[str]:
        """Order and carry out what is due; the ids of the orders. Raises as the database does.

        What a keyholder that is away cannot end yet waits with the other erasures.
        """
        vault = self._vault
        orders = [_order(vault, person_id, ids) for person_id, ids in _over(vault, self._now_ns())]
        for erasure_id in orders:
            try:
                carry_out(vault, erasure_id)
            except AboveboardError as error:
                log.warning("what is over waits to be erased (%s): %s", erasure_id, error.what)
        return orders

    def _now_ns(self) -> int:
        """The time that counts, in the wall clock's nanoseconds."""
        boot_ns, at_ns = self._vault.clock.boot_ns(), self._vault.clock.wall_ns()
        if self._last is not None:
            at_ns = latest_ns(at_ns, self._last[0] + boot_ns - self._last[1])
        with self._vault.records.begin() as tx:
            at_ns = tx.latest_time(CLOCK, at_ns=at_ns)
        self._last = (at_ns, boot_ns)
        return at_ns


def keep_looking(vault: Vault, stop: threading.Event, *, rest_s: float = LOOK_S) -> None:
    """The body of a thread: look once an hour until ``stop``; what fails is tried again."""
    watch = Watch(vault)
    while True:
        try:
            while watch.look() and not stop.is_set():  # a long list is several orders
                pass
        except AboveboardError as error:
            log.warning("nothing was looked for whose time is over: %s", error.what)
        except Exception:
            log.exception("nothing was looked for whose time is over")
        if stop.wait(rest_s):
            return


def _over(vault: Vault, now_ns: int) -> list[tuple[str, Sequence[str]]]:
    """By person, the segments to be erased now: all that is over within a day, where any is over soon."""
    found: dict[str, list[str]] = {}
    soon: set[str] = set()
    with vault.records.read() as tx:
        retained = Retained(tx)
        for sha256 in tx.disclosures_of_segments():
            before_ns = now_ns + DAY_NS - retained.days(sha256) * DAY_NS
            for row in tx.segments_over(sha256, before_ns=before_ns, limit=LISTED_LIMIT):
                found.setdefault(row.person_id, []).append(row.segment_id)
                if retained.over_at_ns(row) <= now_ns + SOON_NS:
                    soon.add(row.person_id)
    return [(person_id, found[person_id][:LISTED_LIMIT]) for person_id in sorted(soon)]


def _order(vault: Vault, person_id: str, segment_ids: Sequence[str]) -> str:
    order = ErasureOrder(
        erasure_id=new_id(Kind.ERASURE),
        person_id=person_id,
        at_ns=vault.clock.wall_ns(),
        segments=list(segment_ids),
        why="retention",
    )
    with vault.records.begin() as tx:
        ordering.take(vault, tx, order, vault.key.sign(ORDER_TYPE, erasure_format.encode(order)))
    return order.erasure_id
