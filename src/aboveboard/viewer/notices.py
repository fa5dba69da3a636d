"""What is this person told, and how do they say that they have seen it?

A notice counts if a steward that this person knows signed it and it is the one that its hash names; others are counted,
never shown. "Seen" is signed with the person's own key when they say so, not when a page happens to be open.
"""

from collections.abc import Callable, Collection
from typing import Any

import msgspec

from aboveboard.base.errors import AboveboardError, BadInput, NotFound
from aboveboard.formats import disclosure as disclosures
from aboveboard.formats import notice as notice_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.envelope import encode as encode_envelope
from aboveboard.formats.notice import KINDS, NOTICE_TYPE, SEEN_TYPE, Notice, Seen
from aboveboard.sealing.signatures import SigningKey, signed_by
from aboveboard.viewer.agreement import iso
from aboveboard.viewer.passes import Vault


class _Own(msgspec.Struct):
    notice: Envelope
    sha256: str
    published_at_ns: int
    seen: bool


class _Mail(msgspec.Struct):
    given: bool


class Notices:
    """The notices for one person."""

    def __init__(
        self,
        vault: Vault,
        *,
        person: SigningKey,
        person_id: str,
        steward_keys: Collection[str],
        keyholder_key: str,
        now_ns: Callable[[], int],
    ) -> None:
        self._vault, self._person, self._person_id = vault, person, person_id
        self._steward_keys, self._keyholder_key, self._now_ns = steward_keys, keyholder_key, now_ns

    def listed(self) -> dict[str, Any]:
        """Every notice, newest first; ``unbelieved`` counts those that are not shown."""
        items = self._own()
        believed = [(item, notice) for item in items if (notice := self._believed(item)) is not None]
        return {
            "notices": [
                {
                    "notice_id": notice.notice_id,
                    "kind": notice.kind,
                    "kind_words": KINDS[notice.kind],
                    "title": notice.title,
                    "text": notice.text,
                    "at": iso(item.published_at_ns),
                    "seen": item.seen,
                }
                for item, notice in believed
            ],
            "unbelieved": len(items) - len(believed),
        }

    def seen(self, notice_id: str) -> None:
        """Say that this person has seen it."""
        for item in self._own():
            notice = self._believed(item)
            if notice is not None and notice.notice_id == notice_id:
                document = Seen(
                    notice_id=notice_id,
                    notice_sha256=item.sha256,
                    person_id=self._person_id,
                    channel="page",
                    at_ns=self._now_ns(),
                )
                signed = self._person.sign(SEEN_TYPE, notice_format.encode(document))
                self._vault.post(f"/v1/notices/{notice_id}/seen", encode_envelope(signed))
                return
        raise NotFound("there is no such notice for you", cause="the page is old", fix="load the page again")

    def has_mail(self) -> bool:
        """Does the vault have an address of this person?"""
        return msgspec.json.decode(self._vault.get("/v1/mail-address"), type=_Mail).given

    def set_mail(self, address: str | None) -> None:
        """Have notices by mail too (``None``: no longer). Raises :class:`BadInput` for what is no address."""
        self._vault.post("/v1/mail-address", msgspec.json.encode({"address": address}))

    def _own(self) -> list[_Own]:
        try:
            return msgspec.json.decode(self._vault.get("/v1/notices"), type=list[_Own])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadInput(
                "the vault's notices cannot be read",
                cause="it is of another version, or something else answers at its address",
                fix="check the vault's address, or update Aboveboard",
            ) from error

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
