"""Is it told what was done by what the screen shows, where the screen tells it, and nothing where it does not?"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.recording import Button, Key, Pointer, Scroll, Session, Timed, Window
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.lab.derive.steps import cut
from aboveboard.lab.labeller import both_looks
from aboveboard.lab.model.inverse_dynamics import Guess, InverseDynamics, load_inverse_dynamics
from aboveboard.lab.model.screen_changes import Change, changes
from aboveboard.lab.train.inverse_dynamics import Done, InverseConfig, Lesson, done_in, train_inverse_dynamics
from samples.played import FRAME_NS, HEIGHT, START_NS, WIDTH, play, recording

QUICK = InverseConfig(steps=200, batch=64, seed=3, members=1)


def _lesson(seed: int, acts: int = 60) -> Lesson:
    return play(seed, acts).lesson()


@pytest.fixture(scope="module")
def learnt() -> InverseDynamics:
    return train_inverse_dynamics([_lesson(seed) for seed in range(3)], QUICK)


def _pairs(said: list[Guess], lesson: Lesson) -> Iterator[tuple[Guess, Done]]:
    for done in lesson.done:
        near = [
            one for one in said if abs(one.time_ns - done.time_ns) <= 250 * MILLISECOND_NS and one.kind == done.kind
        ]
        if near:
            yield near[0], done


def test_kinds_times_and_places_of_a_session_it_never_saw(learnt: InverseDynamics) -> None:
    lesson = _lesson(99)
    said = learnt.label(lesson.changes)
    pairs = list(_pairs(said, lesson))
    assert len(pairs) >= 0.9 * len(lesson.done)
    assert len(said) <= 1.1 * len(lesson.done)  # the clock is nobody's doing
    assert {one.kind for one, _ in pairs} == {"click", "type", "scroll_up", "scroll_down"}
    late_ms = np.median([abs(one.time_ns - done.time_ns) / MILLISECOND_NS for one, done in pairs])
    assert late_ms < 25
    clicks = [(one, done) for one, done in pairs if done.kind == "click"]
    away = [np.hypot((one.x or 0) - (done.x or 0), (one.y or 0) - (done.y or 0)) for one, done in clicks]
    assert np.median(away) <= 3
    assert all(one.x is None for one in said if one.kind == "type")


def test_a_model_that_learnt_nothing_does_not_pass(learnt: InverseDynamics) -> None:
    lesson = _lesson(99)
    untrained = train_inverse_dynamics([_lesson(0)], replace(QUICK, steps=1))
    assert len(list(_pairs(untrained.label(lesson.changes), lesson))) < 0.5 * len(lesson.done)


def test_the_same_seed_gives_the_same_and_a_file_holds_all(learnt: InverseDynamics, tmp_path: Path) -> None:
    lesson, few = _lesson(98, 20), replace(QUICK, steps=10, members=2)
    one, other = (train_inverse_dynamics([_lesson(1, 20)], few) for _ in range(2))
    assert one.label(lesson.changes) == other.label(lesson.changes)
    learnt.save(tmp_path / "model.safetensors")
    again = load_inverse_dynamics(tmp_path / "model.safetensors")
    assert again.label(lesson.changes) == learnt.label(lesson.changes)
    assert again.card == learnt.card


@pytest.mark.parametrize("damage", [b"", b"\xff" * 40, b"\x02\x00\x00\x00\x00\x00\x00\x00{}"])
def test_what_is_no_model_is_refused(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(damage)
    with pytest.raises(BadInput, match="not a model of what was done"):
        load_inverse_dynamics(tmp_path / "model.safetensors")


def test_a_session_without_anything_is_learnt_from_by_nobody(learnt: InverseDynamics) -> None:
    assert learnt.label([]) == []
    with pytest.raises(BadInput, match="nothing can be learnt"):
        train_inverse_dynamics([Lesson(_lesson(0, 5).changes, [])], QUICK)


def test_what_is_done_comes_from_the_events_and_what_cannot_be_told_is_counted() -> None:
    window = Window(title="A", app="Editor", pid=1, x=0, y=0, width=100, height=100)
    events = [Timed(1, window)]
    times = iter(range(10**9, 10**12, 10**9))

    def add(*told: object) -> None:
        at = next(times)
        events.extend(Timed(at + number * MILLISECOND_NS, one) for number, one in enumerate(told))  # type: ignore[arg-type]

    add(Button(x=5, y=6, button=1, pressed=True), Button(x=5, y=6, button=1, pressed=False))
    add(Scroll(x=7, y=8, dx=0.0, dy=-1.0))
    add(Scroll(x=7, y=8, dx=1.0, dy=0.0))
    key = Key(keycode=38, keysym=97, name="a", text="a", pressed=True, modifiers=[])
    add(key, msgspec.structs.replace(key, text="", pressed=False))
    ids = {"person_id": Kind.PERSON, "session_id": Kind.SESSION, "segment_id": Kind.SEGMENT}
    left_out: Counter[str] = Counter()
    done = done_in(cut(events, **{name: new_id(kind) for name, kind in ids.items()}).steps, left_out)
    assert [(one.kind, one.x, one.y) for one in done] == [("click", 5, 6), ("scroll_up", 7, 8), ("type", None, None)]
    assert left_out == {"a scroll without a position or direction": 1}


def test_what_the_screen_does_not_show_is_counted() -> None:
    lesson = _lesson(0, 20)
    unseen = Done("click", lesson.changes[-1].time_ns + 10**9, lesson.changes[-1].time_ns + 10**9, 1, 1)
    left_out: Counter[str] = Counter()
    train_inverse_dynamics([replace(lesson, done=[*lesson.done, unseen])], replace(QUICK, steps=1), left_out)
    assert left_out["a click that changed nothing"] == 1


def test_a_second_look_is_learnt_from_and_not_counted() -> None:
    lesson, left_out = _lesson(0, 20), Counter[str]()
    once = train_inverse_dynamics([lesson], replace(QUICK, steps=1), left_out)
    counted = dict(left_out)
    twice = train_inverse_dynamics([lesson, replace(lesson, again=True)], replace(QUICK, steps=1), left_out)
    assert twice.card == once.card
    assert dict(left_out) == {why: 2 * number for why, number in counted.items()}


def test_a_film_of_a_session_shows_the_same_and_the_pointer() -> None:
    items = recording(play(4, 12), new_id(Kind.SESSION), START_NS)
    screens = [one for one in items if isinstance(one, ScreenPatch) or isinstance(one.event, Session)]
    seen, drawn = both_looks(screens)
    assert seen == drawn
    assert len(seen) > 20
    moves = [Timed(START_NS + number * FRAME_NS + 1, Pointer(x=number, y=9)) for number in range(100)]
    still, moved = both_looks(sorted([*screens, *moves], key=lambda one: one.time_ns))
    assert still == seen
    assert len(moved) > len(seen) + 50


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40), st.floats(0, 0.2))
def test_boxes_hold_all_that_changed_and_nothing_beyond(seed: int, width: int, height: int, share: float) -> None:
    draw = np.random.default_rng(seed)
    before = draw.integers(0, 255, (height, width, 3)).astype(np.uint8)
    touched = draw.random((height, width)) < share
    after = np.where(touched[:, :, None], before ^ 1, before)
    found: list[Change] = list(changes([(0, before), (1, after), (2, after)]))
    assert len(found) == bool(touched.any())
    if found and len(found[0].boxes) < 8:
        covered = np.zeros_like(touched)
        for box in found[0].boxes:
            covered[box.top : box.top + box.height, box.left : box.left + box.width] = True
        assert not (touched & ~covered).any()
        assert sum(box.changed for box in found[0].boxes) == touched.sum()


def test_a_text_that_moved_is_told_by_how_much() -> None:
    screen = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    moved = screen.copy()
    moved[10:130, 30:200] = np.roll(moved[10:130, 30:200], -17, axis=0)
    (one,) = changes([(0, screen), (1, moved)])
    assert one.shift == 17
    assert one.moved > 0.8
    assert list(changes([(0, screen), (1, screen[:50])])) == []
