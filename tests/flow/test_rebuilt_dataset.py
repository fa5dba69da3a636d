"""Something was erased: is a data set made again of exactly what is left, and does nothing of it stay behind?"""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Tampered, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import lab as commands
from aboveboard.formats import dataset
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Control, Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.formats.trajectory import Mark
from aboveboard.lab import flow, lineage
from aboveboard.lab import rebuild as rebuilding
from aboveboard.lab.dataset.diff import Difference
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.dataset.write import Cutting
from aboveboard.lab.derive.episodes import EpisodeRules
from aboveboard.lab.open import open_own_file
from aboveboard.rules.decision import Reason
from samples.lab_home import LabHome
from samples.lab_recording import START_NS, at, editor, segment, session, typing
from samples.lab_world import KINDS, LabWorld

PART_NS = 200 * SECOND_NS
"""Between two parts of a session, so that each is an episode of its own."""


def later(items: list[Item], by_ns: int, *, goes_on: bool = False) -> list[Item]:
    """The same, later. ``goes_on``: its screen is that of the segment before; nothing in it is drawn whole."""
    moved: list[Item] = []
    for item in items:
        if isinstance(item, ScreenPatch):
            if not (goes_on and item.whole):
                moved.append(replace(item, time_ns=item.time_ns + by_ns))
        elif goes_on and hasattr(item.event, "screen_continues"):
            event = msgspec.structs.replace(item.event, screen_continues=True)
            moved.append(Timed(item.time_ns + by_ns, event))
        else:
            moved.append(Timed(item.time_ns + by_ns, item.event))
    return moved


@pytest.fixture
def made(tmp_path: Path) -> SimpleNamespace:
    """Three people. The first has a session of five segments, each an episode; only the first and the last draw the
    whole screen."""
    world = LabWorld()
    people = [world.enrol() for _ in range(3)]
    sessions = [new_id(Kind.SESSION) for _ in people]
    for sequence in range(5):
        items = segment(sessions[0], sequence, f"number {sequence}")
        world.upload(people[0], sessions[0], sequence, later(items, sequence * PART_NS, goes_on=sequence in (1, 2, 3)))
    for person, session_id in zip(people[1:], sessions[1:], strict=True):
        world.upload(person, session_id, 0, segment(session_id, 0, "else"))
    home: Any = LabHome(world, tmp_path)
    derived = derive(home)
    return SimpleNamespace(
        world=world, home=home, people=people, sessions=sessions, older=derived, lab=home.folder("lab")
    )


def derive(home: Any, cutting: Cutting | None = None) -> flow.DerivedDataset:
    world = home.world
    return flow.derive(
        world,
        world.grant(),
        world.identity,
        world.staff_key,
        home.folder("lab"),
        world.trust,
        clock=world.clock,
        cutting=cutting,
    )


def honoured(made: SimpleNamespace) -> dict[str, str]:
    became: dict[str, str] = {}
    commands.honour_erasures(made.home, "ada", became.__setitem__)
    return became


def newer(made: SimpleNamespace) -> Dataset:
    (name,) = {path.name for path in (made.lab / "artefacts").glob("art_*")}
    folder = lineage.artefact_folder(made.lab, name)
    return Dataset.open(folder, made.world.identity, signer=made.world.staff_key.public)


def shards(folder: Path, person_id: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob(f"person-{person_id}.*")}


def everything(data: Dataset) -> str:
    """All that its tables say."""
    rows = [*data.steps(), *data.episodes(), *data.events()]
    return "\n".join(msgspec.json.encode(row).decode() for row in rows)


def test_a_person_goes_and_the_others_files_stay_as_they_were(made: SimpleNamespace) -> None:
    before = [shards(made.older.path, person) for person in made.people]
    made.world.erase(made.people[0])
    became = honoured(made)
    data = newer(made)
    assert became == {made.older.artefact_id: f"made again as {data.card.artefact_id}"}
    assert data.people == sorted(made.people[1:])
    assert [shards(data.kept.path, person) for person in made.people] == [{}, *before[1:]]
    assert not made.older.path.exists()
    # As it would be derived now, but for its name.
    fresh = derive(made.home)
    assert msgspec.structs.replace(data.card.totals, unused={}) == msgspec.structs.replace(fresh.totals, unused={})
    assert data.card.totals.unused == fresh.totals.unused
    assert data.lineage.sources == fresh.lineage.sources
    assert data.lineage.retention_until_ns == fresh.lineage.retention_until_ns
    assert list(data.steps()) == list(Dataset.open(fresh.path, made.world.identity).steps())
    assert made.world.words[made.older.artefact_id].rebuilt_as == data.card.artefact_id
    sealed = (data.kept.path / rebuilding.DIFFERENCE_FILE).read_bytes()
    difference = msgspec.json.decode(open_own_file(sealed, made.world.identity), type=Difference)
    assert (difference.people_removed, difference.sessions_removed, difference.steps_added) == (1, 1, 0)
    assert difference.steps_removed == made.older.totals.steps - data.card.totals.steps > 0


def test_of_a_part_nothing_is_left_in_words_steps_or_pixels(made: SimpleNamespace) -> None:
    others = [shards(made.older.path, person) for person in made.people[1:]]
    made.world.erase(made.people[0], [(made.sessions[0], 1)])
    honoured(made)
    data = newer(made)
    assert [shards(data.kept.path, person) for person in made.people[1:]] == others
    said = everything(data)
    assert '"number 1"' not in said
    for stays in (0, 2, 3, 4):
        assert f'"number {stays}"' in said
    gone = {row.segment_id for row in data.events()} ^ {one.manifest.segment_id for one in made.world.stored}
    assert gone == set()
    # Nothing was drawn whole in 2 and 3: their screens rest on 1. The last drew its own, the first came before.
    mine = list(data.steps_of(made.people[0]))
    sequence = {row.segment_id: row.sequence for row in data.events()}
    seen = {
        place: {one.frame_sha256 is not None for one in mine if sequence[one.segments[0]] == place}
        for place in (0, 2, 3, 4)
    }
    assert seen == {0: {True}, 2: {False}, 3: {False}, 4: {True}}
    fresh = Dataset.open(derive(made.home).path, made.world.identity)
    assert mine == list(fresh.steps_of(made.people[0]))
    assert set(data.frame_names()) == set(fresh.frame_names())
    old, new = (msgspec.structs.replace(one.card.totals, unused={}) for one in (data, fresh))
    assert old == new
    assert sum(data.card.totals.unused.values()) == sum(fresh.card.totals.unused.values())
    assert [one.first_step for one in data.episodes_of(made.people[0])] == [
        one.first_step for one in fresh.episodes_of(made.people[0])
    ]


def test_an_episode_goes_whole_with_what_was_said_of_it(made: SimpleNamespace) -> None:
    """One task over the first three segments, of which the middle one is erased; another over the last two."""
    marks = [
        Mark(made.sessions[0], START_NS - 1, "begin", "write to Nobody about the secret", "person"),
        Mark(made.sessions[0], START_NS + 2 * (PART_NS + 4 * SECOND_NS) + 4 * SECOND_NS, "end", outcome="success"),
        Mark(made.sessions[0], START_NS + 3 * PART_NS, "begin", "count on", "person"),
    ]
    lineage.destroy(made.lab, made.older.artefact_id)
    made.older = derive(made.home, Cutting(marks, EpisodeRules(idle_ns=10**15)))
    data = Dataset.open(made.older.path, made.world.identity)
    assert "about the secret" in everything(data)
    made.world.erase(made.people[0], [(made.sessions[0], 1)])
    honoured(made)
    data = newer(made)
    said = everything(data)
    assert "about the secret" not in said
    assert "count on" in said
    mine = list(data.steps_of(made.people[0]))
    sequence = {row.segment_id: row.sequence for row in data.events()}
    assert {sequence[name] for one in mine for name in one.segments} == {3, 4}
    assert [one.index for one in mine] == list(range(len(mine)))
    totals = data.card.totals
    assert totals.step_events + sum(totals.unused.values()) == totals.events
    assert totals.unused["episode_erased"] > 0


def test_what_is_known_of_a_control_from_the_erased_part_goes_too(tmp_path: Path) -> None:
    """The focus was told in a segment that is erased; what is typed after it is not said to be in that field."""
    world = LabWorld(kinds=[*KINDS, "control"])
    person, session_id = world.enrol(), new_id(Kind.SESSION)
    field = Control(
        cause="focus", role="entry", x=0, y=0, width=50, height=20, states=["focused"], path=[], name="to Nobody at all"
    )
    first = sorted([*segment(session_id, 0, "one"), at(3950, field)], key=lambda item: item.time_ns)
    world.upload(person, session_id, 0, first)
    start_ns = START_NS + PART_NS
    second = [session(session_id, 1, start_ns=start_ns), at(0, editor(), start_ns=start_ns)]
    world.upload(person, session_id, 1, [*second, *typing("two", 10, start_ns=start_ns)])
    home: Any = LabHome(world, tmp_path)
    older = derive(home)
    data = Dataset.open(older.path, world.identity)
    assert any(step.element and "Nobody" in step.element.name for step in data.steps() if step.text == "two")
    world.erase(person, [(session_id, 0)])
    made = SimpleNamespace(world=world, home=home, lab=home.folder("lab"))
    honoured(made)
    data = newer(made)
    assert [step.text for step in data.steps() if step.action == "type"] == ["two"]
    assert "Nobody" not in everything(data)


def test_nothing_left_the_grant_over_or_a_file_changed_and_it_is_destroyed_only(made: SimpleNamespace) -> None:
    for person in made.people:
        made.world.erase(person)
    assert honoured(made) == {made.older.artefact_id: "nothing of it is left"}
    assert made.world.words[made.older.artefact_id].rebuilt_as is None
    assert list((made.lab / "artefacts").iterdir()) == []


@pytest.mark.parametrize("how", ["revoked", "changed"])
def test_what_may_not_be_opened_any_more_is_not_made_again(made: SimpleNamespace, how: str) -> None:
    made.world.erase(made.people[0])
    if how == "revoked":
        made.world.ended = Reason.GRANT_REVOKED
    else:
        next(made.older.path.glob("*.steps-*.age")).write_bytes(b"x")
    assert "not made again" in honoured(made)[made.older.artefact_id]
    assert list((made.lab / "artefacts").iterdir()) == []
    assert made.world.words[made.older.artefact_id].rebuilt_as is None


def test_without_a_keyholder_it_waits_and_goes_at_its_date(
    made: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.world.erase(made.people[0])

    def silent(body: bytes) -> bytes:
        raise Unavailable("the keyholder does not answer")

    monkeypatch.setattr(made.world, "stands", silent)
    with pytest.raises(Unavailable):
        honoured(made)
    assert made.older.path.exists()
    rows = lineage.list_registered
    overdue = [SimpleNamespace(**(vars(one) | {"due_by_ns": 1})) for one in rows(made.world)]
    monkeypatch.setattr(lineage, "list_registered", lambda vault: overdue)
    honoured(made)
    assert not made.older.path.exists()


def test_a_vault_that_lists_what_was_not_in_it_adds_nothing(made: SimpleNamespace) -> None:
    """Recorded since: it is under the grant, and no part of this data set."""
    made.world.upload(made.people[1], made.sessions[1], 1, segment(made.sessions[1], 1, "since then"))
    made.world.erase(made.people[0])
    honoured(made)
    data = newer(made)
    assert "since then" not in everything(data)
    assert data.lineage.segment_count == 2


def test_one_made_before_there_was_a_list_of_whole_screens_loses_all_frames_after(
    made: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dataset, "redrawn_of", lambda self, person_id: iter(()))
    made.world.erase(made.people[0], [(made.sessions[0], 1)])
    honoured(made)
    data = newer(made)
    sequence = {row.segment_id: row.sequence for row in data.events()}
    seen = {sequence[one.segments[0]] for one in data.steps_of(made.people[0]) if one.frame_sha256}
    assert seen == {0}


def test_a_card_says_what_it_took_the_place_of(made: SimpleNamespace) -> None:
    made.world.erase(made.people[0])
    honoured(made)
    card = dataset.decode((newer(made).kept.path / "dataset.json").read_bytes())
    assert card.rebuilt_from == made.older.artefact_id
    assert rebuilding.successors(made.lab) == {made.older.artefact_id: card.artefact_id}
    with pytest.raises(Tampered):
        Dataset.open(newer(made).kept.path, made.world.identity, signer=LabWorld().staff_key.public)
