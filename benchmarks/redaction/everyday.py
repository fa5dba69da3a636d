"""How often is something taken for a secret in text that holds none?

    python -m benchmarks.redaction.everyday [--words 100000] [--show]

Office sentences in four languages, commands, logs, addresses and codes (``everyday.toml``), drawn by a seed, one below
another as on a page. Whatever the detector of secrets covers there is a false find; the figure is false finds per
10,000 words. Nothing of the list was used to train the judge.
"""

import argparse
import random
import string
import sys
import tomllib
from pathlib import Path

LISTS: dict[str, list[str]] = tomllib.loads((Path(__file__).parent / "everyday.toml").read_text("utf-8"))
SEED = 20261122
PAGE = 40
"""Lines on one page: so many are looked at together."""


def main() -> int:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=100_000, help="in all")
    parser.add_argument("--show", action="store_true", help="print each line with a false find, once")
    asked = parser.parse_args()
    every = [0, 0]
    for kind in LISTS:
        words, finds, shown = falsely(kind, asked.words // len(LISTS))
        every[0], every[1] = every[0] + words, every[1] + finds
        print(f"{kind:10} {finds / words * 10_000:6.1f} per 10,000 words ({finds} in {words:,})")
        if asked.show:
            print(*(f"    {line}" for line in sorted(shown)), sep="\n")
    print(f"{'all':10} {every[1] / every[0] * 10_000:6.1f} per 10,000 words ({every[1]} in {every[0]:,})")
    return 0


def falsely(kind: str, words: int) -> tuple[int, int, set[str]]:
    """Words looked at, false finds, and the lines that they are on."""
    from aboveboard.recorder.redact.text.finding import resolve
    from aboveboard.recorder.redact.text.secrets.detector import SecretDetector

    detector, draw, seen, finds = SecretDetector(), random.Random(SEED), 0, 0
    shown: set[str] = set()
    while seen < words:
        page = "\n".join(_filled(draw.choice(LISTS[kind]), draw) for _ in range(PAGE))
        seen += len(page.split())
        found = resolve(detector.find(page))
        finds += len(found)
        for one in found:
            line = page[page.rfind("\n", 0, one.start) + 1 :].split("\n", 1)[0]
            shown.add(f"{page[one.start : one.end]!r} in {line!r}")
    return seen, finds, shown


def _filled(form: str, draw: random.Random) -> str:
    x = f"{draw.getrandbits(160):040x}"
    u = f"{draw.getrandbits(128):032x}"
    letters = "".join(draw.choice(string.ascii_uppercase) for _ in range(draw.randint(1, 4)))
    values = {
        "x": x,
        "h": x[:7],
        "u": "-".join((u[:8], u[8:12], u[12:16], u[16:20], u[20:])),
        "n": str(draw.randint(100, 99_999_999)),
        "c": f"{letters}-{draw.randint(10, 99_999)}{draw.choice(['', '-A', '/2', 'X'])}",
        "d": f"{draw.randint(2019, 2027)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
        "t": f"{draw.randint(0, 23):02}:{draw.randint(0, 59):02}",
    }
    for mark, value in values.items():
        form = form.replace(f"{{{mark}}}", value)
    return form


if __name__ == "__main__":
    sys.exit(main())
