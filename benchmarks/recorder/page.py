"""A long web page with a video at its top, and a browser window that shows it.

Made here from fixed words and drawn pictures, so that it is the same each time and needs no network.
"""

import html
import os
import subprocess
from pathlib import Path
from random import Random

from benchmarks.recorder.desk import put
from benchmarks.recorder.printer import WORDS

from aboveboard.stage.display import Display
from aboveboard.stage.processes import program

TITLE = "The long page"
VIDEO_S = 60
PARAGRAPHS = 260
VIDEO_MIDDLE = (480, 290)
"""Where the video is in the window's content, while the page is at its top."""

_STYLE = """body{font:17px/1.55 'Liberation Serif',serif;margin:0 6%;color:#222}h2{font-family:sans-serif}
video{width:800px;height:450px;background:#000;display:block;margin:16px 0}pre{background:#f3f3f5;padding:10px}
svg{float:right;margin:8px 0 8px 24px}a{color:#06c}"""


def write_page(folder: Path) -> Path:
    """``page.html`` and ``video.webm`` in ``folder``; the page's path."""
    _write_video(folder / "video.webm")
    random = Random("page")
    parts = [f"<title>{TITLE}</title><meta charset=utf-8><style>{_STYLE}</style>"]
    parts.append("<video src=video.webm loop muted onclick='this.paused?this.play():this.pause()'></video>")
    for number in range(PARAGRAPHS):
        if number % 8 == 0:
            parts.append(f"<h2>{number // 8 + 1}. {_sentence(random, 5)}</h2>")
        if number % 8 == 3:
            parts.append(_picture(random))
        if number % 8 == 6:
            code = "\n".join(f"    {_sentence(random, random.randint(3, 8))}" for _ in range(6))
            parts.append(f"<pre>{html.escape(code)}</pre>")
        parts.append(f"<p>{_sentence(random, random.randint(40, 110))} <a href='#'>{_sentence(random, 2)}</a></p>")
    path = folder / "page.html"
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def open_page(display: Display, path: Path, place: tuple[int, int, int, int]) -> None:
    """Show the page in a browser window at ``place``."""
    argv = [program("chromium", "chromium"), f"--app=file://{path}", f"--user-data-dir={display.home / 'browser'}"]
    argv += [f"--window-position={place[0]},{place[1]}", f"--window-size={place[2]},{place[3]}"]
    argv += ["--no-first-run", "--no-default-browser-check", "--noerrdialogs", "--disable-gpu", "--disable-sync"]
    argv += ["--disable-background-networking", "--disable-component-update", "--force-renderer-accessibility"]
    argv += ["--password-store=basic", "--autoplay-policy=no-user-gesture-required"]
    argv += ["--host-resolver-rules=MAP * ~NOTFOUND"]
    if os.geteuid() == 0:
        argv += ["--no-sandbox", "--test-type"]
    display.processes.start(argv, display.env)
    put(display, TITLE, place)


def _write_video(path: Path) -> None:
    """A picture that moves all over, as film does, with grain."""
    source = f"mandelbrot=size=640x360:rate=25:end_scale=0.02:end_pts=600,noise=alls=6:allf=t,trim=duration={VIDEO_S}"
    argv = [program("ffmpeg", "ffmpeg"), "-y", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", source]
    argv += ["-c:v", "libvpx", "-b:v", "900k", "-deadline", "realtime", "-cpu-used", "8", str(path)]
    subprocess.run(argv, check=True)


def _sentence(random: Random, words: int) -> str:
    return " ".join(random.choice(WORDS) for _ in range(words)).capitalize() + "."


def _picture(random: Random) -> str:
    """A chart: bars of many shades, as pages have."""
    bars = "".join(
        f"<rect x={place * 26} y={200 - height} width=22 height={height} fill='hsl({random.randint(0, 359)},60%,55%)'/>"
        for place, height in enumerate(random.choices(range(20, 190), k=12))
    )
    return f"<svg width=320 height=200>{bars}</svg>"
