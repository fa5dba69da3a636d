"""How does a model learn from recordings to tell by the screen alone what was done?

What a grant covers is opened, and of each session only this is kept in memory: what changed on the screen, and what was
done. It is looked at twice: as it was recorded, and as a film would show it, with the pointer drawn in, for films from
outside have one. The model holds weights; its lineage names everybody whose recordings went into it, and it goes when
they do.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, repeat, tee
from pathlib import Path

from aboveboard.base.clock import Clock, SystemClock
from aboveboard.base.errors import NotFound
from aboveboard.formats.lineage import Lineage
from aboveboard.formats.trust import Trust
from aboveboard.lab import lineage, marks
from aboveboard.lab.dataset.imports.films import paced
from aboveboard.lab.derive.session import SessionDeriver
from aboveboard.lab.flow import Progress, Sources
from aboveboard.lab.model.inverse_dynamics import InverseCard
from aboveboard.lab.model.screen_changes import Change, changes
from aboveboard.lab.open import Opened, list_granted, open_listed
from aboveboard.lab.train.inverse_dynamics import InverseConfig, Lesson, done_in, train_inverse_dynamics
from aboveboard.lab.vault_port import Vault
from aboveboard.lab.while_granted import WhileGranted
from aboveboard.replay.canvas import Item, frames
from aboveboard.replay.video import film_pictures
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey

MODEL_FILE = "inverse_dynamics.safetensors"


@dataclass(frozen=True)
class LearntLabeller:
    """A model that now rests in the folder ``path``; ``left_out`` counts the actions that it could not learn from."""

    artefact_id: str
    path: Path
    card: InverseCard
    lineage: Lineage
    left_out: dict[str, int]


def learn(
    vault: Vault,
    grant_id: str,
    identity: Identity,
    staff_key: SigningKey,
    lab_home: Path,
    trust: Trust,
    progress: Progress = lambda done, total: None,
    *,
    config: InverseConfig | None = None,
    clock: Clock | None = None,
) -> LearntLabeller:
    """Open what the grant covers, learn, and keep the model. On any error nothing is kept.

    Raises what ``lab.open.open_listed`` raises, :class:`NotFound` if the grant covers no segment yet, and
    :class:`BadInput` where the screen shows nothing of what was done, or was not granted.
    """
    now = clock or SystemClock()
    with WhileGranted(vault, grant_id, staff_key, trust, clock=now) as granted, lineage.draft(lab_home) as made:
        request, manifests = list_granted(vault, grant_id, identity, requester_key=staff_key.public)
        if not manifests:
            raise NotFound(
                "this grant covers no recording yet",
                cause="the people it names have not recorded anything, or it was not uploaded",
                fix="try again once their segments have arrived",
            )
        sources, left_out = Sources(vault), Counter[str]()
        for manifest in manifests:
            sources.add(manifest, request.purpose)

        def told(opened: Iterator[Opened]) -> Iterator[Opened]:
            for one in opened:
                yield one
                progress(one.place + 1, one.total)

        opened = open_listed(vault, grant_id, request, manifests, identity, trust, granted=granted, clock=now)
        sessions = groupby(told(opened), key=lambda one: (one.manifest.person_id, one.manifest.session_id))
        lessons = [one for names, segments in sessions for one in _lessons(*names, segments, left_out)]
        granted.check()
        model = train_inverse_dynamics(lessons, config or InverseConfig(), left_out)
        model.save(made.folder / MODEL_FILE)
        marks.stamp_all(made.folder, made.artefact_id)
        pedigree = sources.lineage(made, grant_id, now.wall_ns(), "learn-labels", kind="model")
        granted.check()
        path = lineage.register(vault, staff_key, made, pedigree)
    return LearntLabeller(made.artefact_id, path, model.card, pedigree, dict(left_out))


def _lessons(person_id: str, session_id: str, segments: Iterator[Opened], left_out: Counter[str]) -> list[Lesson]:
    """One session, its segments in order; little more than one of them is in memory at a time."""
    deriver = SessionDeriver(person_id, session_id, lambda picture: None)

    def items() -> Iterator[Item]:
        for one in segments:
            deriver.add(one.manifest.segment_id, one.manifest.sequence, one.items)
            yield from one.items

    seen, drawn = both_looks(items())
    done = done_in(deriver.finish().steps, left_out)
    return [Lesson(seen, done), Lesson(drawn, done, again=True)]


def both_looks(items: Iterable[Item]) -> tuple[list[Change], list[Change]]:
    """What changed in a session as it was recorded, and as a film of it shows, with the pointer; read once."""
    one, other = tee(items)
    looks: tuple[list[Change], list[Change]] = [], []
    ways = (changes(frames(one)), changes(paced(film_pictures(other))))
    # Side by side in time, so that neither has to wait in memory for the other.
    told = heapq.merge(*(zip(way, repeat(number)) for number, way in enumerate(ways)), key=lambda each: each[0].time_ns)
    for change, number in told:
        looks[number].append(change)
    return looks
