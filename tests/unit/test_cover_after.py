"""What is covered afterwards is gone from the segments, the rest is as it was, and a reader sees a whole recording."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.formats.mcap_file import write_recording
from aboveboard.formats.recording import Button, Control, Covered, Key, Marker, Pointer, Site, Window
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.after.session import SessionCover
from aboveboard.recorder.redact.own_covers import PLACEHOLDER, OwnCovers, Region
from samples.covered_after import (
    SCREEN,
    Desk,
    covered,
    covered_one_by_one,
    events,
    follows,
    of_kind,
    picture_at,
    pictures,
    typed,
    window,
)
from samples.screen_text import Picture
from samples.typed_keys import key

WORD = OwnCovers(words=("heron",))
REGION = Region(x=40, y=20, width=60, height=30)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path)


def noise(seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.integers(0, 2**24, (SCREEN.height, SCREEN.width), np.uint32) | np.uint32(0xFF000000)


def region_of(pixels: np.ndarray, region: Region = REGION) -> np.ndarray:
    return pixels[region.y : region.y + region.height, region.x : region.x + region.width]


def test_a_word_goes_from_titles_and_from_what_was_typed(desk: Desk) -> None:
    desk.do(window("Notes on Heron - Editor"))
    desk.type("the herrr⌫⌫on flew")
    segments = desk.end()
    assert len(segments) == 1
    out = covered(segments, WORD)
    assert "eron" not in repr(events(out)).casefold()
    assert typed(out) == f"the {PLACEHOLDER} flew"
    assert [one.title for one in of_kind(out, Window)] == [f"Notes on {PLACEHOLDER} - Editor"]


def test_a_word_typed_over_two_segments_goes_from_both(desk: Desk) -> None:
    desk.do(window("x"))
    desk.wait(4.6)
    desk.type("a heron flew")
    segments = desk.end()
    assert len(segments) == 2
    assert typed([items for _, items in segments]) == "a heron flew"
    assert typed(covered(segments, WORD)) == f"a {PLACEHOLDER} flew"
    by_one = typed(covered_one_by_one(segments, WORD))
    assert by_one.startswith(f"a {PLACEHOLDER}")
    assert by_one.endswith(" flew")
    assert not set("heron") & set(by_one.removeprefix("a ").replace(PLACEHOLDER, "").removesuffix(" flew"))


def test_what_holds_nothing_of_it_comes_out_as_it_was(desk: Desk) -> None:
    desk.do(window("Notes"))
    desk.show(noise(1))
    desk.type("the egret")
    desk.show(noise(2), Rect(0, 0, 50, 50))
    (segment,) = desk.end()
    cover = SessionCover(OwnCovers(words=("heron",), sites=("bank.example",), apps=("Chat",)))
    cover.look(segment[1])
    cover.settle()
    assert events([cover.written_anew(segment[1], segment[0].end_wall_ns)]) == events([segment[1]])
    same = SessionCover(OwnCovers(sites=("bank.example",), apps=("Chat",)))
    same.look(segment[1])
    same.settle()
    assert same.written_anew(segment[1], segment[0].end_wall_ns) is segment[1]


def test_a_region_is_black_from_the_start_to_the_end_and_nothing_else_is(desk: Desk) -> None:
    desk.do(window("x"))
    for number in range(12):
        desk.show(noise(number), None if number % 5 == 0 else Rect(number * 5, number, 90, 60))
        desk.wait(1)
    segments = desk.end()
    assert len(segments) > 1
    before = pictures(items for _, items in segments)
    after = pictures(covered(segments, OwnCovers(regions=(REGION,))))
    assert set(before) <= set(after)
    for time_ns, pixels in after.items():
        assert not region_of(pixels).any()
        expected = picture_at(before, time_ns).copy()
        region_of(expected)[:] = 0
        assert (pixels == expected).all()


def test_a_region_is_black_where_the_segment_before_has_left(desk: Desk) -> None:
    desk.do(window("x"))
    for number in range(8):
        desk.show(noise(number), None if number == 0 else Rect(0, 150, 40, 40))
        desk.wait(1)
    segments = desk.end()
    assert len(segments) > 1
    out = covered(segments, OwnCovers(regions=(REGION,)), sent=1)
    canvas = follows([segments[0][1], *out])
    pixels = canvas.snapshot()
    assert pixels is not None
    assert not region_of(pixels).any()
    assert region_of(follows([segments[0][1]]).snapshot()).any()


def test_a_screen_of_which_the_beginning_is_missing_stays_unknown(desk: Desk) -> None:
    desk.do(window("x"))
    for number in range(8):
        desk.show(noise(number), None if number == 0 else Rect(0, 150, 40, 40))
        desk.wait(1)
    segments = desk.end()
    out = covered(segments[1:], OwnCovers(regions=(REGION,)))
    assert not follows([segments[0][1], *out]).known
    assert pictures(out) == {}


def test_a_word_on_the_screen_is_black_and_the_words_beside_it_are_not(desk: Desk) -> None:
    picture = Picture(320, 200)
    there = picture.write(20, 30, "heron")
    beside = picture.write(120, 30, "egret")
    desk.do(window("x"))
    desk.show(picture.pixels)
    desk.wait(1)
    (segment,) = desk.end()
    (out,) = covered([segment], WORD)
    (pixels,) = pictures([out]).values()
    assert not pixels[there.y : there.y + there.height, there.x : there.x + there.width].any()
    before = next(iter(pictures([segment[1]]).values()))
    assert (before[0:60, 110:320] == pixels[0:60, 110:320]).all()
    assert beside.width > 0


def test_an_application_goes_whole_with_a_marker(desk: Desk) -> None:
    chat, editor = Rect(100, 50, 120, 80), Rect(0, 0, 320, 200)
    desk.do(window("notes", "Editor", editor))
    desk.show(noise(1))
    desk.type("before")
    desk.wait(1)
    entered_ns = desk.do(window("with Ann", "Chat", chat, pid=9))
    desk.show(noise(2), chat)
    desk.do(Button(button=1, pressed=True, x=110, y=60))
    desk.type("secret")
    desk.do(Pointer(x=110, y=60))
    desk.wait(5)
    left_ns = desk.do(window("notes", "Editor", Rect(0, 0, 90, 200)))
    desk.do(Button(button=1, pressed=False, x=10, y=60))
    desk.show(noise(3), Rect(0, 0, 80, 200))
    desk.type("after")
    desk.wait(1)
    segments = desk.end()
    assert len(segments) > 1
    out = covered(segments, OwnCovers(apps=("chat",)))
    assert "before" in typed(out)
    assert typed(out).replace("[Return]", "") == "beforeafter"
    assert {one.app for one in of_kind(out, Window)} == {"Editor"}
    assert of_kind(out, Button) == of_kind(out, Pointer) == []
    marked = [one for one in of_kind(out, Marker) if one.reason == "covered_by_person"]
    assert min(one.start_ns for one in marked) <= entered_ns
    assert max(one.end_ns for one in marked) == left_ns
    for time_ns, pixels in pictures(out).items():
        if time_ns < entered_ns - 10**9:
            continue
        behind = pixels[50:130, 100:220]
        assert not behind.any(), "where the window was, which may still be seen behind the other"
    last = follows(out).snapshot()
    assert (last[0:200, 0:80] == follows(items for _, items in segments).snapshot()[0:200, 0:80]).all()


def test_a_site_goes_from_before_its_address_was_told_until_another_is(desk: Desk) -> None:
    desk.do(window("Start"))
    desk.do(Site(host="news.example", url="https://news.example/"))
    desk.show(noise(1))
    desk.wait(4)
    desk.type("x")
    desk.do(window("My account"))
    desk.show(noise(2))
    desk.do(Site(host="my.bank.example", url="https://my.bank.example/"))
    desk.type("1000")
    desk.do(window("Transfer"))
    desk.wait(1)
    desk.do(Site(host="news.example", url="https://news.example/b"))
    desk.show(noise(3))
    desk.type("y")
    segments = desk.end()
    out = covered(segments, OwnCovers(sites=("bank.example",)))
    assert typed(out).strip("x") == "y"
    assert "bank" not in repr(events(out))
    assert "account" not in repr(events(out))
    titles = [one.title for one in of_kind(out, Window)]
    assert titles[-1] == "Transfer", "the window is told again when it may be seen"
    hidden = pictures([segments[0][1], *(items for _, items in segments[1:])])
    bank = next(pixels for pixels in hidden.values() if (pixels[0, :, 2] == noise(2)[0] & 0xFF).all())
    assert not any((pixels == bank).all() for pixels in pictures(out).values())
    assert (follows(out).snapshot() == follows(items for _, items in segments).snapshot()).all()


@pytest.mark.parametrize(
    "covers",
    [
        OwnCovers(regions=(REGION,)),
        WORD,
        OwnCovers(apps=("Chat",)),
        OwnCovers(words=("heron",), regions=(REGION,), sites=("bank.example",)),
    ],
)
def test_what_is_covered_already_comes_out_as_it_is(desk: Desk, covers: OwnCovers) -> None:
    """So covering one thing more does not write all that was covered before anew."""
    picture = Picture(320, 200)
    picture.write(20, 30, "heron")
    desk.do(window("a heron", "Editor"))
    desk.show(picture.pixels)
    desk.type("heron!")
    desk.wait(3)
    desk.do(window("b", "Chat", Rect(10, 10, 90, 90), pid=9))
    desk.do(Site(host="bank.example"))
    desk.show(noise(1), Rect(10, 10, 90, 90))
    desk.wait(3)
    desk.do(window("a heron", "Editor"))
    desk.show(picture.pixels, Rect(10, 10, 90, 90))
    desk.type("heron?")
    segments = desk.end()
    once = covered(segments, covers)
    assert once != [items for _, items in segments]
    again = SessionCover(covers)
    for items in once:
        again.look(items)
    again.settle()
    ends = [manifest.end_wall_ns for manifest, _ in segments]
    assert all(again.written_anew(items, end_ns) is items for items, end_ns in zip(once, ends, strict=True))


def test_a_window_of_unknown_place_may_be_anywhere(desk: Desk) -> None:
    nowhere = Rect(0, 0, 0, 0)
    desk.do(window("", "Chat", nowhere, pid=0))
    desk.show(noise(1))
    desk.wait(1)
    desk.do(window("", "Editor", nowhere, pid=0))
    desk.show(noise(2))
    desk.wait(1)
    out = covered(desk.end(), OwnCovers(apps=("Chat",)))
    assert pictures(out)
    assert not any(pixels.any() for pixels in pictures(out).values())


RECTS = st.builds(Rect, st.integers(0, 200), st.integers(0, 120), st.integers(1, 120), st.integers(1, 80))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("show"), st.none() | RECTS),
        st.tuples(st.just("type"), st.text("heronx ⌫", min_size=1, max_size=8)),
        st.tuples(st.just("title"), st.sampled_from(["Heron", "x", "he ron", "the heron"])),
        st.tuples(st.just("control"), st.sampled_from(["heron", "h", "HERON!"])),
        st.tuples(st.just("wait"), st.sampled_from([0.5, 3.0, 6.0])),
        st.tuples(st.just("scroll"), st.integers(1, 40)),
    ),
    max_size=14,
)
FOLDERS = itertools.count()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(STEPS, st.integers(0, 2))
@example([("wait", 6.0), ("wait", 6.0), ("type", "e")], 0)  # a press as one segment ends and the next begins
def test_whatever_was_done_nothing_of_it_is_left(tmp_path: Path, steps: list[tuple[str, object]], sent: int) -> None:
    desk = Desk.at(tmp_path / str(next(FOLDERS)))
    desk.do(window("start"))
    screen = noise(0)
    desk.show(screen)
    for number, (step, what) in enumerate(steps):
        if step == "show":
            fresh = noise(number + 1)
            if what is None:
                screen = fresh
            else:
                screen = screen.copy()
                area = (slice(what.y, what.y + what.height), slice(what.x, what.x + what.width))  # type: ignore[attr-defined]
                screen[area] = fresh[area]
            desk.show(screen, what)  # type: ignore[arg-type]
        elif step == "scroll":
            screen = np.roll(screen, -int(what), axis=0)  # type: ignore[call-overload]
            desk.show(screen, SCREEN._replace(height=SCREEN.height - 1))
        elif step == "type":
            desk.type(str(what))
        elif step == "title":
            desk.do(window(str(what)))
        elif step == "control":
            desk.do(_control(str(what)))
        else:
            desk.wait(float(what))  # type: ignore[arg-type]
    segments = desk.end()
    sent = min(sent, len(segments) - 1)
    # The words are looked for in the events; the picture is noise, of which nobody can say what it reads.
    out = covered(segments, OwnCovers(words=WORD.words), sent=sent)
    told = [timed.event for timed in events(out) if not isinstance(timed.event, Key | Covered)]
    assert "heron" not in repr(told).casefold()
    assert "heron" not in _fields_typed(out)
    black = covered(segments, OwnCovers(regions=(REGION,)), sent=sent)
    assert events(black) == events(items for _, items in segments[sent:])
    seen = pictures([*(items for _, items in segments[:sent]), *black])
    began_ns = segments[sent][0].start_wall_ns
    for time_ns, pixels in seen.items():
        assert time_ns < began_ns or not region_of(pixels).any()
    expected = follows(items for _, items in segments).snapshot().copy()
    region_of(expected)[:] = 0
    assert (follows([*(items for _, items in segments[:sent]), *black]).snapshot() == expected).all()


def _fields_typed(out: list[list[object]]) -> str:
    """What stands in the field at last, by the keys that came out: letters and backspaces only."""
    field = ""
    for timed in events(out):  # type: ignore[arg-type]
        if isinstance(timed.event, Key) and timed.event.pressed:
            field = field[:-1] if timed.event.name == "BackSpace" else field + timed.event.text
        elif isinstance(timed.event, Covered | Window | Control):
            field += "\n"
    return field


def _control(name: str) -> Control:
    return Control(
        cause="focus", role="entry", x=0, y=0, width=9, height=9, states=[], path=[f"frame: {name}"], name=name
    )


def test_a_segment_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput):
        SessionCover(WORD).look([])
    assert write_recording([])


def test_a_key_held_over_the_end_of_a_site_is_not_released(desk: Desk) -> None:
    desk.do(window("a", "Chat", pid=9))
    desk.do(key("a"))
    desk.wait(1)
    desk.do(window("b", "Editor"))
    desk.do(key("a", pressed=False))
    desk.type("b")
    assert [one.name for one in of_kind(covered(desk.end(), OwnCovers(apps=("Chat",))), Key)] == ["b", "b"]
