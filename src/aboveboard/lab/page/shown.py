"""What does the page show of a data set, and until when?

Each answer is given only while the grant holds under which the data set is open, and while the vault says that nothing
in it was erased. What was read to answer lives in memory, and goes with the grant.
"""

import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput, NotFound, Refused
from aboveboard.formats.lineage import Lineage
from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.dataset.split import PARTS, By, SplitRule, split
from aboveboard.lab.dataset.statistics import count
from aboveboard.replay.pixels import encode_png

PAGE_EPISODES: Final = 100
"""Episodes in one answer."""
USABLE_EVERY_S: Final = 5.0
"""How often the vault is asked whether anything in the data set was erased."""
RULES: Final[dict[str, tuple[By, ...]]] = {"person": ("person",), "task": ("task",), "both": ("person", "task")}
_MS_NS: Final = 1_000_000


class Shown:
    """The answers of the page of ``data``. ``usable`` raises :class:`Refused` once the data set may not be used.

    Every method raises that, and what ``data`` raises when its grant has ended; then what was read is forgotten. Safe
    for threads.
    """

    def __init__(
        self,
        data: Dataset,
        usable: Callable[[], None] = lambda: None,
        trainings: Callable[[], list[dict[str, Any]]] = list,
    ) -> None:
        """``trainings``: what ``lab.page.trainings`` says of it just now."""
        self._data, self._usable, self._trainings = data, usable, trainings
        self._lock = threading.Lock()
        self._asked_s = -USABLE_EVERY_S
        self._refused: Refused | None = None
        self._episodes: Sequence[Episode] | None = None
        self._steps: tuple[str, Sequence[Step]] | None = None
        self._about: Sequence[dict[str, Any]] | None = None

    def standing(self) -> dict[str, Any]:
        """Nothing but that the data set may still be shown, and under which grant."""
        with self._lock:
            self._check()
            return {"grant_id": self._grant_id()}

    def about(self) -> dict[str, Any]:
        """The card, the lineage, the counts over everybody, and how each rule splits it."""
        with self._lock:
            self._check()
            if self._about is None:
                self._about = self._data.keep([self._describe()])
            return self._about[0]

    def episodes(self, first: int, words: str, rule: str) -> dict[str, Any]:
        """Up to :data:`PAGE_EPISODES` from place ``first`` on of those that have ``words`` in their instruction or
        applications; ``rule`` (of :data:`RULES`) says which part each is drawn for."""
        with self._lock:
            self._check()
            wanted = words.casefold().split()
            listed = self._all_episodes()
            found = [
                number
                for number, one in enumerate(listed)
                if all(word in f"{one.instruction} {' '.join(one.apps)}".casefold() for word in wanted)
            ]
            parts = self._parts(rule)
            rows = [_episode(number, listed[number], parts) for number in found[max(0, first) :][:PAGE_EPISODES]]
            return {"count": len(listed), "found": len(found), "rows": rows}

    def episode(self, number: int, rule: str) -> dict[str, Any]:
        """One episode with its steps. Each has, besides its own fields, ``after_sha256``: the frame in force before the
        step that follows in the session, which shows what came of it."""
        with self._lock:
            self._check()
            listed = self._all_episodes()
            if not 0 <= number < len(listed):
                raise NotFound(
                    f"there is no episode {number + 1} in this data set",
                    cause="the address is of another data set",
                    fix="choose one from the list",
                )
            one = listed[number]
            steps = [step for step in self._steps_of(one.person_id) if step.session_id == one.session_id]
            following = {step.index: step.frame_sha256 for step in steps}
            last = one.first_step + one.steps
            rows = [_step(step, following.get(step.index + 1)) for step in steps if one.first_step <= step.index < last]
            return _episode(number, one, self._parts(rule)) | {"count": len(listed), "rows": rows}

    def trainings(self) -> list[dict[str, Any]]:
        """The models that are, and were, trained on it."""
        with self._lock:
            self._check()
            return self._trainings()

    def frame(self, sha256: str) -> bytes:
        """The frame of that name as PNG; raises :class:`NotFound`, :class:`Tampered`."""
        if re.fullmatch("[0-9a-f]{64}", sha256) is None:
            raise BadInput("this is not the name of a frame", fix="take it from a step")
        with self._lock:
            self._check()
            return encode_png(self._data.frame(sha256))

    def _check(self) -> None:
        try:
            if self._refused is not None:
                raise self._refused
            self._data.check()
            if time.monotonic() - self._asked_s >= USABLE_EVERY_S:
                self._usable()
                self._asked_s = time.monotonic()
        except Refused as refused:
            self._refused = refused
            self._episodes = self._steps = self._about = None
            self._data.frames.close()
            raise

    def _grant_id(self) -> str | None:
        pedigree = self._data.lineage
        return pedigree.grant_id if isinstance(pedigree, Lineage) else None

    def _all_episodes(self) -> Sequence[Episode]:
        if self._episodes is None:
            self._episodes = self._data.keep(self._data.episodes())
        return self._episodes

    def _steps_of(self, person_id: str) -> Sequence[Step]:
        """One person's steps: those of the last one who was asked for are kept."""
        if self._steps is None or self._steps[0] != person_id:
            self._steps = person_id, self._data.keep(self._data.steps_of(person_id))
        return self._steps[1]

    def _parts(self, rule: str) -> dict[tuple[str, int], str]:
        """Session and index of an episode → the part that it is drawn for."""
        made = split(self._all_episodes(), SplitRule(by=_by(rule)))
        return {(one.session_id, one.index): part for part in PARTS for one in made.parts[part]}

    def _describe(self) -> dict[str, Any]:
        card, pedigree = self._data.card, self._data.lineage
        totals = msgspec.to_builtins(card.totals)
        return {
            "artefact_id": card.artefact_id,
            "created_ms": card.created_at_ns // _MS_NS,
            "rebuilt_from": card.rebuilt_from,
            "totals": totals | {"recorded_ns": str(card.totals.recorded_ns)},
            "recorded_s": card.totals.recorded_ns / SECOND_NS,
            "statistics": msgspec.to_builtins(count(self._data.steps(), self._all_episodes())),
            "splits": {rule: self._split(by) for rule, by in RULES.items()},
            "lineage": _pedigree(pedigree) if isinstance(pedigree, Lineage) else None,
            "imported": None
            if isinstance(pedigree, Lineage)
            else {"source": pedigree.source, "name": pedigree.name, "licence": pedigree.licence},
        }

    def _split(self, by: tuple[By, ...]) -> dict[str, Any]:
        made = split(self._all_episodes(), SplitRule(by=by))
        people = {part: len({one.person_id for one in made.parts[part]}) for part in PARTS}
        return {"steps": made.sizes(), "people": people, "left_out": made.left_out}


def _by(rule: str) -> tuple[By, ...]:
    if rule not in RULES:
        raise BadInput(f"there is no rule {rule[:20]!r}", fix=f"use one of {', '.join(RULES)}")
    return RULES[rule]


def _pedigree(one: Lineage) -> dict[str, Any]:
    return {
        "grant_id": one.grant_id,
        "purposes": one.purposes,
        "until_ms": one.retention_until_ns // _MS_NS,
        "people": len(one.people),
        "consents": len(one.consents),
        "segments": one.segment_count,
        "parents": one.parents,
        "made_by": one.made_by,
    }


def _episode(number: int, one: Episode, parts: dict[tuple[str, int], str]) -> dict[str, Any]:
    """Nanoseconds travel as text: JavaScript's numbers do not hold them."""
    told: dict[str, Any] = msgspec.to_builtins(one)
    times = {"start_ns": str(one.start_ns), "end_ns": str(one.end_ns)}
    return told | times | {"number": number, "part": parts.get((one.session_id, one.index))}


def _step(step: Step, after_sha256: str | None) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(step)
    return told | {"time_ns": str(step.time_ns), "end_ns": str(step.end_ns), "after_sha256": after_sha256}
