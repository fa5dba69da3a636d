"""What is the person told in the tray, and how do they say there that they have seen it?

Each lease names the newest notices that this person has not seen yet, by their hashes; one that was never fetched is
fetched at once, and what the vault announces on the control stream within :data:`SPREAD_S`. Otherwise (a vault without
a stream, a pause that ended the leases) they are looked for now and then. A notice is shown only if

1. a steward whom this person knows by their enrolment signed it, or, of an emergency, the keyholder that their
   disclosure pins,
2. it is the one that its hash names.

It stays in memory. "Seen" is signed with the device's key, when the person says so.
"""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from aboveboard.base.clock import Clock
from aboveboard.base.errors import AboveboardError
from aboveboard.formats import disclosure as disclosures
from aboveboard.formats import notice as notice_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.envelope import encode as encode_envelope
from aboveboard.formats.notice import KINDS, NOTICE_TYPE, SEEN_TYPE, Notice, Seen
from aboveboard.sealing.signatures import SigningKey, signed_by
from aboveboard.wire.client import Client

PATH = "/v1/notices"
LOOK_S = 30.0
"""How often it is looked for notices while no lease tells of them."""
SELDOM = 20
"""While leases do: every so many times."""
SPREAD_S = 3.0
"""So that not all recorders ask at once for a notice that is for everyone."""


@dataclass(frozen=True)
class Told:
    """The oldest notice that was not seen yet. ``number`` is its own while the recorder runs; ``left`` of them wait."""

    number: int
    sha256: str
    notice: Notice
    left: int

    @property
    def headline(self) -> str:
        """In one line."""
        return f"{KINDS[self.notice.kind]}: {self.notice.title}"


class _Own(msgspec.Struct):
    notice: Envelope
    sha256: str
    seen: bool


class NoticeKeeper:
    """For the person ``person_id``. :meth:`run` is the body of a thread; the other methods may be called from any.

    ``show`` is told what is to be shown from now on, ``None`` for nothing.
    """

    def __init__(
        self,
        client: Client,
        *,
        person_id: str,
        steward_keys: Sequence[str],
        keyholder_key: str,
        device_key: SigningKey,
        clock: Clock,
        show: Callable[[Told | None], None],
    ) -> None:
        self._client, self._person_id = client, person_id
        self._steward_keys, self._keyholder_key = steward_keys, keyholder_key
        self._device_key, self._clock, self._show = device_key, clock, show
        self.nudged, self._announced, self._leased = threading.Event(), threading.Event(), threading.Event()
        self._numbers: dict[str, int] = {}
        self._met: frozenset[str] = frozenset()
        self._unseen: list[tuple[str, Notice]] = []
        self._to_say: list[tuple[str, Notice]] = []
        self._lock = threading.Lock()

    def announced(self) -> None:
        """The vault says that there is something new."""
        self._announced.set()
        self.nudged.set()

    def hinted(self, hashes: Sequence[str]) -> None:
        """A lease named these as not seen yet: is there one that was never fetched?"""
        self._leased.set()
        if not self._met.issuperset(hashes):
            self.nudged.set()

    def seen(self, number: int) -> None:
        """The person says that they have seen the notice with this number."""
        with self._lock:
            said = [each for each in self._unseen if self._numbers.get(each[0]) == number]
            self._unseen = [each for each in self._unseen if each not in said]
            self._to_say += said
        self._tell()
        self.nudged.set()

    def run(self, stop: threading.Event) -> None:
        """Look at once, when a lease hints at something, and now and then; never raises for what a server does."""
        while not stop.is_set():
            self.nudged.clear()
            self._leased.clear()
            if self._announced.is_set():
                self._announced.clear()
                stop.wait(random.random() * SPREAD_S)  # noqa: S311 - any moment will do
            try:
                self._say()
                self.look()
            except AboveboardError:
                pass  # the vault is away, or does not make sense: what is shown stays, and it is tried again
            for _ in range(SELDOM):
                if self.nudged.wait(LOOK_S) or not self._leased.is_set():
                    break
                self._leased.clear()

    def look(self) -> None:
        """Fetch the notices and show the oldest that was not seen. Raises :class:`AboveboardError`."""
        try:
            items = msgspec.json.decode(self._client.get(PATH), type=list[_Own])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        self._met = frozenset(item.sha256 for item in items)
        found = [(item.sha256, notice) for item in items if not item.seen and (notice := self._believed(item))]
        found.reverse()
        with self._lock:
            said = {sha256 for sha256, _ in self._to_say}
            self._unseen = [each for each in found if each[0] not in said]
            for sha256, _ in self._unseen:
                self._numbers.setdefault(sha256, len(self._numbers))
        self._tell()

    def _say(self) -> None:
        while self._to_say:
            sha256, notice = self._to_say[0]
            document = Seen(
                notice_id=notice.notice_id,
                notice_sha256=sha256,
                person_id=self._person_id,
                channel="tray",
                at_ns=self._clock.wall_ns(),
            )
            signed = self._device_key.sign(SEEN_TYPE, notice_format.encode(document))
            self._client.post(f"{PATH}/{notice.notice_id}/seen", encode_envelope(signed))
            with self._lock:
                self._to_say.pop(0)

    def _tell(self) -> None:
        with self._lock:
            told = None
            if self._unseen:
                sha256, notice = self._unseen[0]
                told = Told(self._numbers[sha256], sha256, notice, len(self._unseen))
        self._show(told)

    def _believed(self, item: _Own) -> Notice | None:
        try:
            signer, payload = signed_by(item.notice, NOTICE_TYPE, [*self._steward_keys, self._keyholder_key])
            notice = notice_format.decode_notice(payload)
            # An emergency is told by the keyholder, and nothing else is.
            by_keyholder = signer == self._keyholder_key
            if disclosures.digest(payload) != item.sha256 or by_keyholder != (notice.kind == "emergency"):
                return None
            return notice
        except AboveboardError:
            return None
