"""Can the text of a key that is told depend on a key that was withheld?"""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.recording import Button, Key, Timed
from aboveboard.recorder.capture.compose import TableComposer
from aboveboard.recorder.capture.keysyms import name_of, text_of
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact import composing, gate
from aboveboard.recorder.redact.gate import Gate
from aboveboard.recorder.redact.scope import Active, Stacked
from aboveboard.recorder.redact.timeline import Focus
from samples.disclosed import app, disclosure

START = 1_000 * SECOND_NS
SCREEN = Rect(0, 0, 100, 100)
DISCLOSURE = disclosure(app("editor"), app("quiet", keystrokes="none"), app("counted", keystrokes="count"))
SYMBOLS = [0xFE51, 0xFE52, 0xFF20, ord("e"), ord("o"), ord("x"), ord("'")]
"""Two dead accents, Compose, and keys that end sequences or break them off."""
DEAD_ACUTE, E = SYMBOLS[0], ord("e")


@dataclass(frozen=True)
class Story:
    presses: tuple[tuple[int, int], ...]
    focus: tuple[tuple[int, Focus], ...]
    active: tuple[tuple[int, str], ...]
    clicks: tuple[int, ...] = ()


def window(wm_class: str) -> WindowFacts:
    return WindowFacts(window_id=1, wm_class=wm_class, title="", pid=7, rect=SCREEN)


def told(story: Story) -> list[Key]:
    """The presses that come out; the key code is the place in the story."""
    watched = Gate(DISCLOSURE, composer=TableComposer({"LANG": "en_US.UTF-8"}))
    watched.layout(START - SECOND_NS, (Stacked(SCREEN, (SCREEN,), SCREEN, window("editor")),))
    for time_ns, wm_class in ((START - SECOND_NS, "editor"), *story.active):
        watched.active(time_ns, Active(window(wm_class)))
    for time_ns, focus in ((START - SECOND_NS, Focus.OPEN), *story.focus):
        watched.focus_seen(time_ns, focus)
    for time_ns in story.clicks:
        watched.offer(time_ns, Button(button=1, pressed=True, x=1, y=1))
    for place, (time_ns, symbol) in enumerate(story.presses):
        key = Key(keycode=place, keysym=symbol, name=name_of(symbol), text=text_of(symbol), pressed=True, modifiers=[])
        watched.offer(time_ns, key)
    out = watched.release(START + 60 * SECOND_NS)
    return [item.event for item in out if isinstance(item, Timed) and isinstance(item.event, Key)]


times = st.integers(0, 4_000).map(lambda ms: START + ms * MILLISECOND_NS)
stories = st.builds(
    Story,
    presses=st.lists(st.tuples(times, st.sampled_from(SYMBOLS)), min_size=2, max_size=14).map(sorted).map(tuple),
    focus=st.lists(st.tuples(times, st.sampled_from([Focus.OPEN, Focus.SECRET, Focus.UNKNOWN])), max_size=5).map(tuple),
    active=st.lists(st.tuples(times, st.sampled_from(["editor", "quiet", "counted", "stranger"])), max_size=3).map(
        tuple
    ),
    clicks=st.lists(times, max_size=2).map(tuple),
)


@settings(max_examples=400, deadline=None)
@given(stories, st.lists(st.sampled_from(SYMBOLS), min_size=14, max_size=14))
def test_what_comes_out_does_not_depend_on_what_was_withheld(story: Story, others: list[int]) -> None:
    first = told(story)
    out = {key.keycode for key in first}
    presses = tuple(
        (time_ns, symbol if place in out else others[place]) for place, (time_ns, symbol) in enumerate(story.presses)
    )
    assert told(Story(presses, story.focus, story.active, story.clicks)) == first


SECRET_THEN_OPEN = Story(
    presses=((START + SECOND_NS, DEAD_ACUTE), (START + 4 * SECOND_NS, E)),
    focus=((START + SECOND_NS, Focus.SECRET), (START + 3 * SECOND_NS, Focus.OPEN)),
    active=(),
)


def test_an_accent_typed_into_a_password_is_not_in_the_next_field() -> None:
    assert [(key.keysym, key.text) for key in told(SECRET_THEN_OPEN)] == [(E, "e")]


def test_a_withheld_key_ends_what_was_begun_before_it() -> None:
    story = Story(
        presses=((START, DEAD_ACUTE), (START + 2 * SECOND_NS, ord("x")), (START + 4 * SECOND_NS, E)),
        focus=((START + SECOND_NS, Focus.SECRET), (START + 3 * SECOND_NS, Focus.OPEN)),
        active=(),
    )
    assert [key.text for key in told(story)] == ["", "e"]


def test_a_click_and_another_window_end_what_was_begun() -> None:
    accent_and_e = ((START, DEAD_ACUTE), (START + 3 * SECOND_NS, E))
    assert [key.text for key in told(Story(accent_and_e, (), ()))] == ["", "é"]
    assert [key.text for key in told(Story(accent_and_e, (), (), (START + SECOND_NS,)))] == ["", "e"]
    away_and_back = ((START + SECOND_NS, "quiet"), (START + 2 * SECOND_NS, "editor"))
    assert [key.text for key in told(Story(accent_and_e, (), away_and_back))] == ["", "e"]


def test_the_check_above_sees_a_composer_that_does_not_forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken away: every press goes to the composer, told or not."""

    def all_of_them(composer: composing.Composer, key: Key, *, told: bool) -> Key:
        return composer.press(key) if key.pressed else key

    monkeypatch.setattr(gate, "composed", all_of_them)
    assert [key.text for key in told(SECRET_THEN_OPEN)] == ["é"]
