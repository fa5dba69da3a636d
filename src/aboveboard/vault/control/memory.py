"""What does this process remember of a person, so that renewing a lease asks the database nothing?

Just what was read of the database when it last decided about this person, answer by answer. It is forgotten as soon as
anything may have changed that concerns them, and after ``KEPT_S`` in any case (the day's bytes grow all the time).
``Remembered`` stands in for a transaction: the decision is made by the same code, from the same answers.
"""

from collections.abc import Callable, Hashable
from typing import Any, cast

from aboveboard.vault.storage.records import Transaction

KEPT_S = 30.0
READS = frozenset(
    {
        "consent",
        "current_disclosure",
        "disclosure",
        "disclosures_after",
        "pauses_of",
        "person",
        "stored_bytes",
        "unseen_notices",
    }
)
"""What may be remembered; every one of them changes only with a note in the line of changes, or with ``KEPT_S``.

Of notices the note itself makes recorders look; what a lease says of them may be as old as ``KEPT_S``.
"""

Answers = dict[Hashable, Any]


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
        self.generation = 0
        """Grows with everything that is forgotten because it may have changed."""

    def of(self, person_id: str) -> Transaction:
        """To decide with; asking it for what is not remembered raises :class:`Forgotten`."""
        until_s, answers = self._people.get(person_id, (0.0, {}))
        return cast(Transaction, Remembered(answers if self._now_s() < until_s else {}))

    def keep(self, person_id: str, answers: Answers, *, generation: int) -> None:
        """Remember what was read, unless something has changed since ``generation``, when the reading began."""
        if generation == self.generation:
            self._people[person_id] = (self._now_s() + KEPT_S, answers)

    def forget(self, person_id: str | None) -> None:
        """Something may have changed for this person, or (``None``) for anybody."""
        self.generation += 1
        if person_id is None:
            self._people.clear()
        else:
            self._people.pop(person_id, None)
