"""What is shown is told apart without colour, said in words from the closed list, and never says what is not so."""

from itertools import combinations, product
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.formats.recording import Button, Control, Key, KeyCount, Marker, MarkerReason, Scroll, Timed, Window
from aboveboard.recorder.live import REASONS, TYPED_SHOWN, LiveFeed
from aboveboard.recorder.status import RecorderStatus
from aboveboard.recorder.tray.hotkey import parse
from aboveboard.recorder.tray.icon import argb_bytes, icon
from aboveboard.recorder.tray.live_window import held_words
from aboveboard.recorder.tray.menu import Item, find, menu_of
from aboveboard.recorder.tray.paint import fitted, font, plain, wrapped
from aboveboard.recorder.tray.view import Shape, View, view_of
from aboveboard.recorder.wishes import Answered, HeldNow, words_of
from aboveboard.rules.decision import EXPLANATIONS, Reason

SHAPES: tuple[Shape, ...] = get_args(Shape)


@pytest.mark.parametrize("size", [16, 22, 24, 48])
def test_each_shape_is_told_apart_without_colour(size: int) -> None:
    drawn = {shape: icon(shape, size) for shape in SHAPES}
    drawn_marked = drawn | {"marked": icon("recording", size, marked=True)}
    for one, other in combinations(drawn_marked.values(), 2):
        a, b = (np.asarray(each.convert("L"), dtype=int) for each in (one, other))
        assert (abs(a - b) > 60).sum() >= size * size // 50


@pytest.mark.parametrize("panel", [(20, 20, 20), (245, 245, 245), (59, 71, 84)])
def test_it_shows_on_dark_and_light_panels(panel: tuple[int, int, int]) -> None:
    from PIL import Image

    for shape in SHAPES:
        under = Image.new("RGB", (24, 24), panel)
        under.paste(icon(shape, 24), (0, 0), icon(shape, 24))
        assert np.ptp(np.asarray(under.convert("L"), dtype=int)) > 100


def test_only_recording_has_the_red_dot() -> None:
    for shape in SHAPES:
        pixels = np.asarray(icon(shape, 48).convert("RGB"), dtype=int)
        red = ((pixels[:, :, 0] > 180) & (pixels[:, :, 1] < 90) & (pixels[:, :, 2] < 90)).sum()
        assert (red > 200) == (shape == "recording")


def test_d_bus_bytes_are_alpha_red_green_blue() -> None:
    data = argb_bytes(icon("recording", 24))
    middle = (12 * 24 + 12) * 4
    assert data[middle] == 255
    assert data[middle + 1] > 180 > 90 > data[middle + 2]
    assert data[0] == 0, "the corner is transparent"


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.OK])
def test_every_reason_is_said_in_its_own_words(reason: Reason) -> None:
    state = "paused" if reason.startswith("pause:") else "waiting"
    view = view_of(RecorderStatus(state, str(reason)))  # type: ignore[arg-type]
    assert view.sentence == EXPLANATIONS[reason].sentence
    assert view.shape != "recording"
    assert view.title != "Recording"
    assert any(item.label == view.sentence for item in menu_of(view))


def test_a_reason_that_is_no_reason_is_a_problem_and_its_error_is_said() -> None:
    view = view_of(RecorderStatus("waiting", "unavailable", error="the vault cannot be reached"))
    assert view.shape == "problem"
    assert view.notes == ("the vault cannot be reached",)


def test_what_is_wrong_beside_recording_is_marked_and_it_still_says_that_it_records() -> None:
    view = view_of(RecorderStatus("recording", "ok", problems=("the picture stood still",)))
    assert (view.shape, view.marked, view.title) == ("recording", True, "Recording")
    assert any("stood still" in item.label for item in menu_of(view))


def test_counters_are_no_part_of_a_view() -> None:
    quiet = view_of(RecorderStatus("recording", "ok"))
    busy = view_of(RecorderStatus("recording", "ok", seconds=9, events=9, frames=9, cpu_s=9, uploaded=9))
    assert quiet == busy


def test_ids_in_the_menu_keep_their_meaning() -> None:
    shown = [View(shape, "A sentence.", paused_elsewhere=away) for shape in SHAPES for away in (False, True)]
    meanings: dict[int, str | None] = {}

    def walk(items: tuple[Item, ...]) -> None:
        for item in items:
            if item.action is not None:
                assert meanings.setdefault(item.item_id, item.action) == item.action
            walk(item.children)

    for view, page in product(shown, (False, True)):
        items = menu_of(view, page=page)
        walk(items)
        assert find(items, 20) is not None
        delete = find(items, 21)
        assert delete is not None
        assert delete not in items, "deleting takes a second step"
        assert (find(items, 26) is not None) == (view.shape == "recording"), "marked is what is recorded"
    wanted = {"pause_5", "pause_60", "pause", "resume", "discard", "live", "send", "stop"}
    assert set(meanings.values()) == wanted | {"task_begins", "task_done", "task_not_done", "task_words", "concerns"}


@pytest.mark.parametrize(
    ("keys", "understood"),
    [
        ("Ctrl+Alt+Shift+P", (["ctrl", "alt", "shift"], ord("p"))),
        ("Super + F9", (["super"], 0xFFC6)),
        ("Pause", ([], 0xFF13)),
        ("P", None),
        ("Shift+P", None),
        ("Ctrl+", None),
        ("Ctrl+Hyper+P", None),
        ("Ctrl+Nonsense", None),
        ("", None),
    ],
)
def test_which_keys_are_understood(keys: str, understood: tuple[list[str], int] | None) -> None:
    assert parse(keys) == understood


@given(st.text(max_size=64))
def test_no_words_break_the_keys(keys: str) -> None:
    understood = parse(keys)
    assert understood is None or understood[1] > 0


@given(st.text(max_size=300), st.floats(1, 500))
def test_text_never_runs_over(text: str, width: float) -> None:
    face = font(13)
    line = fitted(text, face, width)
    assert line == plain(text) or face.getlength(line) <= width or line == "…"
    assert len(wrapped(text, face, width, lines=2)) <= 2


# The live feed


def told(*events: object) -> list[str]:
    feed = LiveFeed()
    feed.open()
    for number, event in enumerate(events):
        feed.event(Timed(number, event))  # type: ignore[arg-type]
    snapshot = feed.snapshot()
    assert snapshot is not None
    return [line.words for line in snapshot.captured]


WINDOW = Window(app="Web browser", title="", pid=0, x=0, y=0, width=0, height=0)


def typed(text: str) -> list[Key]:
    return [
        Key(keycode=1, keysym=ord(each), name=each, text=each, pressed=down, modifiers=[])
        for each in text
        for down in (True, False)
    ]


def control(cause: str, role: str, name: str) -> Control:
    return Control(cause=cause, role=role, name=name, x=0, y=0, width=1, height=1, states=[], path=[])  # type: ignore[arg-type]


def test_what_happened_is_said_in_words() -> None:
    shortcut = Key(keycode=1, keysym=1, name="s", text="", pressed=True, modifiers=["Control"], shortcut="Ctrl+S")
    click = Button(button=1, pressed=True, x=0, y=0)
    assert told(
        WINDOW,
        *typed("hello"),
        shortcut,
        click,
        control("click", "push button", "Save"),
        Scroll(dx=0, dy=2, x=0, y=0),
        Scroll(dx=0, dy=2, x=0, y=0),
        KeyCount(presses=7),
        control("focus", "entry", "Name"),
    ) == [
        "went to field “Name” in Web browser",
        "7 keys, only counted in Web browser",
        "scrolled down in Web browser",
        "clicked button “Save” in Web browser",
        "pressed Ctrl+S in Web browser",
        "typed “hello” in Web browser",
        "window of Web browser",
    ]


def test_much_typing_is_shortened() -> None:
    (line, *_) = told(*typed("x" * 500))
    assert line == f"typed “{'x' * TYPED_SHOWN}…”"


def test_every_reason_of_a_marker_has_words() -> None:
    assert set(REASONS) == set(get_args(MarkerReason))


def test_what_is_left_out_is_listed_with_why() -> None:
    feed = LiveFeed()
    feed.open()
    feed.event(Timed(5, Marker(kind="suppressed", reason="password_field", start_ns=1, end_ns=5)))
    snapshot = feed.snapshot()
    assert snapshot is not None
    assert [line.words for line in snapshot.left_out] == ["password field"]
    assert snapshot.captured == ()


def test_while_it_is_closed_nothing_is_kept() -> None:
    feed = LiveFeed()
    for event in (WINDOW, *typed("secret")):
        feed.event(Timed(1, event))
    for opened in (False, True):
        if opened:
            feed.open()
        snapshot = feed.snapshot()
        assert snapshot is not None
        assert snapshot.captured == ()
    feed.event(Timed(1, typed("a")[0]))
    feed.close()
    closed = feed.snapshot()
    assert closed is not None
    assert closed.captured == ()


def test_it_holds_no_more_than_its_lines() -> None:
    feed = LiveFeed()
    feed.open()
    for number in range(5000):
        name = f"F{number}"
        feed.event(Timed(number, Key(keycode=1, keysym=1, name=name, text="", pressed=True, modifiers=[])))
    snapshot = feed.snapshot()
    assert snapshot is not None
    assert len(snapshot.captured) == 40
    assert snapshot.captured[0].words == "pressed F4999"


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (HeldNow(0, 0, 600, None), "nothing waits on this machine"),
        (HeldNow(1, 900_000, 600, 0), "1 segment (0.9 MB) waits here, leaving now"),
        (HeldNow(118, 1_240_000, 600, 252), "118 segments (1.2 MB) wait here; the first leaves in 4 min"),
        (HeldNow(2, 1_000_000, 600, 20), "2 segments (1.0 MB) wait here; the first leaves in less than a minute"),
    ],
)
def test_how_much_waits_and_when_it_leaves(held: HeldNow, words: str) -> None:
    assert held_words(held) == words


def test_what_a_discard_did_is_said_with_numbers() -> None:
    asked = "0" * 32
    assert words_of(Answered(ask_id=asked, removed=118, left=3), 10) == (
        "deleted 118 segments of the last 10 minutes; 3 had already left, and are not touched"
    )
    assert words_of(Answered(ask_id=asked, removed=1), 1) == (
        "deleted 1 segment of the last minute; none had left this machine"
    )
