"""Does the grant still hold, while something is open under it?

The keyholder is asked twice a second, through the vault, and signs each answer with the key of the ledger
(``formats.standing``). So what is open closes within a second of a revocation, and by itself when the grant's time is
over. Without an answer for five seconds it closes too: whoever stands in between can only make it close. What is closed
stays closed; its content is dropped from memory, and every use of it raises.
"""

import contextlib
import math
import secrets
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from aboveboard.base.clock import SECOND_NS, Clock, SystemClock
from aboveboard.base.errors import AboveboardError, Refused, Tampered
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import standing
from aboveboard.formats.standing import ANSWER_TYPE, QUESTION_TYPE, Standing, StandingQuestion
from aboveboard.formats.trust import Trust
from aboveboard.lab.vault_port import Vault
from aboveboard.ledger.note import VerifierKey
from aboveboard.rules.decision import Reason, no
from aboveboard.sealing.signatures import SigningKey, format_public, open_signed

ASK_EVERY_S = 0.4
GOOD_FOR_S = 5.0
"""How long an answer counts."""

T = TypeVar("T")


class WhileGranted:
    """While this is entered, ``grant_id`` is known to hold; :meth:`check` raises :class:`Refused` once it does not.

    ``key`` is the requester's own. Entering asks once and raises what the answer says. Safe for threads.
    """

    def __init__(
        self, vault: Vault, grant_id: str, key: SigningKey, trust: Trust, *, clock: Clock | None = None
    ) -> None:
        self.grant_id = grant_id
        self._vault, self._key, self._clock = vault, key, clock or SystemClock()
        self._log_key = format_public(VerifierKey.parse(trust.log_key).public)
        self._ended: Reason | None = None
        self._good_until_s, self._over_s = 0.0, math.inf
        self._open: weakref.WeakSet[Kept[Any]] = weakref.WeakSet()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="while-granted", daemon=True)

    def __enter__(self) -> Self:
        self._ask()
        self.check()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._end(Reason.GRANT_UNCERTAIN)

    def check(self) -> None:
        """Raise :class:`Refused` if the grant has ended, or nobody has said lately that it has not."""
        if self._ended is None and time.monotonic() < self._good_until_s:
            return
        self._end(Reason.GRANT_EXPIRED if time.monotonic() >= self._over_s else Reason.GRANT_UNCERTAIN)
        no(self._ended or Reason.GRANT_UNCERTAIN, f"{self.grant_id} was closed").require()

    def keep(self, items: Iterable[T]) -> "Kept[T]":
        """``items``, readable as long as the grant holds."""
        kept = Kept(self, items)
        self._open.add(kept)
        return kept

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """``items`` one by one, as long as the grant holds."""
        iterator = iter(items)
        while True:
            self.check()
            try:
                item = next(iterator)
            except StopIteration:
                self.check()  # what was dropped is not at its end
                return
            self.check()
            yield item

    def _watch(self) -> None:
        while self._ended is None and not self._stop.wait(ASK_EVERY_S):
            with contextlib.suppress(AboveboardError):  # no answer that counts: what was said before runs out
                self._ask()
            with contextlib.suppress(Refused):
                self.check()

    def _ask(self) -> None:
        """One question and its answer; raises :class:`AboveboardError` where there is none that counts."""
        asked_s, nonce = time.monotonic(), secrets.token_hex(16)
        question = StandingQuestion(grant_id=self.grant_id, nonce=nonce, at_ns=self._clock.wall_ns())
        signed = self._key.sign(QUESTION_TYPE, standing.encode(question))
        data = self._vault.post(f"/v1/grants/{self.grant_id}/standing", envelope_format.encode(signed))
        answer = standing.decode_answer(open_signed(standing.decode_signed(data), ANSWER_TYPE, self._log_key))
        if (answer.grant_id, answer.nonce) != (self.grant_id, nonce):
            raise Tampered(
                "this is the answer to another question",
                cause="the vault, or something between it and this lab, replays",
                fix="keep it as evidence, and tell the steward",
            )
        self._believe(answer, asked_s)

    def _believe(self, answer: Standing, asked_s: float) -> None:
        if answer.reason != Reason.OK:
            self._end(Reason(answer.reason))
            return
        # The end of a grant never moves: what one answer said of it holds for all that follow.
        self._over_s = min(self._over_s, asked_s + (answer.expires_at_ns - answer.at_ns) / SECOND_NS)
        self._good_until_s = min(asked_s + GOOD_FOR_S, self._over_s)

    def _end(self, reason: Reason) -> None:
        if self._ended is None:
            self._ended = reason
        for kept in list(self._open):
            kept.drop()


class Kept(Sequence[T]):
    """A sequence that is empty-handed once its grant has ended: every use raises :class:`Refused`."""

    def __init__(self, granted: WhileGranted, items: Iterable[T]) -> None:
        self._granted = granted
        self._items = list(items)

    def drop(self) -> None:
        """Let go of the content."""
        self._items.clear()

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        self._granted.check()
        try:
            return self._items[place]
        except IndexError:
            self._granted.check()
            raise

    def __len__(self) -> int:
        self._granted.check()
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return self._granted.each(self._items)

    def __eq__(self, other: object) -> bool:
        self._granted.check()
        return self._items == (other._items if isinstance(other, Kept) else other)

    __hash__ = object.__hash__
