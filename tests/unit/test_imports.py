"""What other recorders recorded becomes the same steps, sealed; and what cannot be told is counted."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aboveboard.base.errors import AboveboardError, BadInput, Conflict, Tampered
from aboveboard.formats.imported import Imported, Source
from aboveboard.formats.trajectory import Step
from aboveboard.lab.dataset.imports import ducktrack, openadapt, owamcap
from aboveboard.lab.dataset.imports.recording import Told
from aboveboard.lab.dataset.imports.rest import READERS, import_dataset
from aboveboard.lab.dataset.read import Dataset
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey
from samples import foreign

IDENTITY, KEY = Identity.generate(), SigningKey.generate()
SOURCES: list[Source] = ["owamcap", "ducktrack", "openadapt-capture", "agentnet"]
UNREAD = {
    "owamcap": {"another_kind:desktop/KeyboardState": 1},
    "ducktrack": {"unknown_event": 1},
    "openadapt-capture": {"unknown_event": 1},
    "agentnet": {"no_event:terminate": 1, "code_not_readable": 1},
}


def imported(source: Source, path: Path, to: Path) -> tuple[Imported, Dataset]:
    document = import_dataset(
        source, path, to, recipient=IDENTITY.recipient, key=KEY, licence="made for this test", now_ns=5
    )
    return document, Dataset.open(to, IDENTITY, signer=KEY.public)


def short(step: Step) -> tuple[object, ...]:
    return {
        "click": (step.action, step.x, step.y, step.button),
        "type": (step.action, step.text),
        "shortcut": (step.action, step.key, step.shortcut),
        "scroll": (step.action, step.scroll_dx, step.scroll_dy),
    }[step.action]


@pytest.mark.parametrize("source", SOURCES)
def test_the_same_work_becomes_the_same_steps_whoever_recorded_it(source: Source, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    document, data = imported(source, foreign.WRITERS[source](tmp_path / "in"), tmp_path / "out")
    steps = list(data.steps())
    assert [short(step) for step in steps] == [
        ("click", 30, 40, 1),
        ("type", "hi"),
        ("shortcut", "Control+s", "Ctrl+S"),
        ("scroll", 0, 2),
    ]
    shades = [int(data.frame(step.frame_sha256 or "")[50, 50, 1]) for step in steps]
    assert all(abs(shade - wanted) <= 2 for shade, wanted in zip(shades, [40, 200, 200, 200], strict=True)), shades
    assert data.frame(steps[0].frame_sha256 or "").shape == (foreign.HEIGHT, foreign.WIDTH, 3)
    gone = {name: count for name, count in document.unread.items() if not name.startswith("picture_before")}
    assert gone == UNREAD[source]
    totals = data.card.totals
    assert (document.events, document.recordings, document.pictures_missing) == (totals.events - 1, 1, 0)
    assert totals.step_events + sum(totals.unused.values()) == totals.events
    titles = {step.title for step in steps}
    assert titles == ({"Notes"} if source in ("owamcap", "openadapt-capture") else {""})
    (episode,) = data.episodes()
    if source in ("openadapt-capture", "agentnet"):
        assert (episode.instruction, episode.instructed_by) == ("Write hi", "form")
    assert episode.outcome == ("success" if source == "agentnet" else "unknown")


@pytest.mark.parametrize("source", SOURCES)
def test_each_record_becomes_an_event_or_a_picture_or_is_counted(source: Source, tmp_path: Path) -> None:
    path = foreign.WRITERS[source](tmp_path)
    told = list(READERS[source](path))[-1]
    records = {"owamcap": 74, "ducktrack": 13, "openadapt-capture": 14, "agentnet": 13}[source]
    pictures = told.pictures if source == "owamcap" else 0
    assert told.records + pictures == records


@pytest.mark.parametrize("media", ["beside", "inside", "video"])
def test_pictures_are_found_wherever_they_lie(media: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    document, data = imported("owamcap", foreign.owamcap(tmp_path / "in", media=media), tmp_path / "out")
    assert document.pictures_missing == 0
    assert len(set(data.frame_names())) == 2


def test_an_import_rests_sealed_and_says_whose_word_it_rests_on(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    document, data = imported("openadapt-capture", foreign.openadapt(tmp_path / "in"), tmp_path / "out")
    assert (document.source, document.licence, document.name) == ("openadapt-capture", "made for this test", "in")
    for file in (tmp_path / "out").iterdir():
        assert b"Write hi" not in file.read_bytes()
        assert b"Notes" not in file.read_bytes()
    assert data.people
    with pytest.raises(Conflict):
        imported("openadapt-capture", tmp_path / "in", tmp_path / "out")
    with pytest.raises(Tampered):
        Dataset.open(tmp_path / "out", IDENTITY, signer=SigningKey.generate().public)
    (tmp_path / "out" / "dataset.json").write_bytes(b"{}")
    with pytest.raises(Tampered):
        Dataset.open(tmp_path / "out", IDENTITY, signer=KEY.public)


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_no_recording_leaves_nothing(source: Source, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "noise").write_bytes(b"noise" * 100)
    for path in (tmp_path / "empty", tmp_path / "noise"):
        with pytest.raises((AboveboardError, OSError)):
            imported(source, path, tmp_path / "out")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["empty", "noise"]


def read_damaged(source: Source, path: Path, noise: bytes, place: int) -> Iterator[Told]:
    file = {"ducktrack": path / "events.jsonl", "openadapt-capture": path / "recording.db"}.get(source, path)
    data = file.read_bytes()
    file.write_bytes(data[:place] + noise + data[place + len(noise) :])
    return READERS[source](path)


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=40), st.integers(0, 3000))
def test_damage_is_refused_in_words_or_counted(
    source: Source, tmp_path_factory: pytest.TempPathFactory, noise: bytes, place: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    without_film: dict[str, Callable[[Path], Path]] = {
        "owamcap": lambda place: foreign.owamcap(place, media="beside"),
        "ducktrack": lambda place: foreign.ducktrack(place, film=False),
    }
    path = without_film.get(source, foreign.WRITERS[source])(folder)
    with suppress(BadInput):
        for told in read_damaged(source, path, noise, place):
            assert told.events >= 0


def test_a_recording_that_another_program_still_writes_is_only_read(tmp_path: Path) -> None:
    path = foreign.openadapt(tmp_path)
    with sqlite3.connect(path / "recording.db") as writing:
        writing.execute("INSERT INTO action_event (name, timestamp, recording_id) VALUES ('move', 1, 1)")
        before = (path / "recording.db").read_bytes()
        with suppress(BadInput):
            list(openadapt.read(path))
        assert (path / "recording.db").read_bytes() == before
        writing.rollback()


def test_keys_without_text_type_what_a_us_keyboard_types(tmp_path: Path) -> None:
    foreign.owamcap(tmp_path)
    told = list(owamcap.read(tmp_path / "session.mcap"))[-1]
    assert told.instruction == ""
    assert list(ducktrack.read(foreign.ducktrack(tmp_path)))[-1].events == 12
