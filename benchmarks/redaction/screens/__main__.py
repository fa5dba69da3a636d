"""How much of what should not be seen can still be read on a screen that was recorded?

    python -m benchmarks.redaction.screens --count 100 --seed 3 [--keep FOLDER] [--json FILE]

Real programs show planted data on a display of their own. Prints, for `redacted` and for `structure`, per class: how
many could be read before, how many can be found after, and the rate that is not exceeded with 95 % certainty; and of
the ordinary words, how many can still be read. ``--keep``: pictures of screens on which something was found, or of all.
"""

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.redaction.screens import planted, report
from benchmarks.redaction.screens.legible import Before, Onlooker, Planted, Result
from benchmarks.redaction.screens.protect import Pixels, Protection
from benchmarks.redaction.screens.scenes import Screen, screens
from PIL import Image, ImageDraw


def main() -> int:
    """Measures and prints; 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the number of the first screen")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--early", action="store_true", help="look also at what is stored before anything was read")
    parser.add_argument("--keep", type=Path, help="a folder for pictures of what was found")
    parser.add_argument("--all", action="store_true", help="keep pictures of all screens")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--join", type=Path, nargs="+", help="only add up such files, of different screens")
    options = parser.parse_args()
    numbers = range(options.first, options.first + options.count)
    if options.join:
        figures = report.joined([json.loads(path.read_text(encoding="utf-8")) for path in options.join])
    else:
        figures = measure(options.seed, numbers, options.early, options.keep, options.all)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print(f"\nscreens of version {planted.VERSION}, seed {options.seed}: {figures['screens']}; {report.TARGETS}")
    print(f"planted but not to be read even before: {figures['unreadable']}; read in {figures['cpu_s']:.0f} s of CPU\n")
    for name in report.FIDELITIES:
        if name in figures:
            print(report.text(name, figures[name]) + "\n")
    return 0


def measure(seed: int, numbers: range, early: bool, keep: Path | None, keep_all: bool) -> dict[str, Any]:
    """All figures."""
    onlooker, protection = Onlooker(), Protection()
    results = {name: Result() for name in report.FIDELITIES if early or name != "early"}
    unreadable: Counter[str] = Counter()
    cpu_s = 0.0
    for screen in screens(seed, numbers):
        stored = protection.store(screen.pixels, screen.panes)
        cpu_s += stored.cpu_s
        before = Before(onlooker, screen.pixels, screen.tokens)
        unreadable.update(before.unreadable)
        told = []
        for name, result in results.items():
            after: Pixels = getattr(stored, name)
            found, legible = before.found(after), before.legible(after)
            result.add(before, found, len(legible))
            told.append(f"{name} {len(found)}, words {len(legible)} of {len(before.words)}")
            for one in found:
                print(f"  {screen.number}: {name}: found {one.token.kind} {one.token.text!r} at {one.rects[0]}")
            if keep and (found or keep_all):
                _keep(screen, after, found, keep / f"{screen.number:03d}-{name}.png")
        print(
            time.strftime("%H:%M:%S"),
            screen.number,
            screen.about,
            f"| {len(before.planted)}:",
            "; ".join(told),
            flush=True,
        )
    return {
        "screens": len(numbers), "unreadable": sum(unreadable.values()), "cpu_s": cpu_s,
        **{name: report.data(result) for name, result in results.items()},
    }  # fmt: skip


def _keep(screen: Screen, after: Pixels, found: list[Planted], path: Path) -> None:
    """Before above after, with a frame around what was found."""
    height, width = after.shape
    both = Image.new("RGB", (width, 2 * height))
    for top, pixels in ((0, screen.pixels), (height, after)):
        rgb = np.ascontiguousarray(pixels).view(np.uint8).reshape(height, width, 4)[..., 2::-1]
        both.paste(Image.fromarray(np.ascontiguousarray(rgb)), (0, top))
    pen = ImageDraw.Draw(both)
    for one in found:
        for x, y, wide, high in one.rects:
            pen.rectangle((x - 4, y + height - 4, x + wide + 4, y + high + height + 4), outline="#ff0000", width=2)
    path.parent.mkdir(parents=True, exist_ok=True)
    both.save(path)


if __name__ == "__main__":
    raise SystemExit(main())
