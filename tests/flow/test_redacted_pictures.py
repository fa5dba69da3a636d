"""A page with photographs of heads and a film in the real browser, recorded at `redacted` as people record.

All are drawn by the page in colours that nothing else on the screen has, so that any of it shows in any frame.
"""

from pathlib import Path
from urllib.parse import quote

import numpy as np
from benchmarks.recorder import programme

from aboveboard.replay.canvas import frames
from aboveboard.replay.pixels import Pixels
from aboveboard.stage import screen
from aboveboard.stage.display import Display
from samples.context_desk import chromium_window
from samples.reading import Reader
from samples.recording_command import recording
from samples.x_windows import Windows, until

WIDTH, HEIGHT = 1000, 700
HEADS, FILM = (3, 56, 56), (320, 180)
WORDS = ("invoice", "office", "chairs", "kitchen", "evening")
FRAMES = 15
"""So many are recorded: the film is shown some three times a second, and the text beside it is read within seconds."""
PAGE = """<!doctype html><title>Pictures</title><body style="margin:24px;font:20px sans-serif;background:#fff">
<p>The invoice for the office chairs is in the kitchen until the evening.</p>
<p><canvas id=one width=56 height=56></canvas> who brings the chairs<p><canvas id=two width=56 height=56></canvas> who
brings the tables<p><canvas id=three width=56 height=56></canvas>
<p><canvas id=film width=320 height=180></canvas><script>
const wave = (seed, at) => [Math.sin(seed * 7 + at * 3) / 9, Math.cos(seed + at) / 9, at];
const waves = seed => Array.from({length: 12}, (_, at) => wave(seed, at));
function draw(id, light, seed) {
  const canvas = document.getElementById(id), context = canvas.getContext("2d"), of = waves(seed);
  const image = context.createImageData(canvas.width, canvas.height);
  for (let y = 0, at = 0; y < canvas.height; y++) for (let x = 0; x < canvas.width; x++, at += 4) {
    let level = 0;
    for (const [a, b, c] of of) level += Math.sin(a * x + b * y + c);
    for (let one = 0; one < 3; one++)
      image.data[at + one] = (light[one] ? 180 : 70) + level * 3 + 14 * Math.random();
    image.data[at + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
["one", "two", "three"].forEach((id, number) => draw(id, [0, 1, 0], number + 1));
let scene = 4;
draw("film", [1, 0, 1], scene);
setInterval(() => draw("film", [1, 0, 1], scene += 0.1), 100);
</script>"""


def shown_of(pixels: Pixels) -> tuple[int, int]:
    """How many pixels of the heads, and of the film, are to be seen."""
    red, green, blue = np.moveaxis(pixels.astype(np.int16), 2, 0)
    heads = (green > red + 40) & (green > blue + 40)
    film = (red > green + 40) & (blue > green + 40)
    return int(heads.sum()), int(film.sum())


def test_neither_photographs_nor_a_film_is_in_any_frame_and_the_text_beside_them_is(tmp_path: Path) -> None:
    with (
        programme.running(
            tmp_path / "programme", apps={"Chromium": "Browser"}, words="redacted", screen="redacted"
        ) as made,
        Display(WIDTH, HEIGHT) as display,
        recording(made, display, tmp_path) as recorder,
    ):
        recorder.until_recording()
        with chromium_window(display, f"data:text/html,{quote(PAGE)}"):
            truth = Windows(display.name)

            def there() -> bool:
                heads, film = shown_of(screen.grab(truth.conn))
                return heads > 0.9 * np.prod(HEADS) and film > 0.9 * np.prod(FILM)

            until(there, "the page is on the screen", limit_s=60)
            recorder.until_told("frames", max(recorder.told("frames")) + FRAMES, "the film is recorded")
            items = recorder.end()
            truth.disconnect()
    stored = list(frames(items))
    assert [shown_of(pixels) for _, pixels in stored] == [(0, 0)] * len(stored)
    with Reader() as onlooker:
        read = " ".join(onlooker.words(stored[-1][1])).lower()
    assert [word for word in WORDS if word in read] == list(WORDS)
