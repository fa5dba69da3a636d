"""Which keys does a look at a terminal withhold? By tables: how a terminal is set, and looks and keys over time."""

import pytest

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.recording import Key, KeyCount, Marker, Timed, Window
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact.gate import Gate
from aboveboard.recorder.redact.prompts import Prompt, PromptTimeline, Terminal, Terminals, judge_look
from aboveboard.recorder.redact.scope import Active
from aboveboard.recorder.redact.timeline import HOLD_NS
from samples.disclosed import app, disclosure

XTERM, TABS, EDITOR = "XTerm", "Gnome-terminal", "Code"


def one(*programs: str, echo: bool = False, lines: bool = False, signals: bool = True) -> Terminal:
    return Terminal(echo=echo, lines=lines, signals=signals, programs=frozenset(programs))


SHELL = one("bash")
ASKS = one("sudo", lines=True)
PLAIN_CAT = one("cat", echo=True, lines=True)
FOUND = [
    (XTERM, Terminals("xterm", (SHELL,)), Prompt.SOLE),
    (XTERM, Terminals("xterm", (PLAIN_CAT,)), Prompt.SOLE),
    (XTERM, Terminals("xterm", (one("vim", signals=False),)), Prompt.SOLE),
    (XTERM, Terminals("xterm", (ASKS,)), Prompt.HIDDEN),
    (XTERM, Terminals("xterm", (one("bash", lines=True),)), Prompt.HIDDEN),
    (XTERM, Terminals("xterm", (one("sudo"),)), Prompt.HIDDEN),
    (XTERM, Terminals("xterm", (one("sudo", signals=False),)), Prompt.UNKNOWN),
    (XTERM, Terminals("xterm", (one("ssh", signals=False),)), Prompt.UNKNOWN),
    (XTERM, Terminals("xterm", (one("git", "ssh", echo=True, lines=True),)), Prompt.SOLE),
    (XTERM, Terminals("xterm", (one("gpg"),), pinentry=True), Prompt.HIDDEN),
    (XTERM, Terminals("xterm", (PLAIN_CAT,), pinentry=True), Prompt.SOLE),
    (XTERM, Terminals("xterm", (one("systemd-ask-pas"),)), Prompt.HIDDEN),
    (XTERM, Terminals("xterm", (one(),)), Prompt.UNKNOWN),
    (XTERM, Terminals("xterm", ()), Prompt.UNKNOWN),
    (XTERM, Terminals("xterm", (SHELL,), whole=False), Prompt.UNKNOWN),
    (XTERM, Terminals("xterm", (ASKS,), whole=False), Prompt.HIDDEN),
    (XTERM, Terminals("chromium", (SHELL,)), Prompt.OPEN),
    (XTERM, None, Prompt.UNKNOWN),
    (TABS, Terminals("gnome-terminal-", (SHELL, SHELL)), Prompt.OPEN),
    (TABS, Terminals("gnome-terminal-", (SHELL, ASKS)), Prompt.HIDDEN),
    (TABS, None, Prompt.UNKNOWN),
    (EDITOR, Terminals("code", ()), Prompt.NONE),
    (EDITOR, Terminals("code", (SHELL,)), Prompt.OPEN),
    (EDITOR, Terminals("code", (ASKS,)), Prompt.HIDDEN),
    (EDITOR, None, Prompt.NONE),
]


@pytest.mark.parametrize(("wm_class", "seen", "found"), FOUND)
def test_what_a_look_means(wm_class: str, seen: Terminals | None, found: Prompt) -> None:
    assert judge_look(wm_class, seen) is found


PID = 7
LETTERS = {"o": Prompt.OPEN, "h": Prompt.HIDDEN, "u": Prompt.UNKNOWN, "s": Prompt.SOLE, "n": Prompt.NONE}


def looked(looks: str, *, every_ms: int = 100, pid: int = PID) -> PromptTimeline:
    """A look every 100 ms from 1000 ms on; a dot is none."""
    timeline = PromptTimeline()
    for place, letter in enumerate(looks):
        if letter != ".":
            timeline.looked((1000 + place * every_ms) * MILLISECOND_NS, pid, LETTERS[letter])
    return timeline


def at(timeline: PromptTimeline, time_ms: int, *, terminal: bool = True, end_ms: int | None = None) -> Prompt:
    end_ns = end_ms * MILLISECOND_NS if end_ms is not None else None
    return timeline.verdict(time_ms * MILLISECOND_NS, end_ns, PID, terminal=terminal)[0]


JUDGED = [
    ("oooooo", 1050, Prompt.OPEN),
    ("ssssss", 1050, Prompt.SOLE),
    ("ssosss", 1050, Prompt.OPEN),
    ("oohhoooooo", 1250, Prompt.HIDDEN),
    ("oohhoooooo", 1350, Prompt.HIDDEN),  # after the last that found it, before the next
    ("oohhoooooo", 1420, Prompt.OPEN),
    ("ooooohhhhh", 1260, Prompt.HIDDEN),  # typed ahead: within the hold before
    ("oooooohhhh", 1240, Prompt.OPEN),
    ("o........h", 1100, Prompt.HIDDEN),  # between two looks: as of the later
    ("o........o", 1100, Prompt.UNKNOWN),  # a whole password fits in between
    ("o........o", 1600, Prompt.OPEN),
    ("ooou......", 1290, Prompt.UNKNOWN),
    ("oouhoo", 1150, Prompt.HIDDEN),
    ("oo", 1050, Prompt.UNKNOWN),  # what came after is not known
    ("", 1050, Prompt.UNKNOWN),
    ("...ooo", 1250, Prompt.OPEN),
]


@pytest.mark.parametrize(("looks", "time_ms", "found"), JUDGED)
def test_a_key_is_judged_by_the_looks_around_it(looks: str, time_ms: int, found: Prompt) -> None:
    assert at(looked(looks), time_ms) is found


def test_what_is_no_terminal_needs_no_look() -> None:
    for looks in ("", "nnnnnn", "n........n"):
        assert at(looked(looks), 1050, terminal=False) is Prompt.NONE
    assert at(looked("nnohhh"), 1050, terminal=False) is Prompt.HIDDEN
    assert at(looked("o........o"), 1100, terminal=False) is Prompt.UNKNOWN


def test_another_windows_looks_do_not_count() -> None:
    assert at(looked("oooooo", pid=8), 1050) is Prompt.UNKNOWN
    assert at(looked("hhhhhh", pid=8), 1050, terminal=False) is Prompt.NONE


def test_a_window_that_is_left_needs_no_look_afterwards() -> None:
    assert at(looked("oo"), 1050, end_ms=1120) is Prompt.OPEN
    assert at(looked("oo"), 1050, end_ms=1900) is Prompt.UNKNOWN
    assert at(looked("oh"), 1050, end_ms=1120) is Prompt.HIDDEN
    assert at(looked("o"), 1900, end_ms=1950) is Prompt.UNKNOWN


def test_the_stretch_tells_nothing_of_when_the_key_was_pressed() -> None:
    timeline = looked("oohhhoo")
    told = {timeline.verdict(ms * MILLISECOND_NS, None, PID, terminal=True)[1:] for ms in range(1110, 1400, 10)}
    assert told == {(1100 * MILLISECOND_NS - HOLD_NS, 1500 * MILLISECOND_NS)}
    lasting = looked("oohhh")
    assert lasting.verdict(1250 * MILLISECOND_NS, None, PID, terminal=True)[2] is None
    unseen = looked("o........o")
    assert {unseen.verdict(ms * MILLISECOND_NS, None, PID, terminal=True)[1:] for ms in (1100, 1300)} == {
        (1000 * MILLISECOND_NS, 1900 * MILLISECOND_NS)
    }


def test_a_long_stretch_begins_when_it_did_though_that_is_forgotten() -> None:
    timeline = looked("oo" + "h" * 40 + "oo")
    begun_ns = 1100 * MILLISECOND_NS - HOLD_NS
    for before_ms in (1000, 3000, 5000):
        timeline.forget(before_ms * MILLISECOND_NS)
        told = timeline.verdict(5050 * MILLISECOND_NS, None, PID, terminal=True)
        assert told == (Prompt.HIDDEN, begun_ns, 5200 * MILLISECOND_NS)


def test_what_is_forgotten_is_not_needed() -> None:
    timeline = looked("oohhhooooo")
    timeline.forget(1650 * MILLISECOND_NS)
    assert at(timeline, 1650) is Prompt.OPEN
    timeline.looked(500 * MILLISECOND_NS, PID, Prompt.OPEN)  # the clock was set back
    assert at(timeline, 1650) is Prompt.UNKNOWN


def gate_with(keystrokes: str, *looks: Prompt) -> list[object]:
    """What comes out of a gate of three presses 10 ms apart, with a look every 100 ms."""
    gate = Gate(disclosure(app(XTERM, keystrokes=keystrokes)))
    gate.active(1, Active(WindowFacts(window_id=1, wm_class=XTERM, title="", pid=PID, rect=Rect(0, 0, 9, 9))))
    begun_ns = 1000 * MILLISECOND_NS
    for place, found in enumerate(looks):
        gate.looked(begun_ns + place * 100 * MILLISECOND_NS, PID, found)
    for place in range(3):
        key = Key(keycode=38, keysym=97, name="a", text="a", modifiers=(), pressed=True)
        gate.offer(begun_ns + (300 + 10 * place) * MILLISECOND_NS, key)
    out = gate.release(begun_ns + 5000 * MILLISECOND_NS)
    return [one.event for one in out if isinstance(one, Timed) and not isinstance(one.event, Window)]


def test_nothing_of_a_hidden_prompt_comes_out_of_the_gate_at_any_fidelity() -> None:
    for keystrokes in ("count", "shape", "redacted", "exact"):
        (marker,) = gate_with(keystrokes, *[Prompt.HIDDEN] * 8, Prompt.SOLE)
        assert isinstance(marker, Marker)
        assert (marker.reason, marker.count) == ("hidden_prompt", 0)
    (marker,) = gate_with("exact", *[Prompt.UNKNOWN] * 8, Prompt.SOLE)
    assert isinstance(marker, Marker)
    assert marker.reason == "focus_unknown"
    assert sum(isinstance(one, Key) for one in gate_with("exact", *[Prompt.SOLE] * 8)) == 3
    assert gate_with("count", *[Prompt.SOLE] * 8) == [KeyCount(presses=3)]


def test_a_terminal_with_fields_of_its_own_needs_its_focus_known_too() -> None:
    assert not [one for one in gate_with("exact", *[Prompt.OPEN] * 8) if isinstance(one, Key)]
    assert not [one for one in gate_with("exact") if isinstance(one, Key)]
