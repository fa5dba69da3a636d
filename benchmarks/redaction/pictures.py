"""How much of a photograph is covered, and how much of what is none?

    python -m benchmarks.redaction.pictures [--count 60] [--seed 7] [--screens 0]

Photographs and pages are drawn, from a seed: textures with the spectrum of natural pictures, landscapes, heads before a
blurred ground, blurs with a sensor's noise, all packed as JPEG, in colour and grey, some two or three times as large as
they were, 32 to 700 pixels wide, with 4 to 24 pixels of ground around them; and text, pages made small, code, charts,
gradients, a palette, icons, maps, patterns. ``--screens``: so many desktops with real programs and no pictures too
(``benchmarks.redaction.screens``).
"""

import argparse
import io
import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.layers import area
from aboveboard.recorder.redact.pixels.pictures import Pictures

Random = np.random.Generator
Grey = NDArray[np.float64]
SIZE = (1280, 800)
WIDTHS = (32, 40, 48, 64, 96, 160, 240, 400, 700)
SANS = "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"
MONO = "/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf"
WORDS = ["the", "invoice", "for", "office", "chairs", "is", "ready", "and", "tables", "please", "take"]


def main() -> int:
    """Measures and prints; 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--screens", type=int, default=0)
    options = parser.parse_args()
    shown = covered = around = everything = 0.0
    cpu_s = 0.0
    least = 1.0
    for number in range(options.count):
        pixels, place = page_with_photograph(np.random.default_rng((options.seed, number)))
        begun_s = time.process_time()
        mask = found(pixels)
        cpu_s += time.process_time() - begun_s
        inside = mask[place.y : place.y + place.height, place.x : place.x + place.width]
        shown, covered = shown + inside.size, covered + inside.sum()
        everything, around = everything + mask.size - inside.size, around + mask.sum() - inside.sum()
        least = min(least, inside.mean())
    print(
        f"{options.count} photographs: {covered / shown:.2%} of their pixels covered, {least:.1%} of one at the least"
    )
    print(f"  of the pages around them {around / everything:.3%}; {cpu_s / options.count * 1e3:.1f} ms for a page")
    for name, draw in PLAIN.items():
        masks = [found(words_of(draw(np.random.default_rng((options.seed, number))))) for number in range(5)]
        print(f"{name}: {np.mean([mask.mean() for mask in masks]):.3%} covered")
    for name, passed_ms in costs(np.random.default_rng(options.seed)).items():
        print(f"{name}: {passed_ms:.2f} ms")
    if options.screens:
        shares = [found(pixels).mean() for pixels in _desktops(options.seed, options.screens)]
        print(f"{len(shares)} desktops with real programs: {np.mean(shares):.3%} covered, {max(shares):.2%} at most")
    return 0


def found(pixels: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Where ``pixels`` (height, width) are covered as a picture."""
    mask = np.zeros(pixels.shape, np.bool_)
    for rect in Pictures().places(pixels, None, 0):
        mask[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width] = True
    return mask


def costs(random: Random, again: int = 20) -> dict[str, float]:
    """Processor time in ms for a look at a page of text with a film, by what changed; the least of ``again``."""
    pixels, film = words_of(text(random)), Rect(240, 160, 800, 450)
    area(pixels, film)[:] = area(words_of(photograph(random, 900).resize((800, 450))), Rect(0, 0, 800, 450))
    changes = {"a letter": Rect(40, 60, 12, 18), "the film": film, "all of it": Rect(0, 0, *SIZE)}
    pictures, found_ms = Pictures(), {}
    pictures.places(pixels, None, 0)
    for name, rect in changes.items():
        passed_s = []
        for number in range(again):
            begun_s = time.process_time()
            pictures.places(pixels, [rect], number)
            passed_s.append(time.process_time() - begun_s)
        found_ms[name] = min(passed_s) * 1e3
    return found_ms


def words_of(image: Image.Image) -> NDArray[np.uint32]:
    """As the recorder has them."""
    rgb = np.asarray(image.convert("RGB")).astype(np.uint32)
    return np.ascontiguousarray(rgb[..., 2] | rgb[..., 1] << 8 | rgb[..., 0] << 16 | np.uint32(0xFF000000))


def page_with_photograph(random: Random) -> tuple[NDArray[np.uint32], Rect]:
    """A page of text with one photograph in it, and where that is."""
    page = text(random)
    picture = photograph(random, int(random.choice(WIDTHS)))
    x, y = (int(random.integers(0, whole - own + 1)) for whole, own in zip(SIZE, picture.size, strict=True))
    edge = int(random.integers(4, 24))
    ground = page.getpixel((0, 0))
    page.paste(ground, (x - edge, y - edge, x + picture.width + edge, y + picture.height + edge))  # type: ignore[arg-type]
    page.paste(picture, (x, y))
    return words_of(page), Rect(x, y, *picture.size)


def photograph(random: Random, width: int) -> Image.Image:
    """One of a kind drawn by lot, ``width`` pixels wide, packed as JPEG."""
    height = max(round(width * random.uniform(0.65, 1.0)), 32)
    kind: Callable[[Random, int, int], Grey] = (texture, landscape, head, blur)[random.integers(4)]
    pixels = kind(random, height, width)
    if random.random() < 0.25:
        pixels = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if width >= 160 and random.random() < 0.3:
        times = int(random.integers(2, 4))
        image = image.resize((width // times, height // times)).resize((width, height), Image.Resampling.BILINEAR)
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=int(random.integers(60, 96)))
    return Image.open(packed).convert("RGB")


def spectrum(random: Random, height: int, width: int, exponent: float = 1.1) -> Grey:
    """Noise with the spectrum 1/f, as natural pictures have it: mean 0, deviation 1."""
    down, aside = np.fft.fftfreq(height)[:, np.newaxis], np.fft.rfftfreq(width)
    strength = 1 / np.maximum(np.hypot(down, aside), 1 / max(height, width)) ** exponent
    noise = np.fft.irfft2(np.fft.rfft2(random.standard_normal((height, width))) * strength, s=(height, width))
    scaled: Grey = (noise - noise.mean()) / noise.std()
    return scaled


def coloured(random: Random, grey: Grey, middle: float = 128, spread: float = 45) -> Grey:
    """``grey`` as a texture in three colours that go together."""
    shape = grey.shape
    return np.stack(
        [middle + random.uniform(-40, 40) + spread * (grey + 0.3 * spectrum(random, *shape)) for _ in "rgb"], axis=2
    )


def texture(random: Random, height: int, width: int) -> Grey:
    """Leaves, fur, a crowd."""
    return coloured(random, spectrum(random, height, width, random.uniform(0.8, 1.3)))


def landscape(random: Random, height: int, width: int) -> Grey:
    """A sky, and ground below it."""
    sky = np.linspace(220, 150, height)[:, np.newaxis, np.newaxis] * np.array([0.7, 0.85, 1.1])
    sky = (
        sky
        + 12 * spectrum(random, height, width, 1.6)[..., np.newaxis]
        + 2 * random.standard_normal((height, width, 1))
    )
    horizon = height * 0.45 + height * 0.06 * spectrum(random, 1, width, 1.5)[0]
    below = np.arange(height)[:, np.newaxis] > horizon
    return np.where(below[..., np.newaxis], coloured(random, spectrum(random, height, width), 90, 35), sky)


def head(random: Random, height: int, width: int) -> Grey:
    """An oval in the colour of skin with hair, before a blurred ground."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    ground = coloured(random, spectrum(random, height, width, 2.0), 110, 25)
    shade = 1 - 0.35 * x + 0.1 * spectrum(random, height, width, 1.5)
    skin = shade[..., np.newaxis] * np.array([200.0, 150.0, 120.0]) * random.uniform(0.5, 1.1)
    hair = coloured(random, spectrum(random, height, width, 0.8), 60, 20)
    oval = ((x / 0.45) ** 2 + (y / 0.65) ** 2 < 1)[..., np.newaxis]
    crown = ((x / 0.55) ** 2 + ((y + 0.25) / 0.6) ** 2 < 1)[..., np.newaxis]
    return np.where(
        oval & (y > -0.35)[..., np.newaxis], skin, np.where(crown, hair, ground)
    ) + 3 * random.standard_normal((height, width, 1))


def blur(random: Random, height: int, width: int) -> Grey:
    """Out of focus, with a sensor's noise."""
    return coloured(random, spectrum(random, height, width, 2.0), 120, 40) + 4 * random.standard_normal(
        (height, width, 3)
    )


def _ground(random: Random) -> tuple[Image.Image, ImageDraw.ImageDraw, tuple[int, int, int]]:
    dark = random.random() < 0.4
    image = Image.new("RGB", SIZE, (30, 30, 30) if dark else (255, 255, 255))
    return image, ImageDraw.Draw(image), (212, 212, 212) if dark else (31, 35, 40)


def text(random: Random) -> Image.Image:
    """Lines of words, small and large."""
    image, draw, ink = _ground(random)
    y = 4
    while y < SIZE[1]:
        size = int(random.integers(9, 24))
        line = " ".join(random.choice(WORDS, 30))
        draw.text((6, y), line, font=ImageFont.truetype(SANS, size), fill=ink)
        y += round(size * random.uniform(1.1, 1.5))
    return image


def pages(random: Random) -> Image.Image:
    """Printed pages made small, with tables, as a viewer of documents shows them."""
    image, _, _ = _ground(random)
    for number in range(6):
        size = int(random.integers(40, 52))
        sheet = Image.new("RGB", (1240, 1240), (255, 255, 255))
        draw, font = ImageDraw.Draw(sheet), ImageFont.truetype(SANS, size)
        for y in range(30, 1180, round(size * 1.4)):
            draw.text((40, y), " ".join(random.choice(WORDS, 5)), font=font, fill=(20, 20, 20))
            draw.rectangle((800, y - 6, 1200, y + round(size * 1.3)), outline=(90, 90, 90), width=3)
            draw.text((820, y), f"{random.random() * 1000:.2f}", font=font, fill=(20, 20, 20))
        side = int(random.integers(150, 380))
        small = sheet.resize((side, side), Image.Resampling.LANCZOS)
        image.paste(small, (number % 3 * 420 + 8, number // 3 * 400 + 8))
    return image


def code(random: Random) -> Image.Image:
    """Narrow lines in many colours."""
    image, draw, _ = _ground(random)
    colours = [tuple(random.integers(60, 230, 3).tolist()) for _ in range(8)]
    for y in range(2, SIZE[1], 14):
        for x in range(4, SIZE[0], 70):
            draw.text(
                (x, y), str(random.choice(WORDS)), font=ImageFont.truetype(MONO, 12), fill=colours[random.integers(8)]
            )
    return image


def gradients(random: Random) -> Image.Image:
    """Grounds that change evenly: along, across, slanting, round; and a palette."""
    height, width = 250, 400
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    image, _, _ = _ground(random)
    for number, way in enumerate((x, y, (x + y) / 2, np.hypot(x - 0.5, y - 0.5), x * y)):
        first, last = random.integers(0, 256, 3), random.integers(0, 256, 3)
        part = first + way[..., np.newaxis] * (last - first)
        image.paste(Image.fromarray(part.round().astype(np.uint8)), (number % 3 * 420 + 8, number // 3 * 260 + 8))
    palette = np.stack([x * 255, np.full_like(x, 255 * random.random()), y * 255], axis=2)
    image.paste(Image.fromarray(palette.round().astype(np.uint8)), (848, 268))
    return image


def charts(random: Random) -> Image.Image:
    """Bars, lines, points, a map of coloured cells, streets with names."""
    image, draw, ink = _ground(random)
    for x in range(20, 400, 24):
        draw.rectangle(
            (x, int(random.integers(40, 280)), x + 16, 300), fill=tuple(random.integers(40, 230, 3).tolist())
        )
    for _ in range(4):
        points = [(420 + 8 * at, int(random.integers(40, 300))) for at in range(50)]
        draw.line(points, fill=tuple(random.integers(40, 230, 3).tolist()), width=2)
    for _ in range(900):
        x, y = random.integers((860, 40), (1260, 300)).tolist()
        draw.ellipse((x, y, x + 5, y + 5), fill=tuple(random.integers(40, 230, 3).tolist()))
    for row in range(20):
        for column in range(20):
            box = (20 + 18 * column, 340 + 18 * row, 37 + 18 * column, 357 + 18 * row)
            draw.rectangle(box, fill=tuple(random.integers(0, 255, 3).tolist()))
    for _ in range(120):
        ends = random.integers((420, 340), (1260, 780), (2, 2))
        draw.line([tuple(end) for end in ends.tolist()], fill=ink, width=int(random.integers(1, 5)))
        draw.text(tuple(ends[0].tolist()), str(random.choice(WORDS)), font=ImageFont.truetype(SANS, 11), fill=ink)
    return image


def icons(random: Random) -> Image.Image:
    """Rounded squares with gradients, marks and soft edges, 16 to 64 pixels wide; drawn large and made small."""
    image, _, _ = _ground(random)
    for y in range(8, SIZE[1] - 72, 80):
        for x in range(8, SIZE[0] - 72, 80):
            size = int(random.choice((16, 20, 24, 32, 48, 64)))
            steps = np.linspace(random.integers(60, 255, 3), random.integers(0, 200, 3), 256)
            large = Image.fromarray(np.repeat(steps[:, np.newaxis], 256, axis=1).astype(np.uint8)).convert("RGBA")
            shape = Image.new("L", (256, 256), 0)
            ImageDraw.Draw(shape).rounded_rectangle((8, 8, 248, 248), 60, fill=255)
            large.putalpha(shape)
            pen = ImageDraw.Draw(large)
            for _ in range(4):
                a, b = sorted(random.integers(20, 236, 2).tolist()), sorted(random.integers(20, 236, 2).tolist())
                pen.ellipse((a[0], b[0], a[1], b[1]), fill=(*random.integers(0, 255, 3).tolist(), 255))
            small = large.resize((size, size), Image.Resampling.LANCZOS)
            image.paste(small, (x, y), small)
    return image


def patterns(random: Random) -> Image.Image:
    """Chequers, stripes, and points by lot in two colours, down to a pixel."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    step = int(random.integers(1, 5))
    by_lot = random.random(x.shape) < 0.5
    chosen = np.choose(x * 4 // SIZE[0], [(x // step + y // step) % 2, (x + y) // step % 2, x // step % 2, by_lot])
    colours = random.integers(0, 256, (2, 3))
    return Image.fromarray(colours[chosen].astype(np.uint8))


PLAIN: dict[str, Callable[[Random], Image.Image]] = {
    "text": text, "pages": pages, "code": code, "gradients": gradients, "charts": charts, "icons": icons,
    "patterns": patterns,
}  # fmt: skip
"""What is no photograph."""


def _desktops(seed: int, count: int) -> Iterator[NDArray[np.uint32]]:
    from benchmarks.redaction.screens.scenes import screens  # starts displays

    for screen in screens(seed, range(count)):
        yield screen.pixels


if __name__ == "__main__":
    raise SystemExit(main())
