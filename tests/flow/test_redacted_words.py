"""A title and a mark with personal words, recorded by the command as people run it: confined, with real detectors."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.recorder import programme

from aboveboard.commands.mark import mark
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Marker, Task, Timed, Window
from aboveboard.stage.display import Display
from aboveboard.stage.processes import program
from samples.recording_command import recording

TITLE = "Letter to Nora Quillfeather, nora.quill@example.net, IBAN DE89 3704 0044 0532 0130 00, order KD-004711"
CUSTOMERS = {"Order": r"KD-\d{6}"}
PERSONAL = ("Nora", "Quillfeather", "nora.quill", "example.net", "DE89", "0532", "004711")


def _titled(folder: Path, fidelity: str) -> Sequence[Item]:
    with (
        programme.running(
            folder / "programme", apps={"XTerm": "Terminal"}, words=fidelity, customers=CUSTOMERS
        ) as made,
        Display() as display,
        recording(made, display, folder) as recorder,
    ):
        recorder.until_recording()
        display.processes.start(
            [program("xterm", "xterm"), "-title", TITLE, "-xrm", "xterm*allowTitleOps: false"], display.env
        )
        recorder.until_told("events", 1, "the window is told")
        mark(recorder.person, Task(what="begin", instruction=TITLE))
        return recorder.end()


def _titles(items: Sequence[Item]) -> set[str]:
    return {one.event.title for one in items if isinstance(one, Timed) and isinstance(one.event, Window)}


def _marked(items: Sequence[Item]) -> str:
    (task,) = [one.event for one in items if isinstance(one, Timed) and isinstance(one.event, Task)]
    return task.instruction


def test_what_is_personal_in_a_title_is_covered_by_the_command_that_people_run(tmp_path: Path) -> None:
    items = _titled(tmp_path, "redacted")
    (title,) = _titles(items)
    assert title.startswith("Letter to ‹name 1›")
    assert "‹mail 1›" in title
    assert "‹account 1›" in title
    assert title.endswith("‹customer 1›")
    assert not [word for word in PERSONAL if word in title]
    assert _marked(items) == title, "what a person says of a task is redacted alike"
    reasons = {one.event.reason for one in items if isinstance(one, Timed) and isinstance(one.event, Marker)}
    assert "detector_missing" not in reasons


def test_at_the_fidelity_exact_the_same_title_comes_out(tmp_path: Path) -> None:
    items = _titled(tmp_path, "exact")
    assert _titles(items) == {_marked(items)} == {TITLE}
