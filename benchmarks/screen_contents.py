"""What do real screens look like while somebody works at them?

Real programs on a display of their own, grabbed picture by picture: a terminal that prints, a letter typed into a page,
a page of text scrolled beside a sidebar that stays, a page with a photograph, and a film that plays in a page.
"""

import argparse
import base64
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from aboveboard.base import errors
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.screen import grab

Rgb = NDArray[np.uint8]
SIZE = (1280, 800)
TEXT = Path(errors.__file__).parent.parent

_STYLE = """<style>body { margin: 0; font: 15px/1.5 sans-serif; color: #222 } code { font: 13px/1.5 monospace }
nav { position: fixed; left: 0; top: 0; bottom: 0; width: 260px; background: #f0f2f5; padding: 20px; overflow: hidden }
main { margin-left: 320px; width: 800px; padding: 20px } h2 { color: #1a3f8a } pre { white-space: pre-wrap }
textarea { width: 700px; height: 160px; font: 15px sans-serif } img { display: block; margin: 12px 0 }</style>"""


def photograph(width: int, height: int, seed: int = 5) -> Image.Image:
    """Something as rich as a photograph: soft light, shapes with edges and shadows, grain."""
    random = np.random.default_rng(seed)
    light = np.zeros((height, width, 3))
    for octave in range(1, 8):
        grid = random.normal(0, 1, (2**octave + 1, 2**octave + 1, 3))
        layers = [Image.fromarray(grid[..., part].astype(np.float32)).resize((width, height), 3) for part in range(3)]
        light += np.stack([np.asarray(layer) for layer in layers], axis=-1) * 42 / 1.7**octave
    picture = Image.fromarray((light + 120).clip(0, 255).astype(np.uint8))
    for place in range(14):
        side = int(random.integers(width // 20, width // 4))
        x, y = int(random.integers(0, width - side)), int(random.integers(0, height))
        colour = tuple(int(part) for part in random.integers(20, 235, 3))
        shape = Image.new("L", (side, side), 0)
        shape.paste(255, (side // 8, side // 8, side - side // 8, side - side // 8))
        picture.paste(colour, (x, y), shape.rotate(place * 23).filter(ImageFilter.GaussianBlur(place % 4)))
    grain = random.normal(0, 3, (height, width, 1))
    return Image.fromarray((np.asarray(picture) + grain).clip(0, 255).astype(np.uint8))


def terminal(display: Display) -> Iterator[Rgb]:
    """A line printed, a line printed: the window scrolls."""
    source = " ".join(str(path) for path in sorted(TEXT.glob("base/*.py")))
    command = f"cat {source} | while IFS= read -r line; do printf '%s\\n' \"$line\"; sleep 0.1; done"
    shell = ["xterm", "-geometry", "98x30+40+40", "-e", "sh", "-c", command]
    process = display.processes.start(shell, display.env)
    connection = display.connect()
    try:
        time.sleep(6)
        for _ in range(60):
            time.sleep(0.1)
            yield grab(connection)
    finally:
        connection.disconnect()
        process.kill()


def _text_page() -> str:
    sources = [path.read_text(encoding="utf-8") for path in sorted(TEXT.glob("formats/*.py"))[:9]]
    parts = [f"<h2>Part {place}</h2><pre>{_escaped(text[:6000])}</pre>" for place, text in enumerate(sources)]
    paths = sorted(TEXT.glob("*/*.py"))[:30]
    names = "".join(f"<p>{path.name} <code>{path.stat().st_size}</code></p>" for path in paths)
    return f"{_STYLE}<nav>{names}</nav><main><textarea></textarea>{''.join(parts)}</main>"


def typing(display: Display) -> Iterator[Rgb]:
    """A letter, and a letter, into a page of text."""
    with Browser(display, scale=1) as browser:
        browser.page.navigate(_address(display, "typing.html", _text_page()))
        connection = display.connect()
        yield grab(connection)
        for letter in "A letter is typed, and another one. Then a word is done.":
            browser.page.evaluate(f"document.querySelector('textarea').value += '{letter}'")
            browser.page.painted()
            time.sleep(0.05)
            yield grab(connection)
        connection.disconnect()


def scrolling(display: Display) -> Iterator[Rgb]:
    """The wheel over a page of text; the sidebar stays."""
    yield from _scrolled(display, _text_page(), 53)


def photo_page(display: Display) -> Iterator[Rgb]:
    """The wheel over a page with text and photographs."""
    pictures = [_picture(photograph(760, 480, seed)) for seed in range(4)]
    text = _escaped((TEXT / "base" / "errors.py").read_text(encoding="utf-8")[:1500])
    parts = "".join(f"<h2>Picture</h2>{picture}<pre>{text}</pre>" for picture in pictures)
    yield from _scrolled(display, f"{_STYLE}<nav>Pictures</nav><main>{parts}</main>", 80)


def film(display: Display) -> Iterator[Rgb]:
    """A film of 640 × 360 pixels that plays in a page of text, 30 seconds of it grabbed ten times a second."""
    data = _data(photograph(1600, 900, 9))
    script = """<script>const pen = document.querySelector('canvas').getContext('2d'), image = new Image()
    function draw(now) { const at = (Number(window.at) || 0); pen.save()
      pen.translate(320, 180); pen.rotate(Math.sin(at / 4) / 6); const zoom = 0.7 + 0.2 * Math.sin(at / 3)
      pen.scale(zoom, zoom); pen.drawImage(image, -800 + 120 * Math.sin(at / 2), -450 + 90 * Math.cos(at / 2.7))
      pen.restore(); pen.fillStyle = '#fff'; pen.font = '22px sans-serif'
      pen.fillText('What was said at ' + at.toFixed(1) + ' seconds', 120, 330) }"""
    text = _escaped(_text_page()[:3000])
    page = f"{_STYLE}<nav>Films</nav><main><canvas width=640 height=360></canvas><pre>{text}</pre></main>"
    page += script + f"image.src = '{data}'</script>"
    with Browser(display, scale=1) as browser:
        browser.page.navigate(_address(display, "film.html", page))
        connection = display.connect()
        yield grab(connection)
        for place in range(60):
            browser.page.evaluate(f"window.at = {place / 10}; draw()")
            browser.page.painted()
            time.sleep(0.05)
            yield grab(connection)
        connection.disconnect()


def _scrolled(display: Display, page: str, step: int) -> Iterator[Rgb]:
    with Browser(display, scale=1) as browser:
        browser.page.navigate(_address(display, "page.html", page))
        connection = display.connect()
        yield grab(connection)
        for _ in range(40):
            browser.page.evaluate(f"scrollBy(0, {step})")
            browser.page.painted()
            time.sleep(0.05)
            yield grab(connection)
        connection.disconnect()


def _address(display: Display, name: str, page: str) -> str:
    path = display.home / name
    path.write_text(f"<!doctype html><meta charset=utf-8>{page}", encoding="utf-8")
    return path.as_uri()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _data(image: Image.Image) -> str:
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"


def _picture(image: Image.Image) -> str:
    return f"<img src='{_data(image)}'>"


CONTENTS: dict[str, Callable[[Display], Iterator[Rgb]]] = {
    "terminal": terminal,
    "typing": typing,
    "scrolling": scrolling,
    "photographs": photo_page,
    "film": film,
}


def grabbed(name: str) -> list[Rgb]:
    """The pictures of one content, each (height, width, 3) RGB; those like the one before are left out."""
    found: list[Rgb] = []
    with Display(*SIZE) as display:
        for picture in CONTENTS[name](display):
            if not found or not np.array_equal(picture, found[-1]):
                found.append(picture)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Grab the contents once and keep them, to measure with again.")
    parser.add_argument("folder", type=Path)
    for content in CONTENTS:
        pictures = grabbed(content)
        np.savez(parser.parse_args().folder / f"{content}.npz", *pictures)
        print(content, len(pictures))
