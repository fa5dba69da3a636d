"""What does the vault remember of notices: what was said, and what became of each delivery?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from aboveboard.formats.notice import NoticeKind
from aboveboard.vault.storage.rows import PersonRow

DeliveryState = Literal["waiting", "offered", "seen", "dead"]


@dataclass(frozen=True)
class NoticeRow:
    """``sha256`` is over the payload; ``released_at_ns``: when a steward let anybody read it."""

    notice_id: str
    kind: NoticeKind
    sha256: str
    envelope: str
    published_by: str
    published_at_ns: int
    released_at_ns: int | None = None


@dataclass(frozen=True)
class DeliveryRow:
    """One notice on its way to one person by one channel.

    ``waiting``: nobody has taken it yet. ``offered``: their recorder or page was handed it, or their mail server took
    it (``detail`` is its answer). ``seen``: the signed ``seen`` is here. ``dead``: given up after ``attempts``.
    """

    notice_id: str
    person_id: str
    channel: str
    state: DeliveryState
    attempts: int = 0
    next_at_ns: int | None = None
    at_ns: int | None = None
    detail: str = ""
    seen: str | None = None


@dataclass(frozen=True)
class MailAddressRow:
    """``sealed``: the address under the vault's own key for that, base64; empty when it was taken back."""

    person_id: str
    sealed: str


class Notices(Protocol):
    """Notices, deliveries, mail addresses."""

    def everybody(self) -> list[PersonRow]:
        """Everyone who was ever enrolled."""

    def add_notice(self, row: NoticeRow, deliveries: Sequence[DeliveryRow]) -> None: ...
    def notice(self, notice_id: str) -> NoticeRow | None: ...
    def all_notices(self) -> list[NoticeRow]:
        """Newest first."""

    def release_notice(self, notice_id: str, *, at_ns: int) -> None:
        """Note the first release; a second changes nothing."""

    def notices_of(self, person_id: str) -> list[NoticeRow]:
        """Those sent to this person, newest first."""

    def unseen_notices(self, person_id: str, *, limit: int = 10_000) -> list[str]:
        """The hashes of those that this person has not said to have seen by any channel, newest first."""

    def deliveries_of(self, notice_id: str) -> list[DeliveryRow]: ...
    def delivery(self, notice_id: str, person_id: str, channel: str) -> DeliveryRow | None: ...
    def note_offered(self, notice_ids: Collection[str], person_id: str, channel: str, *, at_ns: int) -> None:
        """Of those that waited."""

    def note_seen(self, notice_id: str, person_id: str, channel: str, *, seen: str, at_ns: int) -> None:
        """Note the first; a second changes nothing."""

    def unreached(self, notice_id: str) -> int:
        """How many people were offered it by no channel."""

    def claim_mail(self, *, now_ns: int, until_ns: int, limit: int) -> list[DeliveryRow]:
        """Mails that are due; none is due again before ``until_ns``. Each counts as an attempt from now on."""

    def note_mail(
        self, row: DeliveryRow, *, state: DeliveryState, next_at_ns: int | None, at_ns: int, detail: str
    ) -> None: ...
    def dead_letters(self) -> list[DeliveryRow]: ...

    def set_mail_address(self, person_id: str, sealed: str) -> None: ...
    def mail_addresses(self) -> dict[str, str]:
        """The sealed address of each person who gave one."""
