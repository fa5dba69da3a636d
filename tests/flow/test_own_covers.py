"""The whole way of "also cover this": recorded, held, covered by the person, sent, taken in, opened from the vault."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.recorder import programme
from click.testing import CliRunner
from numpy.typing import NDArray

from aboveboard.base.clock import SECOND_NS
from aboveboard.commands import view
from aboveboard.commands.cover import words_of
from aboveboard.commands.covering import Desk
from aboveboard.commands.hand import send
from aboveboard.commands.home import Home
from aboveboard.commands.main import main
from aboveboard.formats import segment as segments
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Session, Timed, Window
from aboveboard.formats.segment import SegmentManifest
from aboveboard.recorder import covering, enrolment
from aboveboard.recorder.flow import record
from aboveboard.recorder.redact.own_covers import PLACEHOLDER, OwnCovers
from aboveboard.recorder.redact.pixels.reader import Reader
from aboveboard.recorder.redact.pixels.reading import Line
from aboveboard.recorder.status import RecorderStatus
from aboveboard.stage.display import Display
from aboveboard.stage.processes import program
from aboveboard.viewer.shelves import FolderShelf, VaultShelf
from samples.covered_after import of_kind, pictures, typed
from samples.synthetic_source import SyntheticSource
from samples.unseen import Unseen
from samples.x_windows import until

TEXT = " heron."
"""Seven letters: the source clicks after every seventh, and nobody types a word over a click."""
WORD = OwnCovers(words=("heron",))


@dataclass
class Run:
    """A recorder in a thread, which holds for ten minutes."""

    home: Home
    states: list[RecorderStatus] = field(default_factory=list)

    @property
    def held(self) -> int:
        return len(FolderShelf(self.home.folder("recorder") / "spool").manifests())

    def wait_for_more(self, count: int) -> None:
        wanted = self.held + count
        until(lambda: self.held >= wanted, f"{wanted} segments are held", limit_s=60)


@contextmanager
def recording(home: Home) -> Iterator[Run]:
    run, stop, folder = Run(home), threading.Event(), home.folder("recorder")
    failed: list[BaseException] = []

    def body() -> None:
        try:
            record(
                home=folder,
                client=home.client("vault", home.device_key()),
                source=SyntheticSource(TEXT),
                enrolment=enrolment.verify(enrolment.load(folder)),
                stop=stop,
                status=run.states.append,
                presence=Unseen(hold_minutes=10),  # type: ignore[arg-type]
                segment_ns=SECOND_NS // 2,
                flush_s=5,
            )
        except BaseException as error:
            failed.append(error)
            raise

    thread = threading.Thread(target=body)
    thread.start()
    try:
        yield run
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()
        assert failed == []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[programme.Programme]:
    with programme.running(
        tmp_path_factory.mktemp("programme"), apps={"Chromium": "Browser", "XTerm": "Terminal"}
    ) as running:
        yield running


def command(home: Home, *arguments: str) -> dict[str, Any]:
    """``aboveboard cover``; what it says."""
    environment = {"ABOVEBOARD_PLACES": str(home.places)}
    done = CliRunner(env=environment).invoke(
        main, ["--home", str(home.root), "--json", "cover", *arguments], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    facts: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return facts


def in_vault(home: Home) -> list[SegmentManifest]:
    """What the vault took in, in order."""
    shelf = VaultShelf(home.client("vault", home.person_key()))
    found = [segments.decode(envelope.body()) for envelope in shelf.manifests()]
    return sorted(found, key=lambda each: each.sequence)


def opened(home: Home) -> list[list[Item]]:
    """What the person's page opens of it, segment by segment."""
    source = view.source(home)
    assert not source.held(), "nothing is left on this machine"
    out: list[list[Item]] = []
    for item in source.items(source.newest_session()):
        if isinstance(item, Timed) and isinstance(item.event, Session):
            out.append([])
        out[-1].append(item)
    return out


def assert_chained(manifests: list[SegmentManifest]) -> None:
    assert [each.sequence for each in manifests] == list(range(len(manifests)))
    assert all(after.previous_sha256 == before.sha256 for before, after in pairwise(manifests))


def assert_chained_within_sessions(manifests: list[SegmentManifest]) -> None:
    for session_id in {each.session_id for each in manifests}:
        assert_chained([each for each in manifests if each.session_id == session_id])


def test_a_word_covered_while_it_is_held_is_in_nothing_that_leaves_and_the_rest_is(made: programme.Programme) -> None:
    home = made.person()
    with recording(home) as run:
        run.wait_for_more(4)
        source = view.source(home)
        assert "heron" in typed([list(source.items(source.newest_session()))])
        desk = Desk.of(home, source)
        planned = desk.look(WORD)
        assert run.held >= 4
        assert "heron" in typed([list(source.items(source.newest_session()))]), "looking changes nothing"
        plan = desk.cover(WORD)
        assert len(plan.rewritten) >= len(planned.rewritten) >= 4
        assert plan.removed == []
        assert "covered in" in words_of(plan, done=True)
        assert covering.under_way(home.folder("recorder")) is None
        run.wait_for_more(3)
        assert in_vault(home) == []
    assert run.states[-1].refused == 0
    sent, waiting = send(home)
    assert (sent, waiting) == (len(in_vault(home)), 0)
    assert_chained(in_vault(home))
    words = typed(opened(home))
    assert "heron" not in words
    assert words.count(PLACEHOLDER) > 10
    assert words.count(".") > 10


def test_what_is_begun_and_not_finished_does_not_leave_and_is_finished_later(made: programme.Programme) -> None:
    home = made.person()
    with recording(home) as run:
        run.wait_for_more(3)
    covering.begin(home.folder("recorder"))  # cut off here
    assert send(home) == (0, run.held)
    with recording(home) as again:
        again.wait_for_more(2)
    assert in_vault(home) == []
    desk = Desk.of(home, view.source(home))
    assert desk.unfinished()
    done = command(home, "--word", "heron", "--region", "4,4,30,20", "--yes")
    assert done["rewritten"] > 3
    assert not desk.unfinished()
    assert command(home)["covers"] == ["--word 'heron'", "--region 4,4,30,20"]
    assert command(home, "--word", "heron", "--stop")["covers"] == ["--region 4,4,30,20"]
    assert send(home)[1] == 0
    assert_chained_within_sessions(in_vault(home))
    newest = opened(home)
    assert "heron" not in typed(newest)
    shown = pictures(newest)
    assert shown
    assert not any(pixels[4:24, 4:34].any() for pixels in shown.values())


def test_the_command_that_people_run_covers_titles_and_the_screen_from_then_on(
    made: programme.Programme, tmp_path: Path
) -> None:
    """Confined as it always is, with a real window on a real display."""
    home = made.person()
    spool, said, log = FolderShelf(home.folder("recorder") / "spool"), tmp_path / "said", tmp_path / "log"
    with Display() as display, said.open("wb") as out, log.open("wb") as errors:
        words = [sys.executable, "-P", "-m", "aboveboard", "--home", str(home.root)]
        words += ["--json", "record", "--hold", "10m"]
        environment = {**os.environ, **display.env, "ABOVEBOARD_PLACES": str(home.places)}
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, env=environment)
        try:
            until(lambda: '"recording"' in said.read_text(encoding="utf-8"), "it records", limit_s=60)
            terminal(display, "Letter to Quillfeather")
            until(lambda: len(spool.manifests()) > 0, "it is held", limit_s=60)
            assert Desk.of(home, view.source(home)).cover(OwnCovers(words=("quillfeather",))).rewritten
            held = len(spool.manifests())
            terminal(display, "Quillfeather again")
            until(lambda: len(spool.manifests()) > held, "it goes on", limit_s=60)
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0, log.read_text(encoding="utf-8")
        finally:
            process.kill()
            process.wait()
    assert "not confined" not in log.read_text(encoding="utf-8")
    source = view.source(home)
    items = list(source.items(source.newest_session()))
    titles = {each.title for each in of_kind([items], Window)}
    assert {f"Letter to {PLACEHOLDER}", f"{PLACEHOLDER} again"} <= titles
    assert "uillfeather" not in repr([item for item in items if isinstance(item, Timed)])
    shown = list(pictures([items]).values())
    assert all((pixels > 0).any(axis=2).mean() > 0.9 for pixels in shown), "little else is black"
    texts = [line.text for pixels in shown for line in read(pixels)]
    assert texts
    assert not any("uill" in text.casefold() or "feather" in text.casefold() for text in texts)


def read(pixels: NDArray[np.uint8]) -> tuple[Line, ...]:
    """All text in a picture, as a reader of its own reads it."""
    height, width = pixels.shape[:2]
    bgrx = np.full((height, width, 4), 255, np.uint8)
    bgrx[..., :3] = pixels[..., ::-1]
    reader, words = Reader(), bgrx.view(np.uint32).reshape(height, width)
    reading = reader.read(words, None, allowance_ns=10**10)
    for _ in range(10):
        reading = reader.read(words, (), allowance_ns=10**10)
    return reading.lines


def terminal(display: Display, title: str) -> None:
    options = ["-title", title, "-xrm", "xterm*allowTitleOps: false"]
    display.processes.start([program("xterm", "xterm"), *options], display.env)
