"""From a grant to a data set, a model and an assessment; and back to nothing when a person asks for it."""

import base64
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from aboveboard.base.errors import BadInput, NotFound, Tampered, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import envelope, lineage
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Timed
from aboveboard.lab import flow
from aboveboard.lab import lineage as lab_lineage
from aboveboard.lab.dataset.read import Dataset
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey, open_signed
from samples.lab_recording import at, press, release, segment, whole
from samples.lab_world import LabWorld

CANARY = "Xanthippe keeps bees"
DAY_NS = 86_400 * 10**9


def world(texts: tuple[str, ...] = (CANARY, "more words")) -> LabWorld:
    """Two people; the first has two segments of one session."""
    made = LabWorld()
    first, second = made.enrol(), made.enrol()
    session_id, other = new_id(Kind.SESSION), new_id(Kind.SESSION)
    for sequence, text in enumerate(texts):
        made.upload(first, session_id, sequence, segment(session_id, sequence, text))
    made.upload(second, other, 0, segment(other, 0, "else"))
    return made


def derive(made: LabWorld, home: Path) -> flow.DerivedDataset:
    return flow.derive(made, made.grant(), made.identity, made.staff_key, home, made.trust, clock=made.clock)


def test_every_event_that_was_recorded_is_in_the_data_set(tmp_path: Path) -> None:
    made = world()
    seen: list[tuple[int, int]] = []
    derived = flow.derive(
        made,
        made.grant(),
        made.identity,
        made.staff_key,
        tmp_path,
        made.trust,
        lambda done, total: seen.append((done, total)),
        clock=made.clock,
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]
    data = Dataset.open(derived.path, made.identity, signer=made.staff_key.public)
    texts = {0: CANARY, 1: "more words"}
    first, second = made.stored[0].manifest, made.stored[2].manifest
    for person, session_id, sequence, text in [
        *((first.person_id, first.session_id, place, words) for place, words in texts.items()),
        (second.person_id, second.session_id, 0, "else"),
    ]:
        wanted = [item for item in segment(session_id, sequence, text) if isinstance(item, Timed)]
        found = [row for row in data.events() if (row.session_id, row.sequence) == (session_id, sequence)]
        assert [row.timed() for row in found] == wanted
        steps = [step for step in data.steps() if step.session_id == session_id]
        assert {step.person_id for step in steps} == {person}
        assert text in [step.text for step in steps if step.action == "type"]
    totals = derived.totals
    assert totals.events == sum(1 for _ in data.events()) == totals.step_events + sum(totals.unused.values())
    assert (totals.people, totals.sessions, totals.segments, totals.missing_segments) == (2, 2, 3, 0)
    assert totals.actions == {"click": 3, "scroll": 3, "type": 3}
    assert data.people == sorted({first.person_id, second.person_id})


def test_frames_are_those_before_the_actions_and_stored_once(tmp_path: Path) -> None:
    made = world(texts=("a",))
    derived = derive(made, tmp_path)
    data = Dataset.open(derived.path, made.identity)
    mine = [step for step in data.steps() if step.person_id == made.stored[0].manifest.person_id]
    by_action = {step.action: data.frame(step.frame_sha256 or "") for step in mine}
    assert by_action["click"].shape == (100, 160, 3)
    assert (by_action["click"][35, 35] == 40).all()
    assert (by_action["type"][35, 35] == 200).all()
    assert np.array_equal(by_action["type"], by_action["scroll"])
    assert len(set(data.frame_names())) == 2
    # Twice in one person's shard never; the second person's shard has its own.
    assert derived.totals.frames == 4
    with pytest.raises(NotFound):
        data.frame("0" * 64)


def test_the_lineage_names_everyone_and_is_registered_before_the_files_have_their_name(tmp_path: Path) -> None:
    made = world()
    before: list[list[str]] = []
    original = made.post

    def watch(path: str, body: bytes) -> bytes:
        if path == "/v1/artefacts":
            before.append([one.name for one in (tmp_path / "artefacts").iterdir()])
        return original(path, body)

    made.post = watch  # type: ignore[method-assign]
    derived = derive(made, tmp_path)
    (signed, state) = made.artefacts[derived.artefact_id]
    pedigree = lineage.decode(open_signed(signed, lineage.PAYLOAD_TYPE, made.staff_key.public))
    assert before == [[f".partial-{derived.artefact_id}"]]
    assert state == "live"
    assert pedigree == derived.lineage
    assert envelope.decode((derived.path / "lineage.json").read_bytes()) == signed
    assert set(pedigree.people) == {one.manifest.person_id for one in made.stored}
    assert pedigree.segment_count == len(made.stored)
    assert set(pedigree.consents) == set(made.consents.values())
    assert pedigree.retention_until_ns == min(one.manifest.start_wall_ns for one in made.stored) + 30 * DAY_NS
    assert {one.path for one in pedigree.files} == {one.name for one in derived.path.iterdir()} - {"lineage.json"}


def test_if_the_vault_does_not_take_the_lineage_nothing_is_kept(tmp_path: Path) -> None:
    made = world()
    original = made.post

    def refuse(path: str, body: bytes) -> bytes:
        if path == "/v1/artefacts":
            raise Unavailable("the vault does not answer")
        return original(path, body)

    made.post = refuse  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        derive(made, tmp_path)
    assert list((tmp_path / "artefacts").iterdir()) == []


def test_if_a_segment_is_tampered_with_nothing_is_kept(tmp_path: Path) -> None:
    made = world()
    made.stored[1].sealed = made.stored[1].sealed[:-1] + b"\0"
    with pytest.raises(Tampered):
        derive(made, tmp_path)
    assert list((tmp_path / "artefacts").iterdir()) == []
    assert made.artefacts == {}


def test_a_grant_that_covers_nothing_yet(tmp_path: Path) -> None:
    made = LabWorld()
    made.enrol()
    with pytest.raises(NotFound, match="no recording yet"):
        derive(made, tmp_path)


def test_a_look_counts_and_keeps_nothing(tmp_path: Path) -> None:
    made = world()
    seen = flow.look(made, made.grant(), made.identity, made.staff_key, made.trust, clock=made.clock)
    assert (seen.segments, seen.people) == (3, 2)
    assert seen.messages["/session"] == 3
    assert seen.messages["/key"] == 2 * len(CANARY + "more words" + "else")
    assert list(tmp_path.iterdir()) == []


def test_nothing_plain_rests_on_the_disk(tmp_path: Path) -> None:
    """Typed words and the title of the window, in every spelling that a careless file could have."""
    made = world()
    derived = derive(made, tmp_path)
    spellings = []
    for words in (CANARY, CANARY.split(maxsplit=1)[0], "notes.txt", "Editor"):
        spellings += [words.encode(), words.encode("utf-16-le"), words.encode("utf-16-be")]
        spellings += [base64.b64encode(words.encode()).rstrip(b"=")[:-2], words.encode().hex().encode()]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2 * 7 + 2
    for path in files:
        data = path.read_bytes()
        assert not [spelling for spelling in spellings if spelling in data], path.name
        # A sealed file is ciphertext: no Parquet, no PNG, no packed block shows through.
        if path.suffix == ".age":
            assert data.startswith(b"age-encryption.org/v1\n")
            assert not any(magic in data for magic in (b"PAR1", b"\x89PNG", b"IHDR", b"\x28\xb5\x2f\xfd"))
            assert path.stat().st_mode & 0o077 == 0
    # The search can find: the same words are there once the data set is opened.
    data_set = Dataset.open(derived.path, made.identity)
    assert CANARY in [step.text for step in data_set.steps()]
    assert "notes.txt" in [step.title for step in data_set.steps()]


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


TAMPERED = {
    "a shard changed": lambda folder: _flip(next(folder.glob("*.steps-*.parquet.age"))),
    "the card changed": lambda folder: _flip(folder / "dataset.json"),
    "a shard removed": lambda folder: next(folder.glob("*.frames-*.parquet.age")).unlink(),
    "a file added": lambda folder: (folder / "notes.txt").write_text("hello"),
    "two shards exchanged": lambda folder: _exchange(*sorted(folder.glob("*.events-*.parquet.age"))),
}


def _exchange(one: Path, two: Path) -> None:
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)


@pytest.mark.parametrize("name", TAMPERED)
def test_a_data_set_that_was_tampered_with(name: str, tmp_path: Path) -> None:
    made = world()
    derived = derive(made, tmp_path)
    TAMPERED[name](derived.path)
    with pytest.raises(Tampered):
        Dataset.open(derived.path, made.identity)


def test_a_shard_changed_after_the_data_set_was_opened(tmp_path: Path) -> None:
    made = world()
    derived = derive(made, tmp_path)
    data = Dataset.open(derived.path, made.identity)
    # A whole and well-sealed shard, but not the one that was written.
    _exchange(*sorted(derived.path.glob("*.steps-*.parquet.age")))
    with pytest.raises(Tampered, match="is not the file that was written"):
        list(data.steps())


def test_a_lineage_that_somebody_else_signed(tmp_path: Path) -> None:
    made = world()
    derived = derive(made, tmp_path)
    with pytest.raises(Tampered):
        Dataset.open(derived.path, made.identity, signer=SigningKey.generate().public)


def test_the_wrong_identity(tmp_path: Path) -> None:
    made = world()
    derived = derive(made, tmp_path)
    with pytest.raises(BadInput) as caught:
        list(Dataset.open(derived.path, Identity.generate()).steps())
    assert caught.value.fix


def test_no_data_set_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no data set"):
        Dataset.open(tmp_path, Identity.generate())


def model_of(made: LabWorld, home: Path, parents: list[str], scratch: Path) -> tuple[Path, lineage.Lineage]:
    scratch.mkdir(parents=True)
    (scratch / "weights.bin").write_bytes(b"weights")
    return flow.register_model(made, made.staff_key, home, scratch, parents)


def test_erasure_reaches_the_data_set_and_all_that_was_made_from_it(tmp_path: Path) -> None:
    home = tmp_path / "lab"
    made = world()
    derived, kept = derive(made, home), derive(made, home)
    model_path, model = model_of(made, home, [derived.artefact_id], tmp_path / "model")
    assert (model_path / "weights.bin").read_bytes() == b"weights"
    assert (model.people, model.parents) == (derived.lineage.people, [derived.artefact_id])
    assert model.retention_until_ns == derived.lineage.retention_until_ns
    scores = tmp_path / "scores"
    scores.mkdir()
    (scores / "scores.json").write_text("{}")
    _, assessment = flow.register_assessment(made, made.staff_key, home, scores, [model.artefact_id])
    assert assessment.people == derived.lineage.people

    assert lab_lineage.honour_erasures(made, home, made.staff_key, clock=made.clock) == []
    made.artefacts[derived.artefact_id] = made.artefacts[derived.artefact_id][0], "due"
    gone = sorted([derived.artefact_id, model.artefact_id, assessment.artefact_id])
    assert lab_lineage.honour_erasures(made, home, made.staff_key, clock=made.clock) == gone
    assert sorted(made.destroyed) == gone
    assert [path.name for path in (home / "artefacts").iterdir()] == [kept.artefact_id]
    with pytest.raises(NotFound):
        Dataset.open(derived.path, made.identity)
    # Again is harmless, and reports nothing twice.
    assert lab_lineage.honour_erasures(made, home, made.staff_key, clock=made.clock) == []
    assert sorted(made.destroyed) == gone


def test_what_may_not_be_kept_any_longer_goes_without_being_told(tmp_path: Path) -> None:
    home, made = tmp_path / "lab", world()
    derived = derive(made, home)
    made.clock.wall = derived.lineage.retention_until_ns - 1
    assert lab_lineage.honour_erasures(made, home, made.staff_key, clock=made.clock) == []
    made.clock.wall += 1
    assert lab_lineage.honour_erasures(made, home, made.staff_key, clock=made.clock) == [derived.artefact_id]
    assert made.destroyed == [derived.artefact_id]
    assert list((home / "artefacts").iterdir()) == []


def test_a_model_needs_a_data_set_that_is_here(tmp_path: Path) -> None:
    made = world()
    with pytest.raises(BadInput, match="without sources"):
        model_of(made, tmp_path / "lab", [], tmp_path / "one")
    with pytest.raises(NotFound):
        model_of(made, tmp_path / "lab", [new_id(Kind.ARTEFACT)], tmp_path / "two")
    with pytest.raises(BadInput):
        model_of(made, tmp_path / "lab", ["../../etc"], tmp_path / "three")
    assert list((tmp_path / "lab" / "artefacts").iterdir()) == []


def test_a_link_is_kept_as_what_it_points_to(tmp_path: Path) -> None:
    made = world()
    derived = derive(made, tmp_path / "lab")
    files = tmp_path / "files"
    files.mkdir()
    (tmp_path / "elsewhere").write_text("weights")
    (files / "link").symlink_to(tmp_path / "elsewhere")
    _, kept = flow.register_model(made, made.staff_key, tmp_path / "lab", files, [derived.artefact_id])
    place = tmp_path / "lab" / "artefacts" / kept.artefact_id / "link"
    assert (place.is_symlink(), place.read_text()) == (False, "weights")


def test_remains_of_a_killed_process_are_swept(tmp_path: Path) -> None:
    """Killed between writing and registering: the next draft removes what was left, and only that."""
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from aboveboard.lab import lineage
        with lineage.draft(Path(sys.argv[1])) as made:
            (made.folder / "shard").write_bytes(b"sealed")
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, env=dict(os.environ))
    assert done.returncode == -9
    (remains,) = (tmp_path / "artefacts").iterdir()
    assert remains.name.startswith(".partial-")
    with lab_lineage.draft(tmp_path) as first, lab_lineage.draft(tmp_path) as second:
        assert sorted((tmp_path / "artefacts").iterdir()) == sorted([first.folder, second.folder])
    assert list((tmp_path / "artefacts").iterdir()) == []


def test_a_session_across_segments_is_one(tmp_path: Path) -> None:
    """A key held down over the cut, and a word typed across it, are each one action."""
    made = LabWorld()
    person, session_id = made.enrol(), new_id(Kind.SESSION)
    one: list[Item] = [whole(0, 5), at(3800, press("h")), at(3850, release("h")), at(3990, press("i"))]
    two: list[Item] = [whole(4000, 5), at(4050, release("i")), at(4100, press("!"))]
    first = made.upload(person, session_id, 0, one)
    second = made.upload(person, session_id, 1, two)
    data = Dataset.open(derive(made, tmp_path).path, made.identity)
    (step,) = data.steps()
    assert (step.text, step.events) == ("hi!", 5)
    assert step.segments == [first.segment_id, second.segment_id]
