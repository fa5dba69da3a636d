"""Is what stands out on a screen found in its pixels, and nothing taken for it that a pointer leaves there?"""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab.model.areas import find
from aboveboard.lab.model.colours import colour_name
from aboveboard.lab.model.elements import Element
from aboveboard.lab.model.pixel_scene import Eye, Seen
from aboveboard.lab.model.reading import agreement, as_asked
from aboveboard.lab.model.sight import Image
from aboveboard.lab.train.pixel_demonstrations import recorded

FONT = "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"
GROUND, BUTTON, LIT, FRAME, LINK = (255, 255, 255), (239, 239, 239), (229, 229, 229), (118, 118, 118), (0, 0, 238)
ASKED = "Select Wibble, tick oak7 and press Done"


@pytest.fixture(scope="module")
def eye() -> Eye:
    return Eye()


def painted(button: tuple[int, int, int] = BUTTON, ticked: bool = False) -> Image:
    """A page that says what to do, and below it a button over another, two boxes, a link and a red patch."""
    page = Picture.new("RGB", (400, 420), GROUND)
    draw, font = ImageDraw.Draw(page), ImageFont.truetype(FONT, 20)
    draw.rectangle((0, 0, 399, 59), fill=(255, 255, 0))
    draw.text((8, 10), ASKED, fill="black", font=font)
    draw.rectangle((40, 90, 180, 130), fill=BUTTON, outline=FRAME, width=2)
    draw.rectangle((130, 110, 270, 150), fill=button, outline=FRAME, width=2)
    draw.text((170, 118), "Done", fill="black", font=font)
    draw.rectangle((40, 200, 65, 225), fill=(0, 117, 255) if ticked else GROUND, outline=FRAME, width=2)
    draw.text((76, 201), "oak7", fill="black", font=font)
    draw.ellipse((40, 240, 66, 266), fill=GROUND, outline=FRAME, width=2)
    draw.text((76, 241), "Wibble", fill="black", font=font)
    draw.text((40, 300), "elsewhere", fill=LINK, font=font)
    draw.rectangle((40, 322, 40 + int(font.getlength("elsewhere")), 323), fill=LINK)
    draw.rectangle((300, 300, 360, 360), fill=(255, 0, 0))
    return np.asarray(page)


def one(seen: Seen, text: str) -> tuple[int, Element]:
    places = [place for place, element in enumerate(seen.scene.elements) if element.text.lower() == text]
    assert len(places) == 1, [element.text for element in seen.scene.elements]
    return places[0], seen.scene.elements[places[0]]


def test_what_stands_out_is_found_with_what_it_says(eye: Eye) -> None:
    seen = eye.look(painted(), ASKED)
    place, button = one(seen, "done")
    assert (button.role, "pale" in button.names, "wide" in button.names or "long" in button.names) == (
        "area",
        True,
        True,
    )
    assert (button.left, button.top) == (pytest.approx(66, abs=1), pytest.approx(56, abs=1))
    _, box = one(seen, "oak7")
    assert (box.role, box.names, box.value) == ("box", ("checkbox", "square"), "off")
    _, circle = one(seen, "wibble")
    assert (circle.role, circle.names, circle.value) == ("box", ("radio", "round"), "off")
    _, link = one(seen, "elsewhere")
    assert (link.role, link.names) == ("word", ("blue", "underlined"))
    assert [each.names[0] for each in seen.scene.elements if "red" in each.names] != []
    # What is to be done is read, and is nothing to act on.
    assert not any("yellow" in each.names for each in seen.scene.elements)
    assert seen.element_at(20, 20) in (None, 0)
    assert seen.point(place) == (200, 130)


def test_a_press_meets_what_is_seen_there(eye: Eye) -> None:
    seen = eye.look(painted(), ASKED)
    above, _ = one(seen, "done")
    (below,) = [place for place, each in enumerate(seen.scene.elements) if each.role == "area" and each.left == 21]
    assert seen.element_at(150, 125) == above
    assert seen.element_at(60, 110) == below
    # Its middle is free, but the middle of what can be seen of it is farther from the other.
    x, y = seen.point(below)
    assert seen.element_at(x, y) == below
    box, _ = one(seen, "oak7")
    assert seen.element_at(52, 212) == seen.element_at(95, 212) == box
    link, _ = one(seen, "elsewhere")
    assert seen.element_at(60, 298) == link


def test_what_is_lit_under_a_pointer_looks_as_it_does_without(eye: Eye) -> None:
    assert eye.look(painted(button=LIT), ASKED).scene == eye.look(painted(), ASKED).scene


def test_a_ticked_box_is_the_same_box(eye: Eye) -> None:
    before, after = eye.look(painted(), ASKED).scene, eye.look(painted(ticked=True), ASKED).scene
    assert before.keys() == after.keys()
    changed = [
        (each.value, other.value) for each, other in zip(before.elements, after.elements, strict=True) if each != other
    ]
    assert changed == [("off", "on")]


def test_what_was_misread_is_taken_for_what_was_asked_if_it_is_nearest() -> None:
    asked = ("select", "ovsnl5w", "and", "click", "submit")
    assert as_asked(["ccniaJu", "ovsni5w", "‘Submit."], asked) == ["ccniaJu", "ovsnl5w", "submit"]
    # "sem" is near to "sed", but "sed" itself is there.
    assert as_asked(["sem", "sed"], ("sed",)) == ["sem", "sed"]
    assert as_asked(["AY", ""], ("av",)) == ["AY", ""]
    assert agreement(["Click", "on", "the"], ("click", "on", "the", "box")) == 0.75
    assert agreement([], ("click",)) == 0.0


def test_colours_have_their_names() -> None:
    assert colour_name((255, 165, 0)) == "orange"
    assert colour_name((250, 250, 10)) == "yellow"
    assert [colour_name((level, level, level)) for level in (255, 240, 128, 5)] == ["white", "pale", "grey", "black"]
    assert colour_name(BUTTON) == colour_name(LIT)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 90),
    st.integers(1, 90),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80), st.integers(1, 60), st.integers(1, 60)), max_size=6),
)
def test_any_picture_can_be_looked_at(
    seed: int, height: int, width: int, patches: list[tuple[int, int, int, int]]
) -> None:
    """Noise, one pixel, patches over patches: what is found lies inside, and each area's pixels are of one colour."""
    draw = np.random.default_rng(seed)
    frame = draw.integers(0, 256, (height, width, 3), dtype=np.uint8)
    for left, top, across, down in patches:
        frame[top : top + down, left : left + across] = draw.integers(0, 256, 3, dtype=np.uint8)
    found = find(frame)
    assert found.numbers.shape == (height, width)
    for thing in [*found.areas, *found.boxes, *found.writing]:
        left, top, right, bottom = thing.bounds
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    for area in found.areas:
        assert (frame[found.numbers == area.number] == area.colour).all()
        assert int((found.numbers == area.number).sum()) == area.pixels


def step(index: int, **changed: object) -> Step:
    told = {
        "person_id": "per_1", "session_id": "ses_1", "index": index, "time_ns": index, "end_ns": index,
        "action": "click", "app": "Browser", "title": "page", "window_x": 0, "window_y": 0, "window_width": 400,
        "window_height": 420, "frame_sha256": "f" * 64, "segments": ["seg_1"], "events": 2, "x": 52, "y": 212,
        "button": 1,
    }  # fmt: skip
    return Step(**{**told, **changed})  # type: ignore[arg-type]


def episode(first: int, steps: int, **changed: object) -> Episode:
    told = {
        "person_id": "per_1", "session_id": "ses_1", "index": first, "first_step": first, "steps": steps,
        "start_ns": 0, "end_ns": 2_000_000_000, "began": "begin", "apps": ["Browser"], "instruction": ASKED,
        "instructed_by": "form", "outcome": "success",
    }  # fmt: skip
    return Episode(**{**told, **changed})  # type: ignore[arg-type]


def test_attempts_are_learnt_whole_or_not_at_all(eye: Eye) -> None:
    steps = [
        step(0), step(1, x=200, y=140),
        step(2),
        step(3), step(4, action="type", x=None, y=None, text="a"),
        step(5), step(6, frame_sha256=None),
        step(7, x=20, y=390), step(8),
        step(9, title="mail"),
    ]  # fmt: skip
    episodes = [
        episode(0, 2),
        episode(2, 1, outcome="failure"),
        episode(3, 2),
        episode(5, 2),
        episode(7, 2),
        episode(9, 1),
        episode(9, 1, instruction=""),
    ]
    left_out: Counter[str] = Counter()
    made = recorded(eye, steps, episodes, lambda name: painted(), {"page": "the-page"}.get, left_out)
    (found,) = made
    assert (found.task, found.seconds) == ("the-page", 2.0)
    assert [scene.elements[act.target].text.lower() for scene, act in found.steps] == ["oak7", "done"]
    assert dict(left_out) == {
        "an episode without an instruction, or that did not succeed": 2,
        "an attempt with a type": 1,
        "an attempt without a screen": 1,
        "an attempt with a press at nothing that is seen": 1,
        "an attempt in another window": 1,
    }
