"""Which passes does this person hold, and how do they come by more?

The page fetches all there are, for every concern, whether anybody wants to use them or not: so fetching says nothing.
In this order, each time:

1. The keyholder that the disclosure pins vouches for the vault's modulus.
2. It is the one of before, if there was one.
3. What is fetched is what everybody fetches: for this month, and for the concerns that are listed. A vault that offered
   a person something of their own would know them by it.
4. What is asked for is written down first, so that an answer that is lost can be asked for again.
5. A pass counts once its signature holds.

A pass is forgotten when it is used: nothing on this machine says afterwards what it was used for.
"""

import fcntl
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from aboveboard.base.errors import Tampered
from aboveboard.formats import passes as pass_format
from aboveboard.formats.fields import Document, Nanoseconds, decode_json, encode_json
from aboveboard.formats.passes import KEY_TYPE, Number, Pass, PassesAsked, Scope
from aboveboard.sealing import blind
from aboveboard.sealing.blind import Blinded
from aboveboard.sealing.signatures import SigningKey, open_signed
from aboveboard.wire.server import write_atomically

FILE_NAME, LOCK_NAME = "passes.json", "passes.lock"
LIMIT_BYTES = 16 * 1024 * 1024
AT_ONCE = 8

Secret = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
"""A one-time key's seed, in hex."""


class Vault(Protocol):
    """What is needed of ``wire.client.Client``, signing with the person's key."""

    def get(self, path: str) -> bytes: ...

    def post(self, path: str, body: bytes) -> bytes: ...


class Asking(Document, frozen=True):
    """A pass on its way: ``asked`` is what the vault was or will be shown, ``inverse`` takes the blind away."""

    scope: Scope
    secret: Secret
    asked: Number
    inverse: Annotated[str, Meta(pattern="^[0-9a-f]{1,512}$")]


class Kept(Document, frozen=True):
    """A pass and its one-time key, fetched at ``fetched_ns`` (wall time)."""

    scope: Scope
    secret: Secret
    signature: Number
    fetched_ns: Nanoseconds

    def key(self) -> SigningKey:
        """The one-time key."""
        return SigningKey.from_private_bytes(bytes.fromhex(self.secret))

    def given(self) -> Pass:
        """What comes with the document that the key signs."""
        return Pass(key=self.key().public, scope=self.scope, signature=self.signature)


class Book(Document, frozen=True):
    """All of it: the modulus that was seen first, what is on its way, what is there."""

    modulus: Number | None = None
    asking: list[Asking] = msgspec.field(default_factory=list)
    kept: list[Kept] = msgspec.field(default_factory=list)


class Passes:
    """The passes in the participant's folder ``home``. Safe for several processes."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def modulus(self) -> int | None:
        """The modulus under which passes hold here, once it is known."""
        known = self._load().modulus
        return None if known is None else int(known, 16)

    def of(self, scopes: Sequence[str]) -> Kept | None:
        """A pass of the first of ``scopes`` that there is one of."""
        kept = self._load().kept
        return next((each for scope in scopes for each in kept if each.scope == scope), None)

    def count(self, scopes: Sequence[str]) -> int:
        """How many there are of ``scopes``."""
        return sum(kept.scope in scopes for kept in self._load().kept)

    def forget(self, used: Kept) -> None:
        """Its key is used."""
        with self._changing():
            book = self._load()
            left = [kept for kept in book.kept if kept.secret != used.secret]
            self._save(msgspec.structs.replace(book, kept=left))

    def fetch(self, vault: Vault, keyholder_key: str, *, usual: Collection[str], now_ns: int) -> int:
        """Fetch what there is of the ``usual`` scopes, those that everybody fetches; how many came.

        Raises :class:`Tampered` if the vault's modulus is not to be believed.
        """
        with self._changing():
            offered = pass_format.decode_offered(vault.get("/v1/passes"))
            modulus = pass_format.decode_key(open_signed(offered.key, KEY_TYPE, keyholder_key)).modulus
            book = self._load()
            if book.modulus not in {None, modulus}:
                raise Tampered(
                    "the vault's passes hold under another key than before",
                    cause="it may hand out a key for each person, to know them by it",
                    fix="do not raise anything anonymously; tell the steward or the participants' representative",
                )
            wanted = [
                self._hide(modulus, each.scope)
                for each in offered.allowances
                if each.scope in usual
                for _ in range(each.left - sum(known.scope == each.scope for known in book.asking))
            ]
            book = msgspec.structs.replace(book, modulus=modulus, asking=[*book.asking, *wanted])
            self._save(book)
            came = 0
            for scope in sorted({each.scope for each in book.asking}):
                mine = [each for each in book.asking if each.scope == scope]
                for start in range(0, len(mine), AT_ONCE):
                    book = self._ask(vault, book, mine[start : start + AT_ONCE], now_ns)
                    came += len(mine[start : start + AT_ONCE])
                    self._save(book)
            return came

    def _hide(self, modulus: str, scope: str) -> Asking:
        key = SigningKey.generate()
        hidden = blind.blind(int(modulus, 16), key.public.encode("ascii"), scope.encode("ascii"))
        return Asking(
            scope=scope, secret=key.private_bytes().hex(), asked=hidden.asked.hex(), inverse=f"{hidden.inverse:x}"
        )

    def _ask(self, vault: Vault, book: Book, part: list[Asking], now_ns: int) -> Book:
        asked = PassesAsked(scope=part[0].scope, asked=[each.asked for each in part])
        given = pass_format.decode_given(vault.post("/v1/passes", encode_json(asked)))
        if len(given.signed) != len(part):
            raise Tampered("the vault signed something else than was asked", cause="a fault of it", fix="try again")
        kept = [_finished(book, each, signed, now_ns) for each, signed in zip(part, given.signed, strict=True)]
        rest = [each for each in book.asking if each not in part]
        return msgspec.structs.replace(book, asking=rest, kept=[*book.kept, *kept])

    @contextmanager
    def _changing(self) -> Iterator[None]:
        descriptor = os.open(self._home / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _load(self) -> Book:
        try:
            raw = (self._home / FILE_NAME).read_bytes()
        except FileNotFoundError:
            return Book()
        return decode_json(raw, Book, name="book of passes", limit_bytes=LIMIT_BYTES)

    def _save(self, book: Book) -> None:
        write_atomically(self._home / FILE_NAME, encode_json(book))


def _finished(book: Book, asking: Asking, signed: str, now_ns: int) -> Kept:
    """Step 5."""
    key = SigningKey.from_private_bytes(bytes.fromhex(asking.secret))
    signature = blind.unblind(
        int(book.modulus or "0", 16),
        key.public.encode("ascii"),
        asking.scope.encode("ascii"),
        bytes.fromhex(signed),
        Blinded(bytes.fromhex(asking.asked), int(asking.inverse, 16)),
    )
    return Kept(scope=asking.scope, secret=asking.secret, signature=signature.hex(), fetched_ns=now_ns)
