"""Which twelve to twenty-four words are a wallet's seed phrase?

The list of words that such phrases are made of has none shorter than three letters or longer than eight, and none of
the small words without which there is no sentence: so many words in small letters without one of those are a phrase.
"""

import re
from collections.abc import Iterator

HINTS = r"(?:\b[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8}\b|(?:\b\d{1,2}[.):]?[ \t]{1,3}[a-z]{3,8}\b\s{0,4}){11}"
_PHRASE = re.compile(r"(?<![a-z]) {0,1}\b(?:[a-z]{3,8} {1,2}){11,23}[a-z]{3,8}\b(?! [a-z])")
_NUMBERED = re.compile(r"(?:\b\d{1,2}[.):]?\s{1,3}[a-z]{3,8}\b\s{0,4}){12,24}")
_COUNTS = (12, 15, 18, 21, 24)
_WORDS = (
    "the and for with was are not but his her had she him you your our they them were been has have its from "
    "who will would which what when where how did does than then these those could should may might shall "
    "upon per les des une und der die das ist den dem ein mit que los las por para con una est pas dans sur "
    "qui het een van per che non del more most some such into said says say being because while before after "
    "between other "
)
_SMALL = frozenset(_WORDS.split())


def phrases(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each."""
    for found in (*_PHRASE.finditer(text), *_NUMBERED.finditer(text)):
        words = re.findall(r"[a-z]{3,8}", found[0])
        if len(words) in _COUNTS and not _SMALL.intersection(words) and len(set(words)) >= len(words) - 2:
            yield found.start(), found.end()
