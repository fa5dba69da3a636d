"""Whatever the screen does, a replay of the patches shows it: exactly where it stands, soon where it moved."""

import functools
from dataclasses import replace

import numpy as np
import pytest
import zstandard
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.formats.part_files import write_parts
from aboveboard.formats.recording import Pointer, Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.encode.canvas import Canvas
from aboveboard.recorder.encode.images import SIDE_LIMIT, webp
from aboveboard.recorder.encode.moving import BYTES_PER_S, STILL_NS
from aboveboard.recorder.encode.planes import PlanePacker
from aboveboard.recorder.encode.rects import tight_rects
from aboveboard.recorder.seal import seal_segment
from aboveboard.replay.canvas import Canvas as Replay
from aboveboard.replay.pixels import PixelReader, decode_pixels
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.unseal import unseal_segment
from samples.synthetic_source import HEIGHT, WIDTH, part_frame, pixels, whole_frame

Bgrx = NDArray[np.uint8]
SIZE = (800, 600)
FRAME_NS = 100 * MILLISECOND_NS


def noise(width: int, height: int, seed: int = 1) -> Bgrx:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)
    picture[..., 3] = 255
    return picture


@functools.cache
def text_page() -> Bgrx:
    """A page of text, as high as four screens."""
    image = Image.new("RGB", (SIZE[0], 4 * SIZE[1]), "#fdfdfd")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    random = np.random.default_rng(2)
    for row in range(5, 4 * SIZE[1] - 20, 18):
        words = " ".join("".join(chr(97 + letter) for letter in random.integers(0, 26, 6)) for _ in range(10))
        pen.text((20, row), words, font=font, fill="#222222")
    bgrx = np.full((4 * SIZE[1], SIZE[0], 4), 255, np.uint8)
    bgrx[..., :3] = np.asarray(image)[..., ::-1]
    return bgrx


class Watched:
    """A recorder's canvas, and a replay of what it says."""

    def __init__(self, picture: Bgrx) -> None:
        self.canvas, self.replay = Canvas(cpu_ns=lambda: 0), Replay()
        self.now_ns = SECOND_NS
        self.picture = picture.copy()
        height, width = picture.shape[:2]
        self.take(Frame(self.now_ns, (Pixels(Rect(0, 0, width, height), picture.copy()),), True))

    def take(self, frame: Frame) -> list[ScreenPatch]:
        return self.show(self.canvas.draw(frame))

    def show(self, patches: list[ScreenPatch]) -> list[ScreenPatch]:
        for patch in patches:
            self.replay.apply(patch)
        return patches

    def change(self, rect: Rect, shown: Bgrx) -> list[ScreenPatch]:
        """``shown`` is in ``rect`` a tenth of a second later."""
        return self.change_all([(rect, shown)])

    def change_all(self, changes: list[tuple[Rect, Bgrx]]) -> list[ScreenPatch]:
        self.now_ns += FRAME_NS
        for rect, shown in changes:
            self.picture[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width] = shown
        patches = tuple(Pixels(rect, np.ascontiguousarray(shown)) for rect, shown in changes)
        return self.take(Frame(self.now_ns, patches, False))

    @property
    def exact(self) -> bool:
        shown = self.replay.snapshot()
        return shown is not None and np.array_equal(shown, self.picture[..., 2::-1])


def kinds(patches: list[ScreenPatch]) -> list[str]:
    return [patch.format for patch in patches]


def size(patches: list[ScreenPatch]) -> int:
    return sum(len(patch.data) for patch in patches)


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (640, 480), (2, 20_000), (1500, 1000)])
def test_planes_lose_nothing(shape: tuple[int, int]) -> None:
    picture = noise(*shape)
    data, band, band_from = PlanePacker().pack(picture.view(np.uint32)[..., 0])
    shown = decode_pixels(ScreenPatch(9, 5, 6, *shape, False, "zstd", data, band=band, band_from=band_from))
    assert np.array_equal(shown, picture[..., 2::-1])


def text(lines: int, height: int, *, above: int = 0, seed: int = 5) -> NDArray[np.uint8]:
    """Lines of words of ``height`` rows, the first ``above`` rows down: (rows, 400, 4), dark on light."""
    words = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "while", "everybody", "reads"]
    random = np.random.default_rng(seed)
    page = Image.new("RGB", (400, above + lines * height), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(height * 0.7)
    for line in range(lines):
        pen.text((2, above + line * height + 1), " ".join(random.choice(words, 14)), fill="black", font=font)
    pixels = np.full((page.height, 400, 4), 255, np.uint8)
    pixels[..., :3] = np.asarray(page)[..., ::-1]
    return pixels


@pytest.mark.parametrize(("height", "above"), [(13, 0), (18, 5), (24, 11), (31, 30)])
def test_lines_of_text_are_told_line_by_line(height: int, above: int) -> None:
    page = text(12, height, above=above)
    words = page.view(np.uint32)[..., 0]
    data, band, band_from = PlanePacker().pack(words)
    assert band == height
    patch = ScreenPatch(1, 0, 0, 400, len(page), True, "zstd", data, band=band, band_from=band_from)
    assert np.array_equal(decode_pixels(patch), page[..., 2::-1])
    row_by_row = zstandard.compress(np.stack([page[..., 1], *[page[..., 1] * 0] * 2]).tobytes(), 5)
    assert len(data) < len(row_by_row) * 0.7


def test_what_was_shown_before_costs_little_in_the_same_segment_only() -> None:
    packer, reader = PlanePacker(), PixelReader()
    pages = [text(20, 18), text(20, 18, seed=6), text(6, 18, above=4, seed=7)]
    sizes = []
    for page in pages:
        data, band, band_from = packer.pack(page.view(np.uint32)[..., 0])
        sizes.append(len(data))
        patch = ScreenPatch(1, 0, 0, 400, len(page), False, "zstd", data, band=band, band_from=band_from)
        assert np.array_equal(reader.read(patch), page[..., 2::-1])
    assert sizes[2] < sizes[0] / 3, "the letters were known"
    with pytest.raises(BadInput, match=r"damaged|unpacks to"):
        decode_pixels(patch)
    packer.begin()
    reader.begin()
    data, band, band_from = packer.pack(pages[2].view(np.uint32)[..., 0])
    assert len(data) > sizes[2] * 2
    again = replace(patch, data=data, band=band, band_from=band_from)
    assert np.array_equal(reader.read(again), pages[2][..., 2::-1])


def test_a_view_into_a_larger_picture_is_packed_as_itself() -> None:
    large = noise(60, 50).view(np.uint32)[..., 0]
    assert PlanePacker().pack(large[20:25, 10:40]) == PlanePacker().pack(large[20:25, 10:40].copy())


def test_webp_without_loss_loses_nothing() -> None:
    picture = noise(70, 50)
    data = webp(picture.view(np.uint32)[..., 0], lossy=False)
    assert np.array_equal(decode_pixels(ScreenPatch(0, 0, 0, 70, 50, False, "webp", data)), picture[..., 2::-1])


def test_a_photograph_too_long_for_webp_is_planes() -> None:
    long = np.tile(noise(SIDE_LIMIT + 1, 1), (2, 1, 1))
    watched = Watched(long)
    assert watched.exact
    watched.canvas.forget()
    whole = watched.take(Frame(2, (Pixels(Rect(0, 0, SIDE_LIMIT + 1, 2), noise(SIDE_LIMIT + 1, 2)),), True))
    assert kinds(whole) == ["zstd"]


def test_a_letter_is_one_small_patch() -> None:
    watched = Watched(text_page()[: SIZE[1]])
    patches = watched.change(Rect(300, 200, 8, 14), text_page()[700:714, 40:48])
    assert kinds(patches) == ["zstd"]
    assert size(patches) < 300
    assert watched.exact


@pytest.mark.parametrize("step", [1, 18, 53, 240, -18, -111])
def test_scrolled_text_is_a_copy_and_what_came_into_view(step: int) -> None:
    top = 900
    watched = Watched(text_page()[top : top + SIZE[1]])
    after = text_page()[top + step : top + step + SIZE[1]]
    patches = watched.change(Rect(0, 0, *SIZE), after)
    assert watched.exact
    copies = [patch for patch in patches if patch.format == "copy"]
    assert [(patch.from_x - patch.x, patch.from_y - patch.y) for patch in copies] == [(0, step)]
    left = sum(patch.width * patch.height for patch in patches if patch.format != "copy")
    assert left <= (abs(step) + 4) * SIZE[0], "only what came into view is told as pixels"


def test_what_is_scrolled_to_the_side_is_a_copy_too() -> None:
    page = np.ascontiguousarray(text_page()[: SIZE[0]].transpose(1, 0, 2))
    watched = Watched(page[:600, 100:700])
    patches = watched.change(Rect(0, 0, 600, 600), page[:600, 140:740])
    copies = [patch for patch in patches if patch.format == "copy"]
    assert [(patch.from_x - patch.x, patch.from_y - patch.y) for patch in copies] == [(40, 0)]
    assert watched.exact


def test_a_sidebar_that_stays_and_one_that_changes_are_left_out_of_the_copy() -> None:
    first, second = text_page()[: SIZE[1]].copy(), text_page()[36 : 36 + SIZE[1]].copy()
    for picture in (first, second):
        picture[:, :200] = text_page()[1000 : 1000 + SIZE[1], 100:300]
    second[100:130, 20:180, :3] = 0x30
    watched = Watched(first)
    patches = watched.change(Rect(0, 0, *SIZE), second)
    assert watched.exact
    (copy,) = [patch for patch in patches if patch.format == "copy"]
    assert copy.x > 150
    assert copy.height > 540
    assert size(patches) < size(Canvas().draw(whole(second))) / 4


def whole(picture: Bgrx) -> Frame:
    height, width = picture.shape[:2]
    return Frame(2, (Pixels(Rect(0, 0, width, height), picture),), True)


def test_lines_of_different_length_that_scroll_are_found_together() -> None:
    """The frame comes in rectangles that hold what changed in each tile row."""
    before, after = text_page()[: SIZE[1]], text_page()[18 : 18 + SIZE[1]]
    watched = Watched(before)
    rects = [Rect(0, top, 300 + 37 * place % 400, 60) for place, top in enumerate(range(0, 600, 60))]
    shown = before.copy()
    for rect in rects:
        shown[rect.y : rect.y + rect.height, : rect.width] = after[rect.y : rect.y + rect.height, : rect.width]
    changes = [(rect, shown[rect.y : rect.y + rect.height, : rect.width]) for rect in rects]
    patches = watched.change_all(changes)
    assert "copy" in kinds(patches)
    assert watched.exact


def test_a_photograph_is_webp_and_a_page_is_not() -> None:
    watched = Watched(text_page()[: SIZE[1]])
    photo = soft(400, 300)
    assert kinds(watched.change(Rect(100, 100, 400, 300), photo)) == ["webp"]
    assert watched.exact
    assert set(kinds(watched.change(Rect(0, 0, *SIZE), text_page()[1200:1800]))) <= {"zstd", "copy"}
    assert watched.exact


def soft(width: int, height: int, seed: int = 0) -> Bgrx:
    """Soft light and grain, like a photograph: planes pack it badly."""
    rows, columns = np.mgrid[0:height, 0:width]
    random = np.random.default_rng(seed)
    light = [120 + 60 * np.sin((columns + 40 * seed) / (30 + part)) + 30 * np.cos(rows / 23) for part in range(3)]
    picture = np.full((height, width, 4), 255, np.uint8)
    picture[..., :3] = np.clip(np.stack(light, axis=-1) + random.normal(0, 2, (height, width, 3)), 0, 255)
    return picture


def play_film(watched: Watched, rect: Rect, frames: int) -> list[list[ScreenPatch]]:
    return [watched.change(rect, soft(rect.width, rect.height, seed)) for seed in range(frames)]


FILM = Rect(100, 100, 320, 240)


def test_a_film_goes_out_with_loss_at_its_pace_and_is_drawn_exactly_once_it_stands() -> None:
    watched = Watched(text_page()[: SIZE[1]])
    shown = play_film(watched, FILM, 40)
    later = [patch for patches in shown[5:] for patch in patches]
    assert later
    assert all(patch.lossy for patch in later), "after a few pictures it is known to be a film"
    assert size(later) < BYTES_PER_S * 4, "about as many bytes as it may take in three and a half seconds"
    assert not watched.exact
    assert close(watched, 12), "but nobody would take it for another picture"
    assert watched.show(watched.canvas.settle(watched.now_ns + STILL_NS - 1)) == []
    exactly = watched.show(watched.canvas.settle(watched.now_ns + STILL_NS))
    assert exactly
    assert not any(patch.lossy for patch in exactly)
    assert watched.exact
    assert watched.canvas.settle(watched.now_ns + SECOND_NS) == [], "and only once"


def close(watched: Watched, limit: float) -> bool:
    """Where the film is: the mean difference of the last picture that was kept is small."""
    shown = watched.replay.snapshot()
    assert shown is not None
    area = np.s_[FILM.y : FILM.y + FILM.height, FILM.x : FILM.x + FILM.width]
    return float(np.abs(shown[area].astype(int) - watched.picture[area][..., 2::-1]).mean()) < limit * 4


def test_text_beside_a_film_stays_exact() -> None:
    watched = Watched(text_page()[: SIZE[1]])
    for seed in range(20):
        film = (FILM, soft(FILM.width, FILM.height, seed))
        letter = (Rect(500 + 8 * seed, 300, 8, 14), text_page()[700:714, 40:48])
        watched.change_all([film, letter])
    shown = watched.replay.snapshot()
    assert shown is not None
    outside = np.ones(shown.shape[:2], bool)
    outside[FILM.y : FILM.y + FILM.height, FILM.x : FILM.x + FILM.width] = False
    assert np.array_equal(shown[outside], watched.picture[..., 2::-1][outside])


def test_a_film_that_is_scrolled_is_owed_where_it_went() -> None:
    watched = Watched(text_page()[: SIZE[1]])
    play_film(watched, FILM, 20)
    after = watched.picture.copy()
    after[:-60] = after[60:].copy()
    assert "copy" in kinds(watched.change(Rect(0, 0, *SIZE), after))
    watched.show(watched.canvas.settle(watched.now_ns + STILL_NS))
    assert watched.exact


def test_a_whole_picture_pays_what_is_owed() -> None:
    watched = Watched(text_page()[: SIZE[1]])
    play_film(watched, FILM, 20)
    picture = watched.canvas.whole(watched.now_ns)
    assert picture is not None
    watched.show([picture])
    assert watched.exact
    assert not watched.canvas.owes


def test_a_debt_is_paid_also_after_the_clock_was_set_back() -> None:
    watched = Watched(text_page()[: SIZE[1]])
    play_film(watched, FILM, 20)
    watched.now_ns -= 3600 * SECOND_NS
    watched.change(Rect(600, 500, 8, 14), text_page()[700:714, 40:48])
    assert watched.show(watched.canvas.settle(watched.now_ns)) == []
    watched.show(watched.canvas.settle(watched.now_ns + STILL_NS))
    assert watched.exact
    patches = watched.change(FILM, text_page()[900 : 900 + FILM.height, 10 : 10 + FILM.width])
    watched.now_ns += 2 * SECOND_NS
    patches = watched.change(FILM, text_page()[500 : 500 + FILM.height, 10 : 10 + FILM.width])
    assert not any(patch.lossy for patch in patches), "and what was hot cools down"


def test_what_a_film_left_cools_down_and_text_there_is_exact_again() -> None:
    watched = Watched(text_page()[: SIZE[1]])
    play_film(watched, FILM, 20)
    watched.now_ns += 5 * SECOND_NS
    watched.show(watched.canvas.settle(watched.now_ns))
    patches = watched.change(FILM, text_page()[900 : 900 + FILM.height, 10 : 10 + FILM.width])
    assert not any(patch.lossy for patch in patches)
    assert watched.exact


def test_the_same_screen_told_whole_again_costs_nothing() -> None:
    watched = Watched(text_page()[: SIZE[1]])
    assert watched.take(whole(text_page()[: SIZE[1]].copy())) == []
    changed = text_page()[: SIZE[1]].copy()
    changed[50:60, 50:60] = 0
    assert size(watched.take(whole(changed))) < 200


def test_the_canvas_keeps_a_frame_without_copying_it() -> None:
    canvas, frame = Canvas(), whole_frame(1)
    canvas.draw(frame)
    canvas.draw(part_frame(2, 9))
    assert frame.patches[0].bgrx[10, 10, 0] == 9, "the pixels were the receiver's own"
    read_only = whole_frame(3, size=(WIDTH * 2, HEIGHT))
    read_only.patches[0].bgrx.flags.writeable = False
    canvas.draw(read_only)
    canvas.draw(part_frame(4, 9))


@pytest.mark.parametrize("rect", [Rect(WIDTH - 5, 0, 10, 10), Rect(-1, 0, 5, 5), Rect(0, HEIGHT, 1, 1)])
def test_a_patch_that_does_not_fit_makes_the_canvas_unknown(rect: Rect) -> None:
    canvas = Canvas()
    canvas.draw(whole_frame(1))
    assert canvas.draw(Frame(2, (pixels(rect, 1),), False)) == []
    assert not canvas.known
    assert canvas.whole(3) is None
    assert canvas.draw(part_frame(4, 1)) == []


def test_a_new_screen_size_starts_with_its_whole_frame() -> None:
    canvas = Canvas()
    canvas.draw(whole_frame(1))
    (patch,) = canvas.draw(whole_frame(2, size=(WIDTH * 2, HEIGHT)))
    assert (patch.whole, patch.width, patch.height) == (True, WIDTH * 2, HEIGHT)


def test_rectangles_hold_every_difference_and_do_not_overlap() -> None:
    differs = np.zeros((700, 900), bool)
    differs[10:20, 30:40] = differs[400:410, 30:800] = differs[690:, 880:] = True
    rects = tight_rects(differs)
    assert len(rects) == 3
    covered = np.zeros(differs.shape, int)
    for rect in rects:
        covered[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width] += 1
    assert covered.max() == 1
    assert (covered[differs] == 1).all()
    assert tight_rects(np.zeros((5, 5), bool)) == []


def test_a_segment_is_sealed_to_exactly_the_two_keys() -> None:
    person, keyholder = Identity.generate(), Identity.generate()
    plain = write_parts([Timed(1, Pointer(x=1, y=2))])
    sealed = seal_segment(plain, person_recipient=person.recipient, keyholder_recipient=keyholder.recipient)
    assert unseal_segment(sealed, person) == unseal_segment(sealed, keyholder) == plain
    assert sealed.count(b"-> X25519 ") == 2
