"""How does a data set come to rest on a disk?

Segment by segment: events go to their person's shards at once, steps and episodes when their session is over. Shards
are sealed to the researcher's key before the first byte is written (``lab.dataset.shards``).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from aboveboard.base.errors import Conflict
from aboveboard.formats import dataset
from aboveboard.formats.dataset import FORMAT_VERSION, DatasetCard, Shard, Totals
from aboveboard.formats.fields import encode_json
from aboveboard.formats.lineage import ArtefactFile
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Task, Timed, topic_of
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.formats.trajectory import ActionKind, Episode, Mark
from aboveboard.lab.dataset.shards import PersonShards, Put
from aboveboard.lab.derive.assisted import Account, Turns, marks_of
from aboveboard.lab.derive.episodes import EpisodeRules, Instructor, cut_episodes, marked
from aboveboard.lab.derive.session import SessionDeriver
from aboveboard.lab.derive.steps import Derivation
from aboveboard.lab.files import Folder
from aboveboard.lab.open import Opened
from aboveboard.replay.bands import Picture


@dataclass(frozen=True)
class Cutting:
    """How sessions become episodes: what people marked, the rules, and who may say what an episode was for."""

    marks: Sequence[Mark] = ()
    rules: EpisodeRules = field(default_factory=EpisodeRules)
    instructor: Instructor | None = None
    instructed_by: str = ""
    """What the lineage calls the instructor."""
    assisted: Sequence[Account] = ()
    """Where a policy acted and a person watched."""


@dataclass(frozen=True)
class Piece:
    """What is taken in at once: some ``items`` of a session, in order of time, of a recording ``recorded_ns`` long."""

    person_id: str
    session_id: str
    segment_id: str
    sequence: int
    recorded_ns: int
    items: Sequence[Item]


@dataclass
class Written:
    """What was written of some people: ``counts``, ``actions`` and ``unused`` are those of ``Totals``."""

    people: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    shards: list[Shard] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)
    files: dict[str, ArtefactFile] = field(default_factory=dict)
    """What a lineage says of them, where whoever put them noted it."""


class DatasetWriter:
    """:meth:`add` opened segments as ``lab.open`` yields them (by person, session, sequence), then :meth:`finish`.

    ``artefact_id`` is that of the data set: each of its tables carries the mark.

    One segment, the steps of one session and one unfinished shard of each part are in memory. ``put`` receives sealed
    bytes only.
    """

    def __init__(self, artefact_id: str, recipient: str, put: Put, cutting: Cutting | None = None) -> None:
        self._artefact_id = artefact_id
        self._recipient = recipient
        self._put = put
        self._cutting = cutting or Cutting()
        self._marks = list(self._cutting.marks)
        self._person: str | None = None
        self._people: set[str] = set()
        self._kept: PersonShards | None = None
        self._session: SessionDeriver | None = None
        self._sessions: set[str] = set()
        self._shards: list[Shard] = []
        self._counts: Counter[str] = Counter()
        self._actions: Counter[str] = Counter()
        self._unused: Counter[str] = Counter()

    def add(self, opened: Opened) -> None:
        """Take in one segment; see :meth:`take`."""
        one = opened.manifest
        recorded_ns = max(0, one.end_wall_ns - one.start_wall_ns)
        self.take(Piece(one.person_id, one.session_id, one.segment_id, one.sequence, recorded_ns, opened.items))

    def take(self, piece: Piece) -> None:
        """Take in one piece of a session. Raises :class:`BadInput` for a recording that cannot be replayed,
        :class:`Conflict` if the pieces do not come in order."""
        if piece.person_id != self._person:
            self._finish_person()
            self._begin_person(piece.person_id)
        if self._session is None or self._session.session_id != piece.session_id:
            self._finish_session()
            if piece.session_id in self._sessions:
                raise _out_of_order(f"session {piece.session_id} comes twice")
            self._sessions.add(piece.session_id)
            self._marks += marks_of(self._cutting.assisted, piece.session_id)
            cuts = Turns(self._cutting.assisted, piece.session_id).cuts()
            self._session = SessionDeriver(piece.person_id, piece.session_id, self._keep_frame, cuts)
        for item in piece.items:
            if not isinstance(item, ScreenPatch):
                self._keep_event(item, piece)
                if isinstance(item.event, Task):
                    self._marks.append(marked(piece.session_id, item.time_ns, item.event))
            elif item.whole:
                row = {"session_id": piece.session_id, "sequence": piece.sequence, "time_ns": item.time_ns}
                self._shelf.add("redrawn", row)
        self._session.add(piece.segment_id, piece.sequence, piece.items)
        self._counts["segments"] += 1
        self._counts["recorded_ns"] += piece.recorded_ns

    def mark(self, marks: Iterable[Mark]) -> None:
        """More marks, of a session that is not finished yet."""
        self._marks += marks

    def part(self) -> Written:
        """Seal what is left, put no card: this is a part of a data set that another writer is to :meth:`join`."""
        self._finish_person()
        return Written(self._people, self._sessions, self._shards, self._counts, self._actions, self._unused)

    def join(self, part: Written) -> None:
        """Take in what another writer wrote of other people; raises :class:`Conflict` if they are not others."""
        self._finish_person()
        if part.people & self._people or part.sessions & self._sessions:
            raise _out_of_order("a person or a session comes twice")
        self._people |= part.people
        self._sessions |= part.sessions
        self._shards += part.shards
        self._counts.update(part.counts)
        self._actions.update(part.actions)
        self._unused.update(part.unused)

    def finish(self, created_at_ns: int) -> DatasetCard:
        """Seal what is left and put ``dataset.json``."""
        self._finish_person()
        totals = Totals(
            people=len(self._people),
            sessions=len(self._sessions),
            segments=self._counts["segments"],
            missing_segments=self._counts["missing_segments"],
            unseen_steps=self._counts["unseen_steps"],
            recorded_ns=self._counts["recorded_ns"],
            events=self._counts["events"],
            step_events=self._counts["step_events"],
            unused=dict(sorted(self._unused.items())),
            steps=self._counts["steps"],
            actions=msgspec.convert(dict(sorted(self._actions.items())), dict[ActionKind, int]),
            frames=self._counts["frames"],
            episodes=self._counts["episodes"],
            instructed=self._counts["instructed"],
        )
        card = DatasetCard(
            format="aboveboard.dataset",
            version=FORMAT_VERSION,
            artefact_id=self._artefact_id,
            created_at_ns=created_at_ns,
            totals=totals,
            shards=self._shards,
        )
        self._put("dataset.json", dataset.encode(card))
        return card

    def _begin_person(self, person_id: str) -> None:
        if person_id in self._people:
            raise _out_of_order(f"person {person_id} comes twice")
        self._person = person_id
        self._people.add(person_id)
        self._kept = PersonShards(self._artefact_id, person_id, self._recipient, self._put)

    def _finish_person(self) -> None:
        self._finish_session()
        if self._kept is not None:
            self._shards += self._kept.finish()
        self._person = self._kept = None

    def _finish_session(self) -> None:
        if self._session is None:
            return
        session_id, cutting = self._session.session_id, self._cutting
        derivation, self._session = self._session.finish(), None
        steps = Turns(cutting.assisted, session_id).attribute(derivation.steps)
        derivation = replace(derivation, steps=steps)
        episodes = cut_episodes(derivation.steps, self._marks, cutting.rules, cutting.instructor)
        for step in derivation.steps:
            self._shelf.add("steps", msgspec.to_builtins(step))
        for episode in episodes:
            self._shelf.add("episodes", msgspec.to_builtins(episode))
        self._count(derivation, episodes)

    @property
    def _shelf(self) -> PersonShards:
        if self._kept is None:
            raise _out_of_order("a session is finished and nobody's shards are open")
        return self._kept

    def _count(self, derivation: Derivation, episodes: Sequence[Episode]) -> None:
        self._counts["episodes"] += len(episodes)
        self._counts["instructed"] += sum(bool(one.instruction) for one in episodes)
        self._counts["events"] += derivation.events
        self._counts["steps"] += len(derivation.steps)
        self._counts["step_events"] += sum(step.events for step in derivation.steps)
        self._counts["missing_segments"] += sum(last - first + 1 for first, last in derivation.missing_segments)
        self._counts["unseen_steps"] += derivation.unseen_steps
        self._actions.update(step.action for step in derivation.steps)
        self._unused.update(derivation.unused)

    def _keep_frame(self, picture: Picture) -> None:
        self._counts["frames"] += self._shelf.add_frame(picture)

    def _keep_event(self, timed: Timed, piece: Piece) -> None:
        self._shelf.add(
            "events",
            {
                "time_ns": timed.time_ns,
                "topic": topic_of(timed.event),
                "json": encode_json(timed.event).decode("utf-8"),
                "session_id": piece.session_id,
                "segment_id": piece.segment_id,
                "sequence": piece.sequence,
            },
        )


def put_into(folder: Path) -> Put:
    """Write files, mode 0600, into ``folder``."""
    return Folder(folder).put


def _out_of_order(what: str) -> Conflict:
    return Conflict(what, cause="the segments were not sorted by person, session and sequence", fix="sort them")
