"""Does a data set of many small shards read as one, in whatever order, and without holding all of it?"""

from pathlib import Path

import numpy as np
import pytest

from aboveboard.base.errors import Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.mcap_file import Item
from aboveboard.lab import flow
from aboveboard.lab.dataset import frames, shards, tables
from aboveboard.lab.dataset.read import Dataset
from samples.lab_recording import START_NS, click, patch, session, whole
from samples.lab_world import LabWorld

CLICKS = 40


def busy(session_id: str) -> list[Item]:
    """A screen that changes before each of many clicks; one patch in four undoes the one before."""
    items: list[Item] = [session(session_id, 0), whole(1, 40)]
    for number in range(CLICKS):
        shade = 40 if number % 4 == 3 else 60 + number
        items += [patch(20 + 1000 * number, 5, 70, shade), *click(3, 4, 500 + 1000 * number)]
    return sorted(items, key=lambda item: item.time_ns)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards of a few hundred bytes."""
    monkeypatch.setattr(shards, "SHARD_BYTES", 300)
    monkeypatch.setattr(tables, "ROWS_AT_ONCE", 5)
    monkeypatch.setattr(frames, "FILES_KEPT", 2)


def derived(home: Path) -> tuple[LabWorld, Dataset, str]:
    made = LabWorld()
    person, other = made.enrol(), made.enrol()
    for one in (person, other):
        session_id = new_id(Kind.SESSION)
        made.upload(one, session_id, 0, busy(session_id))
    path = flow.derive(made, made.grant(), made.identity, made.staff_key, home, made.trust, clock=made.clock).path
    return made, Dataset.open(path, made.identity), person


@pytest.mark.usefixtures("small")
def test_many_shards_read_as_one_and_frames_in_any_order(tmp_path: Path) -> None:
    _, data, person = derived(tmp_path)
    counts = {part: sum(one.part == part for one in data.card.shards) for part in ("steps", "events", "media")}
    assert all(count > 4 for count in counts.values()), counts
    steps = list(data.steps_of(person))
    assert [step.index for step in steps] == list(range(CLICKS))
    assert sum(1 for _ in data.steps()) == 2 * CLICKS
    assert data.card.totals.episodes == sum(1 for _ in data.episodes()) == 2
    for step in np.random.default_rng(0).permutation(np.array(steps, dtype=object)):
        number = (step.time_ns - START_NS) // 10**9
        shade = 40 if number % 4 == 3 else 60 + number
        pixels = data.frame(step.frame_sha256 or "")
        assert pixels.shape == (100, 160, 3)
        assert pixels[75, 10].tolist() == [shade] * 3
        assert pixels[0, 0].tolist() == [255, 0, 0]
    # A picture that comes back, and bands that do not change, are stored once for each person.
    names = [one for one in data.frame_names() if one == steps[3].frame_sha256]
    assert len(names) == 2
    bands = data._whole("bands", person)
    assert bands.num_rows == 1 + len({step.frame_sha256 for step in steps})
    data.frames.close()


@pytest.mark.usefixtures("small")
def test_erasing_a_person_touches_their_files_only(tmp_path: Path) -> None:
    _, data, person = derived(tmp_path)
    theirs = [one for one in data.card.shards if one.person_id == person]
    assert all(person in one.path for one in theirs)
    assert not [one for one in data.card.shards if person in one.path and one.person_id != person]


@pytest.mark.usefixtures("small")
def test_media_that_were_exchanged_after_opening_are_not_shown(tmp_path: Path) -> None:
    _, data, _ = derived(tmp_path)
    first = next(data.steps())
    for person in data.people:  # both saw the same
        one, two = [data.kept.path / one.path for one in shards.of_part(data.card.shards, "media", person)][:2]
        kept = one.read_bytes()
        one.write_bytes(two.read_bytes())
        two.write_bytes(kept)
    with pytest.raises(Tampered):
        data.frame(first.frame_sha256 or "")
