"""Does each protection of what is typed carry weight? Each check is run as built, and with its protection removed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.recording import Covered, Key, Timed
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact import gate as gates
from aboveboard.recorder.redact.gate import Gate
from aboveboard.recorder.redact.keys import Keys
from aboveboard.recorder.redact.scope import Active
from aboveboard.recorder.redact.text.redactor import Redactor
from aboveboard.recorder.redact.timeline import Focus
from aboveboard.recorder.redact.typed.rhythm import GRID_NS, Rhythm
from aboveboard.recorder.redact.words import Words
from aboveboard.recorder.session import SessionWriter
from aboveboard.rules.shape import Shape
from samples.disclosed import app, disclosure
from samples.recorder_bench import Bench
from samples.synthetic_source import WINDOW, key, whole_frame
from samples.typed_keys import START_NS, STEP_NS, Cards
from samples.typed_keys import key as pressed

CARD = "4539 1488 0343 6467"


def come_out(text: str, *, level: str = "redacted", detectors: bool = True) -> list[Timed]:
    """What the gate lets out of ``text``, with a slip in it that is taken back."""
    words = Words(Redactor([Cards()])) if detectors else None
    gate = Gate(disclosure(app("editor", keystrokes=level)), words=words)
    facts = WindowFacts(window_id=1, wm_class="editor", title="t", pid=7, rect=Rect(0, 0, 100, 100))
    gate.active(START_NS - SECOND_NS, Active(facts))
    gate.focus_seen(START_NS - SECOND_NS, Focus.OPEN)
    for number, chord in enumerate([*text[:-1], "8", "BackSpace", text[-1], *" and so on", "Return"]):
        gate.offer(START_NS + number * STEP_NS, pressed(chord))
        gate.offer(START_NS + number * STEP_NS + STEP_NS // 2, pressed(chord, pressed=False))
    end_ns = START_NS + 60 * SECOND_NS
    gate.focus_seen(end_ns, Focus.OPEN)
    return [one for one in gate.release(end_ns, last=True) if isinstance(one, Timed)]


def digits(told: list[Timed]) -> str:
    return "".join(one.event.text for one in told if isinstance(one.event, Key) and one.event.text.isdigit())


def holds(check: Callable[[], None]) -> bool:
    try:
        check()
    except AssertionError:
        return False
    return True


def test_the_way_through_keys_is_what_keeps_a_typed_card_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def check() -> None:
        told = come_out(CARD)
        assert digits(told) == ""
        assert [one.event.placeholder for one in told if isinstance(one.event, Covered)] == ["‹card 1›"]

    check()
    monkeypatch.setattr(gates, "LOWERED", frozenset())
    assert not holds(check)


def test_without_a_detector_it_is_the_shape_that_keeps_it_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def check() -> None:
        assert set(digits(come_out(CARD, detectors=False))) == {"9"}

    check()
    monkeypatch.setattr(Shape, "key", lambda _, key: key)
    assert not holds(check)


def test_the_grid_is_what_hides_the_rhythm(monkeypatch: pytest.MonkeyPatch) -> None:
    def check() -> None:
        for level in ("shape", "redacted"):
            told = come_out("some words", level=level)
            presses = [one.time_ns for one in told if isinstance(one.event, Key) and one.event.pressed]
            assert len(presses) > 10
            assert all(time_ns % GRID_NS < GRID_NS // 5 for time_ns in presses)

    check()
    monkeypatch.setattr(Rhythm, "tell", lambda _, timed: [timed])
    assert not holds(check)


def test_keys_that_wait_are_gone_when_rebuilding_them_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def check() -> None:
        told = come_out(CARD)
        assert digits(told) == ""

    def fails(*_: object) -> None:
        raise RuntimeError("made to fail")

    monkeypatch.setattr("aboveboard.recorder.redact.typed.editor.Editor.press", fails)
    check()
    monkeypatch.setattr(Keys, "press", lambda _, time_ns, key, __: [Timed(time_ns, key)])
    assert not holds(check)


def test_what_is_not_sealed_is_gone_after_a_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(home: Path) -> None:
        bench = Bench(home)
        bench.grant(duration_s=60)
        bench.frame(whole_frame(bench.clock.wall_ns()))
        bench.event(WINDOW)
        bench.event(key("s"))
        bench.step()
        for _ in range(70):
            bench.clock.advance(SECOND_NS // 10)
            bench.writer.tick(bench.clock.wall_ns(), bench.clock.wall_ns() - 30 * SECOND_NS)
        bench.writer.interrupt("paused_by_person", drop=True)
        bench.writer.finish()
        assert not [one for one in bench.kept() if isinstance(one.event, Key)]

    check(tmp_path / "kept")
    monkeypatch.setattr(SessionWriter, "_drop_all", lambda *_: None)
    assert not holds(lambda: check(tmp_path / "removed"))
