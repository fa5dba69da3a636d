"""Which frame a step gets when segments go on from one another, and what is said where one is missing."""

import msgspec
import numpy as np

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Session, Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.lab.derive.session import SessionDeriver
from aboveboard.lab.derive.steps import Derivation
from aboveboard.replay.bands import Picture, unpack_picture
from samples.lab_recording import START_NS, at, click, editor, patch, session, whole

PERSON, SESSION = "per_" + "0" * 26, "ses_" + "0" * 26


def derive(segments: dict[int, list[Item]]) -> tuple[Derivation, list[Picture | None]]:
    """The derivation, and the frame of each of its steps."""
    kept: dict[str, Picture] = {}
    deriver = SessionDeriver(PERSON, SESSION, lambda frame: kept.__setitem__(frame.name, frame))
    for sequence, items in segments.items():
        deriver.add(f"seg_{sequence:026}", sequence, sorted(items, key=lambda item: item.time_ns))
    found = deriver.finish()
    return found, [kept.get(step.frame_sha256 or "") for step in found.steps]


def head(sequence: int, milliseconds: float, *, goes_on: bool = True) -> Timed:
    timed = session(SESSION, sequence, milliseconds)
    assert isinstance(timed.event, Session)
    return Timed(timed.time_ns, msgspec.structs.replace(timed.event, screen_continues=goes_on))


def shades(frames: list[Picture | None]) -> list[tuple[int, int] | None]:
    """Of each frame: a pixel of the whole picture, and one that patches draw over."""
    found = []
    for frame in frames:
        if frame is None:
            found.append(None)
            continue
        pixels = _decoded(frame)
        found.append((int(pixels[50, 50, 1]), int(pixels[5, 5, 1])))
    return found


def _decoded(frame: Picture) -> np.ndarray:
    return unpack_picture(frame.width, frame.height, [band.data for band in frame.bands])


def story(*, missing: int | None = None) -> dict[int, list[Item]]:
    """A click in each of four segments; the third begins with a whole picture too, as one does every two minutes."""
    segments: dict[int, list[Item]] = {
        0: [head(0, 0, goes_on=False), at(0, editor()), whole(1, 10), *click(1, 1, 1000)],
        1: [head(1, 4000), at(4000, editor()), patch(4500, 0, 0, 99), *click(1, 1, 5000)],
        2: [head(2, 8000), at(8000, editor()), patch(8500, 0, 0, 98), *click(1, 1, 9000)],
        3: [head(3, 12000), whole(12000, 20), at(12000, editor()), *click(1, 1, 12000)],
    }
    return {sequence: items for sequence, items in segments.items() if sequence != missing}


def test_a_step_sees_what_the_segments_before_left() -> None:
    derivation, frames = derive(story())
    assert shades(frames) == [(10, 10), (10, 99), (10, 98), (20, 20)]
    assert (derivation.unseen_steps, derivation.missing_segments) == (0, [])


def test_behind_a_missing_segment_a_step_has_no_frame_until_the_next_whole_picture() -> None:
    derivation, frames = derive(story(missing=1))
    assert shades(frames) == [(10, 10), None, (20, 20)]
    assert (derivation.unseen_steps, derivation.missing_segments) == (1, [(1, 1)])


def test_a_session_whose_first_segment_is_missing_begins_without_a_screen() -> None:
    derivation, frames = derive(story(missing=0))
    assert shades(frames) == [None, None, (20, 20)]
    assert derivation.unseen_steps == 2


def test_after_a_gap_the_old_screen_is_not_taken_for_the_new() -> None:
    segments = story()
    segments[1][0] = head(1, 4000, goes_on=False)
    segments[1] = [item for item in segments[1] if not isinstance(item, ScreenPatch)]
    del segments[2], segments[3]
    derivation, frames = derive(segments)
    assert shades(frames) == [(10, 10), None]
    assert derivation.unseen_steps == 1


def test_where_no_screen_was_recorded_nothing_is_unseen() -> None:
    items = [head(0, 0, goes_on=False), at(0, editor()), *click(1, 1, 1000)]
    derivation, frames = derive({0: items})
    assert (shades(frames), derivation.unseen_steps) == ([None], 0)


def test_the_whole_picture_that_begins_a_segment_was_seen_by_who_clicked_at_that_moment() -> None:
    clicked = click(1, 1, 4000)
    first = [head(0, 4000, goes_on=False), at(4000, editor()), whole(4000, 33), *clicked]
    assert clicked[0].time_ns == START_NS + 4000 * MILLISECOND_NS
    assert shades(derive({0: first})[1]) == [(33, 33)]
