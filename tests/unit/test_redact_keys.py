"""What comes out of keys below the fidelity ``exact``, through the gate as the recorder uses it."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.recording import Button, Covered, Event, Key, Marker, Pointer, Timed
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact.gate import Gate
from aboveboard.recorder.redact.keys import Keys
from aboveboard.recorder.redact.scope import Active, Stacked
from aboveboard.recorder.redact.text.detectors import Options, load
from aboveboard.recorder.redact.text.redactor import Redactor
from aboveboard.recorder.redact.timeline import Focus
from aboveboard.recorder.redact.typed.rhythm import GRID_NS
from aboveboard.recorder.redact.words import Words
from samples.disclosed import app, disclosure

START = 1_000 * SECOND_NS
STEP_NS = 90 * MILLISECOND_NS
SCREEN = Rect(0, 0, 100, 100)
NAMES = {" ": "space", "\n": "Return", "@": "at", ".": "period", ",": "comma"}
PATTERNS = Redactor(load(Options()).detectors)


def presses(text: str, start_ns: int = START) -> list[tuple[int, Key]]:
    """A press and a release of each character."""
    told = []
    for place, one in enumerate(text):
        typed = "" if one == "\n" else one
        key = Key(
            keycode=10 + ord(one) % 90,
            keysym=ord(one),
            name=NAMES.get(one, one),
            text=typed,
            pressed=True,
            modifiers=[],
        )
        lift = Key(keycode=key.keycode, keysym=key.keysym, name=key.name, text="", pressed=False, modifiers=[])
        at_ns = start_ns + place * STEP_NS
        told += [(at_ns, key), (at_ns + 40 * MILLISECOND_NS, lift)]
    return told


def gate(words: Words | None, *levels: str) -> Gate:
    made = Gate(
        disclosure(*(app(f"app{number}", keystrokes=level) for number, level in enumerate(levels))), words=words
    )
    activate(made, 0, START - SECOND_NS)
    made.layout(START - SECOND_NS, (Stacked(SCREEN, (SCREEN,), SCREEN, facts(0)),))
    made.focus_seen(START - SECOND_NS, Focus.OPEN)
    return made


def activate(made: Gate, number: int, time_ns: int) -> None:
    made.active(time_ns, Active(facts(number)))


def facts(number: int) -> WindowFacts:
    return WindowFacts(window_id=number, wm_class=f"app{number}", title="t", pid=7 + number, rect=SCREEN)


def told(made: Gate, things: Sequence[tuple[int, Key | Pointer]], until_ns: int, *, last: bool = True) -> list[Timed]:
    for time_ns, thing in things:
        made.offer(time_ns, thing)
    made.focus.seen(until_ns, Focus.OPEN)
    return [one for one in made.release(until_ns, last=last) if isinstance(one, Timed)]


def text_of(events: Sequence[Event]) -> str:
    """What a reader sees was typed."""
    parts = []
    for event in events:
        if isinstance(event, Covered) and event.remains:
            parts.append(event.placeholder)
        elif isinstance(event, Key) and event.pressed:
            parts.append(event.text)
    return "".join(parts)


def events_of(timed: Sequence[Timed]) -> list[Event]:
    return [one.event for one in timed]


SENTENCE = "please write to nora.quill@example.net today\n"


def test_what_is_personal_comes_out_as_its_placeholder_and_nothing_of_its_keys() -> None:
    out = told(gate(Words(PATTERNS), "redacted"), presses(SENTENCE), START + 60 * SECOND_NS)
    assert text_of(events_of(out)) == "please write to ‹mail 1› today"
    assert [event.placeholder for event in events_of(out) if isinstance(event, Covered)] == ["‹mail 1›"]
    keys = [event for event in events_of(out) if isinstance(event, Key)]
    assert not [key for key in keys if key.name == "at" or key.text == "@" or key.name == "q"]


def test_keys_wait_until_they_are_decided_and_everything_else_does_not() -> None:
    made = gate(Words(PATTERNS), "redacted")
    things = presses("nora.quill@example")
    out = told(made, things, START + 2 * SECOND_NS, last=False)
    assert not [event for event in events_of(out) if isinstance(event, Key | Covered)]
    assert made.decided_ns <= START < made.settled_ns
    assert made.decided_ns % GRID_NS == 0
    later = told(made, [(START + 3 * SECOND_NS, Pointer(x=5, y=5))], START + 6 * SECOND_NS, last=False)
    assert [type(event) for event in events_of(later)] == [Pointer], "an address that is not finished"
    end_ns = START + 30 * SECOND_NS
    rest = told(made, [], end_ns)
    assert made.decided_ns == end_ns - end_ns % GRID_NS
    shown = text_of(events_of(rest))
    assert shown.endswith("‹not checked›")
    assert not set(shown.split("‹")[0])


def test_without_detectors_the_shape_comes_out() -> None:
    out = told(gate(None, "redacted"), presses("Ask Nora, 42\n"), START + 30 * SECOND_NS)
    assert text_of(events_of(out)) == "Aaa Aaaa, 99"
    assert not {key.keycode for key in events_of(out) if isinstance(key, Key) and key.text.isalpha()} - {0}


def test_the_shape_has_no_rhythm() -> None:
    out = told(gate(Words(PATTERNS), "shape"), presses("some words"), START + 30 * SECOND_NS)
    times = [timed.time_ns for timed in out if isinstance(timed.event, Key)]
    assert times == sorted(times)
    assert {time_ns % GRID_NS // MILLISECOND_NS for time_ns in times} <= set(range(40)), (
        "a grid, and steps of 1 ms in it"
    )
    assert not {time_ns - START for time_ns in times} & {place * STEP_NS for place in range(1, 9)}


def test_at_exact_keys_come_out_as_they_were() -> None:
    things = presses(SENTENCE)
    out = told(gate(Words(PATTERNS), "exact"), things, START + 60 * SECOND_NS)
    assert [(timed.time_ns, timed.event) for timed in out if isinstance(timed.event, Key)] == things


def test_at_exact_keys_come_out_once_though_another_application_s_are_redacted() -> None:
    things = presses(SENTENCE)
    out = told(gate(Words(PATTERNS), "exact", "redacted"), things, START + 60 * SECOND_NS)
    assert [(timed.time_ns, timed.event) for timed in out if isinstance(timed.event, Key | Covered)] == things


def test_a_key_between_two_applications_comes_out_at_the_lower_fidelity() -> None:
    made = gate(Words(PATTERNS), "exact", "shape")
    activate(made, 1, START + 20 * MILLISECOND_NS)
    out = told(made, presses("n"), START + 30 * SECOND_NS)
    assert text_of(events_of(out)) == "a"


def test_an_error_while_typing_is_rebuilt_covers_all_that_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    made = gate(Words(PATTERNS), "redacted")
    typing = made._keys._typing
    assert typing is not None
    told(made, presses("a secret"), START + SECOND_NS, last=False)

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("made to fail")

    monkeypatch.setattr(typing, "release", fails)
    out = told(made, [], START + 20 * SECOND_NS)
    assert text_of(events_of(out)) == ""
    assert [(one.reason, one.start_ns) for one in events_of(out) if isinstance(one, Marker)] == [("not_decided", START)]
    monkeypatch.undo()
    more = told(made, presses("hello\n", START + 21 * SECOND_NS), START + 60 * SECOND_NS)
    assert text_of(events_of(more)) == "hello", "and it goes on"


@given(
    st.lists(st.tuples(st.integers(0, 700), st.sampled_from("abN4 @.\n")), min_size=1, max_size=40),
    st.lists(st.integers(0, 20_000), max_size=20),
)
def test_no_key_comes_out_before_what_was_said_to_be_decided(typed: list[tuple[int, str]], released: list[int]) -> None:
    keys = Keys(disclosure(app("app0", keystrokes="redacted")), PATTERNS)
    keys.begin(START)
    rule = app("app0", keystrokes="redacted")
    at_ns, things = START, []
    for wait_ms, letter in typed:
        at_ns += wait_ms * MILLISECOND_NS
        things += [(at_ns + offset_ns - START, key) for offset_ns, (_, key) in enumerate(presses(letter))]
    told_so_far, decided_ns = 0, 0
    for until_ns in sorted({*(START + ms * MILLISECOND_NS for ms in released), at_ns + 60 * SECOND_NS}):
        while things and things[0][0] + START < until_ns:
            offset_ns, key = things.pop(0)
            keys.press(START + offset_ns, key, rule)
        for timed in keys.release(until_ns, last=until_ns > at_ns + 59 * SECOND_NS):
            assert decided_ns <= timed.time_ns <= until_ns + GRID_NS
            assert timed.time_ns >= told_so_far
            told_so_far = timed.time_ns
        assert decided_ns <= keys.decided_ns(until_ns) <= until_ns
        decided_ns = keys.decided_ns(until_ns)


@pytest.mark.parametrize(("level", "over_s"), [("redacted", 0.0), ("exact", 5.0), ("shape", 5.0)])
def test_the_screen_is_told_while_something_is_typed_and_not_decided(level: str, over_s: float) -> None:
    made = gate(Words(PATTERNS), level)
    told(made, [], START, last=False)
    assert not made.typing
    typed = presses("ask Nora")
    told(made, typed, START + SECOND_NS, last=False)
    assert made.typing
    told(made, [(START + SECOND_NS, key) for _, key in presses("\n")], START + 3 * SECOND_NS, last=False)
    assert made.typing == (over_s > 0)
    told(made, [], START + 20 * SECOND_NS)
    assert not made.typing


def test_nothing_else_waits_for_a_key_that_cannot_be_judged_yet() -> None:
    """After a click it takes a second and a half until it is sure which field a key went to."""
    made = gate(None, "exact")
    click = Button(button=1, pressed=True, x=5, y=5)
    made.offer(START, click)
    key = presses("k", START + 100 * MILLISECOND_NS)[0]
    made.offer(*key)
    made.offer(START + 200 * MILLISECOND_NS, Pointer(x=6, y=6))
    out = [one.event for one in made.release(START + SECOND_NS) if isinstance(one, Timed)]
    assert [type(event) for event in out if isinstance(event, Button | Pointer | Key)] == [Button, Pointer]
    assert made.settled_ns > START + 200 * MILLISECOND_NS
    assert made.decided_ns <= key[0]
    assert made.holding
    assert made.holding_keys
    made.focus.seen(START + 3 * SECOND_NS, Focus.OPEN)
    later = [one for one in made.release(START + 4 * SECOND_NS) if isinstance(one, Timed)]
    assert (key[0], key[1]) in [(one.time_ns, one.event) for one in later]
    assert made.decided_ns == made.settled_ns
    assert not made.holding
