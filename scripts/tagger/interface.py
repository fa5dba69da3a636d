"""How much of the words of programs' own interfaces would be covered, in several languages?

    python -m scripts.tagger.interface

Only catalogues that were held out of training are read (``catalogues``). They hold some names of people, places and
products, so the share is an upper bound of what is covered without need.
"""

import random
import re
import sys
from pathlib import Path

from aboveboard.recorder.redact.text.tagger.detector import MODEL, Tagger
from aboveboard.recorder.redact.text.tagger.pinned import VERSION
from aboveboard.recorder.redact.text.tagger.stored import decode

from .catalogues import LANGUAGES, messages

SAMPLE = 3000


def main() -> None:
    """Prints one line for each language."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else MODEL
    tagger = Tagger(decode(path.read_bytes(), VERSION))
    for language in LANGUAGES:
        texts = messages(language, development=True)
        words = covered = 0
        for text in random.Random(3).sample(texts, min(SAMPLE, len(texts))):
            found = tagger.find(text)
            for one in re.finditer(r"\w+", text):
                words += 1
                covered += any(f.start < one.end() and f.end > one.start() for f in found)
        print(f"{language}: {words} words, {100 * covered / max(1, words):.2f} % covered", flush=True)


if __name__ == "__main__":
    main()
