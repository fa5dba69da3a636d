"""The rules of docs/spec/trajectory.md, one table row each."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.recording import (
    Button,
    Control,
    Covered,
    Keyboard,
    KeyCount,
    Marker,
    Pointer,
    Scroll,
    Site,
    Timed,
    Touch,
)
from aboveboard.formats.trajectory import Step
from aboveboard.lab.derive.steps import Derivation, cut
from samples.lab_recording import START_NS, at, click, editor, press, release, session, typing

PERSON, SESSION, SEGMENT = "per_" + "0" * 26, "ses_" + "0" * 26, "seg_" + "0" * 26
CONTROL = {"name": "Control_L", "text": ""}


def derive(events: Sequence[Timed]) -> Derivation:
    ordered = sorted(events, key=lambda timed: timed.time_ns)
    derivation = cut(ordered, person_id=PERSON, session_id=SESSION, segment_id=SEGMENT)
    assert sum(step.events for step in derivation.steps) + sum(derivation.unused.values()) == len(events)
    assert [step.index for step in derivation.steps] == list(range(len(derivation.steps)))
    return derivation


def short(step: Step) -> str:
    """A step in one word or two, to compare."""
    match step.action:
        case "type":
            return f"type {step.text}"
        case "key":
            return f"key {step.key}"
        case "scroll":
            return f"scroll {step.scroll_dx:g},{step.scroll_dy:g}"
        case "drag":
            return f"drag {step.x},{step.y}>{step.end_x},{step.end_y}"
        case "shortcut":
            return f"shortcut {step.shortcut} ({step.key})"
        case "choose":
            assert step.element is not None
            return f"choose {step.element.chosen}" + (f" by {step.key}" if step.key else f" at {step.x},{step.y}")
        case "switch":
            return f"switch {step.to_app} {step.caused_by}"
    return f"{step.action} {step.button}@{step.x},{step.y}" + (f" {step.key}" if step.key else "")


def button(moment: float, x: int, y: int, *, pressed: bool, number: int = 1) -> Timed:
    return at(moment, Button(button=number, pressed=pressed, x=x, y=y))


def scroll(moment: float, dx: float, dy: float) -> Timed:
    return at(moment, Scroll(dx=dx, dy=dy, x=4, y=5))


def mark(moment: float, reason: str) -> Timed:
    return at(moment, Marker(kind="suppressed", reason=reason, start_ns=1, end_ns=2))  # type: ignore[arg-type]


def key(moment: float, name: str, *modifiers: str) -> list[Timed]:
    return [
        at(moment, press("", name=name, modifiers=modifiers)),
        at(moment + 30, release("", name=name, modifiers=modifiers)),
    ]


def control(moment: float, cause: str, chosen: str = "", x: int = 0, **more: Any) -> Timed:
    told = Control(
        cause=cause,  # type: ignore[arg-type]
        role="combo box",
        x=x,
        y=0,
        width=10,
        height=10,
        states=[],
        path=["frame: Form"],
        chosen=chosen,
        **more,
    )
    return at(moment, told)


def shortcut(moment: float) -> list[Timed]:
    named = msgspec.structs.replace(press("", name="s", modifiers=("Control",)), shortcut="Ctrl+S")
    return [at(moment, named), at(moment + 30, release("", name="s", modifiers=("Control",)))]


def held(name: str, start: float, end: float) -> list[Timed]:
    return [at(start, press("", name=name)), at(end, release("", name=name))]


TABLE: dict[str, tuple[list[Timed], list[str]]] = {
    "a click": (click(3, 4, 0), ["click 1@3,4"]),
    "a right click": (click(3, 4, 0, button=3), ["click 3@3,4"]),
    "4 px between press and release is a click": (
        [button(0, 10, 10, pressed=True), button(50, 14, 10, pressed=False)],
        ["click 1@10,10"],
    ),
    "5 px is a drag": ([button(0, 10, 10, pressed=True), button(50, 13, 14, pressed=False)], ["drag 10,10>13,14"]),
    "a double click": ([*click(3, 4, 0), *click(5, 4, 200)], ["double_click 1@3,4"]),
    "400 ms between the presses is double": ([*click(3, 4, 0), *click(3, 4, 400)], ["double_click 1@3,4"]),
    "401 ms is not": ([*click(3, 4, 0), *click(3, 4, 401)], ["click 1@3,4", "click 1@3,4"]),
    "4 px apart is double": ([*click(3, 4, 0), *click(7, 4, 200)], ["double_click 1@3,4"]),
    "5 px apart is not": ([*click(3, 4, 0), *click(8, 4, 200)], ["click 1@3,4", "click 1@8,4"]),
    "another button is not": ([*click(3, 4, 0), *click(3, 4, 200, button=3)], ["click 1@3,4", "click 3@3,4"]),
    "a slow second release is double": (
        [*click(3, 4, 0), button(390, 3, 4, pressed=True), button(900, 3, 4, pressed=False)],
        ["double_click 1@3,4"],
    ),
    "a key in between parts them": (
        [*click(3, 4, 0), *typing("a", 100), *click(3, 4, 300)],
        ["click 1@3,4", "type a", "click 1@3,4"],
    ),
    "a third click stands alone": (
        [*click(3, 4, 0), *click(3, 4, 150), *click(3, 4, 300)],
        ["double_click 1@3,4", "click 1@3,4"],
    ),
    "the second half may be a drag": (
        [*click(3, 4, 0), button(150, 3, 4, pressed=True), button(400, 90, 4, pressed=False)],
        ["click 1@3,4", "drag 3,4>90,4"],
    ),
    "scrolling is merged": ([scroll(0, 0, 1), scroll(200, 0, 1), scroll(650, 0, 2)], ["scroll 0,4"]),
    "a pause of more than 500 ms parts it": ([scroll(0, 0, 1), scroll(501, 0, 1)], ["scroll 0,1", "scroll 0,1"]),
    "parts of a step add up": ([scroll(0, 0, 0.25), scroll(40, 0, 0.5), scroll(80, 0, 0.75)], ["scroll 0,1.5"]),
    "a turn parts it": ([scroll(0, 0, 1), scroll(100, 0, -1)], ["scroll 0,1", "scroll 0,-1"]),
    "typing": (typing("Hello, you", 0), ["type Hello, you"]),
    "BackSpace takes back": (
        [*typing("helo", 0), *key(400, "BackSpace"), *typing("lo", 500)],
        ["type hello"],
    ),
    "BackSpace with nothing to take back is a key": (key(0, "BackSpace"), ["key BackSpace"]),
    "what was covered is in the text as its placeholder": (
        [*typing("Dear ", 0), at(600, Covered(placeholder="‹name 1›", remains=True)), *typing(",", 700)],
        ["type Dear ‹name 1›,"],
    ),
    "and one BackSpace takes it back": (
        [*typing("a", 0), at(200, Covered(placeholder="‹name 1›", remains=True)), *key(400, "BackSpace")],
        ["type a"],
    ),
    "what was covered and did not remain is no step": ([at(0, Covered(placeholder="‹password›", remains=False))], []),
    "all taken back is no step": ([*typing("a", 0), *key(100, "BackSpace")], []),
    "Control+BackSpace is a shortcut": (
        [*typing("ab", 0), *key(300, "BackSpace", "Control")],
        ["type ab", "key Control+BackSpace"],
    ),
    "a pause of 2 s does not part typing": ([*typing("a", 0), *typing("b", 2000)], ["type ab"]),
    "a longer one does": ([*typing("a", 0), *typing("b", 2001)], ["type a", "type b"]),
    "a click parts it": ([*typing("a", 0), *click(1, 1, 100), *typing("b", 200)], ["type a", "click 1@1,1", "type b"]),
    "a scroll parts it": ([*typing("a", 0), scroll(100, 0, 1), *typing("b", 200)], ["type a", "scroll 0,1", "type b"]),
    "another window parts it": (
        [at(0, editor()), *typing("a", 10), at(100, editor(pid=8)), *typing("b", 200)],
        ["type a", "switch Editor None", "type b"],
    ),
    "a new title does not": (
        [at(0, editor()), *typing("a", 10), at(100, editor("*notes.txt")), *typing("b", 200)],
        ["type ab"],
    ),
    "Return is a key": ([*typing("a", 0), *key(100, "Return"), *typing("b", 200)], ["type a", "key Return", "type b"]),
    "a shortcut": ([*held("Control_L", 0, 200), *key(100, "s", "Control")], ["key Control+s"]),
    "modifiers have one order": (key(0, "S", "Shift", "Alt", "Control"), ["key Control+Alt+Shift+s"]),
    "Shift for a capital is no action": (
        [
            at(0, press("", name="Shift_L")),
            at(10, press("A", modifiers=("Shift",))),
            at(60, release("", name="Shift_L")),
        ],
        ["type A"],
    ),
    "Shift+Tab": ([*held("Shift_L", 0, 200), *key(100, "Tab", "Shift")], ["key Shift+Tab"]),
    "a modifier alone is a key": (held("Super_L", 0, 80), ["key Super_L"]),
    "Control+click says so": ([*held("Control_L", 0, 500), *click(1, 2, 100)], ["click 1@1,2 Control"]),
    "CapsLock in force does not make a shortcut": ([at(0, press("A", modifiers=("CapsLock",)))], ["type A"]),
    "AltGr types": ([*held("ISO_Level3_Shift", 0, 90), at(40, press("@", modifiers=("Level3",)))], ["type @"]),
    "a shortcut that has a name": (
        [*held("Control_L", 0, 200), *shortcut(100)],
        ["shortcut Ctrl+S (Control+s)"],
    ),
    "a choice by mouse": ([*click(3, 4, 0), control(300, "choice", "Green")], ["choose Green at 3,4"]),
    "a choice that is told before the release": (
        [button(0, 3, 4, pressed=True), control(20, "choice", "Green"), button(50, 90, 4, pressed=False)],
        ["choose Green at 3,4"],
    ),
    "the second of two quick clicks may choose": (
        [
            *click(3, 4, 0),
            button(200, 3, 4, pressed=True),
            control(210, "choice", "Green"),
            button(260, 3, 4, pressed=False),
        ],
        ["click 1@3,4", "choose Green at 3,4"],
    ),
    "a choice by key": ([*key(0, "Down"), control(40, "choice", "Blue")], ["choose Blue by Down"]),
    "a choice 2 s after the click is of it": (
        [*click(3, 4, 0), control(2000, "choice", "Green")],
        ["choose Green at 3,4"],
    ),
    "later it is not": ([*click(3, 4, 0), control(2001, "choice", "Green")], ["click 1@3,4"]),
    "what is chosen by typing is typed": (
        [*click(3, 4, 0), *typing("g", 300), control(350, "choice", "Green")],
        ["click 1@3,4", "type g"],
    ),
    "another window by Alt+Tab": (
        [at(0, editor()), *held("Alt_L", 10, 90), *key(40, "Tab", "Alt"), at(200, editor(pid=8))],
        ["key Alt+Tab", "switch Editor 0"],
    ),
    "another window by itself": (
        [at(0, editor()), *click(1, 1, 10), at(2500, editor(pid=8))],
        ["click 1@1,1", "switch Editor None"],
    ),
    "the window after a gap is not one that was switched to": (
        [at(0, editor()), mark(10, "no_lease"), at(20, editor(pid=8))],
        [],
    ),
    "rolling over from key to key": (
        [at(0, press("a")), at(20, press("b")), at(40, release("a")), at(60, release("b"))],
        ["type ab"],
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_which_steps_events_make(name: str) -> None:
    events, wanted = TABLE[name]
    assert [short(step) for step in derive(events).steps] == wanted


UNUSED: dict[str, tuple[list[Timed], dict[str, int]]] = {
    "what moves, opens and describes": (
        [session(SESSION, 0), at(1, editor()), at(2, Pointer(x=1, y=1)), at(3, KeyCount(presses=9))],
        {"key_count": 1, "motion": 1, "session": 1, "window": 1},
    ),
    "what has no rule yet": (
        [at(1, Site(host="example.org")), at(2, Touch(finger=0, phase="begin", x=1, y=1)), at(3, Keyboard(layout=""))],
        {"keyboard": 1, "site": 1, "touch": 1},
    ),
    "controls that no press met": (
        [control(0, "focus"), control(10, "click"), *click(50, 50, 100), control(300, "click"), at(400, editor())],
        {"control": 3, "window": 1},
    ),
    "a choice that nobody seems to have made": ([control(0, "choice", "Red")], {"choice_alone": 1}),
    "a control and a choice for a press that was lost": (
        [button(0, 1, 1, pressed=True), button(10, 1, 1, pressed=True), control(20, "choice", "Red")],
        {"unpaired_press": 3},
    ),
    "a release whose press was not seen": ([button(0, 1, 1, pressed=False)], {"unpaired_release": 1}),
    "a press whose release was not seen": ([button(0, 1, 1, pressed=True)], {"unpaired_press": 1}),
    "two presses in a row": (
        [button(0, 1, 1, pressed=True), *click(50, 50, 1000)],
        {"unpaired_press": 1},
    ),
    "a key's release whose press was not seen": ([at(0, release("a"))], {"unpaired_release": 1}),
    "typed and taken back": ([*typing("a", 0), *key(100, "BackSpace")], {"typed_then_erased": 4}),
    "typed and taken back, released later": (
        [
            at(0, press("a")),
            at(50, press("", name="BackSpace")),
            at(100, press("", name="Return")),
            at(150, release("a")),
            at(160, release("", name="BackSpace")),
        ],
        {"typed_then_erased": 4},
    ),
    "a modifier that was used": ([*held("Control_L", 0, 200), *key(100, "s", "Control")], {"modifier": 2}),
    "a scroll of nothing": ([scroll(0, 0, 0)], {"empty_scroll": 1}),
    "a pause pairs nothing across": (
        [button(0, 1, 1, pressed=True), mark(10, "paused_by_person"), button(20, 80, 80, pressed=False)],
        {"marker": 1, "unpaired_press": 1, "unpaired_release": 1},
    ),
    "a password field does not break the click into it": (
        [button(0, 1, 1, pressed=True), mark(10, "password_field"), button(20, 1, 1, pressed=False)],
        {"marker": 1},
    ),
    "a screen that changed too fast says nothing of events": (
        [button(0, 1, 1, pressed=True), mark(10, "screen_changed_too_fast"), button(20, 1, 1, pressed=False)],
        {"marker": 1},
    ),
}


@pytest.mark.parametrize("name", UNUSED)
def test_which_events_make_no_step_and_why(name: str) -> None:
    events, wanted = UNUSED[name]
    assert derive(events).unused == wanted


def test_a_step_says_where_when_and_from_what() -> None:
    events = [at(0, editor("a.txt")), *click(30, 40, 100), at(170, editor("b.txt")), *typing("x", 600)]
    clicked, typed = derive(events).steps
    assert (clicked.app, clicked.title, typed.title) == ("Editor", "a.txt", "b.txt")
    assert clicked.time_ns == START_NS + 100 * MILLISECOND_NS
    assert clicked.end_ns == START_NS + 160 * MILLISECOND_NS
    assert (clicked.events, clicked.segments) == (2, [SEGMENT])
    assert (typed.x, typed.button, typed.frame_sha256) == (None, None, None)


@pytest.mark.parametrize("told_ms", [0, 700], ids=["at the press", "when it was known"])
def test_a_click_says_what_it_met_and_typing_what_had_the_focus(told_ms: int) -> None:
    events = [
        at(0, Site(host="example.org", url="https://example.org/form")),
        *click(3, 4, 100),
        control(100 + told_ms, "click", name="Your name"),
        control(900, "focus", name="Your name"),
        *typing("x", 1000),
        at(1500, editor(pid=8)),
        at(1501, editor(pid=9)),
        *typing("y", 4000),
    ]
    clicked, typed, *_, elsewhere = derive(events).steps
    assert clicked.element is not None
    assert (clicked.element.name, clicked.element.role, clicked.element.path) == (
        "Your name",
        "combo box",
        ["frame: Form"],
    )
    assert clicked.events == 3
    assert typed.element is not None
    assert typed.element.cause == "focus"
    assert (typed.host, typed.url) == ("example.org", "https://example.org/form")
    assert elsewhere.element is None


def test_a_control_that_is_told_before_its_press_is_of_it() -> None:
    first = [control(100, "click", name="Your name")]
    derivation = cut([*first, *click(3, 4, 100)], person_id=PERSON, session_id=SESSION, segment_id=SEGMENT)
    (clicked,) = derivation.steps
    assert clicked.element is not None
    assert (clicked.events, sum(derivation.unused.values())) == (3, 0)
