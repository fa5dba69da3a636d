"""Does what is painted over the screen follow what is known of it, and is it black when nothing is?"""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.base.errors import SetupMissing
from aboveboard.formats.disclosure import Disclosure
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.redact import layers
from aboveboard.recorder.redact.cover import LOOK_NS, Canvas
from aboveboard.recorder.redact.gate import RawFrame
from aboveboard.recorder.redact.layers import COVER, RESTS_NS, word
from aboveboard.recorder.redact.pixels.ocr import Ocr
from aboveboard.recorder.redact.pixels.structure import structure
from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.text.redactor import Redactor
from aboveboard.recorder.redact.timeline import HOLD_NS
from aboveboard.recorder.redact.veil import Sight, Veil, sight_for
from aboveboard.recorder.redact.words import Words
from samples.disclosed import app, disclosure
from samples.screen_text import SANS, Picture

WIDTH, HEIGHT = 520, 160
SCREEN = Rect(0, 0, WIDTH, HEIGHT)
TICK_NS = 100 * MILLISECOND_NS
START_NS = 1_800_000_000 * SECOND_NS
REDACTED, STRUCTURE, EXACT = (disclosure(app("Any", screen=level)) for level in ("redacted", "structure", "exact"))
NAME = "Quillfeather"


class Names:
    """Knows one name."""

    name = "names"

    def find(self, text: str) -> list[Finding]:
        at = text.find(NAME)
        return [Finding(at, at + len(NAME), "name", 1.0, self.name)] if at >= 0 else []


SIGHT = Sight(Redactor([Names()]), Ocr)


class Screen:
    """One screen, and what has come out of it."""

    def __init__(self, disclosed: Disclosure, sight: Sight | None = SIGHT) -> None:
        self.veil = Veil(disclosed, sight)
        self.canvas = Canvas(self.veil)
        self.shown = np.zeros((HEIGHT, WIDTH), np.uint32)
        self.now_ns = START_NS
        self.frames: list[Frame] = []

    def capture(
        self, pixels: NDArray[np.uint32], *, whole: bool = False, boxes: tuple[Rect, ...] = (), more: bool = False
    ) -> None:
        bgrx = pixels.view(np.uint8).reshape(HEIGHT, WIDTH, 4)
        raw = RawFrame(self.now_ns, (WIDTH, HEIGHT), (Pixels(SCREEN, bgrx),), whole)
        self._take(self.canvas.draw(raw, boxes, more=more))

    def pass_by(self, passed_ns: int = TICK_NS, *, current: bool = True) -> None:
        self.now_ns += passed_ns
        self._take(self.canvas.again(self.now_ns, current=current))

    def read(self) -> None:
        for _ in range(200):
            if not self.canvas.waiting:
                return
            self.pass_by()
        pytest.fail("it is never done")

    def covered(self, rect: Rect) -> bool:
        return bool((self._part(rect) == word(COVER)).all())

    def shows(self, picture: Picture, rect: Rect) -> bool:
        part = picture.pixels[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
        return bool((self._part(rect) == part).all())

    def _part(self, rect: Rect) -> NDArray[np.uint32]:
        return self.shown[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]

    def _take(self, frame: Frame | None) -> None:
        if frame is None:
            return
        assert frame.time_ns == self.now_ns
        assert not self.frames or self.frames[-1].time_ns <= frame.time_ns
        self.frames.append(frame)
        for patch in frame.patches:
            rect = patch.rect
            pixels = np.ascontiguousarray(patch.bgrx).view(np.uint32)[..., 0]
            self.shown[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width] = pixels


def letter(extra: str = "") -> tuple[Picture, Rect, Rect]:
    """A picture, where the name is in it, and where ordinary words are."""
    picture = Picture(WIDTH, HEIGHT)
    picture.write(20, 20, "Dear Nora", font=SANS, size=15)
    name = picture.write(110, 20, NAME, font=SANS, size=15)
    ordinary = picture.write(20, 60, "the invoice for the office chairs is ready", font=SANS, size=15)
    if extra:
        picture.write(20, 100, extra, font=SANS, size=15)
    return picture, name, ordinary


def test_what_is_not_read_yet_is_covered_and_shown_later_but_for_what_is_personal() -> None:
    picture, name, ordinary = letter()
    screen = Screen(REDACTED)
    screen.capture(picture.pixels, whole=True)
    assert screen.covered(name)
    assert not screen.shows(picture, ordinary)
    screen.read()
    assert screen.covered(name)
    assert screen.shows(picture, ordinary)
    assert len(screen.frames) > 1
    whole = screen.canvas.whole(screen.now_ns)
    assert whole is not None
    assert (np.ascontiguousarray(whole.patches[0].bgrx).view(np.uint32)[..., 0] == screen.shown).all()


def test_a_line_that_appears_is_covered_from_its_first_frame_on() -> None:
    screen = Screen(REDACTED)
    screen.capture(letter()[0].pixels, whole=True)
    screen.read()
    picture, _, ordinary = letter(f"signed {NAME}")
    screen.now_ns += TICK_NS
    screen.capture(picture.pixels)
    assert screen.shows(picture, ordinary), "what was read stays"
    assert not (screen.shown[100:120] == picture.pixels[100:120]).all()
    assert not screen.shows(picture, Rect(20, 100, 200, 18))
    screen.read()
    assert screen.covered(Rect(75, 104, 60, 8))


@pytest.mark.parametrize("broken", ["read", "cover", "blocks"])
def test_if_anything_goes_wrong_all_is_black_and_told_until_it_goes_well_again(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds: dict[str, tuple[type, Disclosure]] = {
        "read": (layers.Reader, REDACTED),
        "cover": (layers.Coverer, REDACTED),
        "blocks": (layers.Structure, STRUCTURE),
    }
    kind, disclosed = kinds[broken]
    picture, name, ordinary = letter()
    screen = Screen(disclosed)
    screen.capture(picture.pixels, whole=True)
    screen.read()
    right: Callable[..., object] = getattr(kind, broken)
    monkeypatch.setattr(kind, broken, lambda *_, **__: 1 // 0)
    picture, _, _ = letter("one more line")
    screen.now_ns += LOOK_NS
    screen.capture(picture.pixels)
    assert screen.covered(SCREEN)
    (marker,) = screen.canvas.markers()
    assert (marker.reason, marker.start_ns, marker.count) == ("detector_missing", screen.now_ns, 1)
    screen.pass_by()
    assert not screen.canvas.markers(), "it rests"
    screen.pass_by(RESTS_NS)
    assert screen.covered(SCREEN)
    assert len(screen.canvas.markers()) == 1
    monkeypatch.setattr(kind, broken, right)
    screen.pass_by(RESTS_NS)
    screen.read()
    assert not screen.covered(SCREEN)
    assert screen.shows(picture, ordinary) == (disclosed is REDACTED)
    assert not screen.shows(picture, name)


@pytest.mark.parametrize(("disclosed", "sight"), [(STRUCTURE, SIGHT), (REDACTED, None)])
def test_at_structure_or_where_nothing_can_be_read_the_layout_is_left(
    disclosed: Disclosure, sight: Sight | None
) -> None:
    picture, _, _ = letter()
    picture.draw.rectangle((300, 90, 500, 140), outline=(90, 90, 90))
    screen = Screen(disclosed, sight)
    screen.capture(picture.pixels, whole=True)
    expected = structure(picture.pixels)
    assert (screen.shown == expected).all()
    assert not screen.canvas.waiting


def test_what_is_flattened_is_structure_from_the_hold_before_and_shown_again_after() -> None:
    picture, name, ordinary = letter()
    screen = Screen(EXACT, None)
    screen.capture(picture.pixels, whole=True)
    assert screen.shows(picture, SCREEN)
    screen.now_ns += 4 * HOLD_NS
    screen.veil.flatten(screen.now_ns + HOLD_NS, [Rect(0, 50, WIDTH, 50)])
    screen.pass_by(0)
    assert not screen.shows(picture, ordinary)
    assert screen.shows(picture, name)
    screen.now_ns += 4 * HOLD_NS
    screen.veil.flatten(screen.now_ns, [])
    screen.pass_by(HOLD_NS - 1)
    assert not screen.shows(picture, ordinary)
    screen.pass_by(1, current=False)
    assert not screen.shows(picture, ordinary), "what was captured may still be what was flattened"
    screen.pass_by(1)
    assert screen.shows(picture, SCREEN)


def test_what_is_hidden_by_a_box_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, name, ordinary = letter()
    seen: list[NDArray[np.uint32]] = []
    read = layers.Reader.read

    def looking(self: layers.Reader, pixels: NDArray[np.uint32], *rest: object, **more: object) -> object:
        seen.append(pixels.copy())
        return read(self, pixels, *rest, **more)

    monkeypatch.setattr(layers.Reader, "read", looking)
    screen = Screen(REDACTED)
    for box in (name, Rect(0, 0, WIDTH, 50), name):
        seen.clear()
        screen.capture(picture.pixels, whole=not screen.frames, boxes=(box,))
        screen.read()
        assert seen
        for pixels in seen:
            assert (layers.area(pixels, box) == word(layers.OUTSIDE)).all()
        assert screen.covered(box)
        assert screen.shows(picture, ordinary)
    screen.capture(picture.pixels)
    assert screen.covered(name), "it was not read yet"


def test_frames_that_come_faster_than_they_can_be_read_are_shown_together() -> None:
    took = iter(range(100))
    screen = Screen(REDACTED)
    screen.canvas = Canvas(screen.veil, clock_s=lambda: float(next(took)))
    pictures = [letter(f"line {number}")[0] for number in range(4)]
    screen.capture(pictures[0].pixels, whole=True)
    for picture, more in zip(pictures[1:], (True, True, False), strict=True):
        screen.now_ns += LOOK_NS
        screen.capture(picture.pixels, more=more)
    assert len(screen.frames) == 2
    assert screen.frames[-1].time_ns == screen.now_ns
    screen.read()
    assert screen.shows(pictures[-1], Rect(20, 100, 100, 18))
    exact = Screen(EXACT)
    exact.canvas = Canvas(exact.veil, clock_s=lambda: float(next(took)))
    for picture in pictures:
        exact.capture(picture.pixels, whole=not exact.frames, more=True)
    assert len(exact.frames) == len(pictures), "what is shown as it is takes no time"


def test_what_keeps_changing_is_looked_at_now_and_then_and_shown_as_it_was_at_the_last_look() -> None:
    screen = Screen(REDACTED)
    pictures = [letter(f"line {number}")[0] for number in range(5)]
    screen.capture(pictures[0].pixels, whole=True)
    for picture in pictures[1:4]:
        screen.now_ns += LOOK_NS // 4
        screen.capture(picture.pixels)
        assert len(screen.frames) == 1
        assert screen.canvas.waiting
    screen.pass_by(LOOK_NS // 4)
    assert len(screen.frames) == 2
    screen.read()
    assert screen.shows(pictures[3], Rect(20, 100, 100, 18))
    screen.now_ns += LOOK_NS
    screen.capture(pictures[4].pixels)
    screen.read()
    assert screen.shows(pictures[4], Rect(20, 100, 100, 18)), "after a rest a change is looked at at once"


def test_what_waits_to_be_looked_at_is_so_for_a_whole_picture_for_a_new_box_and_at_the_end() -> None:
    changed, name, _ = letter("another line")
    for told in ("whole", "box", "end"):
        screen = Screen(REDACTED)
        screen.capture(np.full((HEIGHT, WIDTH), 0xFFFFFFFF, np.uint32), whole=True)
        screen.now_ns += LOOK_NS // 2
        screen.capture(changed.pixels)
        assert len(screen.frames) == 1
        if told == "box":
            screen.capture(changed.pixels, boxes=(SCREEN,))
            assert screen.covered(SCREEN)
        else:
            screen._take(screen.canvas.whole(screen.now_ns) if told == "whole" else screen.canvas.rest(screen.now_ns))
            assert len(screen.frames) == 2
            assert screen.covered(name), "it was not read yet"
        assert screen.canvas.rest(screen.now_ns) is None


def test_nothing_is_copied_where_all_is_exact() -> None:
    picture, _, _ = letter()
    screen = Screen(EXACT)
    pixels = picture.pixels
    screen.capture(pixels, whole=True)
    assert np.shares_memory(screen.frames[0].patches[0].bgrx, pixels)
    assert not screen.canvas.waiting


def test_reading_takes_no_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed: list[int] = []

    class Counting(layers.Reader):
        def read(self, *args: object, allowance_ns: int, **_: object) -> object:
            allowed.append(allowance_ns)
            self.counts.ocr_ns += allowance_ns
            return super().read(*args, allowance_ns=0)

    monkeypatch.setattr(layers, "Reader", Counting)
    screen = Screen(REDACTED)
    screen.capture(letter()[0].pixels, whole=True)
    for _ in range(1000):
        screen.pass_by()
    share = REDACTED.budget.cpu_percent / 100 * 0.4
    assert max(allowed) <= 15 * MILLISECOND_NS
    assert sum(allowed) <= share * (1000 * TICK_NS + layers.SAVED_S * SECOND_NS) + 1
    assert sum(allowed) >= 0.9 * share * 1000 * TICK_NS


def test_a_screen_is_read_only_where_all_that_it_takes_is_there() -> None:
    words = Words(Redactor([Names()]))
    made: list[object] = []

    class Program:
        def __init__(self) -> None:
            made.append(self)

    def missing() -> Ocr:
        raise SetupMissing("text on the screen cannot be read", cause="tesseract-ocr-eng is missing", fix="make setup")

    sight, why = sight_for(REDACTED, words, Program)
    assert sight is not None
    assert not why
    assert [sight.ocr() for _ in range(2)] == made, "the one that was tried is used first"
    sight, why = sight_for(REDACTED, words, missing)
    assert sight is None
    assert "cannot be read" in why[0]
    assert sight_for(REDACTED, None, missing) == (None, ()), "why there are no words was said"
    assert sight_for(EXACT, words, missing) == (None, ()), "nobody needs it"
    two = msgspec.structs.replace(REDACTED, apps=[*REDACTED.apps, app("Other")])
    assert sight_for(two, words, Program)[0] is not None
