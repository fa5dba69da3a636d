"""What worries those who take part, and what does this person do about it?

What the vault lists is checked here: an anonymous concern holds a pass under the modulus that everybody is shown (a
vault that hands out others is found by it), who sees to it and what was answered are signed by a steward that this
person knows. An anonymous raising or joining goes over a connection of its own, asked with the pass's key alone.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

import msgspec

from aboveboard.base.errors import AboveboardError, BadInput, NotFound, Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import concern as concern_format
from aboveboard.formats.concern import ANSWER_TYPE, CONCERN_TYPE, JOINING_TYPE, OWNING_TYPE, Concern, Joining
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import encode_json
from aboveboard.formats.passes import RAISE, Pass
from aboveboard.rules.concerns import HOUR_NS, join_scope, raise_scopes
from aboveboard.rules.decision import Reason
from aboveboard.sealing import blind
from aboveboard.sealing.signatures import SigningKey, open_signed, signed_by
from aboveboard.viewer.agreement import iso
from aboveboard.viewer.passes import Kept, Passes, Vault

FRESH_NS = 24 * HOUR_NS


class Raised(msgspec.Struct, omit_defaults=True):
    """As the vault takes it."""

    concern: Envelope
    raised_with: Pass | None = None


class _Listed(msgspec.Struct):
    concern: Envelope
    raised_with: Pass | None
    raised_at_ns: int
    answer_by_ns: int
    owning: Envelope | None
    answer: Envelope | None
    answered_at_ns: int | None
    joins: int
    joins_openly: int
    overdue: bool


class Unnamed(Protocol):
    """Makes a client of the vault that signs with a one-time key, over a connection of its own."""

    def __call__(self, key: SigningKey) -> Vault: ...


class Concerns:
    """This person's part in the concerns of their programme."""

    def __init__(
        self,
        vault: Vault,
        unnamed: Unnamed,
        passes: Passes,
        *,
        person: SigningKey,
        person_id: str,
        keyholder_key: str,
        steward_keys: Collection[str],
        now_ns: Callable[[], int],
    ) -> None:
        self._vault, self._unnamed, self._passes = vault, unnamed, passes
        self._person, self._person_id = person, person_id
        self._keyholder_key, self._steward_keys, self._now_ns = keyholder_key, steward_keys, now_ns

    def listed(self) -> dict[str, Any]:
        """Every concern, the earliest date first, and whether this person can raise one anonymously.

        Fetches passes by the way, each time, as every page does.
        """
        items = self._list()
        fault = self._fetch(items)
        return {
            "concerns": [self._shown(item) for item in items],
            "anonymous_left": self._passes.count(raise_scopes(self._now_ns())),
            "anonymous_fresh": self.fresh(),
            "passes_fault": fault,
        }

    def fresh(self) -> bool:
        """Was the pass that would be used now fetched so lately that the two moments would tell whose it is?"""
        kept = self._passes.of(raise_scopes(self._now_ns()))
        return kept is not None and self._now_ns() - kept.fetched_ns < FRESH_NS

    def raise_one(self, text: str, *, anonymously: bool) -> str:
        """Raise a concern; its id. Raises what the vault refuses, and NotFound if no pass is left."""
        now_ns = self._now_ns()
        # The older first: it was fetched longer ago, by everybody whose page was open last month.
        kept = self._pass(raise_scopes(now_ns)) if anonymously else None
        concern = _made(
            concern_id=new_id(Kind.CONCERN),
            person_id=None if anonymously else self._person_id,
            text=text,
            at_ns=now_ns - now_ns % HOUR_NS if anonymously else now_ns,
        )
        key = self._person if kept is None else kept.key()
        signed = key.sign(CONCERN_TYPE, concern_format.encode(concern))
        body = Raised(concern=signed, raised_with=None if kept is None else kept.given())
        self._send("/v1/concerns", encode_json(body), kept, unnamed=anonymously)
        return concern.concern_id

    def join(self, concern_id: str, *, anonymously: bool) -> None:
        """Share a concern."""
        kept = self._pass([join_scope(concern_id)])
        document = concern_format.encode(
            Joining(concern_id=concern_id, person_id=None if anonymously else self._person_id)
        )
        signed = kept.key().sign(JOINING_TYPE, document)
        if not anonymously:
            mine = self._person.sign(JOINING_TYPE, document)
            signed = msgspec.structs.replace(signed, signatures=[*signed.signatures, *mine.signatures])
        body = msgspec.json.encode({"joining": signed, "joined_with": kept.given()})
        self._send(f"/v1/concerns/{concern_id}/joins", body, kept, unnamed=anonymously)

    def _send(self, path: str, body: bytes, kept: Kept | None, *, unnamed: bool) -> None:
        """Send it, and forget the pass once the vault has taken it or says that it was used."""
        asked_with = self._unnamed(kept.key()) if kept is not None and unnamed else self._vault
        try:
            asked_with.post(path, body)
        except Refused as error:
            if kept is not None and error.reason == Reason.CONCERN_PASS_SPENT:
                self._passes.forget(kept)
            raise
        if kept is not None:
            self._passes.forget(kept)

    def _pass(self, scopes: Sequence[str]) -> Kept:
        kept = self._passes.of(scopes)
        if kept is None:
            self._passes.fetch(self._vault, self._keyholder_key, usual=self._usual(self._list()), now_ns=self._now_ns())
            kept = self._passes.of(scopes)
        if kept is None:
            raise NotFound(
                "there is no pass for this on this machine",
                cause="you have used it, or it was fetched on another machine of yours",
                fix="raise your concern openly, or wait for next month's passes",
            )
        return kept

    def _fetch(self, items: list[_Listed]) -> dict[str, str] | None:
        """Why no passes could be fetched, if so: the list is shown all the same."""
        try:
            self._passes.fetch(self._vault, self._keyholder_key, usual=self._usual(items), now_ns=self._now_ns())
        except AboveboardError as error:
            return {"code": error.code, "what": error.what, "cause": error.cause, "fix": error.fix}
        return None

    def _list(self) -> list[_Listed]:
        try:
            return msgspec.json.decode(self._vault.get("/v1/concerns"), type=list[_Listed])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadInput(
                "the vault's list of concerns cannot be read",
                cause="it is of another version, or something else answers at its address",
                fix="check the vault's address, or update Aboveboard",
            ) from error

    def _usual(self, items: list[_Listed]) -> set[str]:
        """The scopes that everybody fetches passes for now, by this machine's own clock and the list that all see."""
        waiting = [concern_format.decode_concern(item.concern.body()) for item in items if item.answer is None]
        now_ns = self._now_ns()
        near = {raise_scopes(now_ns + shift_ns)[1] for shift_ns in (-HOUR_NS, 0, HOUR_NS)}
        return near | {join_scope(concern.concern_id) for concern in waiting}

    def _shown(self, item: _Listed) -> dict[str, Any]:
        concern = concern_format.decode_concern(item.concern.body())
        owning = self._by_steward(item.owning, OWNING_TYPE)
        answered = self._by_steward(item.answer, ANSWER_TYPE)
        return {
            "concern_id": concern.concern_id,
            "text": concern.text,
            "anonymous": concern.person_id is None,
            "mine": concern.person_id == self._person_id,
            "checked": self._holds(concern, item),
            "raised_at": iso(item.raised_at_ns),
            "answer_by": iso(item.answer_by_ns),
            "overdue": item.overdue,
            "owned": owning is not None,
            "answer": None if answered is None else _answer(answered, concern.concern_id),
            "answered_at": None if item.answered_at_ns is None else iso(item.answered_at_ns),
            "joins": item.joins,
            "joins_openly": item.joins_openly,
            "can_join": item.answer is None and self._passes.count([join_scope(concern.concern_id)]) > 0,
        }

    def _holds(self, concern: Concern, item: _Listed) -> bool:
        """Is it what it seems? Of an open one of somebody else only the vault can say."""
        given, modulus = item.raised_with, self._passes.modulus()
        try:
            if concern.person_id == self._person_id:
                open_signed(item.concern, CONCERN_TYPE, self._person.public)
            elif concern.person_id is None:
                if given is None or modulus is None or not given.scope.startswith(RAISE):
                    return False
                message, info = given.key.encode("ascii"), given.scope.encode("ascii")
                blind.verify(modulus, message, info, bytes.fromhex(given.signature))
                open_signed(item.concern, CONCERN_TYPE, given.key)
        except AboveboardError:
            return False
        return True

    def _by_steward(self, envelope: Envelope | None, kind: str) -> bytes | None:
        """The document, if a steward that this person knows signed it."""
        if envelope is None:
            return None
        try:
            return signed_by(envelope, kind, self._steward_keys)[1]
        except AboveboardError:
            return None


def _answer(document: bytes, concern_id: str) -> dict[str, str] | None:
    answer = concern_format.decode_answer(document)
    return {"text": answer.text, "by_name": answer.by_name} if answer.concern_id == concern_id else None


def _made(**words: Any) -> Concern:
    """The concern, if its text fits; raises :class:`BadInput`."""
    try:
        return msgspec.convert(words, Concern)
    except msgspec.ValidationError as error:
        raise BadInput(
            f"this concern cannot be raised: {error}",
            cause="a concern has 10 to 2000 characters, and no control characters",
            fix="change the text, then raise it again",
        ) from error
