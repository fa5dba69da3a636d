"""Does the comparison of what was sent with what was recorded notice what is missing?"""

from aboveboard.formats.recording import Button, Event, Key, Marker, Pointer, Scroll, Timed
from aboveboard.stage.compare import compare
from aboveboard.stage.xtest import Sent, SentKind

MS = 1_000_000


def sent(kind: SentKind, at_ms: int, **what: int) -> Sent:
    return Sent(kind=kind, monotonic_ns=at_ms * MS, wall_ns=at_ms * MS, **({"x": 0, "y": 0} | what))


def recorded(event: Event, at_ms: float) -> Timed:
    return Timed(int(at_ms * MS), event)


def letter(keycode: int, pressed: bool) -> Key:
    return Key(keycode=keycode, keysym=97, name="a", text="a", pressed=pressed, modifiers=[])


SENT = [
    sent("move", 10, x=5, y=6),
    sent("button_press", 20, button=1),
    sent("button_release", 30, button=1),
    sent("button_press", 40, button=5),
    sent("button_release", 41, button=5),
    sent("key_press", 50, keycode=38),
    sent("key_release", 60, keycode=38),
]
RECORDED = [
    recorded(Pointer(x=5, y=6), 10.5),
    recorded(Button(button=1, pressed=True, x=5, y=6), 20.5),
    recorded(Button(button=1, pressed=False, x=5, y=6), 30.5),
    recorded(Scroll(dx=0, dy=1, x=5, y=6), 40.5),
    recorded(letter(38, True), 50.5),
    recorded(letter(38, False), 64.0),
]


def test_everything_is_found_and_the_errors_are_those_of_the_times() -> None:
    found = compare(SENT, RECORDED)
    assert (found.sent, found.found, found.left_out, found.lost) == (6, 6, 0, 0)
    assert (found.error_p50_ns, found.error_p95_ns, found.error_max_ns) == (MS // 2, 4 * MS, 4 * MS)


def test_each_event_that_is_missing_is_counted_as_lost() -> None:
    for place in range(len(RECORDED)):
        assert compare(SENT, RECORDED[:place] + RECORDED[place + 1 :]).lost == 1


def test_another_value_is_not_the_same_event() -> None:
    wrong = [recorded(Pointer(x=5, y=7), 10.5), *RECORDED[1:]]
    assert compare(SENT, wrong).lost == 1


def test_only_keys_in_a_marked_stretch_count_as_left_out() -> None:
    stretch = Marker(kind="suppressed", reason="password_field", start_ns=15 * MS, end_ns=70 * MS)
    found = compare(SENT, [recorded(stretch, 15), RECORDED[0]])
    assert (found.left_out, found.lost) == (2, 3)
    gap = Marker(kind="gap", reason="no_lease", start_ns=15 * MS, end_ns=70 * MS)
    assert compare(SENT, [recorded(gap, 15), RECORDED[0]]).left_out == 0


def test_nothing_sent_is_nothing_lost() -> None:
    assert compare([], RECORDED).lost == compare([], []).error_p95_ns == 0


def test_one_that_was_left_out_is_not_found_in_a_later_one_like_it_nor_are_all_between_lost() -> None:
    """A pointer crosses the same pixel again, two seconds later; the first time was left out, and said to be."""
    way = [sent("move", 1000 + 10 * step, x=step % 100, y=1) for step in range(150)]
    stretch = Marker(kind="suppressed", reason="not_decided", start_ns=990 * MS, end_ns=1005 * MS)
    kept = [recorded(Pointer(x=one.x, y=one.y), one.wall_ns / MS + 0.5) for one in way[1:]]
    found = compare(way, [recorded(stretch, 990), *kept])
    assert (found.sent, found.found, found.left_out, found.lost) == (150, 149, 1, 0)
