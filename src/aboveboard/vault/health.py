"""Which devices report that they do not record what they should, and how many are they?

Each request for a lease carries the words of the recorder's watchdog (``formats.lease.HealthWord``). The newest are
kept with the device. A steward is shown how many devices report each word, never which: that is enough to know that
something is wrong with the software, and says nothing about how anybody works.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Unavailable
from aboveboard.formats.lease import HealthWord
from aboveboard.vault.storage.records import Records, Transaction
from aboveboard.vault.storage.rows import DeviceRow

RENEWED_NS = 3600 * SECOND_NS
"""Words that stay the same are written down again this often: each write locks out all others."""
FRESH_NS = 2 * RENEWED_NS
"""Words older than this are a device that no longer asks."""


def note(records: Records, device: DeviceRow, told: Sequence[HealthWord], *, now_ns: int) -> None:
    """Keep what ``device`` told, if it is news."""
    health = " ".join(sorted(set(told)))
    last_ns = device.health_at_ns or 0
    changed = health != (device.health or "")
    if not changed and not (health and now_ns - last_ns >= RENEWED_NS):
        return
    with suppress(Unavailable), records.begin() as tx:  # a lease does not wait for it: it is told again
        tx.note_health(device.device_id, health=health, at_ns=now_ns)


def reported(tx: Transaction, *, now_ns: int) -> dict[str, int]:
    """Word → how many devices report it now."""
    told = tx.health_since(now_ns - FRESH_NS)
    return dict(sorted(Counter(word for health in told for word in health.split()).items()))
