"""Cut off at any step, what is covered takes the place of what it was at the next start; until then nothing leaves."""

import os
import shutil
import threading
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import envelope as envelopes
from aboveboard.formats import segment as segments
from aboveboard.formats.segment import SegmentManifest
from aboveboard.recorder import covering
from aboveboard.recorder.held import SEALED_NAME
from aboveboard.recorder.spool import TOLD_NAME, Spool
from aboveboard.recorder.upload import Uploader
from aboveboard.sealing.signatures import signed_by
from samples.cut_off import Cut, cut_at
from samples.spooled import DEVICE, add
from samples.taking_vault import TakingVault

OTHER = new_id(Kind.SESSION)


def held(folder: Path) -> list[SegmentManifest]:
    """Six of one session, a second apart, and one of another."""
    spool = Spool(folder / "spool")
    spool.recover()
    found: list[SegmentManifest] = []
    for number in range(6):
        previous = found[-1].sha256 if found else None
        times = {"start_wall_ns": number * SECOND_NS, "end_wall_ns": (number + 1) * SECOND_NS}
        found.append(add(spool, f"old {number}".encode(), sequence=number, previous_sha256=previous, **times))
    found.append(add(spool, b"old 0 of another", session_id=OTHER))
    return found


def covered(folder: Path, manifests: list[SegmentManifest]) -> None:
    """Of the six, numbers 1 and 4 are sealed anew; number 3 goes."""
    covering.begin(folder)
    for number in (1, 4):
        assert covering.put(folder, manifests[number].segment_id, f"new {number}".encode())
    covering.ready(folder, [manifests[1].segment_id, manifests[4].segment_id], [manifests[3].segment_id])


def here(folder: Path) -> dict[int, bytes]:
    """Of the six, what lies in the spool, each as its signed manifest says."""
    found = {}
    for one in Spool(folder / "spool").held():
        _, payload = signed_by(envelopes.decode(one.envelope), segments.PAYLOAD_TYPE, [DEVICE.public])
        manifest = segments.decode(payload)
        assert manifest == one.manifest
        if manifest.session_id != OTHER:
            found[manifest.sequence] = one.sealed()
    return found


def assert_follow(folder: Path, hashes: dict[int, str]) -> None:
    """Each names the hash of the one before it, where that is here; ``hashes`` are those of before."""
    manifests = {
        one.manifest.sequence: one.manifest
        for one in Spool(folder / "spool").held()
        if one.manifest.session_id != OTHER
    }
    for number, manifest in manifests.items():
        before = manifests[number - 1].sha256 if number - 1 in manifests else hashes.get(number - 1)
        assert manifest.previous_sha256 == before


def test_what_is_covered_takes_its_place_and_the_chain_goes_on(tmp_path: Path) -> None:
    manifests = held(tmp_path)
    covered(tmp_path, manifests)
    spool = Spool(tmp_path / "spool")
    spool.recover()
    done = covering.exchange(tmp_path, spool, DEVICE)
    assert done is not None
    assert (done.rewritten, done.removed, done.left) == (4, 1, 0), "those that follow a new one are signed anew"
    assert here(tmp_path) == {0: b"old 0", 1: b"new 1", 2: b"old 2", 4: b"new 4", 5: b"old 5"}
    assert_follow(tmp_path, {each.sequence: each.sha256 for each in manifests[:6]})
    assert done.ends.keys() == {manifests[0].session_id}
    assert done.ends[manifests[0].session_id][0] == 5
    assert spool.pending_bytes() == sum(map(len, here(tmp_path).values())) + len(b"old 0 of another")
    assert [note.marker().reason for note in spool.notes.all()] == ["covered_by_person"]
    assert not spool.covering
    assert covering.exchange(tmp_path, spool, DEVICE) is None


def test_cut_off_after_any_number_of_steps(tmp_path: Path) -> None:
    manifests = held(tmp_path / "before")
    covered(tmp_path / "before", manifests)
    finished, cuts = False, 0
    for count in range(400):
        home = tmp_path / str(count)
        shutil.copytree(tmp_path / "before", home)
        spool = Spool(home / "spool")
        spool.recover()
        with pytest.MonkeyPatch.context() as patch:
            cut_at(patch, count)
            try:
                covering.exchange(home, spool, DEVICE)
                finished = True
            except Cut:
                cuts += 1
        again, vault = Spool(home / "spool"), TakingVault()
        again.recover()
        if again.covering:
            Uploader(vault, again).upload_all(threading.Event())  # type: ignore[arg-type]
            assert vault.got == []
        covering.exchange(home, again, DEVICE)
        assert here(home) == {0: b"old 0", 1: b"new 1", 2: b"old 2", 4: b"new 4", 5: b"old 5"}
        assert_follow(home, {each.sequence: each.sha256 for each in manifests[:6]})
        assert not again.covering
        assert not (home / covering.FOLDER_NAME).exists()
        assert {path.name[:4] for path in (home / "spool").iterdir()} == {"seg_", "refu"}
        if finished or count % 10 == 0:
            Uploader(vault, again).upload_all(threading.Event())  # type: ignore[arg-type]
            assert set(vault.got) == {b"old 0", b"new 1", b"old 2", b"new 4", b"old 5", b"old 0 of another"}
        shutil.rmtree(home)
        if finished:
            break
    assert finished
    assert cuts > 20


def test_what_the_vault_was_told_of_goes_instead(tmp_path: Path) -> None:
    """The vault knows its hash by now: another one would be refused, and the old one must not leave."""
    manifests = held(tmp_path)
    (tmp_path / "spool" / manifests[1].segment_id / TOLD_NAME).touch()
    covered(tmp_path, manifests)
    spool = Spool(tmp_path / "spool")
    spool.recover()
    done = covering.exchange(tmp_path, spool, DEVICE)
    assert done is not None
    assert done.removed == 2
    assert here(tmp_path) == {0: b"old 0", 2: b"old 2", 4: b"new 4", 5: b"old 5"}
    assert_follow(tmp_path, {each.sequence: each.sha256 for each in manifests[:6]})


def test_what_is_on_its_way_just_then_goes_and_is_counted(tmp_path: Path) -> None:
    manifests = held(tmp_path)
    spool = Spool(tmp_path / "spool")
    spool.recover()
    on_its_way = [each for each in spool.waiting() if each.segment_id == manifests[1].segment_id]
    with spool.leaving(on_its_way) as leaving:
        assert len(leaving) == 1
        covered(tmp_path, manifests)
        done = covering.exchange(tmp_path, spool, DEVICE)
    assert done is not None
    assert (done.removed, done.left) == (2, 1)
    assert 1 not in here(tmp_path)


def test_what_was_sent_before_is_marked_as_told(tmp_path: Path) -> None:
    """A crash between telling the vault and sending: the mark outlives it."""
    manifests = held(tmp_path)
    spool = Spool(tmp_path / "spool")
    spool.recover()
    with spool.leaving(spool.waiting()[:1]) as leaving:
        assert len(leaving) == 1
    again = Spool(tmp_path / "spool")
    again.recover()
    assert [each.segment_id for each in again.waiting() if again.told_of(each.segment_id)] == [
        leaving[0].manifest.segment_id
    ]
    assert manifests


@pytest.mark.parametrize("gone", ["a segment", "its bytes"])
def test_what_is_not_there_any_more_is_passed_over(tmp_path: Path, gone: str) -> None:
    manifests = held(tmp_path)
    covered(tmp_path, manifests)
    folder = tmp_path / "spool" / manifests[4].segment_id
    (shutil.rmtree if gone == "a segment" else os.unlink)(folder if gone == "a segment" else folder / SEALED_NAME)
    spool = Spool(tmp_path / "spool")
    spool.recover()
    covering.exchange(tmp_path, spool, DEVICE)
    left = here(tmp_path)
    assert {number: left.get(number) for number in (0, 1, 2, 3)} == {0: b"old 0", 1: b"new 1", 2: b"old 2", 3: None}
    assert b"old 4" not in left.values()


def test_a_damaged_note_keeps_all_here(tmp_path: Path) -> None:
    held(tmp_path)
    (tmp_path / covering.FILE_NAME).write_bytes(b"{")
    spool, vault = Spool(tmp_path / "spool"), TakingVault()
    spool.recover()
    Uploader(vault, spool).upload_all(threading.Event())  # type: ignore[arg-type]
    assert vault.got == []
    assert Uploader(vault, spool).next_s() is None  # type: ignore[arg-type]
