"""What does this process remember of a person, so that renewing a lease asks the database nothing?

Just what was read of the database when it last decided about this person, answer by answer. It is forgotten as soon as
anything may have changed that concerns them; how many bytes they stored today is looked after apart, every few seconds.
``Remembered`` stands in for a transaction: the decision is made by the same code, from the same answers.
"""

import random
from collections.abc import Callable, Hashable, Iterable
from typing import Any, cast

from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import DisclosureRow, PauseRow

PAUSES, STORED, NOTICES = "pauses_of", "stored_bytes", "unseen_notices"
NOTICES_KEPT_S = 300.0
READS = frozenset(
    {"consent", "current_disclosure", "disclosure", "disclosures_after", PAUSES, "person", STORED, NOTICES}
)
"""What may be remembered. Each changes only with a note in the line of changes, but for the bytes, and for notices that
were seen: those may be told for ``NOTICES_KEPT_S`` more. A new one is a note, and is told at once.
"""

Answers = dict[tuple[Hashable, ...], Any]


class Forgotten(BaseException):
    """The database must be asked. No :class:`Exception`, so that no rule takes it for an error of its own."""


class Remembered:
    """Answers as a transaction would, from ``answers``; with ``tx`` it asks there, and keeps what it was told."""

    def __init__(self, answers: Answers, tx: Transaction | None = None) -> None:
        self._answers, self._tx = answers, tx

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in READS:
            if self._tx is None:
                raise Forgotten(name)
            return cast(Callable[..., Any], getattr(self._tx, name))

        def ask(*arguments: Hashable, **words: Hashable) -> Any:
            key = (name, arguments, *words.items())
            if key not in self._answers:
                if self._tx is None:
                    raise Forgotten(name)
                self._answers[key] = getattr(self._tx, name)(*arguments, **words)
            return self._answers[key]

        return ask


class Memory:
    """What was answered of each person. For one thread; ``now_s`` is a clock that only goes forward."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._people: dict[str, tuple[float, Answers]] = {}
        self._disclosures: dict[str, DisclosureRow] = {}
        """Published ones, by their hash: they never change."""
        self.generation = 0
        """Grows with everything that is forgotten because it may have changed."""

    def of(self, person_id: str) -> Transaction:
        """To decide with; asking it for what is not remembered raises :class:`Forgotten`."""
        return cast(Transaction, Remembered(self._known(person_id)))

    def known(self, person_id: str) -> Answers:
        """A copy of what is remembered, to be added to."""
        return dict(self._known(person_id))

    def keep(self, person_id: str, answers: Answers, *, generation: int) -> None:
        """Remember what was read, unless something has changed since ``generation``, when the reading began."""
        if generation == self.generation:
            for key, row in answers.items():
                if isinstance(row, DisclosureRow):  # the same large one for everybody
                    answers[key] = self._disclosures.setdefault(row.sha256, row)
            kept_s = random.uniform(0.5, 1.0) * NOTICES_KEPT_S  # noqa: S311 - so that not all are read anew at once
            self._people[person_id] = (self._now_s() + kept_s, answers)

    def _known(self, person_id: str) -> Answers:
        until_s, answers = self._people.get(person_id, (0.0, {}))
        if self._now_s() >= until_s:
            _drop(answers, NOTICES)
        return answers

    def forget(self, person_id: str | None) -> None:
        """Something may have changed for this person, or (``None``) for anybody."""
        self.generation += 1
        if person_id is None:
            self._people.clear()
        else:
            self._people.pop(person_id, None)

    def note_pause(self, pause: PauseRow, people: Iterable[str]) -> None:
        """This pause, which concerns just these people, has begun or ended: nothing else needs to be read anew."""
        self.generation += 1
        for person_id in people:
            answers, key = self._people.get(person_id, (0.0, {}))[1], (PAUSES, (person_id,))
            if key in answers:
                others = [row for row in answers[key] if row.pause_id != pause.pause_id]
                answers[key] = sorted([*others, pause], key=lambda row: (row.at_ns, row.pause_id))

    def forget_stored(self, people: Iterable[str]) -> None:
        """These have stored something since."""
        self.generation += 1
        for person_id in people:
            _drop(self._people.get(person_id, (0.0, {}))[1], STORED)


def _drop(answers: Answers, name: str) -> None:
    for key in [key for key in answers if key[0] == name]:
        del answers[key]
