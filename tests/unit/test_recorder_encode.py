"""Patches lose nothing, and a canvas always knows what a replay would show."""

import io

import numpy as np
import pytest
from PIL import Image

from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.encode.canvas import Canvas
from aboveboard.recorder.encode.images import WEBP_SIDE_LIMIT, encode_patch
from aboveboard.recorder.seal import seal_segment
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.unseal import unseal
from samples.synthetic_source import HEIGHT, WIDTH, part_frame, pixels, whole_frame


def shown(patch: ScreenPatch) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(patch.data)).convert("RGB"))


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (640, 480)])
def test_nothing_is_lost(size: tuple[int, int]) -> None:
    rect = Rect(5, 6, *size)
    picture = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 4), np.uint8)
    patch = encode_patch(Pixels(rect, picture), time_ns=9, whole=False)
    assert np.array_equal(shown(patch), picture[..., 2::-1])
    assert (patch.x, patch.y, patch.width, patch.height, patch.time_ns, patch.whole) == (5, 6, *size, 9, False)
    assert patch.format == "webp"


def test_a_view_into_a_larger_picture_is_encoded_as_itself() -> None:
    large = np.random.default_rng(1).integers(0, 256, (50, 60, 4), np.uint8)
    patch = encode_patch(Pixels(Rect(10, 20, 30, 5), large[20:25, 10:40]), time_ns=0, whole=False)
    assert np.array_equal(shown(patch), large[20:25, 10:40, 2::-1])


def test_what_is_too_long_for_webp_becomes_png() -> None:
    patch = encode_patch(pixels(Rect(0, 0, WEBP_SIDE_LIMIT + 1, 1), 3), time_ns=0, whole=False)
    assert patch.format == "png"
    assert shown(patch).shape == (1, WEBP_SIDE_LIMIT + 1, 3)


def test_the_canvas_is_what_the_patches_draw() -> None:
    canvas = Canvas()
    replayed = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    frames = [whole_frame(1), part_frame(2, 50), part_frame(3, 99, Rect(30, 40, 7, 3)), part_frame(4, 7)]
    for frame in frames:
        for patch in canvas.draw(frame):
            replayed[patch.y : patch.y + patch.height, patch.x : patch.x + patch.width] = shown(patch)
        whole = canvas.whole(frame.time_ns)
        assert whole is not None
        assert whole.whole
        assert np.array_equal(shown(whole), replayed)


def test_the_whole_picture_is_encoded_once_between_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    canvas = Canvas()
    canvas.draw(whole_frame(1))
    calls: list[int] = []
    monkeypatch.setattr("aboveboard.recorder.encode.canvas.encode_patch", lambda *_, **__: calls.append(1))
    first, second = canvas.whole(5), canvas.whole(6)
    assert not calls
    assert first is not None
    assert second is not None
    assert (first.time_ns, second.time_ns) == (5, 6)


def test_the_source_may_not_change_the_canvas_afterwards() -> None:
    canvas, frame = Canvas(), whole_frame(1)
    canvas.draw(frame)
    frame.patches[0].bgrx[:] = 0
    canvas.draw(part_frame(2, 9))
    whole = canvas.whole(3)
    assert whole is not None
    assert shown(whole)[100, 100].any()


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
    canvas.draw(whole_frame(2, size=(WIDTH * 2, HEIGHT)))
    whole = canvas.whole(3)
    assert whole is not None
    assert (whole.width, whole.height) == (WIDTH * 2, HEIGHT)


def test_a_segment_is_sealed_to_exactly_the_two_keys() -> None:
    person, keyholder = Identity.generate(), Identity.generate()
    sealed = seal_segment(b"plain", person_recipient=person.recipient, keyholder_recipient=keyholder.recipient)
    assert unseal(sealed, person) == unseal(sealed, keyholder) == b"plain"
    assert sealed.count(b"-> X25519 ") == 2
