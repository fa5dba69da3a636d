"""Where does an address begin that ends in a postcode?

A postcode that shows by itself is the surest sign of an address. From it we go to the left, word by word, as long as
the words are such as addresses are made of: numbers, flats, names with a capital and the small words between them.
"""

import re

from aboveboard.recorder.redact.text.patterns import vocabulary

REACH = 140
WORDS = 16
_WORD = re.compile(r"[^\s,;|]+|\n|[,;|]")
_NUMBER = re.compile(
    r"#?[0-9]{1,6}[A-Za-z]?(?:[-/–][0-9]{1,5}[A-Za-z]?)?\.?|[0-9]+(?:st|nd|rd|th|e|er|º|ª|°)"
    r"|(?:[A-Z]{1,2}-)?[0-9]{4,5}"
)
_NAME = re.compile(r"[^\W\d_a-zà-öø-ÿ][\w'’.-]*|[0-9]{1,3}\.")
_OPENINGS = "([\"'„“«‹"
LONGEST_ABBREVIATION = 5


def begin(text: str, end: int, bare: bool, apart: bool = True) -> int | None:
    """Where the address begins whose postcode begins at ``end``; ``end`` itself if nothing of one stands before.

    ``bare``: the postcode is only digits; ``None`` then means that what stands before makes no address of
    it: a number and a name are needed, and, if ``apart``, a comma or a new line.
    """
    start, numbers, names, breaks = end, 0, 0, 0
    words = list(_WORD.finditer(text, max(0, end - REACH), end))
    for count, one in enumerate(reversed(words)):
        word = one.group()
        if count >= WORDS or (one.start() and one.start() == end - REACH and text[one.start() - 1].isalnum()):
            break
        if word in ("\n", ",", ";", "|"):
            if breaks and word == "\n" and text[one.start() - 1 : one.start()] == "\n":
                break
            breaks += 1
            continue
        kind = _kind(word, one.end() == end)
        if not kind or (kind != "particle" and _sentence_ends(text, one.end(), word)):
            break
        if kind == "particle":
            continue
        opening = len(word) - len(word.lstrip(_OPENINGS))
        start = one.start() + opening
        numbers += kind == "number"
        names += kind == "name"
        if opening:
            break
    if bare and not (numbers and names and (breaks or not apart)):
        return None
    return start


def _kind(word: str, touches: bool) -> str:
    """ "number", "name", "particle", or "" for a word that addresses are not made of."""
    bare = word.strip("()[]\"'„“«»‹›:")
    low = bare.lower()
    if touches or not bare or bare[-1] in "!?":
        return ""
    if _NUMBER.fullmatch(bare):
        return "number"
    if low in vocabulary.word_set("unit"):
        return "name"
    if _NAME.fullmatch(bare):
        return "name"
    return "particle" if low in vocabulary.word_set("particle") or low in vocabulary.word_set("low_street") else ""


def _sentence_ends(text: str, end: int, word: str) -> bool:
    """Whether the full stop of ``word`` ends a sentence: that of "Street." may, that of "St." does not."""
    return word.endswith((".", ":")) and len(word) > LONGEST_ABBREVIATION and text[end : end + 1] in (" ", "\n")
